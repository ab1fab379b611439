#!/usr/bin/env python3
"""Power cuts: the machine's disk is an ext4 that forgets everything not written down (FS_IOC_SHUTDOWN), at random moments of an apply.

usage: cuts.py [--count 200] [--seconds N] [--nodes ID,ID...] [--keep] [--control]

Before them the power goes once at each of a few fixed phases (PHASES), of the same small apply.

With --control sync(1) does nothing on the machine: what is acknowledged must be lost then, or the cuts prove nothing.
"""

import argparse
import concurrent.futures
import fcntl
import json
import os
import pathlib
import random
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import look
from interrupts import await_event, draw_moment
from machine import REPOSITORY, Broken, Lab, wait
from run import build
from trial import WHAT, Trial

# As in interrupts.py; None is the client's own end: exit 0 is its word that the change stays.
MOMENTS = {
    "during the apply": (0.25, "run_start", 2.5),
    "files and services": (0.15, "wave_start files", 1.5),
    "the confirmation": (0.20, "wave_start confirm", 0.35),
    "acknowledged": (0.40, None, 3.0),
}
# Fixed phases, and what may come of each. P5: whether the batch's folder is on the disk yet is the file system's choice.
PHASES = {"P3": "E", "P5": "ES", "P7": "R", "P8": "R", "P9": "R", "P9c": "C"}
SHUTDOWN, NO_LOG_FLUSH = 0x8004587D, 2
# Nothing is written down because time passes or because a file was renamed: only what is asked for.
OPTIONS = "loop,commit=600,noauto_da_alloc"


