"""The cells: which fault is tried at which phase, and what may come of it.

E untouched · S staged only · R taken back, as before the run · C new and confirmed · B new but for what the plan itself held back, and says so ·
Z taken back in part: frozen, and says so. More than one letter: either is right, and README.md says who decides. A dash: it cannot happen there.
"""

import re

import faults

PHASES = ["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P7b", "P8", "P8b", "P9", "P9b", "P9c", "P10"]
TABLE = """
none                        | C  | C  | C  | C   | C   | C   | C   | C   | C   | C  | C  | C  | C | C
client kill -9              | E  | E  | E  | R   | R   | R   | R   | R   | R   | R  | R  | C  | C | C
client SIGINT once          | E  | E  | E  | R   | R   | R   | R   | C   | C   | C  | C  | C  | C | C
client SIGINT twice         | E  | E  | E  | R   | R   | R   | R   | R   | R   | R  | R  | C  | C | C
connection reset            | C  | C  | C  | C   | C   | C   | C   | C   | C   | C  | C  | C  | C | C
cable out 4 s               | E  | C  | C  | CR  | CR  | CR  | CR  | CR  | CR  | CR | CR | C  | C | C
cable out beyond the window | E  | EC | EC | R   | R   | R   | R   | R   | R   | R  | R  | C  | C | C
one-way black hole          | E  | EC | EC | R   | R   | R   | R   | R   | R   | R  | R  | C  | C | C
sshd session killed         | C  | C  | C  | C   | C   | C   | C   | C   | C   | C  | C  | C  | C | C
sshd stopped (SIGSTOP)      | E  | EC | EC | R   | R   | R   | R   | R   | R   | R  | R  | C  | C | C
sshd down beyond the window | E  | E  | C  | R   | R   | R   | R   | R   | R   | R  | R  | C  | C | C
sshd down for good          | E  | E  | E  | -   | -   | -   | R   | -   | -   | -  | -  | C  | - | -
reboot (clean)              | C  | E  | E  | SR  | SR  | R   | R   | R   | R   | R  | R  | C  | C | C
reboot as the watchdog starts | - | - | -  | -   | -   | SR  | -   | -   | -   | -  | -  | -  | - | -
machine dies                | C  | E  | E  | S   | S   | R   | R   | R   | R   | R  | R  | C  | C | C
runner killed on the node   | -  | -  | -  | -   | S   | R   | R   | R   | -   | -  | -  | -  | - | -
watchdog killed again and again | - | - | - | -  | -   | -   | C   | C   | C   | C  | C  | -  | - | -
disk full                   | E  | E  | E  | S   | S   | R   | R   | R   | R   | R  | C  | C  | C | C
inodes gone                 | E  | ES | ES | S   | S   | R   | R   | R   | R   | R  | C  | C  | C | C
read-only file system       | R  | R  | R  | R  | R  | R  | Z  | C  | C  | C  | C  | C  | C  | C
a file made immutable       | R  | R  | R  | R  | R  | R  | R  | C  | C  | C  | C  | C  | C  | C
EIO on fsync                | S  | S  | S  | S   | S   | Z   | Z   | Z   | Z   | Z  | Z  | C  | C | C
slow sync                   | C  | -  | C  | -  | C  | -  | C  | C  | -  | C  | C  | -  | -  | -
sudo revoked                | E  | E  | E  | R   | R   | R   | R   | R   | R   | R  | R  | C  | C | C
drift in between            | -  | E  | E  | S  | R  | R  | C  | C  | C  | C  | C  | C  | C  | C
foreign file in the way     | B  | E  | E  | S   | R   | R   | -   | -   | -   | -  | -  | -  | - | -
port held by a stranger     | -  | E  | R  | R  | R  | R  | R  | R  | R  | C  | C  | C  | C  | C
second operator             | C  | C  | C  | C   | C   | C   | C   | C   | C   | C  | C  | C  | C | -
paused holder               | -  | -  | C  | C   | C   | C   | C   | C   | C   | C  | C  | C  | C | -
machine swapped (other host key) | E  | E  | E  | R  | R  | R  | R  | R  | R  | R  | R  | C  | C  | -
machine swapped (same host key) | E  | E  | R  | R  | R  | R  | R  | R  | R  | R  | R  | C  | C  | -
hostile output at login     | C  | -  | C  | -  | -  | C  | -  | -  | C  | -  | C  | -  | -  | -
the operator's clock jumps a day ahead | - | - | C | - | - | - | C | - | - | - | C | - | - | -
the operator's clock jumps a day back | - | - | C | - | - | - | C | - | - | - | C | - | - | -
"""
# Faults that are not put in at a phase: the new generation is bad in itself, or the fault waits from the start.
OWN = {
    "start hangs": "R", "start fails": "R", "crash loop": "R", "dies after it was healthy": "R", "answers wrongly": "R",
    "hostile output of a service": "R",
    "black hole after 30 kB": "ESRC", "black hole after 70 kB": "ESRC", "black hole after 15 kB": "ESRC", "black hole after 50 kB": "ESRC",
    "the operator's clock +1 day": "C", "the operator's clock -1 day": "C",
    "a firewall that shuts us out": "R", "sshd's settings shut us out": "R", "the network's settings shut us out": "R",
    "kill during the taking back": "R", "machine dies during the taking back": "R", "machine dies during the recovery at boot": "R",
    "one bad of several": "R", "one bad of several, at P2": "E", "one bad of several, at P3": "E", "one bad of several, at P8": "R", "one bad of several, at P9": "R",
    "others that hang on a service that fails": "R",
    "old generation damaged": "Z",
    **{f"{number} at one call of the client, {part} of 6": "ESRC" for number in ("ENOSPC", "EIO", "EMFILE") for part in range(1, 7)},
}
# Why a row has empty fields.
EMPTY = {
    "sshd down for good": "each takes the client's whole patience of seven and a half minutes; `sshd down beyond the window` has all phases",
    "reboot as the watchdog starts": "there is one such moment",
    "runner killed on the node": "before P5 and from P8 on no runner is at work: a batch has one only while it is carried out",
    "watchdog killed again and again": "it runs from P6 until the confirmation; at P6 it is about to start",
    "slow sync": "what is slow at one phase stays slow at those after it",
    "drift in between": "at P1 it is what the plan shows, and so no drift",
    "foreign file in the way": "from P7 on the file is in place and ours, and what happens to it is drift",
    "port held by a stranger": "at P1 the plan itself says who holds it and leaves that service out (`lab/takeover.sh`)",
    "second operator": "at P10 the first one has given everything back",
    "paused holder": "at P1 and P2 it holds nothing yet, at P10 nothing any more",
    "machine swapped (other host key)": "at P10 the connection is over",
    "machine swapped (same host key)": "at P10 the connection is over",
    "hostile output at login": "only a login reads it: at P1 the first one, from P2 to P9 the one that confirms; after it there is none",
    "the operator's clock jumps a day ahead": "a jump under the lock, one while files are switched and one before the confirmation stand for the others",
    "the operator's clock jumps a day back": "a jump under the lock, one while files are switched and one before the confirmation stand for the others",
}
SKIPPED = {
    "a clone with the same host key, without a fleet.lock": "only the host key is pinned between runs then, so a clone that answers before anything is planned is taken for the machine; between a plan and its apply the machine-id is compared all the same",
    "clock of the node": "the machines of the lab share the host's clock, and setting it would change the host; the node's half reads only /proc/uptime and boot_id",
}
# The client's whole patience, seven and a half minutes each: for a run of all cells, not for one with little time.
LONG = [("sshd down for good", "P3"), ("sshd down for good", "P7"), ("sshd down for good", "P9b")]
# A fixed small core that CI always runs.
CORE = [
    ("none", "P10"), ("client kill -9", "P7"), ("client kill -9", "P9b"), ("client SIGINT once", "P7"), ("cable out beyond the window", "P7b"),
    ("machine dies", "P7"), ("machine dies", "P6"), ("disk full", "P5"), ("drift in between", "P3"), ("sudo revoked", "P3"), ("second operator", "P7"),
    ("EIO on fsync", "P7"), ("sshd's settings shut us out", ""), ("the network's settings shut us out", ""),
]


