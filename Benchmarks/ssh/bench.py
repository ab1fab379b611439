"""Measures fleetctl against the floor and its peers; called by run.sh, which says what is measured."""

import argparse
import contextlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SSH_OPTIONS = (
    "-F none -o BatchMode=yes -o StrictHostKeyChecking=yes -o KexAlgorithms=curve25519-sha256 -o ConnectTimeout=60"
)
FAR, NEAR = "10.66.0.1", "10.66.0.2"


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def run(*words, **keys):
    return subprocess.run(words, check=True, capture_output=True, text=True, **keys).stdout


def quietly(*words):
    subprocess.run(words, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Bench:
    def __init__(self, options):
        self.options = options
        self.work = options.work
        self.lab = os.environ["LAB_NAME"]
        self.lab_dir = os.environ["LAB_DIR"]
        self.key = f"{self.lab_dir}/ssh/id_ed25519"
        self.results = []
        self.revision = 0

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
                raise SystemExit(f"bench: {case} on {count} nodes ended with status {one['status']}:\n{tail}")
            figures.append(one)
        result = {key: statistics.median(figure[key] for figure in figures) for key in figures[0]}
        result.update(case=case, nodes=count, place=place["name"], far=place["far"])
        self.results.append(result)
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
    "$(<{self.work}/probe/command)" <{self.work}/probe/input >/dev/null &
  started+=($!)
done <{folder}/addresses
for process in "${{started[@]}}"; do wait "$process" || exit 1; done
"""
            )
        return folder

    def floor(self, place, count, rows, folder, case, runs, probe="probe"):
        words = [self.tool("sshfloor"), "-u", "autobot", "-i", self.key, "-k", f"{folder}/pins"]
        if case != "true":
            with open(f"{self.work}/{probe}/command") as file:
                words += ["-x", file.read(), "-s", f"{self.work}/{probe}/input"]
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
        self.measure(place, "`ssh`, the probe", count, ["bash", f"{folder}/ssh-all"], runs=max(1, runs // 2))
        self.measure(
            place, "fleetctl plan, no change", count,
            [self.options.fleetctl, "plan", "-detailed-exitcode", "-f", f"{folder}/fleet.yaml"], runs=runs,
        )

    def apply_case(self, place, rows, folder, runs):
        def each():
            self.next_revision(folder)
            return [self.options.fleetctl, "apply", "-auto-approve", "-f", f"{folder}/fleet.yaml"]

        self.measure(place, "fleetctl apply, one file", len(rows), None, runs=runs, each=each)

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
        case("Mitogen for Ansible, `--check`", ansible + ["--check"] + current(), mitogen)
        case("Ansible, `--check`", ansible + ["--check"] + current(), plain, runs=1)
        self.next_revision(folder)
        case("pyinfra, one file", pyinfra + ["--yes"], numbered(), runs=1)
        case("Mitogen for Ansible, one file", None, mitogen, changed_playbook, runs=1)
        case("Ansible, one file", None, plain, changed_playbook, runs=1)

    # -- what is said to a node

    def capture(self, fleet, name):
        """Writes down command, input and answer of one look, with a wrapper instead of `ssh`."""
        folder = f"{self.work}/{name}"
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
        with open(f"{folder}/input", errors="replace") as file:
            return re.search(r"^n ([0-9a-f]{32})$", file.read(), re.M)[1]

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
    def stub(self, count, nonce):
        """A namespace in which one cheap server answers for `count` nodes."""
        namespace, folder = f"{self.lab}-stub", f"{self.work}/stub-{count}"
        rows = [(f"node-{number + 1:04}", f"10.77.{number // 250}.{number % 250 + 1}") for number in range(count)]
        os.makedirs(f"{folder}/keys", exist_ok=True)
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
             f"{self.work}/probe/answer", nonce, "node-0001"], stdout=subprocess.PIPE, text=True,
        )
        try:
            if server.stdout.readline() != "ready\n":
                raise SystemExit("bench: the stub does not start")
            yield namespace, rows, self.write_work(rows, known, f"work-stub-{count}")
        finally:
            server.terminate()
            server.wait()
            quietly("ip", "netns", "delete", namespace)

    # -- the whole

    def real_nodes(self):
        options = self.options
        with open(f"{self.lab_dir}/nodes.tsv") as file:
            table = [line.split("\t") for line in file.read().splitlines()]
        rows = [(row[0], row[1]) for row in table]
        known = f"{self.lab_dir}/ssh/known_hosts"
        everything = self.write_work(rows, known, "all")
        converge = [options.fleetctl, "apply", "-auto-approve", "-f"]
        say(f"making {len(rows)} nodes what they should be")
        near = self.near()
        run("ip", "netns", "exec", self.lab, *converge, f"{everything}/fleet.yaml")
        nonce = self.capture(f"{everything}/one-by-ssh.yaml", "probe")
        run("ip", "netns", "exec", self.lab, *converge, f"{everything}/wide.yaml")
        self.capture(f"{everything}/wide-by-ssh.yaml", "wide")
        idle = self.floor({**near, "name": "wide"}, 1, rows[:1], everything, "true", 5)
        look = self.floor({**near, "name": "wide"}, 1, rows[:1], everything, "probe", 5, probe="wide")
        self.node_cost = look["node_cpu"] - idle["node_cpu"]
        run("ip", "netns", "exec", self.lab, *converge, f"{everything}/one.yaml")
        for size in options.sizes:
            part = rows[:size]
            folder = self.write_work(part, known, f"work-{size}")
            self.next_revision(folder)
            run("ip", "netns", "exec", self.lab, *converge, f"{folder}/fleet.yaml")
            self.quick_cases(near, part, folder, options.runs)
            if size > options.most:
                continue
            self.apply_case(near, part, folder, max(1, options.runs // 2))
            if options.peers:
                self.peer_cases(near, part, folder, 1 if size > 20 else 2)
            if size not in options.far:
                continue
            machines = [row[3] for row in table[:size]]
            with self.long_line(self.lab, options.delay, machines) as far:
                self.next_revision(folder)
                run("ip", "netns", "exec", self.lab, *converge, f"{folder}/fleet.yaml")
                self.quick_cases(far, part, folder, max(1, options.runs // 2))
                self.apply_case(far, part, folder, 1)
                if options.peers and size <= options.peers_far:
                    self.peer_cases(far, part, folder, 1)
        return nonce

    def stub_nodes(self, nonce):
        for count in self.options.stubs:
            with self.stub(count, nonce) as (namespace, rows, folder):
                here = {"name": "stub", "far": False, "namespace": namespace, "counter": (namespace, "lo")}
                self.stub_cases(here, rows, folder)
                with self.long_line(namespace, self.options.delay) as far:
                    self.stub_cases({**far, "name": f"stub, {far['name']}"}, rows, folder)

    def stub_cases(self, place, rows, folder):
        """All nodes, and one of them for the ratio."""
        runs = max(1, self.options.runs // 2)
        plan = [self.options.fleetctl, "plan", "-detailed-exitcode", "-f"]
        name = "fleetctl plan, no change"
        self.measure(place, name, 1, plan + [f"{folder}/one.yaml"], runs=runs)
        self.floor(place, len(rows), rows, folder, "true", runs)
        self.floor(place, len(rows), rows, folder, "probe", runs)
        self.measure(place, name, len(rows), plan + [f"{folder}/fleet.yaml"], runs=runs)


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
    options = parser.parse_args()
    bench = Bench(options)
    nonce = bench.real_nodes()
    bench.stub_nodes(nonce)
    with open(f"{options.work}/results.json", "w") as file:
        json.dump({"results": bench.results, "node_cost": bench.node_cost}, file, indent=1)
    report = [sys.executable, f"{HERE}/table.py", f"{options.work}/results.json"]
    subprocess.run(report + (["markdown", f"{ROOT}/docs/performance.md"] if options.format == "markdown" else []), check=True)


if __name__ == "__main__":
    main()
