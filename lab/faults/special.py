"""Cells that are more than one fault at one phase: what hits the taking back itself, and what needs several machines."""

import subprocess
import time

import look
from machine import LAB, Broken, wait

# The first rename of a taking back: of the watchdog, of the recovery at boot, or of the client's own.
BACK = ("back", "mv", "-fT -- */.fleetctl-*-watchdog-back *", "before", "pause", 2)
CELLS, TOGETHER = {}, set()


def cell(name, together=False):
    def take(body):
        CELLS[name] = body
        if together:
            TOGETHER.add(name)
        return body
    return take


def to_taking_back(trial):
    """A client that dies while files are switched; the node stands in the middle of its own taking back."""
    trial.run_to("P7b")
    trial.client.kill()
    trial.client.wait()
    trial.status = -9
    trial.machine.rules([BACK])
    trial.let_go()
    if not wait(40, lambda: trial.machine.reached("back")):
        raise Broken("the node did not begin to take back")


def end(trial, allowed, bound=60):
    trial.settle(bound)
    letter = trial.judge(allowed)
    trial.converge()
    return letter


@cell("kill during the taking back")
def kill_taking_back(trial, allowed):
    to_taking_back(trial)
    if not trial.machine.kill_where(lambda line: "runtime.sh watch " in line):
        raise Broken("no watchdog to kill")
    trial.machine.let_go("back")
    return end(trial, allowed)


@cell("machine dies during the taking back")
def machine_dies_taking_back(trial, allowed):
    to_taking_back(trial)
    trial.machine.kill()
    trial.machine.let_go("back")
    trial.machine.start()
    return end(trial, allowed, 90)