def role(pattern, replacement):
    def edit(text):
        new, count = re.subn(pattern, lambda _: replacement, text, count=1)
        assert count == 1, pattern
        return new
    return edit


def serve(command):
    return role(r"ExecStart: \[/usr/bin/perl, /etc/fault/server.pl\]", f'ExecStart: ["/usr/bin/perl", "-e", {command!r}]')


HOSTILE = r'$|=1; print STDERR "\e]0;owned\a\e[2J\r::error::x\n@@0 end 1\n"; print STDERR "x" x 200000, "\n"; exit 3'
BY_PHASE = {
    fault.name: fault for fault in [
        faults.Nothing, faults.ClientKill, faults.Interrupt, faults.InterruptTwice, faults.Reset, faults.ShortPartition, faults.LongPartition,
        faults.BlackHole, faults.SessionKill, faults.SshdStopped, faults.SshdDown, faults.SshdGone, faults.Reboot,
        faults.RebootAsItArms, faults.MachineKill, faults.RunnerKill, faults.WatchdogKill, faults.DiskFull, faults.InodesGone, faults.ReadOnly,
        faults.Immutable, faults.SyncError, faults.SlowSync, faults.SudoRevoked, faults.Drift, faults.ForeignFile, faults.ForeignPort, faults.PausedHolder, faults.Hostile,
    ]
}


