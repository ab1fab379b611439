#!/usr/bin/env python3
"""The fault matrix: every fault at every phase of a small real apply on real machines. README.md says how it works.

usage: run.py [--fleetctl FILE] [--only TEXT] [--phase P7] [--core] [--again] [--seconds N --seed WORD] [--keep]
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import queue
import random
import re
import shutil
import subprocess
import sys
import threading
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import look
import matrix
import sample
import special
from machine import HERE, LAB, REPOSITORY, Broken, Lab
from trial import Trial

NODES = ["06-Node-27", "05-LLM-CPU", "browser-automation"]


class Results:
    """One JSON line a cell, so that a run that was cut off goes on where it stood."""

    def __init__(self, path):
        self.path, self.lock = path, threading.Lock()
        self.rows = {}
        if path.exists():
            for line in path.read_text().splitlines():
                row = json.loads(line)
                self.rows[row["fault"], row["phase"]] = row

    def add(self, row):
        with self.lock:
            self.rows[row["fault"], row["phase"]] = row
            with open(self.path, "a") as file:
                file.write(json.dumps(row, sort_keys=True) + "\n")


def build(folder):
    """The node's shim and the shifted clock."""
    shim, skew = folder / "shim", folder / "skew.so"
    subprocess.run(["gcc", "-O2", "-static", "-Wall", "-Wextra", "-Werror", "-o", shim, HERE / "shim.c"], check=True)
    subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", "-o", skew, HERE / "skew.c", "-ldl"], check=True)
    nth = folder / "nth.so"
    subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", "-o", nth, HERE / "nth.c", "-ldl"], check=True)
    return str(shim), str(skew)


def asked(*words):
    done = subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def about():
    """What each row says about its run: the day, the commit and whether something was changed beside it, the machine."""
    commit = asked("git", "rev-parse", "--short=8", "HEAD") or "unknown"
    changed = asked("git", "status", "--porcelain", "--untracked-files=no", "--", "Sources", "Package.swift", "lab")
    return {"date": time.strftime("%Y-%m-%d"), "commit": commit + (" and changes" if changed else ""), "cores": len(os.sched_getaffinity(0)),
            "kernel": os.uname().release.split("-")[0]}


def one(machine, cell, folder, fleetctl, library, sampler):
    """Runs a cell; returns its row."""
    trial = Trial(machine, folder / re.sub("[^A-Za-z0-9+-]+", "-", f"{cell[0]} {cell[1]}").strip("-"), fleetctl)
    with sampler.watch(trial):
        row = judged(trial, cell, library)
    # A cell in which nobody looked says nothing about arguments and environments.
    if trial.samples < 3:
        trial.wrong.append(f"harness: the processes were searched {trial.samples} times")
    return {**row, **sampler.about, "samples": trial.samples}


def judged(trial, cell, library):
    name, phase, allowed = cell
    began = time.monotonic()
    letter = "-"
    fault = None
    try:
        trial.base()
        own = special.CELLS.get(name) if not phase else None
        if own:
            letter = own(trial, allowed)
        else:
            fault = matrix.fault_at(name, phase, library)
            letter = plain(trial, fault, phase, allowed)
    except Broken as error:
        trial.wrong.append(f"harness: {error}")
    except Exception:
        trial.wrong.append("harness: " + traceback.format_exc()[-900:])
    finally:
        clean(trial, fault)
    return {
        "fault": name, "phase": phase, "outcome": letter, "exit": trial.status, "violations": trial.wrong, "notes": trial.notes,
        "seconds": round(time.monotonic() - began, 1), "node": trial.machine.node,
    }


def plain(trial, fault, phase, allowed):
    trial.phase = phase
    fault.prepare(trial)
    trial.run_to(phase or None)
    fault.hit(trial)
    trial.let_go()
    fault.after(trial)
    trial.finish(fault.bound)
    trial.settle(fault.bound)
    fault.heal(trial)
    letter = trial.judge(allowed)
    trial.converge()
    return letter


def clean(trial, fault):
    """Nothing of a cell may reach the next one, whatever went wrong."""
    if trial.client and trial.client.poll() is None:
        trial.client.kill()
        trial.client.wait()
    trial.let_go()
    machine = trial.machine
    machine.link("up")
    if machine.leader() is None:
        machine.start()
    machine.rules([])
    if fault and any(word.startswith("harness") for word in trial.wrong):
        try:
            fault.heal(trial)
        except Exception as error:
            trial.notes.append(f"not healed: {error}")


