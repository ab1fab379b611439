"""What is on a machine, read past SSH and without fleetctl: which generation each part is of, what else there is, what the node decided."""

import contextlib
import hashlib
import json
import os
import re
import stat
import subprocess

from machine import wait

STATE = "/var/lib/fleetctl"
# Where the harness itself puts faults in and takes them out again: read as the machine sees it, not as its disk was written.
MERGED = ["etc/sudoers.d", "etc/ssh", "etc/machine-id", "home/autobot/.bashrc"]
WATCHED = ["etc", "usr/local", "root", "home", "opt", "srv", "var/spool", "var/lib", "usr/lib/systemd"]
NOT_OURS = re.compile(
    r"^(var/lib/(fleetctl|systemd|private|dbus|apt|dpkg|misc|pam|logrotate)(/|$)|etc/(\.pwd\.lock|mtab|adjtime|ld\.so\.cache|resolv\.conf)$"
    r"|etc/systemd/system/(fleetctl-|sysinit\.target\.wants/fleetctl-)|usr/local/sbin/(mv|sync|systemctl|systemd-run|systemd-analyze)$"
    r"|home/autobot/\.bashrc$|etc/sudoers\.d/|etc/machine-id|etc/ssh/)"
)
MANAGED = re.compile(r"^etc/(fault(-even|-odd)?/|systemd/system/(multi-user\.target\.wants/)?fault-)")


def parity(generation):
    return "even" if generation % 2 == 0 else "odd"


def survey(machine):
    """Every file, link and mark of absence that the machine's own disk holds where configuration lives."""
    found = {}
    for top in MERGED:
        start = machine.path(top)
        for path in [start] if start.is_file() else sorted(p for p in start.rglob("*") if p.is_file()):
            about = path.lstat()
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            found[f"{path.relative_to(machine.root)}"] = f"file {about.st_mode & 0o7777:o} {about.st_uid}:{about.st_gid} {digest}"
    for top in WATCHED:
        for folder, folders, files in os.walk(machine.upper / top):
            for name in files + [f for f in folders if os.path.islink(os.path.join(folder, f))]:
                full = os.path.join(folder, name)
                path = os.path.relpath(full, machine.upper)
                if NOT_OURS.match(path):
                    continue
                try:
                    about = os.lstat(full)
                    if stat.S_ISLNK(about.st_mode):
                        found[path] = "link " + os.readlink(full)
                    elif stat.S_ISREG(about.st_mode):
                        with open(full, "rb") as file:
                            digest = hashlib.sha256(file.read()).hexdigest()
                        found[path] = f"file {about.st_mode & 0o7777:o} {about.st_uid}:{about.st_gid} {digest}"
                    else:
                        found[path] = f"special {stat.S_IFMT(about.st_mode):o}"
                except FileNotFoundError:
                    continue
    return found


def numbers(pattern, text):
    return sorted({int(n) for n in re.findall(pattern, text or "")})


def text(machine, path):
    content = machine.read(path)
    return None if content is None else content.decode(errors="replace")


def units(machine):
    names = ["fault-web.service", "fault-even.service", "fault-odd.service"]
    out = machine.run("/usr/bin/systemctl", "show", *names, "-p", "Id,ActiveState,UnitFileState,NeedDaemonReload,Description,LoadState").stdout
    found = {}
    for block in out.strip().split("\n\n"):
        values = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        found[values.get("Id")] = values
    return found