@cell("machine dies during the recovery at boot")
def machine_dies_recovering(trial, allowed):
    machine = trial.machine
    trial.run_to("P7b")
    trial.client.kill()
    trial.client.wait()
    trial.status = -9
    machine.kill()
    trial.let_go()
    machine.rules([BACK])
    # sshd does not answer while the recovery stands, so the machine is not waited for.
    starter = subprocess.Popen([str(LAB / "node.sh"), "start", machine.node], env=machine.lab.environment,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    reached = wait(30, lambda: machine.reached("back"))
    machine.kill()
    machine.let_go("back")
    starter.kill()
    starter.wait()
    machine.start()
    if not reached:
        raise Broken("the recovery at boot was not reached")
    return end(trial, allowed, 90)


def install_nft(machine):
    machine.run("/usr/bin/sh", "-c", "cd / && { command -v nft || { apt-get -q update && apt-get -q -y install nftables; }; }", timeout=120)


DOOR = r'''
packages: [nftables]
services:
  - {name: nftables.service, enable: true, state: started}
'''
RULES = r'''  - path: /etc/nftables.conf
    content: "#!/usr/sbin/nft -f\nflush ruleset\ntable inet door {\n  chain input {\n    type filter hook input priority filter; policy drop;\n    iif lo accept\n    tcp dport 443 accept\n  }\n}\n"
    owner: root
    group: root
    mode: "0755"
    on_change: {restart: [nftables.service]}
    replaces_package_file: true
links:'''


@cell("a firewall that shuts us out")
def closed_door(trial, allowed):
    machine = trial.machine
    install_nft(machine)
    trial.before = look.survey(machine)
    trial.render(trial.new, lambda text: text.replace("links:", RULES, 1) + DOOR)
    trial.run_to(None)
    trial.finish(90)
    trial.settle(60)
    if machine.run("/usr/sbin/nft", "list", "ruleset").stdout.strip():
        trial.wrong.append("I1: rules of the firewall are left")
    letter = trial.judge(allowed)
    trial.converge()
    return letter


def locked_out(trial, allowed, role):
    """Applies a role of the lab that ends the operator's access; everything is as before and he gets in again, without his doing."""
    machine = trial.machine
    if not machine.lets_in():
        raise Broken(f"{machine.node} lets nobody in before the change")
    trial.before = look.survey(machine)
    trial.roles = [role]
    # The service itself is well: what is asked of it over a node that went back need not take the whole patience.
    trial.render(trial.new, lambda text: text.replace("budget: 60s", "budget: 8s"))
    trial.run_to(None)
    trial.finish(90)
    trial.settle(60)
    if trial.status != 10:
        trial.wrong.append(f"I3: exit {trial.status}, wanted 10: {trial.last_words('apply')}")
    # Only a run that lost the operator says this.
    if "nobody could confirm the run over a new login" not in trial.shown("apply"):
        trial.wrong.append("harness: the change did not end the access: " + trial.last_words("apply"))
    if not wait(5, machine.lets_in):
        trial.wrong.append("I1: taken back, and the operator does not get in")
    letter = trial.judge(allowed)
    trial.converge()
    return letter


@cell("sshd's settings shut us out")
def closed_sshd(trial, allowed):
    return locked_out(trial, allowed, "closed-sshd")


@cell("the network's settings shut us out")
def interface_down(trial, allowed):
    """A network file more takes the interface down that systemd-networkd has had up."""
    machine = trial.machine
    file = machine.path("/etc/systemd/network/10-host0.network")
    file.write_text(f"[Match]\nName=host0\n\n[Network]\nAddress={machine.address}/24\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n")
    try:
        machine.run("/usr/bin/systemctl", "start", "systemd-networkd.service")
        # "failed" is one too: the address was there before, and it is looked after all the same.
        settled = lambda: machine.run("/usr/bin/networkctl", "--no-pager", "--no-legend", "list", "host0").stdout.split()[-1:] in (["configured"], ["failed"])
        if not wait(15, settled, 0.2):
            raise Broken("systemd-networkd does not look after host0")
        letter = locked_out(trial, allowed, "interface-down")
        state = machine.run("/usr/bin/systemctl", "is-active", "systemd-networkd.service", check=False).stdout.strip()
        if state != "active":
            trial.wrong.append(f"I2: systemd-networkd is {state}")
        return letter
    finally:
        machine.run("/usr/bin/systemctl", "stop", "systemd-networkd.socket", "systemd-networkd.service", check=False)
        file.unlink()
        machine.link("up")
        subprocess.run(["ip", "-n", machine.space, "addr", "replace", f"{machine.address}/24", "dev", "host0"], check=True)


@cell("others that hang on a service that fails")
def leaning(trial, allowed):
    """Services of somebody else go down with one that is restarted and fails; they are as much part of how the machine was."""
    machine = trial.machine
    names = []
    for kind in ("BindsTo", "Requires", "PartOf"):
        name = f"lean-{kind.lower()}.service"
        names.append(name)
        machine.live(f"/run/systemd/system/{name}").write_text(
            f"[Unit]\n{kind}=fault-web.service\nAfter=fault-web.service\n[Service]\nExecStart=/bin/sleep infinity\n")
    machine.run("/usr/bin/systemctl", "daemon-reload")
    machine.run("/usr/bin/systemctl", "start", *names)
    trial.render(trial.new, lambda text: text.replace("ExecStart: [/usr/bin/perl, /etc/fault/server.pl]", "ExecStart: [/usr/bin/perl, -e, exit 3]"))
    trial.run_to(None)
    trial.finish(90)
    trial.settle(60)
    for name in names:
        state = machine.run("/usr/bin/systemctl", "is-active", name, check=False).stdout.strip()
        if state != "active":
            trial.wrong.append(f"I2: {name} is {state}")
    letter = trial.judge(allowed)
    machine.run("/usr/bin/systemctl", "stop", *names)
    for name in names:
        machine.live(f"/run/systemd/system/{name}").unlink()
    machine.run("/usr/bin/systemctl", "daemon-reload")
    trial.converge()
    return letter


@cell("old generation damaged")
def damaged_inverse(trial, allowed):
    """What the node kept of the old generation is not what it was; it must say so and not call it whole."""
    machine = trial.machine
    trial.run_to("P7b")
    runs = set(look.Decision(machine).runs) - trial.known_runs
    for run in runs:
        for kept in machine.path(f"{look.STATE}/tx/{run}/files").glob("before.*"):
            if b"generation=" in kept.read_bytes() and b"token" in kept.read_bytes():
                kept.unlink()
    trial.client.kill()
    trial.client.wait()
    trial.status = -9
    trial.let_go()
    trial.settle(60)
    letter = trial.judge(allowed)
    trial.converge()
    return letter


def failing_call(number, part):
    """The client's calls are counted through one whole apply; in the next one a call at that part of them fails, once."""

    def one(trial, allowed):
        counter = trial.folder.parent / f"count-{trial.machine.node}"
        library = str(trial.folder.parent / "nth.so")

        def apply(n):
            counter.write_bytes(bytes(8))
            trial.environment = {"LD_PRELOAD": library, "FAULT_NTH": f"{number} {n}", "FAULT_NTH_FILE": str(counter)}
            trial.run_to(None)
            trial.finish(90)
            trial.environment = {}
            return int.from_bytes(counter.read_bytes(), "little")

        calls = apply(0)
        if trial.status != 0 or calls < PARTS:
            raise Broken(f"counted {calls} calls, exit {trial.status}")
        trial.base()
        n = max(1, calls * part // (PARTS + 1))
        apply(n)
        trial.notes.append(f"call {n} of about {calls}: exit {trial.status}")
        trial.settle(90)
        letter = trial.judge(allowed)
        trial.converge()
        return letter

    return one


PARTS = 6
for _number in ("ENOSPC", "EIO", "EMFILE"):
    for _part in range(1, PARTS + 1):
        CELLS[f"{_number} at one call of the client, {_part} of {PARTS}"] = failing_call(_number, _part)


def one_bad(trial, allowed, phase):
    """All machines of the lab in one apply; the first one dies at the phase, the others must be done.

    Before it is locked it stays off until the client has ended: it is left out, and the others go on. Later it is back at once, or the client
    would ask for minutes what became of its run.
    """
    machine = trial.machine
    is_left_out = phase == "P2"
    others = [m for m in machine.lab.machines if m is not machine]
    trial.nodes = machine.lab.machines
    generation = 0
    # A secret is one for all nodes of a fleet, and each of these had its own.
    for m in trial.nodes:
        m.reset()
        m.rules([])
        m.path("/etc/fault").mkdir(mode=0o755)
        secret = m.path("/etc/fault/secret.env")
        secret.touch(mode=0o600)
        secret.write_text("FAULT_TOKEN=" + "shared" * 7 + "\n")
    trial.render(generation + 1)
    if trial.fleet("apply", "-auto-approve", "--confirm-timeout", "5s", name="all", timeout=120) != 0:
        raise Broken("no common base: " + trial.last_words("all"))
    trial.old, trial.new = generation + 1, generation + 2
    trial.render(trial.new)
    trial.before, trial.known_runs = look.survey(machine), set(look.Decision(machine).runs)
    trial.token = look.secret(machine)
    trial.run_to(phase)
    machine.kill()
    trial.let_go()
    if not is_left_out:
        machine.start()
    trial.finish(120)
    if is_left_out:
        machine.start()
    trial.settle(60)
    for m in others:
        state = look.generation_of(m, trial.old, trial.new)
        if state != "new":
            trial.wrong.append(f"I7: {m.node} is {state}")
    wanted = 9 if is_left_out else 4
    if trial.status != wanted:
        why = "one was lost, the rest is done" if is_left_out else "some changed, one did not"
        trial.wrong.append(f"I3: exit {trial.status}, wanted {wanted}: {why}")
    if not any(m.node in trial.shown("apply") for m in others):
        trial.wrong.append("I7: the report does not name the others")
    state = look.generation_of(machine, trial.old, trial.new)
    if state != "old":
        trial.wrong.append(f"I1: {machine.node} is {state}")
    decided = [marks for run, marks in look.Decision(machine).runs.items() if run not in trial.known_runs]
    letter = "R" if any("rolled-back" in marks for marks in decided) else "E"
    if letter not in allowed:
        trial.wrong.append(f"outcome {letter}, the matrix wants {' or '.join(allowed)}")
    trial.clear()
    if trial.fleet("apply", "-auto-approve", "--confirm-timeout", "5s", name="again", timeout=120) != 0:
        trial.wrong.append("I5: the next apply fails: " + trial.last_words("again"))
    if trial.fleet("plan", "-detailed-exitcode", name="plan") != 0:
        trial.wrong.append("I5: the plan after it is not empty: " + trial.last_words("plan"))
    return letter


for _phase in ("P2", "P3", "P7", "P8", "P9"):
    cell("one bad of several" + ("" if _phase == "P7" else f", at {_phase}"), together=True)(
        lambda trial, allowed, phase=_phase: one_bad(trial, allowed, phase))
