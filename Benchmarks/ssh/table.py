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
        self.node_cost = found["node_cost"]

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
        return seen


def cells(results, place, nodes, one):
    own = PLAN if results.find(place, nodes, PLAN) else None
    base = APPLY if one["case"].endswith("one file") else own
    ratio = results.ratio(place, nodes, one["case"], base) if base else None
    node = f"{1e3 * one['node_cpu'] / nodes:.1f} ms" if not place.startswith("stub") else ""
    return [
        one["case"], f"{one['wall']:.3f} s", f"{ratio:.2f}" if ratio else "", f"{1e3 * one['cpu'] / nodes:.2f} ms", node,
        f"{one['peak'] / 1024:.1f} MiB", f"{one['bytes'] / nodes / 1024:.1f} KiB",
    ]


def budgets(results):
    """Name, limit, measured and whether it is met, for all that was measured."""
    def row(name, limit, value, unit, isMost):
        if value is not None:
            met = value <= limit if isMost else value >= limit
            shown = f"{value:.2f}{unit}" if value < 100 else f"{value:.0f}{unit}"
            yield [name, f"{'at most' if isMost else 'at least'} {limit}{unit}", shown, "yes" if met else "**no**"]

    for place, nodes in results.groups():
        where = f"{nodes} nodes, {place}"
        if nodes == 1:
            continue
        plan, floor = results.find(place, nodes, PLAN), results.find(place, nodes, FLOOR)
        yield from row(f"plan: times the bare client, {where}", 1.3, results.ratio(place, nodes, PLAN, FLOOR), "", True)
        if plan and floor:
            beyond = 1e3 * (plan["cpu"] - floor["cpu"]) / nodes
            yield from row(f"plan: client CPU per node beyond the bare client's, {where}", 2, beyond, " ms", True)
        for peer, limit in (("pyinfra, `--dry`", 15), ("Mitogen for Ansible, `--check`", 30), ("Ansible, `--check`", 100)):
            yield from row(f"plan: times as fast as {peer}, {where}", limit, results.ratio(place, nodes, peer, PLAN), "", False)
        for peer, limit in (("pyinfra, one file", 2), ("Ansible, one file", 10)):
            yield from row(f"apply: times as fast as {peer}, {where}", limit, results.ratio(place, nodes, peer, APPLY), "", False)
    for place, nodes in results.groups():
        one, many = results.find(place, 1, PLAN), results.find(place, nodes, PLAN)
        if not one or not many or nodes == 1 or not place.startswith("stub"):
            continue
        if many["far"]:
            yield from row(f"plan of {nodes} nodes: times that of one, {place}", 2, many["wall"] / one["wall"], "", True)
        yield from row(
            f"memory per session, {nodes} sessions, {place}", 1, (many["peak"] - one["peak"]) / 1024 / nodes, " MiB", True)
    yield from row("node CPU of a look at 20 files and 10 units", 50, 1e3 * results.node_cost, " ms", True)


def table(heads, rows, markdown):
    if markdown:
        print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
        for row in rows:
            print("| " + " | ".join(row) + " |")
        return
    widths = [max(len(row[column]) for row in [heads] + rows) for column in range(len(heads))]
    for row in [heads] + rows:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def report(results, markdown):
    if markdown:
        print(f"Measured on {datetime.date.today()}: {machine()}; medians of one run, load {os.getloadavg()[2]:.1f} in its")
        print("last quarter of an hour.")
    else:
        print(f"machine: {machine()}; medians of one run")
    for place, nodes in results.groups():
        rows = [cells(results, place, nodes, one) for one in results.all
                if (one["place"], one["nodes"]) == (place, nodes)]
        title = f"{nodes} node{'s' if nodes > 1 else ''}, {place}"
        print()
        table([title, "wall", "times fleetctl", "client CPU per node", "node CPU per node", "peak memory",
               "on the wire per node"], rows, markdown)
    print()
    table(["budget", "limit", "measured", "met"], list(budgets(results)), markdown)


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
