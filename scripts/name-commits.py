#!/usr/bin/env python3
"""Writes into the last column of a Markdown table the commit that brought each row, where it is not there yet.

name-commits.py FILE: a commit cannot name itself, so the rows of docs/robustness.md get theirs with a later one. A row
is found by its first cell, and rows that name one are left alone. Where the text came later than the mend, put the
mend's by hand.
"""

import re
import subprocess
import sys


def brought(path, cell):
    """The oldest commit that has the cell in the file, abbreviated."""
    command = ["git", "log", "--format=%h", "--abbrev=8", f"-S| {cell} |", "--", path]
    found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    return found[-1] if found else ""


def main():
    path = sys.argv[1]
    with open(path) as file:
        lines = file.read().split("\n")
    for number, line in enumerate(lines):
        if not line.startswith("| "):
            continue
        cells = re.split(r"(?<!\\)\|", line)[1:-1]
        if cells[-1].strip() == "" and len(cells) == 4:
            cells[-1] = f" {brought(path, cells[0].strip())} "
            lines[number] = "|" + "|".join(cells) + "|"
    with open(path, "w") as file:
        file.write("\n".join(lines))


if __name__ == "__main__":
    main()
