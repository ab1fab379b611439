"""The faults, each put in from outside while the apply stands at a phase."""

import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import time

import look
from machine import Broken, wait
from trial import WINDOW, Trial


class Fault:
    """prepare: before the apply begins. hit: it stands at the phase. after: it goes on. heal: what a person would mend at the end."""

    name = ""
    bound = 120
    dies = False

    def prepare(self, trial): pass
    def hit(self, trial): pass
    def after(self, trial): pass
    def heal(self, trial): pass


class Nothing(Fault):
    name = "none"


class ClientKill(Fault):
    name = "client kill -9"

    def hit(self, trial):
        trial.client.send_signal(signal.SIGKILL)
        trial.client.wait()


def went_back(trial):
    """Whether the node took this trial's run back."""
    runs = look.Decision(trial.machine).runs
    return any("rolled-back" in marks for run, marks in runs.items() if run not in trial.known_runs)


def beyond_the_window(trial):
    """Until the node has decided and the window is over. At P4 it holds a batch and has not begun: an idle node says nothing."""
    if trial.phase in ("P4", "P5", "P6", "P7", "P7b", "P8", "P8b", "P9"):
        wait(WINDOW + 90, lambda: went_back(trial), 0.2)
    wait(WINDOW + 20, lambda: not look.Decision(trial.machine).is_open and not look.runners(trial.machine), 0.2)
    time.sleep(WINDOW + 2)


class Interrupt(Fault):
    name = "client SIGINT once"

    def hit(self, trial):
        trial.client.send_signal(signal.SIGINT)
        time.sleep(0.5)


class InterruptTwice(Fault):
    name = "client SIGINT twice"

    def hit(self, trial):
        # Two that the client has not taken yet would be one.
        trial.client.send_signal(signal.SIGINT)
        time.sleep(0.5)
        trial.client.send_signal(signal.SIGINT)
        time.sleep(0.5)


