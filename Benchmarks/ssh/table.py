"""Prints the results of bench.py as tables: table.py RESULTS.json [markdown PAGE].

With a page the tables take the place of what stands there between the two marks.
"""

import contextlib
import datetime
import io
import json
import os
import re
import sys

BEGIN, END = "<!-- made by Benchmarks/ssh/run.sh --markdown -->", "<!-- end of what was made -->"
JUMP = "behind a jump host"
PLAN, APPLY = "fleetctl plan, no change", "fleetctl apply, one file"
FLOOR, TRUE = "bare libssh2 client, the probe", "bare libssh2 client, `true`"


def machine():
    with open("/etc/os-release") as file:
        system = re.search(r'PRETTY_NAME="(.*)"', file.read())[1]
    with open("/proc/meminfo") as file:
        memory = int(file.readline().split()[1]) // 2**20
    with open("/proc/cpuinfo") as file:
        model = re.search(r"model name\s*: (.*)", file.read())
    kernel = os.uname().release
    return f"{os.cpu_count()} cores ({model[1] if model else 'unknown'}), {memory} GiB, {system}, Linux {kernel}"


class Results:
    def __init__(self, found):
        self.all = found["results"]
        self.node_cost = found.get("node_cost")
        self.parts, self.profiles = found["parts"], found["profiles"]
        self.rounds, self.hang, self.boots = found.get("rounds"), found.get("hang"), found["boots"]

    def find(self, place, nodes, case):
        for one in self.all:
            if (one["place"], one["nodes"], one["case"]) == (place, nodes, case):
                return one
        return None

    def ratio(self, place, nodes, over, under):
        over, under = self.find(place, nodes, over), self.find(place, nodes, under)
        return over["wall"] / under["wall"] if over and under else None

    def groups(self):
        seen = []
        for one in self.all:
            key = (one["place"], one["nodes"])
            if one["place"] != "wide" and key not in seen:
                seen.append(key)
        # Real nodes first, few before many, near before far.
        return sorted(seen, key=lambda key: (key[0].startswith("stub"), key[1] if not key[0].startswith("stub") else 0,
                                             key[0] != "no delay", key[1]))

    def why_missing(self, nodes, part=None):
        """Why there is no figure of so many real nodes, or of another part."""
        done = self.parts.get(part or str(nodes))
        if done and done["failed"]:
            return " ".join(done["failed"].split("\n")[-1].split())[:160]
        return "not run"

    def bound(self, place, nodes, case):
        """What a run waited for, in figures: who had the processors, and how much of them nobody wanted."""
        one = self.find(place, nodes, case)
        profile = self.profiles.get(f"{place}|{nodes}|{case}")
        if not one:
            return ""
        cores, wall = os.cpu_count(), one["wall"]
        words = [f"client CPU {one['cpu']:.2f} s"]
        if not place.startswith("stub"):
            words.append(f"nodes' CPU {one['node_cpu']:.2f} s")
        words[-1] += f" of {cores} x {wall:.2f} s"
        if one["far"]:
            words.append("round trips: docs/ssh.md" if case == APPLY or JUMP in place else
                         "nine round trips of the line alone are 0.27 s")
        if profile:
            # The thread of the event loop bears a name that Swift's runtime gave it.
            names = {"swapper": "idle", "oot.default-qos": "fleetctl"}
            shares = [f"{names.get(name, name)} {share:.0f} %" for share, name in profile["processes"] if share >= 2]
            words.append("processors: " + ", ".join(shares))
            own = [f"{name} {share:.0f} %" for share, name in profile["libraries"] if share >= 3]
            if own:
                words.append("fleetctl's own: " + ", ".join(own))
        return "; ".join(words)


def runs(one):
    """How many runs a row is from, where it is not the median of three."""
    words = {1: ", one run", 2: ", two runs", 3: "", None: ", runs not kept"}
    return words.get(one.get("runs"), f", {one.get('runs')} runs")


