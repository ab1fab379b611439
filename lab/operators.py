"""Many operators, one machine: read by lab/operators.sh, which boots it.

Every client goes its rounds: it reads the value in force, writes a fleet file that wants its own value "after" that one, saves a
plan, sees that the plan replaces exactly the value it read, and applies it. Some are stopped for longer than their run may stay
unconfirmed, some are killed. A foreman does what an operator does: thaws the machine, releases the lock of a holder who is known
to be dead or asleep; some locks are left to run out.

Who is believed: the machine. A unit of its own appends each value that comes into force to /var/log/counter.log, and systemd's
journal says when which run of fleetctl worked. Neither is written by fleetctl.
"""
import argparse
import collections
import contextlib
import json
import os
import random
import re
import signal
import subprocess
import threading
import time

NAMES = {0: "applied", 1: "refused", 4: "partial", 5: "refused", 6: "moved", 7: "locked", 9: "unreachable", 10: "rolled back",
         12: "frozen", 13: "unknown", -9: "killed"}


class Crowd:
    def __init__(self, options):
        self.options = options
        self.root = options.root
        self.dice = random.Random(options.seed)
        self.lock = threading.Lock()
        self.counts = collections.Counter()
        self.total = 0
        self.said = {}      # value -> what its writer was told
        self.runs = set()   # of the applied rounds
        self.problems = []
        self.sleeping = {}  # pid -> whether it is a dead (True) or a stopped (False) client
        self.left = options.expiries
        self.expiring = None
        self.done = threading.Event()

    def say(self, text):
        print(f"  {time.monotonic() - self.began:6.1f} s  {text}", flush=True)

    def client(self, number):
        """The rounds of one client."""
        dice = random.Random(f"{self.options.seed} {number}")
        folder = os.path.join(self.options.work, f"client{number}")
        os.makedirs(folder)
        for round_number in range(self.options.rounds):
            value = f"c{number:02}r{round_number:03}"
            try:
                outcome = self.round(value, folder, dice)
            except Exception as error:  # a client that stops silently would hide what it saw
                outcome = "error"
                self.problems.append(f"{value}: {error!r}")
            with self.lock:
                self.counts[outcome] += 1
                self.total += 1
                total, applied = self.total, self.counts["applied"]
            if total % max(1, self.options.clients * self.options.rounds // 10) == 0:
                self.say(f"{total} rounds, {applied} applied")

    def round(self, value, folder, dice):
        before = open(f"{self.root}/etc/counter").read().split()[0].removeprefix("value=")
        fleet = os.path.join(folder, "fleet.yaml")
        with open(fleet, "w") as file:
            file.write(self.options.fleet.replace("@VALUE@", value).replace("@AFTER@", before))
        plan = os.path.join(folder, "plan")
        if os.path.exists(plan):
            os.remove(plan)
        status, output = self.run(["plan", "-f", fleet, "-out", plan])
        if status != 0:
            self.problems.append(f"{value}: plan exited {status}: {output[-300:]}")
            return "no plan"
        diffs = json.load(open(plan))["plan"]["diffs"]
        if not any(f"-value={before}" in diff and f"+after={before}" in diff for diff in diffs.values()):
            return "another came first"
        time.sleep(dice.random() * self.options.think)
        fate = dice.random()
        trouble = None
        if fate < self.options.trouble:
            # Most are met while they hold the lock, the others at any moment.
            trouble = ("stop" if dice.random() < 0.6 else "kill", dice.random() * 2.5, dice.random() < 0.8)
        wait = dice.choice(["0s", "0s", "2s", "5s"])
        status, output = self.run(
            ["apply", plan, "-f", fleet, "--confirm-timeout", "5s", "--lock-timeout", wait], trouble)
        outcome = NAMES.get(status, f"exit {status}")
        if outcome.startswith("exit"):
            with open(os.path.join(self.options.keep, f"fleetctl-{value}.txt"), "w") as file:
                file.write(output)
        self.said[value] = outcome
        if outcome == "applied":
            self.runs.add(re.search(r"\(run ([0-9a-f]+)\)", output)[1])
        # Who slept through a login may call the machine unreachable.
        if outcome.startswith("exit") or outcome == "partial" or (outcome == "unreachable" and not trouble):
            self.problems.append(f"{value}: exit {status}: {output[-400:]}")
        if outcome == "refused" and "no longer ours" not in output:
            self.problems.append(f"{value}: exit {status}: {output[-400:]}")
        return outcome + (f" ({trouble[0]})" if trouble and outcome != "killed" else "")

    def run(self, arguments, trouble=None):
        command = ["ip", "netns", "exec", self.options.namespace, self.options.fleetctl] + arguments
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        helper = threading.Thread(target=self.disturb, args=(process, *trouble)) if trouble else None
        if helper:
            helper.start()
        output = process.communicate()[0]
        if helper:
            helper.join()
        return process.returncode, output

    def holds(self, process):
        try:
            return f"process {process.pid}\n" in open(f"{self.options.machine}/run/fleetctl/lock").read()
        except FileNotFoundError:
            return False

    def disturb(self, process, what, moment, holding):
        """Stops or kills a client at some moment; a stopped one goes on after its run can no longer be confirmed."""
        while holding and process.poll() is None and not self.holds(process):
            time.sleep(0.02)
        time.sleep(moment)
        if process.poll() is not None:
            return
        held = ", holding the lock" if self.holds(process) else ""
        with self.lock:
            self.counts[f"disturbed: {what}{held}"] += 1
            self.sleeping[process.pid] = what == "kill"
        if what == "kill":
            process.kill()
            return
        os.kill(process.pid, signal.SIGSTOP)
        time.sleep(self.options.sleep)
        # A lock that is left to run out: its holder sleeps for as long.
        while self.expiring == process.pid and not self.done.is_set() and self.holds(process):
            time.sleep(0.2)
        with self.lock:
            self.sleeping.pop(process.pid, None)
        # It may have ended just before it was to be stopped.
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGCONT)

    def foreman(self):
        """Thaws, and releases the locks of those who are dead or asleep."""
        since = {}
        while not self.done.wait(1.0):
            if os.path.exists(f"{self.root}/var/lib/fleetctl/frozen"):
                self.call("thaw")
                continue
            held = self.call("list")
            found = re.search(r"process (\d+), (\d+) s left", held)
            if not found or int(found[1]) not in self.sleeping:
                continue
            pid = int(found[1])
            since.setdefault(pid, time.monotonic())
            if time.monotonic() - since[pid] < 3:
                continue
            if self.left > 0:
                # This one runs out by itself: who is stopped stays stopped for as long.
                self.left -= 1
                self.expiring = pid
                since[pid] = time.monotonic() + int(found[2]) + 5
                self.say(f"the lock of process {pid} is left to run out: {found[2]} s")
                continue
            self.call("release")

    def call(self, word):
        fleet = os.path.join(self.options.work, "foreman.yaml")
        node = [] if word == "list" else [self.options.node]
        status, output = self.run(["lock", word, *node, "-f", fleet])
        if word != "list":
            self.counts["foreman: " + word] += 1
        if status != 0:
            self.problems.append(f"lock {word}: exit {status}: {output[-300:]}")
        return output

    def rush(self):
        self.began = time.monotonic()
        with open(os.path.join(self.options.work, "foreman.yaml"), "w") as file:
            file.write(self.options.fleet)
        journal = open(os.path.join(self.options.work, "journal"), "w")
        reader = subprocess.Popen([*self.options.on.split("\t"), "journalctl", "-f", "-n", "0", "-o", "json"], stdout=journal)
        foreman = threading.Thread(target=self.foreman)
        foreman.start()
        clients = [threading.Thread(target=self.client, args=(n,)) for n in range(self.options.clients)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        # What the last ones left is taken back before the books are looked at.
        limit = time.monotonic() + 150
        while time.monotonic() < limit and self.unsettled():
            time.sleep(1)
        self.done.set()
        foreman.join()
        time.sleep(1)
        reader.terminate()
        reader.wait()
        journal.close()
        self.took = time.monotonic() - self.began

    def unsettled(self):
        # The lease of a client that was killed before it armed anything is the foreman's to give back.
        return os.path.exists(f"{self.options.machine}/run/fleetctl/lock") or any(
            os.path.exists(f"{self.root}/{name}") for name in ("var/lib/fleetctl/pending", "var/lib/fleetctl/frozen")
        )

    # What the machine says.

    def books(self):
        """The values that stayed, the first of them first; what broke the chain."""
        entries = []
        for line in open(f"{self.root}/var/log/counter.log"):
            words = dict(word.split("=", 1) for word in line.split() if "=" in word)
            entries.append((words["value"], words["after"]))
        chain, broken = [], []
        for value, after in entries:
            if chain and value == chain[-1]:
                continue  # the same value, started anew
            if not chain or after == chain[-1]:
                chain.append(value)
            elif len(chain) > 1 and value == chain[-2]:
                chain.pop()  # taken back
            else:
                broken.append(f"{value} follows {after}, and {chain[-1]} was in force")
        return entries, chain, broken

    def holders(self):
        """Runs that worked on the machine at the same time: none. A run works from its first batch to its last."""
        spans = {}
        for line in open(os.path.join(self.options.work, "journal")):
            record = json.loads(line)
            found = re.match(r"fleetctl-tx-([0-9a-f]+)-(.*)\.service$", record.get("UNIT", ""))
            if not found:
                continue
            moment = int(record["__MONOTONIC_TIMESTAMP"])
            first, last = spans.get(found[1], (moment, moment))
            spans[found[1]] = (min(first, moment), max(last, moment))
        order = sorted((first, last, run) for run, (first, last) in spans.items())
        return set(spans), [f"{a[2]} and {b[2]}" for a, b in zip(order, order[1:]) if b[0] < a[1]]


def main():
    parser = argparse.ArgumentParser()
    for name in ("fleetctl", "namespace", "root", "machine", "node", "work", "fleet", "on"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--keep", default="/tmp", help="folder for what a client said that ended in a way it must not")
    for name, kind, default in (("clients", int, 20), ("rounds", int, 100), ("seed", int, 1), ("think", float, 0.3),
                                ("trouble", float, 0.3), ("sleep", float, 9), ("expiries", int, 0)):
        parser.add_argument("--" + name, type=kind, default=default)
    options = parser.parse_args()
    options.fleet = open(options.fleet).read()
    crowd = Crowd(options)
    crowd.rush()
    entries, chain, broken = crowd.books()
    runs, together = crowd.holders()
    kept = set(chain)
    lost = sorted(v for v, outcome in crowd.said.items() if outcome == "applied" and v not in kept)
    # Who was killed or does not know may have won; nobody else.
    visible = sorted(v for v, outcome in crowd.said.items()
                     if v in kept and outcome not in ("applied", "killed", "unknown"))
    now = open(f"{options.root}/etc/counter").read().split()[0].removeprefix("value=")
    print(f"  {options.clients} clients, {options.rounds} rounds each, {crowd.took:.0f} s")
    for outcome, count in sorted(crowd.counts.items()):
        if count:
            print(f"    {count:5}  {outcome}")
    print(f"  the machine notes {len(entries)} values that came into force, {len(chain) - 1} of them stayed; {len(runs)} runs worked on it")
    verdicts = [
        ("lost updates", lost), ("values that follow another than they were planned on", broken),
        ("runs that worked at the same time", together), ("values in force of clients that were refused", visible),
        ("what is in force and what the books say differ", [] if chain and chain[-1] == now else [f"{now}, {chain[-1:]}"]),
        ("applied rounds whose run the journal lacks", sorted(crowd.runs - runs)),
        ("applied rounds (none at all)", [] if crowd.counts["applied"] else ["0"]),
        ("clients that ended in another way", crowd.problems),
    ]
    for name, found in verdicts:
        print(f"  {'ok  ' if not found else 'FAIL'}  {name}: {len(found)}")
        for line in found[:5]:
            print(f"        | {line}")
    raise SystemExit(any(found for _, found in verdicts))


main()