def work(lab, cells, results, folder, fleetctl, built, until):
    """Spreads the cells over the machines; cells that need all of them come last, one by one."""
    shim, library = built
    sample.prove()
    sampler = sample.Sampler()
    sampler.about = about()
    sampler.start()
    waiting = queue.Queue()
    together = [cell for cell in cells if cell[0] in special.TOGETHER]
    for cell in cells:
        if cell not in together:
            waiting.put(cell)

    def serve(machine):
        machine.install_shims(shim)
        machine.mend()
        while until is None or time.monotonic() < until:
            try:
                cell = waiting.get_nowait()
            except queue.Empty:
                return
            row = one(machine, cell, folder, fleetctl, library, sampler)
            # What the lab did not do says nothing about fleetctl: once more, from a fresh start.
            if any(line.startswith("harness") for line in row["violations"]):
                machine.reset()
                row = one(machine, cell, folder, fleetctl, library, sampler)
            tell(row, results)

    with concurrent.futures.ThreadPoolExecutor(len(lab.machines)) as pool:
        for done in [pool.submit(serve, machine) for machine in lab.machines]:
            done.result()
    for cell in together:
        if until is None or time.monotonic() < until:
            tell(one(lab.machines[0], cell, folder, fleetctl, library, sampler), results)
    sampler.over.set()
    sampler.join()


def tell(row, results):
    results.add(row)
    word = "ok  " if not row["violations"] else "FAIL"
    print(f"{word} {row['fault']:34} {row['phase']:4} {row['outcome']:6} exit {row['exit']!s:5} {row['seconds']:6.1f} s  {row['node']}", flush=True)
    for line in row["violations"]:
        print(f"       {line}", flush=True)
    for line in row["notes"]:
        print(f"       note: {line}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fleetctl", default=str(REPOSITORY / ".build/debug/fleetctl"))
    parser.add_argument("--only", action="append", default=[], help="cells whose fault has this text")
    parser.add_argument("--phase", action="append", default=[])
    parser.add_argument("--core", action="store_true", help="the fixed small core")
    parser.add_argument("--again", action="store_true", help="also cells that are done")
    parser.add_argument("--seconds", type=int, help="stop beginning cells after so long; the core first, then what the seed picks")
    parser.add_argument("--seed", default=time.strftime("%Y-%m-%d"))
    parser.add_argument("--keep", action="store_true", help="leave the lab up")
    parser.add_argument("--nodes", default=",".join(NODES))
    given = parser.parse_args()
    if os.geteuid() != 0 or not shutil.which("systemd-nspawn"):
        print("faults: SKIPPED: it needs root and systemd-nspawn")
        return 0
    fleetctl = os.path.realpath(given.fleetctl)
    if b"FLEETCTL_FAILPOINT" not in pathlib.Path(fleetctl).read_bytes():
        print(f"faults: {fleetctl} has no failpoints: give a debug build", file=sys.stderr)
        return 64
    lab = Lab(os.environ.get("LAB_NAME", "faultlab"), os.environ.get("LAB_DIR", REPOSITORY / ".lab" / "faults"))
    folder = pathlib.Path(os.environ.get("FAULTS_CELLS", REPOSITORY / ".lab" / "faults-cells"))
    folder.mkdir(parents=True, exist_ok=True)
    results = Results(folder / "results.jsonl")
    cells = [c for c in matrix.cells() if (not given.only or any(o in c[0] for o in given.only)) and (not given.phase or c[1] in given.phase)]
    if given.core:
        cells = [c for c in cells if (c[0], c[1]) in matrix.CORE]
    elif given.seconds:
        rest = [c for c in cells if (c[0], c[1]) not in matrix.CORE + matrix.LONG]
        random.Random(given.seed).shuffle(rest)
        cells = [c for c in cells if (c[0], c[1]) in matrix.CORE] + rest
    if not given.again:
        cells = [c for c in cells if results.rows.get((c[0], c[1]), {"violations": [1]})["violations"]]
    until = time.monotonic() + given.seconds if given.seconds else None
    lab.environment["LAB_DISK"] = os.environ.get("LAB_DISK", "96M")
    is_up = (lab.folder / "nodes.tsv").exists()
    if not is_up:
        lab.script("up.sh", "--nodes", given.nodes, timeout=1800)
    lab.load()
    built = build(folder)
    # A build beside the run must not change what is tried.
    copy = folder / "fleetctl"
    if pathlib.Path(fleetctl) != copy:
        copy.unlink(missing_ok=True)
        shutil.copy2(fleetctl, copy)
    fleetctl = str(copy)
    print(f"faults: {len(cells)} cells on {len(lab.machines)} machines", flush=True)
    try:
        work(lab, cells, results, folder, fleetctl, built, until)
    finally:
        if not given.keep and not is_up:
            lab.script("down.sh", check=False)
    wanted = {(c[0], c[1]) for c in cells}
    rows = [row for key, row in results.rows.items() if key in wanted]
    bad = [row for row in rows if row["violations"]]
    print(f"faults: {len(rows)} cells run, {len(bad)} with violations")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