def cells(results, place, nodes, one):
    own = PLAN if results.find(place, nodes, PLAN) else None
    base = APPLY if one["case"].endswith("one file") else own
    ratio = results.ratio(place, nodes, one["case"], base) if base else None
    node = f"{1e3 * one['node_cpu'] / nodes:.1f} ms" if not place.startswith("stub") else ""
    return [
        one["case"] + runs(one), f"{one['wall']:.3f} s", f"{ratio:.2f}" if ratio else "", f"{1e3 * one['cpu'] / nodes:.2f} ms", node,
        f"{one['peak'] / 1024:.1f} MiB", f"{one['bytes'] / nodes / 1024:.1f} KiB",
    ]


def judged(name, limit, value, unit, is_most, bound="", missing=""):
    """One row: name, limit, measured, met, what bounds it."""
    wanted = f"{'at most' if is_most else 'at least'} {limit}{unit}"
    if value is None:
        return [name, wanted, "not measured", "", missing]
    met = value <= limit if is_most else value >= limit
    shown = f"{value:.2f}{unit}" if abs(value) < 100 else f"{value:.0f}{unit}"
    return [name, wanted, shown, "yes" if met else "**no**", bound]


PEERS = (("pyinfra, `--dry`", 15), ("Mitogen for Ansible, `--check`", 30), ("Ansible, `--check`", 100))
APPLIES = (("pyinfra, one file", 2), ("Ansible, one file", 10))


def group_budgets(results, place, nodes, with_peers):
    """All that is asked of so many nodes at one place."""
    where = f"{nodes} nodes, {place}"
    plan, floor = results.find(place, nodes, PLAN), results.find(place, nodes, FLOOR)
    missing = results.why_missing(nodes)
    client = f"bare {1e3 * floor['cpu'] / nodes:.2f} ms, fleetctl {1e3 * plan['cpu'] / nodes:.2f} ms" if plan and floor else ""
    yield judged(f"plan: times the bare client, {where}", 1.3, results.ratio(place, nodes, PLAN, FLOOR), "", True,
                 f"{floor['wall']:.3f} s and {plan['wall']:.3f} s" if client else "", missing)
    yield judged(f"plan: client CPU per node beyond the bare client's, {where}", 2,
                 1e3 * (plan["cpu"] - floor["cpu"]) / nodes if client else None, " ms", True, client, missing)
    if not with_peers:
        return
    for peer, limit in PEERS:
        ceiling = results.ratio(place, nodes, peer, FLOOR)
        bound = f"the bare client with the same probe: {ceiling:.1f} times" if ceiling else ""
        yield judged(f"plan: times as fast as {peer}, {where}", limit, results.ratio(place, nodes, peer, PLAN), "", False,
                     bound, missing)
    for peer, limit in APPLIES:
        yield judged(f"apply: times as fast as {peer}, {where}", limit, results.ratio(place, nodes, peer, APPLY), "", False,
                     "", missing)


def budgets(results):
    """Every budget, also those for which there is no figure."""
    always = [("no delay", 9), ("no delay", 50), ("no delay", 200), ("30 ms", 9), ("30 ms", 50)]
    for place, nodes in always:
        yield from group_budgets(results, place, nodes, nodes <= 50)
    for place, nodes in results.groups():
        # What a jump host costs has a table and no budget.
        if (place, nodes) in always or nodes == 1 or JUMP in place:
            continue
        with_peers = bool(results.find(place, nodes, PEERS[0][0]))
        yield from group_budgets(results, place, nodes, with_peers)
    for place, nodes in results.groups():
        one, many = results.find(place, 1, PLAN), results.find(place, nodes, PLAN)
        floor = results.find(place, nodes, FLOOR)
        if not one or not many or nodes == 1 or not place.startswith("stub"):
            continue
        if many["far"]:
            own = f"client CPU {many['cpu']:.2f} s on one thread, the bare client's {floor['cpu']:.2f} s" if floor else ""
            yield judged(f"plan of {nodes} nodes: times that of one, {place}", 2, many["wall"] / one["wall"], "", True, own)
        yield judged(f"memory per session, {nodes} sessions, {place}", 1, (many["peak"] - one["peak"]) / 1024 / nodes,
                     " MiB", True)
    rounds, hang = results.rounds, results.hang
    count = f"{rounds['sessions']} sessions" if rounds else "1000 sessions"
    missing = results.why_missing(0, "rounds")
    for name, limit, key, scale, unit in (
        ("memory of an open session", 1, "bytes_each", 2**20, " MiB"), ("descriptors more", 0, "descriptors", 1, ""),
        ("memory more", 1, "bytes", 2**20, " MiB"),
    ):
        value = rounds and (rounds[key] if key in rounds else rounds[f"{key}_20"] - rounds[f"{key}_5"]) / scale
        name += f", {count}" if key == "bytes_each" else f" after 20 rounds of {count} than after 5"
        yield judged(name, limit, value, unit, True, "", missing)
    yield judged("plans of 200 nodes, stub, 25 times: how many hang or fail", 0, len(hang["bad"]) if hang else None, "", True,
                 f"the slowest took {hang['slowest']:.2f} s" if hang else "", results.why_missing(0, "hang"))
    yield judged("node CPU of a look at 20 files and 10 units", 50, results.node_cost and 1e3 * results.node_cost, " ms", True,
                 "", results.why_missing(0, "look"))