def answer(machine):
    """What the service says, asked from inside the machine's own network."""
    done = subprocess.run(["ip", "netns", "exec", machine.space, "curl", "-sS", "-m", "3", "http://127.0.0.1:8081/"],
                          capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else None


def parts(machine):
    """Which generation each part of the role is of; what is absent is None."""
    found = {
        "app.conf": numbers(r"^generation=(\d+)$", (text(machine, "/etc/fault/app.conf") or "").replace("\n", "\n")) or None,
        "server.pl": numbers(r"Generation (\d+)", text(machine, "/etc/fault/server.pl")) or None,
        "unit": numbers(r"(?:Generation |GENERATION=)(\d+)", text(machine, "/etc/systemd/system/fault-web.service")) or None,
    }
    found["app.conf"] = [int(n) for n in re.findall(r"^generation=(\d+)$", text(machine, "/etc/fault/app.conf") or "", re.M)] or None
    for word in ("even", "odd"):
        for name, path in [("conf", f"/etc/fault/{word}.conf"), ("deep", f"/etc/fault-{word}/deep/new.conf")]:
            found[f"{word} {name}"] = numbers(r"generation=(\d+)", text(machine, path)) or None
        found[f"{word} unit"] = numbers(r"here (\d+)", text(machine, f"/etc/systemd/system/fault-{word}.service")) or None
        found[f"{word} wants"] = os.path.islink(machine.path(f"/etc/systemd/system/multi-user.target.wants/fault-{word}.service"))
    found["wants"] = os.path.islink(machine.path("/etc/systemd/system/multi-user.target.wants/fault-web.service"))
    current = machine.path("/etc/fault/current")
    found["link"] = os.readlink(current) if os.path.islink(current) else None
    config, secret = text(machine, "/etc/fault/app.conf") or "", text(machine, "/etc/fault/secret.env") or ""
    token = re.search(r"^token=\"?(\w+)", config, re.M)
    kept = re.search(r"^FAULT_TOKEN=\"?(\w+)", secret, re.M)
    found["token"] = bool(token and kept and token.group(1) == kept.group(1))
    return found


def expected(generation):
    if generation == 0:
        wanted = {"app.conf": None, "server.pl": None, "unit": None, "link": None, "wants": False, "token": False}
    else:
        one = [generation]
        wanted = {"app.conf": one, "server.pl": one, "unit": one, "link": f"{parity(generation)}.conf", "wants": True, "token": True}
    for word in ("even", "odd"):
        own = [generation] if generation and parity(generation) == word else None
        wanted.update({f"{word} conf": own, f"{word} deep": own, f"{word} unit": own, f"{word} wants": own is not None})
    return wanted


def running(machine, generation):
    """What of the running services is not of `generation`; empty when all is."""
    wrong, seen = [], units(machine)
    said = answer(machine)
    wanted = f"file={generation} unit={generation}" if generation else None
    if said != wanted:
        wrong.append(f"the service says {said!r}, wanted {wanted!r}")
    for name in ("fault-web", "fault-even", "fault-odd"):
        unit = seen.get(f"{name}.service", {})
        is_wanted = generation and (name == "fault-web" or name.endswith(parity(generation)))
        state = unit.get("ActiveState")
        if is_wanted and (state != "active" or unit.get("UnitFileState") != "enabled"):
            wrong.append(f"{name} is {state}, {unit.get('UnitFileState')}")
        if not is_wanted and state in ("active", "activating", "reloading"):
            wrong.append(f"{name} is {state} and should not run")
        if not is_wanted and state == "failed":
            wrong.append(f"{name} is left behind as failed")
        if unit.get("NeedDaemonReload") == "yes":
            wrong.append(f"{name}: systemd holds another text than the disk")
        if is_wanted and str(generation) not in unit.get("Description", ""):
            wrong.append(f"{name}: systemd says {unit.get('Description')!r}")
    return wrong


def generation_of(machine, old, new, blocked=()):
    """'old', 'new', or 'mixed: …' with what is of which; parts in `blocked` do not count."""
    seen = parts(machine)
    for word, generation in (("old", old), ("new", new)):
        wanted = expected(generation)
        if all(seen[name] == wanted[name] for name in wanted if name not in blocked):
            wrong = running(machine, generation)
            # A restart may be under way: systemd has a moment.
            if wrong and wait(30, lambda: not running(machine, generation), 0.3):
                wrong = []
            return word if not wrong else f"mixed: files are {word}, but " + "; ".join(running(machine, generation) or wrong)
    differs = [f"{name} {seen[name]}" for name in sorted(seen) if seen[name] != expected(old)[name]]
    return f"mixed: beside generation {old}: " + ", ".join(differs)


def manifest(machine):
    content = machine.read(STATE + "/manifest.json")
    if content is None:
        return None
    try:
        return json.loads(content)
    except ValueError:
        return {"torn": content[-80:].decode(errors="replace")}


def manifest_generation(machine, old, new):
    """Which of the two generations the record of ownership is of, by the paths it owns and the digests it holds."""
    record = manifest(machine)
    if record is None:
        return "none"
    if "torn" in record:
        return "torn"
    owned = {key.split(":", 1)[1] for key in record.get("owned", {}) if key.startswith("file:")}
    for word, generation in (("old", old), ("new", new)):
        other = "odd" if parity(generation) == "even" else "even"
        if generation and f"/etc/fault/{parity(generation)}.conf" in owned and f"/etc/fault/{other}.conf" not in owned:
            loaded = record.get("loaded", {}).get("fault-web.service", {}).get("digests", {}).get("/etc/fault/app.conf")
            on_disk = machine.read("/etc/fault/app.conf")
            if loaded and on_disk and hashlib.sha256(on_disk).hexdigest() == loaded:
                return word
            return f"{word}, with another digest of app.conf than the disk"
    return "mixed"


class Decision:
    """What the node decided about its runs."""

    def __init__(self, machine):
        folder = machine.path(STATE + "/tx")
        self.runs, self.words = {}, {}
        names = sorted(os.listdir(folder)) if folder.is_dir() else []
        for name in names:
            marks = {mark for mark in ("armed", "fired", "confirmed", "rolled-back") if (folder / name / mark).exists()}
            self.runs[name] = marks
            if "rolled-back" in marks:
                self.words[name] = (text(machine, f"{STATE}/tx/{name}/rolled-back") or "").split("\n")[0]
        frozen = text(machine, STATE + "/frozen")
        self.frozen = frozen.strip() if frozen else None
        pending = text(machine, STATE + "/pending")
        self.pending = pending.strip() if pending else None
        lock = None
        if machine.leader():
            try:
                lock = dict(line.split("=", 1) for line in machine.live("/run/fleetctl/lock").read_text().splitlines() if "=" in line)
            except OSError:
                pass
        self.lock = lock

    @property
    def is_open(self):
        return any(("armed" in marks or "fired" in marks) and not marks & {"confirmed", "rolled-back"} for marks in self.runs.values())


def runners(machine):
    """Processes of fleetctl's runtime that are at work."""
    return [words for _, words in machine.processes() if any("runtime.sh" in w or "recover.sh" in w for w in words)]


def leftovers(machine):
    """Temporary files and processes that nobody needs any more."""
    left = [" ".join(words)[-120:] for words in runners(machine)]
    for top in ("etc", "usr/local", "root"):
        for folder, _, files in os.walk(machine.upper / top):
            left += [os.path.join(folder, f) for f in files if f.startswith(".fleetctl-")]
    out = machine.run("/usr/bin/systemctl", "list-units", "--all", "--plain", "--no-legend", "fleetctl-*").stdout
    left += [line.split()[0] for line in out.splitlines() if line.split() and line.split()[2:3] in (["active"], ["activating"], ["failed"])]
    return left


def secret(machine):
    found = re.search(r"^FAULT_TOKEN=\"?(\w+)", text(machine, "/etc/fault/secret.env") or "", re.M)
    return found.group(1) if found else None


def tells_secret(machine, token, folder):
    """Where the secret shows that may not hold it: what the client wrote, the node's logs and journals, its open records."""
    needle, hits = token.encode(), []
    for top, _, files in os.walk(folder):
        for name in files:
            with open(os.path.join(top, name), "rb") as file:
                if needle in file.read():
                    hits.append(f"the operator's {name}")
    state = machine.path(STATE)
    for top, _, files in os.walk(state):
        for name in files:
            full = os.path.join(top, name)
            # The inverse of a file and the file itself on its way are the file: root's alone, in folders that are root's alone.
            if name.startswith(("before.", "blob.")):
                about = os.lstat(full)
                if about.st_mode & 0o077 or about.st_uid != 0:
                    hits.append(f"{full} may be read by others")
                continue
            try:
                with open(full, "rb") as file:
                    if needle in file.read():
                        hits.append(os.path.relpath(full, machine.root))
            except FileNotFoundError:
                pass
    for top in ("/tmp", "/var/tmp", "/run/fleetctl", "/run/systemd/transient"):
        for folder, _, files in os.walk(machine.live(top)):
            for name in files:
                with contextlib.suppress(OSError), open(os.path.join(folder, name), "rb") as file:
                    if needle in file.read():
                        hits.append(f"{top}: {name}")
    log = machine.run("/usr/bin/journalctl", "-q", "--no-pager", "-o", "export", text=False, check=False).stdout
    if needle in log:
        hits.append("the node's journal")
    for pid, words in machine.processes():
        if any(token in word for word in words):
            hits.append(f"the arguments of {words[0]}")
        with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:
            if needle in file.read():
                hits.append(f"the environment of {words[:1]}")
    return hits
