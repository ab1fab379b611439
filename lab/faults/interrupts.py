#!/usr/bin/env python3
"""Forced interruptions at random moments of an apply, counted in ostree's form: strategy by result.

usage: interrupts.py [--count 200] [--seconds N] [--keep]
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import shutil
import signal
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import look
from machine import REPOSITORY, Broken, Lab, wait
from run import NODES, build
from trial import Trial

# How long an apply of the role takes here, and where in it something can be torn: most moments are drawn from there.
MOMENTS = [(0.6, 0.4, 3.0), (0.4, 0.0, 8.0)]


def client_kill(trial):
    trial.client.kill()


def session_kill(trial):
    trial.machine.sessions()


def runner_kill(trial):
    trial.machine.kill_where(lambda line: "runtime.sh run " in line)


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
    share, low, high = MOMENTS[0] if draw.random() < MOMENTS[0][0] else MOMENTS[1]
    time.sleep(draw.uniform(low, high))
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
    lines.append(f"{len(rows)} applies, each interrupted once at a random moment of its first eight seconds, most in the first three, where files are switched; in the")
    lines.append("form of ostree's own test. Old and new are whole: every file, link, unit, process and the manifest. The next apply starts from there; after every tenth the plan is checked to be empty.\n")
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
    folder = REPOSITORY / ".lab" / "faults-cells"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "interrupts.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    lab = Lab(os.environ.get("LAB_NAME", "faultlab") + "int", REPOSITORY / ".lab" / "interrupts")
    lab.environment["LAB_DISK"] = os.environ.get("LAB_DISK", "96M")
    is_up = (lab.folder / "nodes.tsv").exists()
    if len(rows) < given.count:
        if not is_up:
            lab.script("up.sh", "--nodes", given.nodes, timeout=1800)
        lab.load()
        shim, _ = build(folder)
        fleetctl = folder / "fleetctl-interrupts"
        fleetctl.unlink(missing_ok=True)
        shutil.copy2(given.fleetctl, fleetctl)
        until = time.monotonic() + given.seconds if given.seconds else None
        guard = threading.Lock()

        def serve(machine):
            machine.install_shims(shim)
            draw = random.Random(f"{given.seed} {machine.node} {len(rows)}")
            while len(rows) < given.count and (until is None or time.monotonic() < until):
                name = draw.choice(list(STRATEGIES))
                try:
                    result, letter, wrong = one(machine, name, folder, str(fleetctl), draw, len(rows) % 10 == 9)
                except Broken as error:
                    print(f"again {name}: {error}", flush=True)
                    machine.reset()
                    continue
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
    print(f"interrupts: {len(rows)}, {len(bad)} with violations")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