class Reset(Fault):
    name = "connection reset"

    def hit(self, trial):
        lab = trial.machine.lab.name
        subprocess.run(["ip", "netns", "exec", lab, "ss", "-K", "dst", trial.machine.address, "dport", "=", "22"],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


class Cable(Fault):
    def hit(self, trial):
        trial.machine.link("down")

    def heal(self, trial):
        trial.machine.link("up")


class ShortPartition(Cable):
    name = "cable out 4 s"

    def after(self, trial):
        time.sleep(4)
        trial.machine.link("up")


class LongPartition(Cable):
    name = "cable out beyond the window"
    bound = 200

    def after(self, trial):
        beyond_the_window(trial)
        trial.machine.link("up")


class BlackHole(Fault):
    """What the client sends no longer arrives; what the node sends does."""

    name = "one-way black hole"
    bound = 200

    def rule(self, trial):
        return ["ip", "daddr", trial.machine.address, "tcp", "dport", "22", "drop"]

    def table(self, trial):
        return "hole" + trial.machine.address.rsplit(".", 1)[1]

    def nft(self, trial, *words):
        subprocess.run(["ip", "netns", "exec", trial.machine.lab.name, "nft", *words], check=True, stdout=subprocess.DEVNULL)

    def hit(self, trial):
        table = self.table(trial)
        self.nft(trial, "add", "table", "inet", table)
        self.nft(trial, "add", "chain", "inet", table, "out", "{ type filter hook output priority 0 ; }")
        self.nft(trial, "add", "rule", "inet", table, "out", *self.rule(trial))

    def after(self, trial):
        beyond_the_window(trial)
        self.nft(trial, "delete", "table", "inet", self.table(trial))

    def heal(self, trial):
        listed = subprocess.run(["ip", "netns", "exec", trial.machine.lab.name, "nft", "list", "tables"], capture_output=True, text=True).stdout
        if self.table(trial) + "\n" in listed + "\n":
            self.nft(trial, "delete", "table", "inet", self.table(trial))


class CutUpload(BlackHole):
    """Set before the apply: every connection goes dark after so many bytes."""

    name = "black hole after N bytes"

    def __init__(self, size):
        self.size = size
        self.name = f"black hole after {size // 1000} kB"

    def rule(self, trial):
        return ["ip", "daddr", trial.machine.address, "tcp", "dport", "22", "ct", "original", "bytes", ">", str(self.size), "counter", "drop"]

    def prepare(self, trial):
        BlackHole.hit(self, trial)

    def hit(self, trial):
        pass

    def after(self, trial):
        time.sleep(12)
        shown = subprocess.run(["ip", "netns", "exec", trial.machine.lab.name, "nft", "list", "table", "inet", self.table(trial)],
                               capture_output=True, text=True, check=True).stdout
        dropped = int(re.search(r"counter packets (\d+)", shown).group(1))
        trial.notes.append(f"{dropped} packets were lost")
        if not dropped:
            trial.wrong.append("harness: the line never went dark")
        BlackHole.heal(self, trial)


class SessionKill(Fault):
    name = "sshd session killed"

    def hit(self, trial):
        trial.machine.sessions()


class SshdStopped(Fault):
    name = "sshd stopped (SIGSTOP)"
    bound = 200

    def hit(self, trial):
        trial.machine.sessions(signal.SIGSTOP)
        trial.machine.listener(signal.SIGSTOP)

    def after(self, trial):
        beyond_the_window(trial)
        self.heal(trial)

    def heal(self, trial):
        trial.machine.listener(signal.SIGCONT)
        trial.machine.sessions(signal.SIGCONT)


class SshdGone(Fault):
    """Nobody gets in any more; started again only once client and node have both come to their end."""

    name = "sshd down for good"
    # Five tries to log in, the window, and the seven minutes in which the client asks what became of the run.
    bound = 600

    def hit(self, trial):
        trial.machine.run("/usr/bin/systemctl", "stop", "ssh.service")
        trial.machine.sessions()

    def heal(self, trial):
        trial.machine.run("/usr/bin/systemctl", "start", "ssh.service")


class SshdDown(SshdGone):
    name = "sshd down beyond the window"
    bound = 200

    def after(self, trial):
        beyond_the_window(trial)
        self.heal(trial)


class Reboot(Fault):
    name = "reboot (clean)"
    bound = 200

    def hit(self, trial):
        # Armed, and systemd goes down before it hears of the watchdog: the runner is ended where it stands.
        if trial.point != "arm":
            trial.let_go_node()
        trial.machine.reboot()


class RebootAsItArms(Fault):
    name = "reboot as the watchdog starts"
    bound = 200

    def hit(self, trial):
        trial.let_go_node()
        trial.machine.reboot()


class MachineKill(Fault):
    name = "machine dies"
    bound = 200

    def hit(self, trial):
        trial.machine.kill()
        trial.let_go_node()
        trial.machine.start()


class RunnerKill(Fault):
    """The unit that carries out the batch is killed, and what it waits for with it; the client and the node go on."""

    name = "runner killed on the node"
    bound = 200

    def hit(self, trial):
        names = [words for words in look.runners(trial.machine)]
        if not trial.machine.kill_where(lambda line: "runtime.sh run " in line):
            raise Broken(f"no runner: {names}")
        trial.let_go_node()


class WatchdogKill(Fault):
    name = "watchdog killed again and again"

    def hit(self, trial):
        for _ in range(3):
            trial.machine.kill_where(lambda line: "runtime.sh watch " in line)
            time.sleep(0.4)


class DiskFull(Fault):
    name = "disk full"

    def fill(self, trial):
        return trial.machine.folder / "disk" / "fill"

    def hit(self, trial):
        with open(self.fill(trial), "wb") as file:
            free = os.statvfs(self.fill(trial).parent)
            os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize)

    def heal(self, trial):
        self.fill(trial).unlink(missing_ok=True)


