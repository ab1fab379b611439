#!/usr/bin/env python3
"""Writes docs/faults.md from the results of the cells, the cuts and the interrupts.

usage: table.py FOLDER-OF-RESULTS >docs/faults.md
"""

import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import matrix
from trial import PHASES, WHAT

HEAD = """# The fault matrix

Written by `make faults` (`lab/faults/`, [how it works](../lab/faults/README.md)) from what it measured. Each cell is one small real apply on a
real machine of the lab: a secret, files, links and units come, change and go, a service is restarted and asked. It is stopped at a phase, hit by
a fault from outside, and let go. Then ten invariants are checked by code that does not use fleetctl.

| | outcome | | invariant |
|---|---|---|---|
| E | untouched | I1 | every file, link, unit and running process is of one generation, old or new |
| S | staged only, nothing live touched | I2 | nothing outside of what is managed changed |
| R | taken back: as before, byte by byte | I3 | exit code, table and events tell what is there |
| C | new and confirmed | I4 | manifest, history and the run's own marks explain it |
| B | new but for what the plan itself held back | I5 | with the fault gone one apply converges, the plan after it is empty |
| Z | taken back in part: frozen, and says so | I6 | the secret is in no output, log, journal, argument, environment or open record |
| | | I7 | other nodes are done |
| | | I8 | the lease ends by its deadline |
| | | I9 | client and node come to an end in time |
| | | I10 | no process, unit or temporary file is left |

"""


NOTES = """
With `second operator` and `paused holder` C is the generation that one of the two applied, and the other said that it was not the one. `EIO on
fsync` from P6 on: the machine is as before, byte by byte, and frozen, because its disk does not say that it keeps that. `foreign file in the way`
at P1: the plan itself shows what it holds back (exit 4). Exit 1 beside C below: standard output took no events any more; the table says that all
is done.

`sshd down for good` comes back only once client and node have ended, and is tried at five phases: from P3 on the client asks for
seven and a half minutes what became of the run, and then says that it does not know (exit 13). `sshd down beyond the window` comes back two seconds
after the window, and then a client that held its lock with nothing sent goes on: over a new login, with a lock that the node still
knows as its own, and with all that the run touches compared anew by the node before it takes the batch."""


def rows_of(path):
    rows = {}
    if path.exists():
        for line in path.read_text().splitlines():
            row = json.loads(line)
            rows[row["fault"], row["phase"]] = row
    return rows


def mark(row):
    if row is None:
        return "·"
    return row["outcome"] + (" **!**" if row["violations"] else "")


def code(row):
    if row is None:
        return ""
    return "(killed)" if isinstance(row["exit"], int) and row["exit"] < 0 else str(row["exit"])


def measured(rows):
    """When, from which commit and on what machine, as each row says; a row that lacks it is counted as such."""
    commits, places, days, silent = {}, set(), set(), 0
    for row in rows:
        if "commit" not in row:
            silent += 1
            continue
        commits[row["commit"]] = commits.get(row["commit"], 0) + 1
        days.add(row["date"])
        places.add(f"{row['cores']} cores, Linux {row['kernel']}")
    if not commits:
        return "No cell says when and where it was measured."
    told = ", ".join(f"{name}" + (f" ({count} cells)" if len(commits) > 1 else "") for name, count in sorted(commits.items(), key=lambda item: (-item[1], item[0])))
    text = f"Measured on {' and '.join(sorted(days))}, commit {told}, on a machine with {' or '.join(sorted(places))}."
    return text + (f" {silent} cells are of an earlier run, which did not write that down." if silent else "")


def main():
    folder = pathlib.Path(sys.argv[1])
    rows = rows_of(folder / "results.jsonl")
    cells = list(matrix.cells())
    run = [rows[f, p] for f, p, _ in cells if (f, p) in rows]
    bad = [row for row in run if row["violations"]]
    print(HEAD, end="")
    print(f"**{len(run)} of {len(cells)} cells run, {len(bad)} with a violated invariant**, {sum(r['seconds'] for r in run) / 60:.0f} minutes of cells in all.\n")
    print(measured(run) + "\n")
    print("| phase | where the apply stands |\n|---|---|")
    for phase in matrix.PHASES:
        print(f"| {phase} | {WHAT[phase]} |")
    print("\n`·` has not been run, an empty field is not tried, for the reason below the table, **!** is a violation.\n")
    print("| fault | " + " | ".join(matrix.PHASES) + " |")
    print("|---" * (len(matrix.PHASES) + 1) + "|")
    table = {}
    for fault, phase, _ in cells:
        if phase:
            table.setdefault(fault, {})[phase] = mark(rows.get((fault, phase)))
    for fault, marks in table.items():
        print(f"| {fault} | " + " | ".join(marks.get(phase, "") for phase in matrix.PHASES) + " |")
    print(NOTES)
    print("\nWhy fields are empty:\n")
    for fault in table:
        if len(table[fault]) < len(matrix.PHASES):
            print(f"- {fault}: {matrix.EMPTY[fault]}.")
    print("\n| fault of the new generation itself, or in the way back | outcome | exit code |\n|---|---|---|")
    # What was tried at several places is one line.
    together = {}
    for fault, phase, _ in cells:
        if not phase:
            together.setdefault(re.sub(r", \d+ of (\d+)$", r", at \1 places", fault), []).append(rows.get((fault, phase)))
    for fault, found in together.items():
        print(f"| {fault} | {' '.join(mark(row) for row in found)} | {' '.join(code(row) for row in found)} |")
    print("\n## Not run, and known limits\n")
    for what, why in matrix.SKIPPED.items():
        print(f"- {what}: {why}.")
    for name in ("interrupts.md", "cuts.md"):
        if (folder / name).exists():
            print("\n" + (folder / name).read_text().rstrip())
    if bad:
        print("\n## Violations\n")
        for row in bad:
            # Paths of the machine that ran it say nothing to others.
            what = re.sub(r"/\S*/\.lab/\S*", "", row["violations"][0])[:160]
            print(f"- {row['fault']} {row['phase']}: {what}")


if __name__ == "__main__":
    main()
