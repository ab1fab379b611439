"""Measures fleetctl against the floor and its peers; called by run.sh, which says what is measured."""

import argparse
import contextlib
import datetime
import hashlib
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SSH_OPTIONS = (
    "-F none -o BatchMode=yes -o StrictHostKeyChecking=yes -o KexAlgorithms=ecdh-sha2-nistp256 -o ConnectTimeout=60"
)
FAR, NEAR = "10.66.0.1", "10.66.0.2"
# The jump host of the part `jump`, and how many nodes lie behind it.
JUMP, JUMP_PORT, JUMP_NODES = "10.77.255.254", 2222, 50


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def run(*words, **keys):
    return subprocess.run(words, check=True, capture_output=True, text=True, **keys).stdout


def quietly(*words):
    subprocess.run(words, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class PartFailed(Exception):
    """A part cannot be measured; the text says why."""


def memory_left():
    """MiB that programs may still take."""
    with open("/proc/meminfo") as file:
        return int(re.search(r"MemAvailable:\s+(\d+)", file.read())[1]) // 1024


class Bench:
    def __init__(self, options):
        self.options = options
        self.work = options.work
        self.kept = options.kept
        self.lab = os.environ["LAB_NAME"]
        self.lab_dir = os.environ["LAB_DIR"]
        self.lab_key = f"{self.lab_dir}/ssh/id_ed25519"
        self.key = self.lab_key
        self.revision = 0
        with open(options.fleetctl, "rb") as file:
            self.program = hashlib.sha256(file.read()).hexdigest()
        self.found = {"results": [], "parts": {}, "profiles": {}, "boots": {}}
        with contextlib.suppress(OSError), open(f"{self.kept}/results.json") as file:
            self.found = json.load(file)

    def save(self):
        """What was measured so far, and the tables of it, however the run ends."""
        with open(f"{self.kept}/results.new", "w") as file:
            json.dump(self.found, file, indent=1)
        os.replace(f"{self.kept}/results.new", f"{self.kept}/results.json")
        report = [sys.executable, f"{HERE}/table.py", f"{self.kept}/results.json"]
        if self.options.format == "markdown":
            report += ["markdown", f"{ROOT}/docs/performance.md"]
        return subprocess.run(report, check=True, capture_output=True, text=True).stdout

    def keep(self, result):
        """Takes the place of what an earlier run found of the same."""
        same = ("place", "nodes", "case")
        self.found["results"] = [
            one for one in self.found["results"] if any(one[key] != result[key] for key in same)
        ] + [result]

    def tool(self, name):
        return f"{self.work}/{name}"

    # -- one measurement

    def nodes_cpu(self):
        """Seconds of processor time that the lab's nodes have taken so far; 0 where there is no lab."""
        with contextlib.suppress(OSError):
            with open(f"/sys/fs/cgroup/cpuacct/{self.lab}/cpuacct.usage") as file:
                return int(file.read()) / 1e9
        with contextlib.suppress(OSError):
            with open(f"/sys/fs/cgroup/{self.lab}/cpu.stat") as file:
                return int(re.search(r"usage_usec (\d+)", file.read())[1]) / 1e6
        return 0.0

    def wire(self, namespace, device):
        rows = json.loads(run("ip", "-n", namespace, "-s", "-j", "link", "show", device))
        counted = rows[0]["stats64"]
        return counted["tx"]["bytes"] + (counted["rx"]["bytes"] if device != "lo" else 0)

    def measure(self, place, case, count, words, *, runs, env=None, each=None, accept=(0,)):
        """Runs `words` in the namespace of `place` and keeps the medians."""
        figures = []
        for _ in range(runs):
            if each:
                words = each()
            log = f"{self.work}/last.log"
            bytes_before, cpu_before = self.wire(*place["counter"]), self.nodes_cpu()
            line = run(
                self.tool("measure"), "-n", place["namespace"], "-l", log, *words,
                env={**os.environ, **(env or {})}, cwd=self.work,
            )
            # What a node's sshd still has to tidy up belongs to the run.
            time.sleep(0.5)
            one = json.loads(line)
            one["node_cpu"] = self.nodes_cpu() - cpu_before
            one["bytes"] = self.wire(*place["counter"]) - bytes_before
            if one["status"] not in accept:
                with open(log, errors="replace") as file:
                    tail = "".join((lines := file.readlines())[:25] + ["...\n"] + lines[-15:])
                raise PartFailed(f"{case} on {count} nodes ended with status {one['status']}:\n{tail}")
            figures.append(one)
        result = {key: statistics.median(figure[key] for figure in figures) for key in figures[0]}
        result.update(case=case, nodes=count, place=place["name"], far=place["far"], runs=runs)
        self.keep(result)
        say(
            f"{place['name']}, {count} nodes, {case}: {result['wall']:.3f} s, client {1e3 * result['cpu'] / count:.2f} ms,"
            f" node {1e3 * result['node_cpu'] / count:.1f} ms, {result['peak'] / 1024:.1f} MiB,"
            f" {result['bytes'] / count / 1024:.1f} KiB"
        )
        return result

    # -- the same work on a part of the nodes

    def write_work(self, rows, known_hosts, name):
        folder = f"{self.work}/{name}"
        os.makedirs(folder, exist_ok=True)
        with open(f"{folder}/nodes.tsv", "w") as file:
            file.writelines(f"{node}\t{address}\n" for node, address in rows)
        run(sys.executable, f"{HERE}/work.py", f"{folder}/nodes.tsv", self.key, known_hosts, folder)
        with open(f"{folder}/addresses", "w") as file:
            file.writelines(f"{address}\n" for _, address in rows)
        with open(known_hosts) as file, open(f"{folder}/pins", "w") as pins:
            pins.writelines(line.split()[2] + "\n" for line in file)
        with open(f"{folder}/ssh-all", "w") as file:
            file.write(
                f"""#!/bin/bash
# The probe on all nodes through `ssh`, at most 64 side by side.
while read -r address; do
  [ "$(jobs -rp | wc -l)" -lt 64 ] || wait -n
  ssh {SSH_OPTIONS} -o UserKnownHostsFile={known_hosts} -i {self.key} "autobot@$address" \\
    "$(<{self.kept}/probe/command)" <{self.kept}/probe/input >/dev/null &
  started+=($!)
done <{folder}/addresses
for process in "${{started[@]}}"; do wait "$process" || exit 1; done
"""
            )
        return folder

    def floor(self, place, count, rows, folder, case, runs, probe="probe"):
        words = [self.tool("sshfloor"), "-u", "autobot", "-i", self.key, "-k", f"{folder}/pins"]
        if case != "true":
            with open(f"{self.kept}/{probe}/command") as file:
                words += ["-x", file.read(), "-s", f"{self.kept}/{probe}/input"]
        label = "bare libssh2 client, `true`" if case == "true" else "bare libssh2 client, the probe"
        return self.measure(place, label, count, words + [address for _, address in rows], runs=runs)

    def next_revision(self, folder):
        self.revision += 1
        with open(f"{folder}/fleet.yaml") as file:
            text = re.sub(r'revision: "\d+"', f'revision: "{self.revision}"', file.read())
        with open(f"{folder}/fleet.yaml", "w") as file:
            file.write(text)
        return self.revision

    def quick_cases(self, place, rows, folder, runs):
        count = len(rows)
        self.floor(place, count, rows, folder, "true", runs)
        self.floor(place, count, rows, folder, "probe", runs)
        self.measure(place, "`ssh`, the probe", count, ["bash", f"{folder}/ssh-all"], runs=runs)
        plan = [self.options.fleetctl, "plan", "-detailed-exitcode", "-f", f"{folder}/fleet.yaml"]
        self.measure(place, "fleetctl plan, no change", count, plan, runs=runs)
        self.profile(place, "fleetctl plan, no change", count, plan)

    def profile(self, place, case, count, words):
        """Who had the processors while a case ran once more, and which libraries in fleetctl itself."""
        if not shutil.which("perf"):
            return
        data = f"{self.work}/perf.data"
        quietly("perf", "record", "-a", "-F", "499", "-o", data, "--", "ip", "netns", "exec", place["namespace"], *words)

        def shares(*sort):
            text = subprocess.run(
                ["perf", "report", "-i", data, "--stdio", "-q", *sort], capture_output=True, text=True).stdout
            return [(float(row[0]), row[1].strip()) for row in re.findall(r"^ *([\d.]+)%  +(.+)$", text, re.M)]

        everybody = shares("--sort", "comm")
        own = shares("--sort", "dso", "--comm", "fleetctl,oot.default-qos", "--percentage", "relative")
        if everybody:
            self.found["profiles"][f"{place['name']}|{count}|{case}"] = {
                "processes": everybody[:8], "libraries": own[:5],
            }

    def apply_case(self, place, rows, folder, runs):
        def each():
            self.next_revision(folder)
            return [self.options.fleetctl, "apply", "-auto-approve", "-f", f"{folder}/fleet.yaml"]

        self.measure(place, "fleetctl apply, one file", len(rows), None, runs=runs, each=each)
        self.profile(place, "fleetctl apply, one file", len(rows), each())

    def peer_cases(self, place, rows, folder, runs):
        binaries, count = f"{self.options.peers}/bin", len(rows)
        ansible = [f"{binaries}/ansible-playbook", f"{folder}/playbook.yml"]
        home = {"HOME": self.work, "REVISION": ""}
        plain, mitogen = ({**home, "ANSIBLE_CONFIG": f"{folder}/{name}.cfg"} for name in ("ansible", "mitogen"))
        pyinfra = [f"{binaries}/pyinfra", f"{folder}/inventory.py", f"{folder}/deploy.py"]

        def current():
            return ["-e", f"revision={self.revision}"]

        def changed_playbook():
            self.next_revision(folder)
            return ansible + current()

        def case(name, words, env, each=None, runs=runs):
            self.measure(place, name, count, words, runs=runs, env=env, each=each)

        def numbered():
            return {**home, "REVISION": str(self.revision)}

        case("pyinfra, `--dry`", pyinfra + ["--dry"], numbered())
        # Minutes with fifty nodes.
        slow = 1 if count > 20 else runs
        case("Mitogen for Ansible, `--check`", ansible + ["--check"] + current(), mitogen, runs=slow)
        case("Ansible, `--check`", ansible + ["--check"] + current(), plain, runs=slow)

        def changed_deploy():
            self.next_revision(folder)
            return ["env", f"REVISION={self.revision}", *pyinfra, "--yes"]

        case("pyinfra, one file", None, home, changed_deploy)
        case("Mitogen for Ansible, one file", None, mitogen, changed_playbook, runs=slow)
        case("Ansible, one file", None, plain, changed_playbook, runs=slow)

    # -- what is said to a node

    def capture(self, fleet, name):
        """Writes down command, input and answer of one look, with a wrapper instead of `ssh`."""
        folder = f"{self.kept}/{name}"
        os.makedirs(f"{folder}/bin", exist_ok=True)
        with open(f"{folder}/bin/ssh", "w") as file:
            # The master and streams pass; only the first command is written down.
            file.write(
                f"""#!/bin/bash
case " $* " in *ControlMaster=yes* | *" -W "*) exec {shutil.which('ssh')} "$@" ;; esac
[ ! -e {folder}/command ] || exec {shutil.which('ssh')} "$@"
printf %s "${{*: -1}}" >{folder}/command
set -o pipefail
tee {folder}/input | {shutil.which('ssh')} "$@" | tee {folder}/answer
"""
            )
        os.chmod(f"{folder}/bin/ssh", 0o755)
        for stale in ("command", "input", "answer"):
            with contextlib.suppress(OSError):
                os.remove(f"{folder}/{stale}")
        environment = {**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}"}
        run("ip", "netns", "exec", self.lab, self.options.fleetctl, "plan", "-f", fleet, env=environment)
        with open(f"{folder}/input", errors="replace") as file, open(f"{folder}/nonce", "w") as nonce:
            nonce.write(re.search(r"^n ([0-9a-f]{32})$", file.read(), re.M)[1])

    # -- places

    def near(self):
        return {"name": "no delay", "far": False, "namespace": self.lab, "counter": (self.lab, "fleet")}

    @contextlib.contextmanager
    def long_line(self, namespace, milliseconds, machines=()):
        """A client namespace that many milliseconds of round trip away from `namespace`."""
        far = f"{self.lab}-far"
        names = [f"{self.lab[:8]}-tc", f"{self.lab[:8]}-ts"]
        quietly("ip", "netns", "delete", far)
        run("ip", "netns", "add", far)
        process = subprocess.Popen([self.tool("delay"), str(milliseconds / 2), *names], stdout=subprocess.PIPE, text=True)
        try:
            process.stdout.readline()
            for device, home, own, other in ((names[0], far, FAR, NEAR), (names[1], namespace, NEAR, FAR)):
                run("ip", "link", "set", device, "netns", home)
                run("ip", "-n", home, "addr", "add", own, "peer", other, "dev", device)
                run("ip", "-n", home, "link", "set", device, "up", "txqueuelen", "20000", "mtu", "1500")
            run("ip", "-n", far, "link", "set", "lo", "up")
            run("ip", "-n", far, "route", "add", "default", "via", NEAR)
            run("ip", "netns", "exec", namespace, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
            for machine in machines:
                quietly("ip", "-n", machine, "route", "replace", FAR, "via", "172.16.168.1")
            yield {"name": f"{milliseconds} ms", "far": True, "namespace": far, "counter": (far, names[0])}
        finally:
            process.terminate()
            process.wait()
            quietly("ip", "netns", "delete", far)

    @contextlib.contextmanager
    def stub(self, count):
        """A namespace in which one cheap server answers for `count` nodes."""
        namespace, folder = f"{self.lab}-stub", f"{self.kept}/stub-{count}"
        rows = [(f"node-{number + 1:04}", f"10.77.{number // 250}.{number % 250 + 1}") for number in range(count)]
        os.makedirs(f"{folder}/keys", exist_ok=True)
        self.key = f"{self.kept}/stub-key"
        if not os.path.exists(self.key):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.key)
        with open(f"{self.kept}/probe/nonce") as file:
            nonce = file.read()
        known = f"{folder}/known_hosts"
        with open(known, "w") as file:
            for name, address in rows:
                path = f"{folder}/keys/{name}@{address}"
                if not os.path.exists(path):
                    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", address, "-f", path)
                with open(f"{path}.pub") as key:
                    file.write(f"{address} {' '.join(key.read().split()[:2])}\n")
        quietly("ip", "netns", "delete", namespace)
        run("ip", "netns", "add", namespace)
        run("ip", "-n", namespace, "link", "set", "lo", "up")
        run("ip", "-n", namespace, "route", "add", "local", "10.77.0.0/16", "dev", "lo")
        server = subprocess.Popen(
            ["ip", "netns", "exec", namespace, self.tool("stub"), "22", "8", f"{folder}/keys", f"{self.key}.pub",
             f"{self.kept}/probe/answer", nonce, "node-0001"], stdout=subprocess.PIPE, text=True,
        )
        try:
            if server.stdout.readline() != "ready\n":
                raise PartFailed("the stub does not start")
            yield namespace, rows, self.write_work(rows, known, f"work-stub-{count}")
        finally:
            server.terminate()
            server.wait()
            quietly("ip", "netns", "delete", namespace)

    # -- the parts

    def boot(self, size):
        """So many machines, bare; whatever was up before goes."""
        wanted, left = 45 * size + 1024, memory_left()
        if left < wanted:
            raise PartFailed(f"{size} machines want about {wanted} MiB and {left} are free")
        with open(f"{self.work}/nodes.conf", "w") as file:
            file.writelines(f"node-{number:04} 172.16.168.{number + 1}\n" for number in range(1, size + 1))
        say(f"booting {size} machines")
        begin = time.monotonic()
        environment = {**os.environ, "LAB_NODES_FILE": f"{self.work}/nodes.conf"}
        made = subprocess.run([f"{ROOT}/lab/up.sh"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if made.returncode:
            raise PartFailed(f"{size} machines do not boot; lab/up.sh ends with:\n" + made.stdout[-800:])
        with open(f"{self.lab_dir}/nodes.tsv") as file:
            table = [line.split("\t") for line in file.read().splitlines()]
        self.found["boots"][str(size)] = {
            "seconds": time.monotonic() - begin, "mib": (left - memory_left()) / size,
        }
        self.key = self.lab_key
        return [(row[0], row[1]) for row in table], [row[3] for row in table], f"{self.lab_dir}/ssh/known_hosts"

    def converge(self, fleet):
        try:
            run("ip", "netns", "exec", self.lab, self.options.fleetctl, "apply", "-auto-approve", "-f", fleet)
        except subprocess.CalledProcessError as error:
            raise PartFailed(f"fleetctl apply ended with status {error.returncode}:\n{(error.stderr or error.stdout)[-800:]}")

    def look(self):
        """What a plan says to a node, for the bare client and the stub; and what it costs a big node."""
        rows, _, known = self.boot(1)
        folder = self.write_work(rows, known, "look")
        self.converge(f"{folder}/fleet.yaml")
        self.capture(f"{folder}/one-by-ssh.yaml", "probe")
        self.converge(f"{folder}/wide.yaml")
        self.capture(f"{folder}/wide-by-ssh.yaml", "wide")
        wide = {**self.near(), "name": "wide"}
        idle = self.floor(wide, 1, rows, folder, "true", 5)
        look = self.floor(wide, 1, rows, folder, "probe", 5, probe="wide")
        self.found["node_cost"] = look["node_cpu"] - idle["node_cpu"]

    def real_nodes(self, size):
        options, near = self.options, self.near()
        rows, machines, known = self.boot(size)
        folder = self.write_work(rows, known, f"work-{size}")
        say(f"making {size} nodes what they should be")
        # In parts: all machines share these processors, and two hundred first applies at once take longer than eight
        # times twenty-five, up to where their locks run out.
        for first in range(0, size, 25):
            part = self.write_work(rows[first:first + 25], known, "part")
            self.converge(f"{part}/fleet.yaml")
        self.quick_cases(near, rows, folder, options.runs)
        self.save()
        if size <= options.most:
            self.apply_case(near, rows, folder, options.runs)
            self.save()
            if options.peers:
                self.peer_cases(near, rows, folder, options.runs)
                self.save()
        if size not in options.far:
            return
        with self.long_line(self.lab, options.delay, machines) as far:
            if size <= options.most:
                self.next_revision(folder)
                self.converge(f"{folder}/fleet.yaml")
            self.quick_cases(far, rows, folder, options.runs)
            self.save()
            if size > options.most:
                return
            self.apply_case(far, rows, folder, options.runs)
            self.save()
            if options.peers and size <= options.peers_far:
                self.peer_cases(far, rows, folder, options.runs)

    def stub_nodes(self, count):
        with self.stub(count) as (namespace, rows, folder):
            here = {"name": "stub", "far": False, "namespace": namespace, "counter": (namespace, "lo")}
            self.stub_cases(here, rows, folder)
            with self.long_line(namespace, self.options.delay) as far:
                self.stub_cases({**far, "name": f"stub, {far['name']}"}, rows, folder)

    def jump(self):
        """Nodes behind one jump host, a real sshd: the way through it, and what others would be."""
        with self.stub(JUMP_NODES) as (namespace, rows, folder), self.jump_host(namespace, folder):
            here = {"name": "stub behind a jump host", "far": False, "namespace": namespace, "counter": (namespace, "lo")}
            self.jump_cases(here, rows, folder)
            with self.long_line(namespace, self.options.delay) as far:
                self.jump_cases({**far, "name": f"{here['name']}, {far['name']}"}, rows, folder)

    @contextlib.contextmanager
    def jump_host(self, namespace, folder):
        """An sshd beside the nodes, and in `folder` the fleet and the ssh_config that lead through it."""
        server = f"{folder}/jump-sshd"
        os.makedirs(server, exist_ok=True)
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        if not os.path.exists(f"{server}/key"):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{server}/key")
        shutil.copy(f"{self.key}.pub", f"{server}/authorized")
        with open(f"{server}/config", "w") as file:
            # Its limit on logins would drop those of `ssh -J` at random, which is not what is measured.
            file.write(f"""ListenAddress {JUMP}:{JUMP_PORT}
HostKey {server}/key
AuthorizedKeysFile {server}/authorized
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
StrictModes no
UsePAM no
PidFile none
MaxStartups 500
""")
        known = f"{folder}/jump-known_hosts"
        with open(f"{self.kept}/stub-{JUMP_NODES}/known_hosts") as nodes, open(f"{server}/key.pub") as key:
            lines = nodes.read() + f"[{JUMP}]:{JUMP_PORT} {' '.join(key.read().split()[:2])}\n"
        with open(known, "w") as file:
            file.write(lines)
        with open(f"{folder}/fleet.yaml") as file:
            text = file.read().replace("become: sudo", f"become: sudo, jump: 'root@{JUMP}:{JUMP_PORT}'")
        with open(f"{folder}/jump.yaml", "w") as file:
            file.write(re.sub(r"known_hosts: [^,]*", f"known_hosts: {known}", text))
        self.write_jump_scripts(folder, known)
        process = subprocess.Popen(
            ["ip", "netns", "exec", namespace, shutil.which("sshd") or "/usr/sbin/sshd", "-D", "-e", "-f", f"{server}/config"],
            stderr=subprocess.DEVNULL,
        )
        try:
            for _ in range(200):
                if f"{JUMP}:{JUMP_PORT}" in run("ip", "netns", "exec", namespace, "ss", "-Hltn"):
                    break
                if process.poll() is not None:
                    raise PartFailed("the jump host's sshd ended")
                time.sleep(0.05)
            else:
                raise PartFailed("the jump host's sshd does not listen")
            yield
        finally:
            process.terminate()
            process.wait()

    def write_jump_scripts(self, folder, known):
        """The probe through `ssh -J`: with a login at the jump host for each node, and with one for all."""
        with open(f"{folder}/jump.config", "w") as file:
            # For the `ssh` to the jump host, too, which is told none of the other's options.
            file.write(f"""Host jump
  HostName {JUMP}
  Port {JUMP_PORT}
  User root
Host *
  UserKnownHostsFile {known}
  IdentityFile {self.key}
  BatchMode yes
  StrictHostKeyChecking yes
  KexAlgorithms curve25519-sha256
  ConnectTimeout 60
""")
        socket = f"{self.work}/jump"
        with open(f"{folder}/ssh-all") as file:
            words = file.read().replace(SSH_OPTIONS, f"-F {folder}/jump.config -J jump")
        through = words.replace("-J jump", f"-o 'ProxyCommand=ssh -F {folder}/jump.config -S {socket} -W [%h]:%p jump'")
        begin = f"""ssh -F {folder}/jump.config -S {socket} -M -N jump & master=$!
until [ -S {socket} ]; do kill -0 $master || exit 1; sleep 0.01; done
"""
        end = f"ssh -F {folder}/jump.config -S {socket} -O exit jump 2>/dev/null\nwait $master\nexit 0\n"
        with open(f"{folder}/ssh-jump-own", "w") as file:
            file.write(words)
        with open(f"{folder}/ssh-jump-master", "w") as file:
            file.write(through.replace("while read", begin + "while read", 1) + end)

    def jump_cases(self, place, rows, folder):
        runs, count = self.options.runs, len(rows)
        plan = [self.options.fleetctl, "plan", "-detailed-exitcode", "-f"]
        case = "fleetctl plan, no change"
        self.measure(place, case, count, plan + [f"{folder}/jump.yaml"], runs=runs)
        self.profile(place, case, count, plan + [f"{folder}/jump.yaml"])
        self.measure(place, f"{case}, beside the jump host", count, plan + [f"{folder}/fleet.yaml"], runs=runs)
        for name, text in (("own", "a login there for each node"), ("master", "one login there")):
            self.measure(place, f"`ssh` through it, the probe, {text}", count, ["bash", f"{folder}/ssh-jump-{name}"], runs=runs)

    def rounds(self):
        """All sessions at once, twenty times in one process: what of it stays."""
        count = max(self.options.stubs)
        with self.stub(count) as (namespace, _, folder):
            for name, target in (("key", self.key), ("known_hosts", f"{self.kept}/stub-{count}/known_hosts")):
                with contextlib.suppress(OSError):
                    os.remove(f"{folder}/{name}")
                os.symlink(os.path.abspath(target), f"{folder}/{name}")
            report = f"{self.work}/rounds.json"
            words = [f"{ROOT}/.build/debug/fleetctlPackageTests.xctest", "--testing-library", "swift-testing",
                     "--filter", "StubRoundsTests"]
            made = subprocess.run(
                ["ip", "netns", "exec", namespace, *words], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                env={**os.environ, "FLEETCTL_TEST_STUB": folder, "FLEETCTL_TEST_REPORT": report},
            )
            if not os.path.exists(report):
                raise PartFailed(f"the rounds of {count} sessions ended early:\n{made.stdout[-1500:]}")
            with open(report) as file:
                self.found["rounds"] = {**json.load(file), "passed": made.returncode == 0}
        say(f"rounds: {self.found['rounds']}")

    def hang(self):
        """A plan of 200 nodes, 25 times: each one ends."""
        count, times, slowest, bad = 200, 25, 0.0, []
        with self.stub(count) as (namespace, _, folder):
            plan = [self.options.fleetctl, "plan", "-detailed-exitcode", "-f", f"{folder}/fleet.yaml"]
            for number in range(times):
                begin = time.monotonic()
                try:
                    made = subprocess.run(
                        ["ip", "netns", "exec", namespace, *plan], timeout=120, text=True, capture_output=True)
                    if made.returncode:
                        bad.append(f"run {number + 1} ended with status {made.returncode}: {made.stdout[-300:]}{made.stderr[-300:]}")
                except subprocess.TimeoutExpired:
                    bad.append(f"run {number + 1} still ran after 120 s")
                slowest = max(slowest, time.monotonic() - begin)
        self.found["hang"] = {"nodes": count, "times": times, "slowest": slowest, "bad": bad}
        say(f"{times} plans of {count} nodes: {len(bad)} did not end well, the slowest took {slowest:.2f} s {bad}")

    def has_recording(self):
        done = self.found["parts"].get("look")
        return bool(done) and not done["failed"] and done["program"] == self.program and os.path.exists(f"{self.kept}/wide/nonce")

    def part(self, name, work):
        """Runs one part and keeps what it found, or why it found nothing."""
        done = self.found["parts"].get(name)
        if self.options.resume and done and not done["failed"] and done["program"] == self.program:
            say(f"{name} was measured on {done['date']}")
            return True
        begin, load = time.monotonic(), os.getloadavg()[0]
        say(f"== {name}, load {load:.2f}")
        failed = ""
        try:
            work()
        except PartFailed as error:
            failed = str(error)
            say(f"{name}: {failed}")
        self.found["parts"][name] = {
            "date": str(datetime.date.today()), "program": self.program, "load": load, "failed": failed,
            "seconds": time.monotonic() - begin,
        }
        self.save()
        return not failed

    def everything(self):
        options = self.options
        parts = [(str(size), lambda size=size: self.real_nodes(size)) for size in options.sizes]
        parts += [(f"stub-{count}", lambda count=count: self.stub_nodes(count)) for count in options.stubs]
        if options.stubs:
            parts += [("jump", self.jump), ("rounds", self.rounds), ("hang", self.hang)]
        if options.only:
            unknown = set(options.only) - {name for name, _ in parts} - {"look"}
            if unknown:
                raise SystemExit(f"bench: there is no part {', '.join(sorted(unknown))}; there are look, "
                                 + ", ".join(name for name, _ in parts))
            parts = [part for part in parts if part[0] in options.only]
        # Everything else needs what this one writes down.
        if "look" in options.only or not (options.resume or options.only) or not self.has_recording():
            if not self.part("look", self.look):
                return False
        return all([self.part(name, work) for name, work in parts])

    def stub_cases(self, place, rows, folder):
        """All nodes, and one of them for the ratio."""
        runs = self.options.runs
        plan = [self.options.fleetctl, "plan", "-detailed-exitcode", "-f"]
        name = "fleetctl plan, no change"
        self.measure(place, name, 1, plan + [f"{folder}/one.yaml"], runs=runs)
        self.floor(place, len(rows), rows, folder, "true", runs)
        self.floor(place, len(rows), rows, folder, "probe", runs)
        self.measure(place, name, len(rows), plan + [f"{folder}/fleet.yaml"], runs=runs)
        self.profile(place, name, len(rows), plan + [f"{folder}/fleet.yaml"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", required=True)
    parser.add_argument("--fleetctl", required=True)
    parser.add_argument("--peers", default="")
    numbers = lambda text: [int(word) for word in text.split(",") if word]  # noqa: E731
    parser.add_argument("--sizes", type=numbers)
    parser.add_argument("--stubs", type=numbers)
    parser.add_argument("--far", type=numbers)
    parser.add_argument("--most", type=int)
    parser.add_argument("--peers-far", type=int)
    parser.add_argument("--runs", type=int)
    parser.add_argument("--delay", type=int)
    parser.add_argument("--format")
    parser.add_argument("--kept", required=True)
    parser.add_argument("--only", type=lambda text: [word for word in text.split(",") if word], default=[])
    parser.add_argument("--resume", action="store_true")
    options = parser.parse_args()
    # So that what a part has started goes with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    bench = Bench(options)
    fine = bench.everything()
    print(bench.save(), end="")
    if not fine:
        raise SystemExit("bench: not every part could be measured; the tables say which")


if __name__ == "__main__":
    main()