def fault_at(name, phase, library):
    """A fresh fault for a cell; some are another thing at another phase."""
    if name == "second operator":
        return faults.SecondWins() if phase in ("P1", "P2") else faults.SecondOperator()
    if name.startswith("machine swapped"):
        return faults.Swapped("same" in name)
    if name.startswith("the operator's clock jumps"):
        return faults.Jumped(86400 if "ahead" in name else -86400, library)
    if name in BY_PHASE:
        return BY_PHASE[name]()
    own = {
        "start hangs": lambda: faults.BadRole(name, role("Type: exec\n", 'Type: exec\n        ExecStartPre: [[/bin/sleep, infinity]]\n'), 180),
        "start fails": lambda: faults.BadRole(name, serve("exit 3")),
        "crash loop": lambda: faults.BadRole(name, role("Restart: on-failure", "Restart: always\n        RestartSec: 300ms\n        RuntimeMaxSec: 1s")),
        "dies after it was healthy": lambda: faults.BadRole(name, role("Restart: on-failure", 'Restart: "no"\n        RuntimeMaxSec: 2s')),
        "answers wrongly": lambda: faults.BadRole(name, role('expect_body: "file=', 'expect_body: "nobody says this '), 180),
        "hostile output of a service": lambda: faults.BadRole(name, serve(HOSTILE)),
        "the operator's clock +1 day": lambda: faults.Skewed(86400, library),
        "the operator's clock -1 day": lambda: faults.Skewed(-86400, library),
    }
    if name.startswith("black hole after"):
        return faults.CutUpload(int(name.split()[3]) * 1000)
    return own[name]() if name in own else None


def cells():
    """(fault, phase or '', allowed letters) of every cell, in the order of the table."""
    for line in TABLE.strip().splitlines():
        name, *marks = [field.strip() for field in line.split("|")]
        for phase, mark in zip(PHASES, marks, strict=True):
            if mark != "-":
                yield name, phase, list(mark)
    for name, mark in OWN.items():
        yield name, "", list(mark)