class InodesGone(Fault):
    name = "inodes gone"

    def hit(self, trial):
        disk = trial.machine.folder / "disk"
        self.bait = disk / "bait"
        self.bait.mkdir(exist_ok=True)
        # What was deleted just before is given back a little later: gone is what stays gone.
        still = 0
        while still < 3:
            used = os.statvfs(disk)
            still = still + 1 if used.f_ffree == 0 else 0
            if not still:
                subprocess.run(["mount", "-o", f"remount,nr_inodes={used.f_files - used.f_ffree}", str(disk)], check=True)
            time.sleep(0.05)

    def heal(self, trial):
        subprocess.run(["mount", "-o", "remount,nr_inodes=1000000", str(trial.machine.folder / "disk")], check=True)


class ReadOnly(Fault):
    """The folders that the role writes to become read-only for the machine."""

    name = "read-only file system"
    paths = ["/etc/fault", "/etc/systemd/system"]

    def hit(self, trial):
        for path in self.paths:
            trial.machine.run("/usr/bin/mount", "--bind", path, path)
            trial.machine.run("/usr/bin/mount", "-o", "remount,bind,ro", path)

    def heal(self, trial):
        for path in self.paths:
            trial.machine.run("/usr/bin/umount", path, check=False)


class Immutable(Fault):
    name = "a file made immutable"

    def hit(self, trial):
        subprocess.run(["chattr", "+i", str(trial.machine.upper / "etc/fault/server.pl")], check=True)

    def heal(self, trial):
        subprocess.run(["chattr", "-i", str(trial.machine.upper / "etc/fault/server.pl")], check=False)


class SyncError(Fault):
    """sync(1) answers EIO from here on."""

    name = "EIO on fsync"

    def hit(self, trial):
        folder = trial.machine.path("/.faults")
        with open(folder / "rules", "a") as rules:
            rules.write("eio|sync|*|before|fail:error syncing: Input/output error|0\n")

    def heal(self, trial):
        trial.machine.rules([])


class SlowSync(Fault):
    """Every sync(1) takes half a second longer from here on, some fifty times as long as on a disk that is well."""

    name = "slow sync"
    bound = 200

    def hit(self, trial):
        with open(trial.machine.path("/.faults") / "rules", "a") as rules:
            rules.write("slow|sync|*|before|sleep:500|0\n")

    def heal(self, trial):
        count = trial.machine.path("/.faults/slow.count")
        slow = len(count.read_bytes()) if count.exists() else 0
        trial.notes.append(f"{slow} slow calls")
        if not slow:
            trial.wrong.append("harness: no call was slow")
        trial.machine.rules([])


class SudoRevoked(Fault):
    """The operator may no longer become root; given back at the end, or where something is armed once the node has decided."""

    name = "sudo revoked"
    bound = 200

    def after(self, trial):
        if trial.phase not in ("P1", "P2", "P3", "P9b", "P9c", "P10"):
            wait(WINDOW + 90, lambda: went_back(trial), 0.2)
            time.sleep(2)
            self.heal(trial)

    def hit(self, trial):
        found = [p for p in trial.machine.path("/etc/sudoers.d").iterdir() if p.name != "README"]
        self.kept = [(p, p.read_bytes()) for p in found]
        for p in found:
            p.unlink()

    def heal(self, trial):
        for p, content in self.kept:
            p.write_bytes(content)
            p.chmod(0o440)


class Drift(Fault):
    """Somebody edits a managed file by hand."""

    name = "drift in between"

    def hit(self, trial):
        path = trial.machine.path("/etc/fault/app.conf")
        trial.drifted = True
        self.kept = path.read_bytes()
        path.write_bytes(self.kept + b"# by hand\n")

    def heal(self, trial):
        path = trial.machine.path("/etc/fault/app.conf")
        if path.read_bytes() != self.kept + b"# by hand\n":
            trial.wrong.append("I2: what was edited by hand after the plan was overwritten")
        path.write_bytes(self.kept)


class ForeignFile(Fault):
    """Somebody puts a file of his own where the role will have one."""

    name = "foreign file in the way"

    def hit(self, trial):
        trial.blocked = {f"{look.parity(trial.new)} conf"}
        self.path = trial.machine.path(f"/etc/fault/{look.parity(trial.new)}.conf")
        self.path.write_bytes(b"mine\n")

    def heal(self, trial):
        kept = self.path.read_bytes() if self.path.exists() else None
        if kept != b"mine\n":
            trial.wrong.append(f"I2: the foreign file is now {kept!r}")
        if kept == b"mine\n":
            self.path.unlink()


