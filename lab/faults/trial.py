"""One cell: a small real change, stopped at a phase, hit by a fault, let go; then what came of it, judged without fleetctl."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import look
from machine import HERE, LAB, Broken, wait

WINDOW = 5
LEASE = 120
# A phase is a place in the client (FLEETCTL_FAILPOINT) or a call of a tool on the node (shim.c).
PHASES = {
    "P1": ("connect", None),
    "P2": ("gathered", None),
    "P3": ("locked", None),
    "P4": ("stage", ("mv", "-T */.stage-* */files", "before", "pause", 1)),
    "P5": ("journal", ("sync", "*/files/undo*", "before", "pause", 1)),
    "P6": ("arm", ("systemctl", "start fleetctl-watchdog@*", "before", "pause", 1)),
    "P7": ("switch", ("mv", "-fT -- */.fleetctl-*-files-* *", "before", "pause", 4)),
    "P7b": ("restart", ("systemctl", "*restart -- fault-web.service", "before", "pause", 1)),
    "P8": ("health", None),
    "P8b": ("manifest", None),
    "P9": ("confirming", None),
    "P9b": ("decided", ("mv", "-T */armed */confirmed", "after", "pause", 1)),
    "P9c": ("confirmed", None),
    "P10": ("finished", None),
}
WHAT = {
    "P1": "before the first connection", "P2": "nodes looked at, nothing planned", "P3": "lock held, nothing sent",
    "P4": "the batch sent, not yet in place", "P5": "the inverse written, not yet synced", "P6": "armed, the watchdog not yet started",
    "P7": "the fourth file about to be renamed into place", "P7b": "all files in place, the service about to restart",
    "P8": "services started, about to be asked", "P8b": "healthy, about to write the manifest",
    "P9": "about to log in anew", "P9b": "confirmed on the node, nobody told",
    "P9c": "the client knows, lock and history are not given back", "P10": "all done, nothing printed",
}


class Trial:
    """Where a cell works: one machine, one folder, two generations of one role."""

    def __init__(self, machine, folder, fleetctl):
        self.machine, self.folder, self.fleetctl = machine, pathlib.Path(folder), fleetctl
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "points").mkdir(parents=True)
        (self.folder / "shown").mkdir()
        self.client, self.status, self.notes, self.wrong = None, None, [], []
        self.old = self.new = 0
        self.second_won = self.drifted = False
        self.zed = self.held_back = False
        # Parts that the plan itself holds back and says so; and a fleet.lock beside fleet.yaml.
        self.blocked, self.pinned = set(), False
        self.other = None
        self.nodes = [machine]
        self.point = None
        self.environment = {}
        # More roles of lab/roles, tried with the change itself; how often the processes were searched for the secret.
        self.roles, self.token, self.samples = [], None, 0

    # The fleet

    def render(self, generation, edit=None, patience=3):
        """Writes fleet.yaml and the role for one generation; `edit` changes the text of role.yaml."""
        word = look.parity(generation)
        role = self.folder / "roles" / "fault-web"
        (role / "files").mkdir(parents=True, exist_ok=True)
        for name in ("role.yaml", "files/server.pl"):
            content = (HERE / "role" / name).read_text()
            content = content.replace("@G@", str(generation)).replace("@PARITY@", word).replace("@DIGIT@", "4" if word == "even" else "0")
            (role / name).write_text(edit(content) if edit and name == "role.yaml" else content)
        keys = self.machine.lab.folder / "ssh"
        roles = ", ".join(["fault-web", *self.roles])
        nodes = "".join(f"  {m.node}: {{address: {m.address}, roles: [{roles}]}}\n" for m in self.nodes)
        (self.folder / "fleet.yaml").write_text(
            f"version: 1\nfleet: faults\nregistry: none\nrole_paths: [roles, {LAB}/roles]\n"
            f"ssh: {{user: autobot, identity_file: {keys}/id_ed25519, known_hosts: {self.folder}/known_hosts, config: none, connect_timeout: {patience}s}}\n"
            f"nodes:\n{nodes}"
        )
        shutil.copy(keys / "known_hosts", self.folder / "known_hosts")
        if not self.pinned:
            (self.folder / "fleet.lock").unlink(missing_ok=True)

    def command(self, *words):
        return [self.fleetctl, *words]

    def start(self, *words, name, point=None, action="pause"):
        """Starts fleetctl in the lab; what it shows goes to files."""
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LC_ALL": "C.UTF-8", **self.environment}
        if point:
            environment["FLEETCTL_FAILPOINT"] = f"{point}:{action}"
            environment["FLEETCTL_FAILPOINT_DIR"] = str(self.folder / "points")
            (self.folder / "points" / f"{point}.hold").touch()
        out = open(self.folder / "shown" / f"{name}.out", "wb")
        err = open(self.folder / "shown" / f"{name}.err", "wb")
        with out, err:
            return self.machine.lab.inside(*self.command(*words), stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                           env=environment, start_new_session=True)

    def fleet(self, *words, name, timeout=90):
        """Runs fleetctl to its end; returns its exit status."""
        process = self.start(*words, "-f", str(self.folder / "fleet.yaml"), name=name)
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return -1

    def shown(self, name):
        return "".join((self.folder / "shown" / f"{name}.{end}").read_text(errors="replace") for end in ("out", "err"))

    def apply(self, name="apply", point=None, more=()):
        events = [] if name != "apply" else ["--format", "jsonl"]
        return self.start("apply", "-f", str(self.folder / "fleet.yaml"), "-auto-approve", "--confirm-timeout", f"{WINDOW}s", *events, *more,
                          name=name, point=point)

    # Before

    def base(self):
        """Brings the machine to a whole generation, whatever the last cell left."""
        machine = self.machine
        machine.rules([])
        seen = look.parts(machine)
        found = (seen["app.conf"] or [0])[0]
        self.old = found
        if found == 0 or seen != look.expected(found) or look.running(machine, found) or look.Decision(machine).is_open:
            self.old = found + 1
            if not self.rebase():
                machine.reset()
                if not self.rebase():
                    raise Broken(f"{machine.node}: no base: {self.last_words('base')}")
        self.new = self.old + 1
        self.render(self.new)
        self.clear()
        self.token = look.secret(machine)
        self.save_plan()
        self.before = look.survey(machine)
        self.known_runs = set(look.Decision(machine).runs)

    def save_plan(self):
        """The plan of what is about to be applied, among what is searched for the secret at the end."""
        path = self.folder / "shown" / "saved.plan"
        if self.fleet("plan", "-out", str(path), name="saved") != 0 or b"/etc/fault/app.conf" not in path.read_bytes():
            raise Broken("no plan was saved: " + self.last_words("saved"))

    def rebase(self):
        wait(20, lambda: not look.Decision(self.machine).is_open, 0.2)
        # Short limits are for what is tried, not for what comes before and after it.
        self.render(self.old, patience=20)
        self.clear()
        code = self.fleet("apply", "-auto-approve", "--confirm-timeout", f"{WINDOW + 10}s", name="base")
        return code == 0 and look.generation_of(self.machine, self.old, self.old) == "old"

    def clear(self):
        """Ends what a person would end after having seen it: a freeze, a dead client's lease."""
        decision = look.Decision(self.machine)
        if decision.frozen and self.fleet("lock", "thaw", self.machine.node, name="thaw") != 0:
            raise Broken(f"{self.machine.node} does not thaw: {self.last_words('thaw')}")
        if decision.lock:
            self.fleet("lock", "release", self.machine.node, name="release")

    # The fault

    def run_to(self, phase, more=()):
        """Starts the apply and waits until it stands at the phase."""
        if phase is None:
            self.client = self.apply(more=more)
            return
        name, rule = PHASES[phase]
        self.point = name
        if rule:
            self.machine.rules([(name, *rule)])
            self.client = self.apply(more=more)
            ok = wait(40, lambda: self.machine.reached(name) or self.client.poll() is not None, 0.005)
            ok = ok and self.machine.reached(name)
        else:
            self.client = self.apply(point=name, more=more)
            mark = self.folder / "points" / f"{name}.reached"
            wait(40, lambda: mark.exists() or self.client.poll() is not None, 0.005)
            ok = mark.exists()
        if not ok:
            raise Broken(f"{phase} was not reached: {self.shown('apply')[-500:]}")

    def let_go_node(self):
        if self.point:
            with contextlib.suppress(OSError):
                self.machine.let_go(self.point)

    def let_go(self):
        self.let_go_node()
        if self.point:
            with contextlib.suppress(FileNotFoundError):
                (self.folder / "points" / f"{self.point}.hold").unlink()

    def finish(self, bound):
        """Waits for the client's end."""
        try:
            self.status = self.client.wait(bound)
        except subprocess.TimeoutExpired:
            self.wrong.append(f"I9: the client still ran after {bound} s")
            self.client.send_signal(signal.SIGKILL)
            self.status = self.client.wait()

    def settle(self, bound):
        """Waits until the node itself has decided and nothing of fleetctl is at work there."""
        machine = self.machine
        quiet_since = None
        until = time.monotonic() + bound
        while time.monotonic() < until:
            if not (machine.leader() and not look.Decision(machine).is_open and not look.runners(machine)):
                quiet_since = None
            elif quiet_since is None:
                quiet_since = time.monotonic()
            # What a dead client had handed over may begin a moment later.
            elif time.monotonic() - quiet_since > (1.5 if self.status is None or self.status < 0 else 0.3):
                return
            time.sleep(0.2)
        else:
            decision = look.Decision(machine)
            self.wrong.append(f"I9: the node had not decided after {bound} s: {decision.runs}, {look.runners(machine)}")

    # Judgement

    def run_end(self):
        lines = (self.folder / "shown" / "apply.out").read_text(errors="replace").splitlines()
        events = []
        for line in lines:
            try:
                events.append(json.loads(line))
            except ValueError:
                self.wrong.append(f"I3: a line of the events is no JSON: {line[:80]!r}")
        return events

    def judge(self, allowed):
        """Fills `wrong` with every invariant that does not hold; returns the outcome's letter."""
        machine, wrong = self.machine, self.wrong
        if self.other:
            self.new = self.other
        decision = look.Decision(machine)
        fresh = {run: marks for run, marks in decision.runs.items() if run not in self.known_runs}
        state = look.generation_of(machine, self.old, self.new)
        self.state = state
        # Where it can be neither the one nor the other, the node must be frozen and say so, and so must the client if it lives.
        is_partial = any(decision.words.get(run) == "partial" for run in fresh)
        if is_partial and "not all of it could be taken back" not in (decision.frozen or ""):
            wrong.append(f"I4: taken back in part, but the node is not frozen with that: {decision.frozen!r}")
        if is_partial and self.status in (0, 10):
            wrong.append(f"I3: exit {self.status}, but the node is taken back only in part")
        self.zed = is_partial and (decision.frozen or "") != "" and self.status not in (0, 10)
        if self.blocked and self.status == 4 and "blocked on 1 of 1 node" in self.shown("apply"):
            self.held_back = look.generation_of(machine, self.old, self.new, self.blocked) == "new"
        if state.startswith("mixed") and (self.zed or self.held_back):
            self.notes.append("in part, and says so: " + state[:200])
        elif state.startswith("mixed"):
            wrong.append("I1: " + state)
        now = look.survey(machine)
        differs = {p for p in now.keys() | self.before.keys() if now.get(p) != self.before.get(p)}
        if state == "old" and differs:
            wrong.append("I1: not as before: " + self.tell(differs, now))
        outside = {p for p in differs if not look.MANAGED.match(p)}
        if outside:
            wrong.append("I2: outside of what is managed: " + self.tell(outside, now))
        took_back = any("rolled-back" in marks for marks in fresh.values())
        confirmed = any("confirmed" in marks for marks in fresh.values())
        letter = self.letter(state, took_back, confirmed, fresh)
        self.check_report(state, took_back, is_partial)
        self.check_records(state, decision, fresh, took_back, confirmed)
        if letter not in allowed:
            wrong.append(f"outcome {letter}, the matrix wants {' or '.join(allowed)}")
        return letter

    def tell(self, paths, now):
        return "; ".join(f"{p}: {self.before.get(p, 'absent')[-60:]} -> {now.get(p, 'absent')[-60:]}" for p in sorted(paths)[:4])

    def letter(self, state, took_back, confirmed, fresh):
        if self.zed:
            return "Z"
        if state.startswith("mixed"):
            return "B" if self.held_back else "MIXED"
        if state == "new":
            return "C" if confirmed else "F"
        if took_back:
            return "R"
        # The plan that a node keeps to be resumed from is no part of a generation.
        begun = [run for run in fresh if any(not name.startswith("record-") and name != "plan" for name in self.batches(run))]
        return "S" if begun else "E"

    def batches(self, run):
        folder = self.machine.path(f"{look.STATE}/tx/{run}")
        return [name for name in os.listdir(folder) if (folder / name).is_dir()]

    def check_report(self, state, took_back, is_partial):
        """I3: the exit code and the events tell the truth."""
        status, wrong = self.status, self.wrong
        if status is not None and status < 0:
            return
        if self.second_won or self.other:
            # What the node is was decided by somebody else: this client may only say that it was not the one.
            if status == 0 and (self.other or any(event.get("type") == "lock_acquired" for event in self.run_end())):
                wrong.append("I3: exit 0, but another one's apply is what the node holds")
            return
        if status == 0 and state != "new":
            wrong.append(f"I3: exit 0, but the node is {state}")
        if status == 10 and (state != "old" or not took_back):
            wrong.append(f"I3: exit 10 (rolled back), but the node is {state}" + ("" if took_back else " and nothing was taken back"))
        if status == 4 and state == "old" and not is_partial:
            wrong.append("I3: exit 4 (in part), but the node is as before")
        # The events end where their reader or its disk does; the table on the terminal is whole, and exit 0 is no longer true.
        is_cut = "events cannot be written to standard output any more" in self.shown("apply")
        if is_cut and status == 0:
            wrong.append("I3: exit 0, though events were lost")
        if is_cut and state == "new" and "Apply complete" not in self.shown("apply"):
            wrong.append("I3: the events were cut off and nothing says that all is done")
        if status == 1 and (is_partial or is_cut):
            pass
        elif status in (1, 5, 6, 7, 8, 11, 12) and state != "old":
            wrong.append(f"I3: exit {status} (nothing changed), but the node is {state}")
        if status not in (0, 1, 4, 5, 6, 7, 9, 10, 11, 12, 13, 130, 143):
            wrong.append(f"I3: exit {status} is none of an apply")
        events = self.run_end()
        if is_cut:
            return
        ends = [event for event in events if event.get("type") == "run_end"]
        if len(ends) != 1 or events[-1] is not ends[0]:
            wrong.append(f"I3: {len(ends)} run_end events, or not the last")
            return
        if ends[0].get("exit_code") != status:
            wrong.append(f"I3: run_end says exit {ends[0].get('exit_code')}, the process {status}")
        self.check_endings(events, state)

    def check_endings(self, events, state):
        planned = [e.get("address") for e in events if e.get("type") == "planned_change"]
        kinds = ("apply_complete", "apply_errored", "apply_skipped", "apply_rolled_back", "apply_unknown")
        ended = [(e.get("address"), e["type"]) for e in events if e.get("type") in kinds]
        addresses = [address for address, _ in ended]
        if ended or any(e.get("type") == "lock_acquired" for e in events):
            lacking = set(planned) - set(addresses)
            if lacking or len(addresses) != len(set(addresses)):
                self.wrong.append(f"I3: not one ending for each planned address: {sorted(lacking)[:3]}")
        words = {word for _, word in ended}
        if state == "old" and "apply_complete" in words:
            told = [address for address, word in ended if word == "apply_complete"]
            self.wrong.append(f"I3: told as done on a node that is old: {told[:3]}")
        if state == "new" and "apply_rolled_back" in words:
            self.wrong.append("I3: told as rolled back on a node that is new")

    def check_records(self, state, decision, fresh, took_back, confirmed):
        """I4, I8: manifest, history, lock and freeze explain the state."""
        wrong, machine = self.wrong, self.machine
        record = look.manifest_generation(machine, self.old, self.new)
        is_told = self.status == 0 and not self.second_won
        if self.zed or self.held_back:
            return
        # What was loaded is what stood there when somebody had edited it; told as a file that is still to be mended.
        if self.drifted and record.startswith("new, with another digest") and self.status == 4 and "it is still to update after the apply" in self.shown("apply"):
            self.notes.append("the manifest is " + record)
            record = "new"
        if record not in ("old", "new"):
            wrong.append(f"I4: the manifest is {record}")
        elif state == "old" and record != "old":
            wrong.append("I4: the node is old, its manifest is new")
        elif state == "new" and record != "new" and is_told:
            wrong.append("I4: acknowledged, but the manifest is old")
        if state == "new" and not confirmed:
            wrong.append(f"I4: the node is new and nothing says that it was confirmed: {fresh}")
        lines = (look.text(machine, look.STATE + "/history.jsonl") or "").splitlines()
        last = json.loads(lines[-1]) if lines else {}
        # A disk that is full or keeps nothing takes no line: then the client must say so.
        if took_back and not self.other and last.get("result") not in ("rolled back", "failed"):
            self.lacks_history(f"taken back, but the last line of the history says {last.get('result')}")
        if is_told and last.get("run") not in fresh:
            self.lacks_history("acknowledged, but the last line of the history is of another run")
        if decision.lock:
            left = int(decision.lock.get("deadline", 0)) - machine.uptime()
            if left > LEASE:
                wrong.append(f"I8: the lease lasts {left:.0f} s more")
            if self.status is not None and self.status >= 0 and self.status not in (13, 130, 143) and "watchdog" not in decision.lock.get("holder", ""):
                self.notes.append(f"exit {self.status} left the lease for {left:.0f} s")

    def lacks_history(self, what):
        if "the history was not written" in self.shown("apply"):
            self.notes.append(what)
        else:
            self.wrong.append("I4: " + what)

    def converge(self):
        """I5, I6, I10: with the fault gone one apply converges, the plan after it is empty, nothing is left."""
        machine, wrong = self.machine, self.wrong
        machine.rules([])
        self.clear()
        self.roles = []
        self.render(self.new, patience=20)
        code = self.fleet("apply", "-auto-approve", "--confirm-timeout", f"{WINDOW + 10}s", name="again")
        if code != 0:
            wrong.append(f"I5: the next apply exits {code}: {self.last_words('again')}")
        state = look.generation_of(machine, self.old, self.new)
        if state != "new":
            wrong.append("I5: after the next apply: " + state)
        record = look.manifest_generation(machine, self.old, self.new)
        if record != "new":
            wrong.append("I5: after the next apply the manifest is " + record)
        code = self.fleet("plan", "-detailed-exitcode", name="plan")
        if code != 0:
            wrong.append(f"I5: the plan after it is not empty (exit {code}): {self.last_words('plan')}")
        if self.token:
            if look.secret(machine) != self.token:
                wrong.append("I6: the secret is another one than before")
            wrong.extend(f"I6: the secret is in {hit}" for hit in look.tells_secret(machine, self.token, self.folder))
        known = {"points", "shown", "roles", "fleet.yaml", "fleet.lock", "known_hosts", "other"}
        wrong.extend(f"I10: left with the operator: {p.name}" for p in self.folder.iterdir() if p.name not in known)
        if not wait(15, lambda: not look.leftovers(machine), 0.2):
            wrong.append(f"I10: left over: {look.leftovers(machine)[:4]}")

    def last_words(self, name):
        lines = [line for line in self.shown(name).splitlines() if line.strip()]
        told = [line for line in lines if re.match(r"(error|failed|  [a-z~+!-])", line)] or lines
        return " / ".join(told[-4:])[:400]
