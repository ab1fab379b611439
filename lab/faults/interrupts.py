#!/usr/bin/env python3
"""Forced interruptions at random moments of an apply, counted in ostree's form: strategy by result.

usage: interrupts.py [--count 200] [--seconds N] [--nodes ID,ID...] [--keep]
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import shutil
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import look
from machine import REPOSITORY, Broken, Lab, wait
from run import NODES, build
from trial import Trial

# Where the moment is drawn from: a share of the tries, the event of the apply that is waited for, and at most so many seconds after it.
MOMENTS = {
    "all of it": (0.30, "run_start", 2.5),
    "files and services": (0.25, "wave_start files", 1.5),
    "the end": (0.45, "wave_start confirm", 0.35),
}


def draw_moment(draw, moments=MOMENTS):
    """(name, event to wait for, seconds after it)."""
    at = draw.random()
    for name, (share, event, seconds) in moments.items():
        at -= share
        if at < 0:
            break
    return name, event, draw.uniform(0, seconds)


def await_event(trial, event):
    """Waits until the client has told an event, or is done."""
    kind, _, stage = event.partition(" ")
    path = trial.folder / "shown" / "apply.out"

    def told():
        text = path.read_text(errors="replace")
        return any(f'"type":"{kind}"' in line and (not stage or f'"stage":"{stage}"' in line) for line in text.splitlines())

    wait(60, lambda: told() or trial.client.poll() is not None, 0.004)


def client_kill(trial):
    trial.client.kill()


def session_kill(trial):
    trial.machine.sessions()


def machine_kill(trial):
    trial.machine.kill()
    trial.machine.start()


def machine_reboot(trial):
    trial.machine.reboot()


def everything(trial):
    trial.client.kill()
    trial.machine.kill()
    trial.machine.start()


STRATEGIES = {
    "client kill -9": client_kill, "sshd session kill -9": session_kill, "machine dies": machine_kill, "reboot": machine_reboot,
    "client and machine at once": everything,
}


def one(machine, name, folder, fleetctl, draw, is_whole):
    """One apply, interrupted once; returns (result, violations)."""
    trial = Trial(machine, folder / f"interrupt-{machine.node}", fleetctl)
    trial.base()
    trial.client = trial.apply()
    _, event, seconds = draw_moment(draw)
    await_event(trial, event)
    time.sleep(seconds)
    is_late = trial.client.poll() is not None
    STRATEGIES[name](trial)
    trial.finish(240)
    trial.settle(240)
    letter = trial.judge(["E", "S", "R", "C"])
    if trial.status == 0 and letter != "C":
        trial.wrong.append("acknowledged but lost")
    if is_whole:
        trial.converge()
    result = "new" if letter == "C" else "mixed" if letter == "MIXED" else "old"
    return "after the end" if is_late else result, letter, trial.wrong


def markdown(rows):
    lines = ["## Forced interruptions", ""]
    forced = sum(1 for row in rows if row["result"] != "after the end")
    lines.append(f"{forced} applies interrupted once, at a random moment: of the whole apply (30 %), of the switch of files and services (25 %), or around the confirmation and")
    lines.append("what follows it (45 %); in the form of ostree's own test. Old and new are whole: every file, link, unit, process and the manifest. The next apply starts from")
    lines.append("there; after every tenth the plan is checked to be empty. Tries that came after the client's end are counted apart.\n")
    lines.append("| strategy | old (untouched) | old (taken back) | new | mixed | after the end | other violations |\n|---|---|---|---|---|---|---|")
    for name in list(STRATEGIES) + ["in all"]:
        mine = [r for r in rows if name in ("in all", r["strategy"])]
        count = lambda wanted: sum(1 for r in mine if wanted(r))
        late = lambda r: r["result"] == "after the end"
        lines.append(
            f"| {name} | {count(lambda r: not late(r) and r['letter'] in 'ES')} | {count(lambda r: not late(r) and r['letter'] == 'R')} | {count(lambda r: not late(r) and r['letter'] == 'C')}"
            f" | {count(lambda r: r['letter'] == 'MIXED')} | {count(late)} | {count(lambda r: bool(r['violations']) and r['letter'] != 'MIXED')} |"
        )
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fleetctl", default=str(REPOSITORY / ".build/debug/fleetctl"))
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--nodes", default=",".join(NODES))
    parser.add_argument("--keep", action="store_true")
    given = parser.parse_args()
    if os.geteuid() != 0 or not shutil.which("systemd-nspawn"):
        print("interrupts: SKIPPED: it needs root and systemd-nspawn")
        return 0
    folder = pathlib.Path(os.environ.get("FAULTS_CELLS", REPOSITORY / ".lab" / "faults-cells"))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "interrupts.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    lab = Lab(os.environ.get("LAB_NAME", "faultlab") + "int", REPOSITORY / ".lab" / "interrupts")
    lab.environment["LAB_DISK"] = os.environ.get("LAB_DISK", "96M")
    is_up = (lab.folder / "nodes.tsv").exists()

    def forced():
        return sum(1 for row in rows if row["result"] != "after the end")

    if forced() < given.count:
        if not is_up:
            lab.script("up.sh", "--nodes", given.nodes, timeout=1800)
        lab.load()
        shim, _ = build(folder)
        fleetctl = folder / "fleetctl-interrupts"
        fleetctl.unlink(missing_ok=True)
        shutil.copy2(given.fleetctl, fleetctl)
        until = time.monotonic() + given.seconds if given.seconds else None
        guard, taken = threading.Lock(), []

        def serve(machine):
            machine.install_shims(shim)
            draw = random.Random(f"{given.seed} {machine.node} {len(rows)}")
            while forced() < given.count and (until is None or time.monotonic() < until):
                # The strategy that has the fewest so far.
                with guard:
                    name = min(STRATEGIES, key=lambda s: (sum(1 for r in rows if r["strategy"] == s and r["result"] != "after the end") + taken.count(s), draw.random()))
                    taken.append(name)
                try:
                    result, letter, wrong = one(machine, name, folder, str(fleetctl), draw, len(rows) % 10 == 9)
                except Broken as error:
                    print(f"again {name}: {error}", flush=True)
                    machine.reset()
                    continue
                finally:
                    with guard:
                        taken.remove(name)
                with guard:
                    rows.append({"strategy": name, "result": result, "letter": letter, "violations": wrong})
                    with open(path, "a") as file:
                        file.write(json.dumps(rows[-1]) + "\n")
                print(f"{len(rows):4} {name:28} {result:14} {letter}", *wrong, sep="  " if wrong else " ", flush=True)

        try:
            with concurrent.futures.ThreadPoolExecutor(len(lab.machines)) as pool:
                for done in [pool.submit(serve, machine) for machine in lab.machines]:
                    done.result()
        finally:
            if not given.keep and not is_up:
                lab.script("down.sh", check=False)
    (folder / "interrupts.md").write_text(markdown(rows))
    bad = [row for row in rows if row["violations"]]
    print(f"interrupts: {forced()}, {len(bad)} with violations")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