class ForeignPort(Fault):
    """A stranger takes the port that the service is about to be restarted on."""

    name = "port held by a stranger"

    def hit(self, trial):
        machine = trial.machine
        machine.run("/usr/bin/systemctl", "stop", "fault-web.service")
        machine.run("/usr/bin/systemd-run", "--quiet", "--unit=stranger", "/usr/bin/perl", "-MIO::Socket::INET", "-e",
                    "my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 8081, Listen => 1, ReuseAddr => 1) or die; sleep 600")
        wait(20, lambda: ":8081" in machine.run("/usr/bin/ss", "-Hltn").stdout)

    def heal(self, trial):
        trial.machine.run("/usr/bin/systemctl", "stop", "stranger.service", check=False)
        # It was the stranger who took it down.
        trial.machine.run("/usr/bin/systemctl", "reset-failed", "fault-web.service", check=False)
        trial.machine.run("/usr/bin/systemctl", "restart", "fault-web.service", check=False)


class BadRole(Fault):
    """The new generation itself is bad: an edit of role.yaml."""

    def __init__(self, name, edit, bound=60):
        self.name, self.edit, self.bound = name, edit, bound

    def prepare(self, trial):
        trial.render(trial.new, self.edit)


class SecondOperator(Fault):
    """Another client wants to change the machine at the same time; it must be told who is there and change nothing."""

    name = "second operator"
    refusals = (7, 12)

    def hit(self, trial):
        second = trial.start("apply", "-f", str(trial.folder / "fleet.yaml"), "-auto-approve", name="second")
        code = second.wait(40)
        # Once the record is of the new generation there is nothing left for the second one to do.
        if code not in self.refusals and not (code == 0 and "No changes" in trial.shown("second")):
            trial.wrong.append(f"I3: the second operator got exit {code}: {trial.last_words('second')}")


class SecondWins(Fault):
    """Another client does all of it before the first has its lock."""

    name = "second operator"

    def hit(self, trial):
        second = trial.start("apply", "-f", str(trial.folder / "fleet.yaml"), "-auto-approve", "--confirm-timeout", "5s", name="second")
        if second.wait(60) != 0:
            raise Broken("the second operator failed: " + trial.last_words("second"))
        # His is the run that counts.
        trial.second_won = True


class PausedHolder(Fault):
    """The client sleeps while its lease ends and another one goes over the machine; then it wakes up."""

    name = "paused holder"
    bound = 200

    def hit(self, trial):
        trial.client.send_signal(signal.SIGSTOP)
        trial.let_go()
        machine = trial.machine
        # What it had handed over may begin a moment later.
        time.sleep(3)
        wait(WINDOW + 30, lambda: not look.Decision(machine).is_open and not look.runners(machine), 0.2)
        trial.clear()
        other = Trial(machine, trial.folder / "other", trial.fleetctl)
        other.render(trial.new + 2)
        code = other.fleet("apply", "-auto-approve", "--confirm-timeout", "5s", name="other")
        if code != 0:
            raise Broken("the other client failed: " + other.last_words("other"))
        trial.other = trial.new + 2
        trial.client.send_signal(signal.SIGCONT)


