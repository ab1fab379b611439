"""Arguments and environments of every process, here and on the machines, read again and again while cells run."""

import contextlib
import os
import pathlib
import subprocess
import threading
import time

from machine import Broken

PERIOD = 0.25


def scan(needles):
    """{needle: {"the arguments of NAME", …}} for each needle that a process holds now; the machines' processes are this host's too."""
    hits = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        for file, what in (("cmdline", "arguments"), ("environ", "environment")):
            with contextlib.suppress(OSError):
                content = pathlib.Path(f"/proc/{entry}/{file}").read_bytes()
                for needle in needles:
                    if needle in content:
                        name = pathlib.Path(f"/proc/{entry}/comm").read_text().strip()
                        hits.setdefault(needle, set()).add(f"the {what} of {name}")
    return hits


def prove():
    """A secret in an argument and one in an environment must be found, or silence says nothing."""
    needle = "canary-" + os.urandom(12).hex()
    sleeper = subprocess.Popen(["/bin/sh", "-c", "sleep 20; :", needle], env={"CANARY": needle}, start_new_session=True)
    try:
        time.sleep(0.2)
        found = scan([needle.encode()]).get(needle.encode(), set())
    finally:
        os.killpg(sleeper.pid, 9)
        sleeper.wait()
    if not {"the arguments of sh", "the environment of sh"} <= found:
        raise Broken(f"a planted secret was not found among the processes: {found}")


class Sampler(threading.Thread):
    """Looks for the secret of each watched trial; what it finds is a violation of that trial."""

    def __init__(self):
        super().__init__(daemon=True)
        self.trials, self.guard, self.over = set(), threading.Lock(), threading.Event()

    @contextlib.contextmanager
    def watch(self, trial):
        with self.guard:
            self.trials.add(trial)
        try:
            yield
        finally:
            with self.guard:
                self.trials.discard(trial)

    def run(self):
        while not self.over.wait(PERIOD):
            with self.guard:
                trials = [trial for trial in self.trials if trial.token]
            hits = scan({trial.token.encode() for trial in trials}) if trials else {}
            for trial in trials:
                trial.samples += 1
                for what in sorted(hits.get(trial.token.encode(), ())):
                    line = "I6: the secret was in " + what
                    if line not in trial.wrong:
                        trial.wrong.append(line)