def bounds(results):
    """What bounds the plans and applies: one row for each that was profiled."""
    for place, nodes in results.groups():
        for case in (PLAN, APPLY):
            text = results.bound(place, nodes, case)
            if text and nodes > 1:
                yield [f"{case}, {nodes} nodes, {place}", text]


def table(heads, rows, markdown):
    if markdown:
        print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
        for row in rows:
            print("| " + " | ".join(row) + " |")
        return
    widths = [max(len(row[column]) for row in [heads] + rows) for column in range(len(heads))]
    for row in [heads] + rows:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def when(results):
    parts = [part for part in results.parts.values() if not part["failed"]]
    dates = sorted({part["date"] for part in parts}) or ["never"]
    loads = [part["load"] for part in parts] or [0]
    programs = len({part["program"] for part in parts})
    text = f"Measured on {' and '.join(dates)}: {machine()}; medians of three runs where no other number is given; load {min(loads):.1f} to {max(loads):.1f} before the parts"
    return text + (f", which are of {programs} builds of fleetctl." if programs > 1 else ".")


def report(results, markdown):
    print(when(results) if markdown else f"machine: {machine()}\n{when(results)}")
    for size, boot in sorted(results.boots.items(), key=lambda pair: int(pair[0])):
        print(f"{size} real machines booted in {boot['seconds']:.0f} s and took {boot['mib']:.0f} MiB each.")
    for name, part in results.parts.items():
        if part["failed"]:
            print(f"Not measured: {name}: {' '.join(part['failed'].split())[:400]}")
    for place, nodes in results.groups():
        rows = [cells(results, place, nodes, one) for one in results.all
                if (one["place"], one["nodes"]) == (place, nodes)]
        title = f"{nodes} node{'s' if nodes > 1 else ''}, {place}"
        print()
        table([title, "wall", "times fleetctl", "client CPU per node", "node CPU per node", "peak memory",
               "on the wire per node"], rows, markdown)
    if results.rounds:
        found = results.rounds
        print()
        table([f"{found['sessions']} sessions at once, 20 rounds in one process", "descriptors", "memory"], [
            ["all open, first round", str(found["descriptors_open"]), f"{found['bytes_each'] / 1024:.0f} KiB a session"],
            ["after round 5", str(found["descriptors_5"]), f"{found['bytes_5'] / 2**20:.1f} MiB"],
            ["after round 20", str(found["descriptors_20"]), f"{found['bytes_20'] / 2**20:.1f} MiB"],
        ], markdown)
    rows = list(budgets(results))
    print()
    table(["budget", "limit", "measured", "met", "beside it"], rows, markdown)
    rows = list(bounds(results))
    if rows:
        print()
        table(["what bounds it", "profile"], rows, markdown)


def main():
    with open(sys.argv[1]) as file:
        results = Results(json.load(file))
    if len(sys.argv) < 3:
        report(results, False)
        return
    made = io.StringIO()
    with contextlib.redirect_stdout(made):
        report(results, True)
    with open(sys.argv[3]) as file:
        before, rest = file.read().split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    with open(sys.argv[3], "w") as file:
        file.write(f"{before}{BEGIN}\n{made.getvalue()}{END}{after}")
    print(made.getvalue(), end="")


if __name__ == "__main__":
    main()
