"""One machine of the lab, handled from outside: its files, its processes, its cable, its power. Nothing here uses fleetctl."""

import os
import pathlib
import signal
import subprocess
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
LAB = REPOSITORY / "lab"
TOOLS = ["mv", "sync", "systemctl", "systemd-run", "systemd-analyze"]
CLEAN = {"HOME": "/root", "TERM": "dumb", "LC_ALL": "C", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


class Broken(Exception):
    """The lab itself did not do what a cell needs; says nothing about fleetctl."""


class Lab:
    def __init__(self, name, folder):
        self.name, self.folder = name, pathlib.Path(folder)
        self.environment = dict(os.environ, LAB_NAME=name, LAB_DIR=str(folder))
        self.machines = []

    def script(self, *words, timeout=120, check=True):
        done = subprocess.run([str(LAB / words[0]), *words[1:]], env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout)
        if check and done.returncode != 0:
            raise Broken(f"{' '.join(words)}: {done.stdout[-400:]}")
        return done

    def load(self):
        self.machines = []
        for line in (self.folder / "nodes.tsv").read_text().splitlines():
            self.machines.append(Machine(self, *line.split("\t")))
        return self.machines

    def inside(self, *words, **options):
        """Starts a program where the nodes have their addresses."""
        return subprocess.Popen(["ip", "netns", "exec", self.name, *words], **options)


class Machine:
    def __init__(self, lab, node, address, machine_id, space, root):
        self.lab, self.node, self.address, self.machine_id, self.space = lab, node, address, machine_id, space
        self.root = pathlib.Path(root)
        self.folder = self.root.parent
        self.upper = self.folder / "disk" / "upper"
        self.exclusive = threading.Lock()

    # Processes

    def leader(self):
        """PID 1 of the machine as this host sees it, or None when it is off."""
        try:
            nspawn = int((self.folder / "nspawn.pid").read_text().split()[0])
            for child in pathlib.Path(f"/proc/{nspawn}/task/{nspawn}/children").read_text().split():
                if pathlib.Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                    return int(child)
        except (OSError, ValueError, IndexError):
            pass
        return None

    def processes(self):
        """(pid here, words) of everything in the machine but its PID 1."""
        leader = self.leader()
        if leader is None:
            return
        try:
            space = os.readlink(f"/proc/{leader}/ns/pid")
        except OSError:
            return
        for entry in os.listdir("/proc"):
            if not entry.isdigit() or int(entry) == leader:
                continue
            try:
                if os.readlink(f"/proc/{entry}/ns/pid") != space:
                    continue
                words = pathlib.Path(f"/proc/{entry}/cmdline").read_bytes().split(b"\0")[:-1]
            except OSError:
                continue
            yield int(entry), [word.decode(errors="replace") for word in words]

    def kill_where(self, wanted, number=signal.SIGKILL):
        """Sends a signal to every process whose words satisfy `wanted`; says how many."""
        count = 0
        for pid, words in list(self.processes()):
            if wanted(" ".join(words)):
                try:
                    os.kill(pid, number)
                    count += 1
                except ProcessLookupError:
                    pass
        return count

    def run(self, *words, check=True, timeout=60, text=True):
        leader = self.leader()
        if leader is None:
            raise Broken(f"{self.node} is off")
        done = subprocess.run(["nsenter", "--target", str(leader), "--all", "--wd=/", "--", *words], env=CLEAN,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=text,
                              timeout=timeout)
        if check and done.returncode != 0:
            raise Broken(f"{self.node}: {' '.join(words)[:200]}: {done.stdout[-300:]}")
        return done

    # Files

    def live(self, path):
        """A path below /run, which only the running machine has."""
        return pathlib.Path(f"/proc/{self.leader()}/root{path}")

    def path(self, path):
        return self.root / path.lstrip("/")

    def read(self, path):
        try:
            return self.path(path).read_bytes()
        except OSError:
            return None

    # Power and cable

    def script(self, action, *words, timeout=120):
        return self.lab.script("node.sh", action, self.node, *words, timeout=timeout)

    def reboot(self):
        self.script("reboot")

    def kill(self):
        self.script("kill")

    def start(self):
        self.script("start")

    def reset(self):
        """Forgets what a cell left that the next one cannot start from."""
        if self.leader() is not None:
            self.kill()
        for path in [self.upper / "var/lib/fleetctl", *self.upper.glob("etc/fault*"), *self.upper.glob("etc/systemd/system/*fault-*"),
                     *self.upper.glob("etc/systemd/system/*.wants/fault-*"), *self.upper.glob("etc/systemd/system/fleetctl-*"),
                     self.folder / "disk" / "fill"]:
            subprocess.run(["chattr", "-R", "-i", str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            subprocess.run(["rm", "-rf", "--", str(path)], check=True)
        # The overlay above must not remember what was taken from below it.
        subprocess.run(["mount", "-o", "remount", str(self.root)], check=True)
        self.start()

    def mend(self):
        """What a run that was cut off may have left broken from outside."""
        self.link("up")
        (self.folder / "disk" / "fill").unlink(missing_ok=True)
        if self.leader() is None:
            self.start()
        self.listener(signal.SIGCONT)
        self.sessions(signal.SIGCONT)
        if self.path("/.faults").is_dir():
            self.rules([])

    def link(self, state):
        subprocess.run(["ip", "-n", self.space, "link", "set", "host0", state], check=True)

    def sessions(self, number=signal.SIGKILL):
        """Signals every sshd that serves a session, not the listener."""
        return self.kill_where(lambda line: line.startswith("sshd:") and "[listener]" not in line, number)

    def listener(self, number):
        return self.kill_where(lambda line: line.startswith("sshd:") and "[listener]" in line, number)

    def uptime(self):
        return float(pathlib.Path("/proc/uptime").read_text().split()[0])

    def lets_in(self):
        """Whether the operator can log in and is root there, asked with ssh(1)."""
        keys = self.lab.folder / "ssh"
        words = ["ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", "-o", "StrictHostKeyChecking=yes",
                 "-o", f"UserKnownHostsFile={keys}/known_hosts", "-i", f"{keys}/id_ed25519", f"autobot@{self.address}", "sudo", "-n", "true"]
        asked = self.lab.inside(*words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return asked.wait(30) == 0

    # Failpoints of the node's half: lab/faults/shim.c

    def install_shims(self, shim):
        folder = self.path("/usr/local/sbin")
        for tool in TOOLS:
            # Always: a machine that is still up may have an older one.
            subprocess.run(["install", "-m", "0755", shim, folder / f".{tool}"], check=True)
            (folder / f".{tool}").rename(folder / tool)
        self.path("/.faults").mkdir(exist_ok=True)

    def rules(self, rules):
        """Each rule: (name, tool, pattern, when, action, nth)."""
        folder = self.path("/.faults")
        for old in folder.iterdir():
            if old.name != "rules":
                old.unlink()
        text = "".join("|".join(map(str, rule)) + "\n" for rule in rules)
        for name, _, _, _, action, _ in rules:
            if action == "pause":
                (folder / f"{name}.hold").touch()
        (folder / "rules.new").write_text(text)
        (folder / "rules.new").rename(folder / "rules")

    def reached(self, name):
        return self.path(f"/.faults/{name}.reached").exists()

    def let_go(self, name):
        hold = self.path(f"/.faults/{name}.hold")
        if hold.exists():
            hold.unlink()


def wait(seconds, condition, nap=0.02):
    """Whether `condition` became true within so many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(nap)
    return bool(condition())