class Swapped(Fault):
    """Another machine answers at the address: with its own host keys, or a clone with the same ones and another machine-id."""

    def __init__(self, same_keys):
        self.same_keys = same_keys
        self.name = "machine swapped (same host key)" if same_keys else "machine swapped (other host key)"

    kept = {}

    def prepare(self, trial):
        # What a fleet is pinned by and reviewed with: host key, machine-id, node id (docs/ssh.md).
        trial.pinned = True
        if trial.fleet("hosts", "trust", "-auto-approve", name="trust") != 0:
            raise Broken("not pinned: " + trial.last_words("trust"))

    def after(self, trial):
        if trial.phase in ("P1", "P2", "P3"):
            return
        # The right machine comes back after it has decided by itself; what it holds already arms itself first.
        if trial.phase in ("P4", "P5", "P6"):
            wait(20, lambda: trial.client.poll() is not None or any(marks for run, marks in look.Decision(trial.machine).runs.items() if run not in trial.known_runs))
        wait(WINDOW + 20, lambda: not look.Decision(trial.machine).is_open and not look.runners(trial.machine), 0.2)
        time.sleep(2)
        self.heal(trial)

    bound = 200

    def hit(self, trial):
        machine = trial.machine
        self.kept = {}
        paths = ["/etc/machine-id"] if self.same_keys else ["/etc/ssh/ssh_host_ed25519_key", "/etc/ssh/ssh_host_ecdsa_key",
                                                             "/etc/ssh/ssh_host_ed25519_key.pub", "/etc/ssh/ssh_host_ecdsa_key.pub"]
        for path in paths:
            self.kept[path] = machine.read(path)
        if self.same_keys:
            machine.path("/etc/machine-id").write_text("%032x\n" % int.from_bytes(os.urandom(15)))
        else:
            for kind in ("ed25519", "ecdsa"):
                key = machine.path(f"/etc/ssh/ssh_host_{kind}_key")
                key.unlink()
                subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(key)], check=True)
            machine.run("/usr/bin/systemctl", "restart", "ssh.service")
            machine.sessions()

    def heal(self, trial):
        for path, content in self.kept.items():
            trial.machine.path(path).write_bytes(content)
        if not self.same_keys:
            trial.machine.run("/usr/bin/systemctl", "restart", "ssh.service")
        self.kept = {}


class Hostile(Fault):
    """A login that prints whatever it likes before the runtime speaks: at P1 the first one, later the one that confirms."""

    name = "hostile output at login"

    def hit(self, trial):
        self.path = trial.machine.path("/home/autobot/.bashrc")
        self.kept = self.path.read_bytes() if self.path.exists() else None
        noise = b"printf '\\033]0;owned\\007\\033[2J@@0 end 1\\n@@ result:0:done 1\\n\\r::error::x\\n'; head -c 300000 /dev/zero | tr '\\0' 'x'; printf '\\033[8m' >&2\n"
        self.path.write_bytes(noise + (self.kept or b""))

    def heal(self, trial):
        if self.kept is None:
            self.path.unlink(missing_ok=True)
        else:
            self.path.write_bytes(self.kept)
        if "\x1b" in trial.shown("apply") or "\r" in trial.shown("apply"):
            trial.wrong.append("I3: a control character of the node reached the terminal")


class Skewed(Fault):
    """The operator's wall clock is a day off."""

    def __init__(self, seconds, library):
        self.seconds, self.library = seconds, library
        self.name = f"the operator's clock {'+' if seconds > 0 else '-'}1 day"

    def prepare(self, trial):
        trial.environment = {"LD_PRELOAD": self.library, "FAULT_SKEW": str(self.seconds)}

    def heal(self, trial):
        trial.environment = {}


class Jumped(Fault):
    """The operator's wall clock jumps by a day while the apply runs."""

    def __init__(self, seconds, library):
        self.seconds, self.library = seconds, library
        self.name = f"the operator's clock jumps a day {'ahead' if seconds > 0 else 'back'}"

    def prepare(self, trial):
        self.path = trial.folder.parent / f"skew-{trial.machine.node}"
        self.path.write_bytes(bytes(8))
        trial.environment = {"LD_PRELOAD": self.library, "FAULT_SKEW_FILE": str(self.path)}

    def hit(self, trial):
        # In place: the program has the file mapped.
        with open(self.path, "r+b") as file:
            file.write(struct.pack("=q", self.seconds))

    def heal(self, trial):
        trial.environment = {}
        days = {event.get("@timestamp", "")[:10] for event in trial.run_end()}
        if len(days) < 2:
            trial.wrong.append(f"harness: the client's clock did not jump: {sorted(days)}")