def command(*words, check=True):
    return subprocess.run([str(word) for word in words], check=check, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


class Disk:
    """The disk of one machine: an image, mounted below the machine's root."""

    def __init__(self, machine):
        self.machine, self.number = machine, 0
        self.mount_point = machine.folder / "disk"
        options = next(line.split()[3] for line in open("/proc/mounts") if line.split()[1] == str(machine.root))
        self.lower = next(o for o in options.split(",") if o.startswith("lowerdir="))

    def image(self):
        return self.machine.folder / f"disk-{self.number}.img"

    def replace_tmpfs(self):
        """Moves the machine from its tmpfs to an ext4."""
        machine = self.machine
        machine.kill()
        command("truncate", "-s", "128M", self.image())
        command("mkfs.ext4", "-q", "-F", self.image())
        fresh = machine.folder / "fresh"
        fresh.mkdir()
        command("mount", "-o", OPTIONS, self.image(), fresh)
        command("cp", "-a", machine.upper, fresh / "upper")
        (fresh / "work").mkdir()
        command("umount", fresh)
        command("umount", machine.root)
        command("umount", self.mount_point)
        self.mount()

    def mount(self):
        command("mount", "-o", OPTIONS, self.image(), self.mount_point)
        # What overlayfs was about to do when the power went is not part of the disk's content.
        command("rm", "-rf", self.mount_point / "work")
        (self.mount_point / "work").mkdir()
        command("mount", "-t", "overlay", "-o", f"{self.lower},upperdir={self.mount_point}/upper,workdir={self.mount_point}/work",
                "overlay", self.machine.root)
        self.machine.start()

    def cut(self):
        """The power goes: nothing that was not written down is there afterwards."""
        handle = os.open(self.mount_point, os.O_RDONLY)
        # The processes first, a moment before: none may live on over a disk that answers EIO.
        if self.machine.leader() is not None:
            os.kill(self.machine.leader(), signal.SIGKILL)
        fcntl.ioctl(handle, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        os.close(handle)
        if not wait(60, lambda: not (self.machine.folder / "supervisor.pid").exists()):
            raise Broken(f"{self.machine.node} did not die")
        for place in (self.machine.root, self.mount_point):
            if command("umount", place, check=False).returncode != 0:
                command("umount", "-l", place)
        old = self.image()
        self.number += 1
        # Another mount namespace may still hold the dead file system; its copy is a disk of its own.
        command("cp", "--sparse=always", old, self.image())
        old.unlink()
        self.mount()


def one(machine, disk, folder, fleetctl, draw, is_whole, is_control):
    trial = Trial(machine, folder / f"cut-{machine.node}", fleetctl)
    trial.base()
    command("sync", "-f", disk.mount_point)
    if is_control:
        machine.rules([("control", "sync", "*", "before", "skip", 0)])
    trial.client = trial.apply()
    moment, event, seconds = draw_moment(draw, MOMENTS)
    if event:
        await_event(trial, event)
    else:
        trial.client.wait(120)
    time.sleep(seconds)
    acknowledged = trial.client.poll() == 0
    was_confirmed = "confirmed" in set().union(*[m for r, m in look.Decision(machine).runs.items() if r not in trial.known_runs], set())
    disk.cut()
    trial.finish(240)
    trial.settle(120)
    letter = trial.judge(["E", "S", "R", "C"])
    lost = (acknowledged or trial.status == 0) and letter != "C"
    if is_whole and not is_control:
        trial.converge()
    return {"moment": moment, "after": round(seconds, 3), "acknowledged": acknowledged, "confirmed": was_confirmed, "letter": letter,
            "exit": trial.status, "lost": lost, "violations": trial.wrong, "node": machine.node}


def at_phase(machine, disk, folder, fleetctl, phase):
    """One cut at a phase of the matrix."""
    trial = Trial(machine, folder / f"cut-{phase}", fleetctl)
    trial.base()
    command("sync", "-f", disk.mount_point)
    trial.run_to(phase)
    disk.cut()
    trial.let_go()
    trial.finish(240)
    trial.settle(120)
    letter = trial.judge(list(PHASES[phase]))
    trial.converge()
    return {"phase": phase, "letter": letter, "exit": trial.status, "violations": trial.wrong, "node": machine.node}


def phases_table(rows):
    lines = ["", "And once at each of these phases; two letters beside it mean that either is right:", "", "| phase | where the apply stood | outcome | exit code | violations |", "|---|---|---|---|---|"]
    for phase, allowed in PHASES.items():
        row = rows.get(phase)
        either = f" ({' or '.join(allowed)})" if len(allowed) > 1 else ""
        exit_code = "(killed)" if row and row["exit"] < 0 else row["exit"] if row else ""
        told = f"{row['letter']}{either} | {exit_code} | {len(row['violations'])}" if row else "· | |"
        lines.append(f"| {phase} | {WHAT[phase]} | {told} |")
    return "\n".join(lines) + "\n"


def markdown(rows):
    count = lambda wanted: sum(1 for row in rows if wanted(row))
    torn = lambda row: any("torn" in line for line in row["violations"])
    lines = [
        "## Power cuts", "",
        f"{len(rows)} cuts of a machine's ext4 (FS_IOC_SHUTDOWN without flushing its log, mounted with `{OPTIONS.removeprefix('loop,')}`, so that only what is asked for is",
        "written down); the machine is killed, its disk is mounted as it was, it boots, and is looked at. The moment is random: in the whole apply, in the switch of",
        "files and services, around the confirmation, or within three seconds after the client has ended with exit 0.", "",
        "| when the power went | cuts | old (untouched) | old (taken back) | new | torn | mixed | acknowledged but lost | other violations |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    classes = {
        "nothing confirmed yet": lambda r: not r["confirmed"] and not r["acknowledged"],
        "confirmed on the node, the client not done": lambda r: r["confirmed"] and not r["acknowledged"],
        "the client had ended with exit 0": lambda r: r["acknowledged"],
        "in all": lambda r: True,
    }
    for name, mine in classes.items():
        lines.append(
            f"| {name} | {count(mine)} | {count(lambda r: mine(r) and r['letter'] in 'ES')} | {count(lambda r: mine(r) and r['letter'] == 'R')}"
            f" | {count(lambda r: mine(r) and r['letter'] == 'C')} | {count(lambda r: mine(r) and torn(r))} | {count(lambda r: mine(r) and r['letter'] == 'MIXED')}"
            f" | {count(lambda r: mine(r) and r['lost'])} | {count(lambda r: mine(r) and r['violations'] and r['letter'] != 'MIXED' and not torn(r))} |"
        )
    lines += ["", "Confirmed on the node and old again: the word was there and not yet on the disk, and nobody had been told."]
    return "\n".join(lines) + "\n"


def promised(rows):
    """How many changes the client had told as done, and how many of them were lost."""
    told = [row for row in rows if row["acknowledged"] or row["exit"] == 0]
    return len(told), sum(1 for row in told if row["lost"])


def counted(rows):
    """What the same cuts find where sync(1) does nothing."""
    if not rows:
        return ""
    acknowledged, lost = promised(rows)
    mixed = sum(1 for row in rows if row["letter"] == "MIXED")
    return (
        f"\nThe control, with a sync(1) on the machine that does nothing: of {len(rows)} cuts {lost} of {acknowledged} acknowledged changes were lost, "
        f"{mixed} machines were left mixed.\n"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fleetctl", default=str(REPOSITORY / ".build/debug/fleetctl"))
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--nodes", default="06-Node-27")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--control", action="store_true")
    given = parser.parse_args()
    if os.geteuid() != 0 or not shutil.which("systemd-nspawn") or not shutil.which("mkfs.ext4"):
        print("cuts: SKIPPED: they need root, systemd-nspawn and mkfs.ext4")
        return 0
    folder = pathlib.Path(os.environ.get("FAULTS_CELLS", REPOSITORY / ".lab" / "faults-cells"))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ("cuts-control.jsonl" if given.control else "cuts.jsonl")
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    phases_path = folder / "cuts-phases.jsonl"
    at = {row["phase"]: row for row in map(json.loads, phases_path.read_text().splitlines())} if phases_path.exists() else {}
    due = [] if given.control else [phase for phase in PHASES if at.get(phase, {"violations": [1]})["violations"]]
    lab = Lab(os.environ.get("LAB_NAME", "faultlab") + "cut", REPOSITORY / ".lab" / "cuts")
    if len(rows) < given.count or due:
        lab.script("up.sh", "--nodes", given.nodes, timeout=1800)
        lab.load()
        shim, _ = build(folder)
        fleetctl = folder / "fleetctl-cuts"
        fleetctl.unlink(missing_ok=True)
        shutil.copy2(given.fleetctl, fleetctl)
        until = time.monotonic() + given.seconds if given.seconds else None
        guard = threading.Lock()

        def serve(machine):
            draw = random.Random(f"{given.seed} {machine.node} {len(rows)}")
            disk = Disk(machine)
            machine.install_shims(shim)
            disk.replace_tmpfs()
            while True:
                with guard:
                    phase = due.pop(0) if due else None
                if phase is None:
                    break
                row = at_phase(machine, disk, folder, str(fleetctl), phase)
                with guard:
                    at[phase] = row
                    with open(phases_path, "a") as file:
                        file.write(json.dumps(row) + "\n")
                print(f"     {phase:18} {row['letter']:6} exit {row['exit']}", *row["violations"], sep="  ", flush=True)
            while len(rows) < given.count and (until is None or time.monotonic() < until):
                try:
                    row = one(machine, disk, folder, str(fleetctl), draw, len(rows) % 10 == 9, given.control)
                except (Broken, subprocess.TimeoutExpired) as error:
                    print(f"again: {error}", flush=True)
                    # A disk that was cut and not mounted again is mounted again; the apply starts from nothing.
                    disk.cut()
                    machine.reset()
                    continue
                with guard:
                    rows.append(row)
                    with open(path, "a") as file:
                        file.write(json.dumps(row) + "\n")
                print(f"{len(rows):4} {row['moment']:18} + {row['after']:5.2f} s {row['letter']:6} exit {row['exit']}", *row["violations"], sep="  ", flush=True)

        try:
            with concurrent.futures.ThreadPoolExecutor(len(lab.machines)) as pool:
                for done in [pool.submit(serve, machine) for machine in lab.machines]:
                    done.result()
        finally:
            if not given.keep:
                lab.script("down.sh", check=False)
    if given.control:
        acknowledged, lost = promised(rows)
        print(f"cuts: control: {len(rows)} cuts without sync, {lost} of {acknowledged} acknowledged changes lost")
        return 0 if lost else 1
    control = folder / "cuts-control.jsonl"
    controls = [json.loads(line) for line in control.read_text().splitlines()] if control.exists() else []
    (folder / "cuts.md").write_text(markdown(rows) + phases_table(at) + counted(controls))
    bad = [row for row in rows if row["violations"] or row["lost"]] + [row for row in at.values() if row["violations"]]
    print(f"cuts: {len(rows)} at random moments, {len(at)} at phases, {len(bad)} with violations")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
