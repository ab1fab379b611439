"""The same work in four languages: 3 packages, a user, 3 directories, 10 files, 3 services on each node.

work.py NODES.tsv KEY KNOWN_HOSTS TARGET writes below TARGET: fleet.yaml with roles/, playbook.yml with
inventory.ini and two ansible.cfg, deploy.py with inventory.py. NODES.tsv has id and address first in each
line, as .lab/nodes.tsv has. The content of one of the files is the revision: a parameter of the role, an
extra variable of the playbook, $REVISION of the deploy.
"""

import json
import os
import sys

PACKAGES = ["acl", "curl", "rsync"]
USER = "bench"
DIRECTORIES = ["/etc/bench", "/srv/bench", "/var/lib/bench"]
SERVICES = ["bench-a.service", "bench-b.service", "bench-c.service"]
UNIT = """# Managed by fleetctl. Changes made here are overwritten by the next apply.
[Unit]
Description=Sleeps for the benchmark ({name})

[Service]
Type=exec
User=bench
ExecStart=/bin/sleep infinity
Restart=always

[Install]
WantedBy=multi-user.target
"""


def files():
    """Path and content of the seven files that are no units; the first holds the revision."""
    yield "/etc/bench/revision.conf", "revision={revision}\n"
    for number in range(1, 7):
        lines = [f"setting_{line} = value {line * number}\n" for line in range(20 * number)]
        yield f"/etc/bench/part-{number}.conf", "".join(lines)


def more():
    """What makes a node one with 20 managed files and 10 units, by which the cost of a look is judged."""
    for number in range(10):
        yield f"/etc/bench/more-{number}.conf", f"more = {number}\n"


MORE_SERVICES = [f"bench-{letter}.service" for letter in "defghij"]


def write(target, path, text):
    path = os.path.join(target, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as out:
        out.write(text)


def role(target, name, contents, services, **keys):
    made = {"name": name, "summary": "What every tool of the benchmark does.", "layer": "shared", **keys}
    made["files"], made["units"] = [], []
    for path, content in contents:
        template = os.path.basename(path)
        write(target, f"roles/{name}/files/{template}", content.replace("{revision}", "{{ params.revision }}"))
        made["files"].append({"path": path, "template": template, "mode": "0644"})
    for unit in services:
        made["units"].append({"name": unit, "sections": {
            "Unit": {"Description": f"Sleeps for the benchmark ({unit})"},
            "Service": {"Type": "exec", "User": USER, "ExecStart": ["/bin/sleep", "infinity"], "Restart": "always"},
            "Install": {"WantedBy": "multi-user.target"},
        }})
    # JSON is YAML.
    write(target, f"roles/{name}/role.yaml", json.dumps(made, indent=1) + "\n")


def fleet(target, nodes, key, known_hosts):
    def text(nodes, transport, roles):
        lines = [
            "version: 1", "fleet: bench", "registry: none", "role_paths: [roles]",
            f"ssh: {{config: none, user: autobot, identity_file: {key}, known_hosts: {known_hosts}, become: sudo,"
            f" connect_timeout: 60s, transport: {transport}}}",
            'roles: {bench: {revision: "0"}}', "nodes:",
        ]
        for name, address in nodes:
            lines += [f"  {name}:", f"    address: {address}", f"    roles: [{roles}]"]
        return "\n".join(lines) + "\n"

    write(target, "fleet.yaml", text(nodes, "auto", "bench"))
    write(target, "one.yaml", text(nodes[:1], "auto", "bench"))
    write(target, "wide.yaml", text(nodes[:1], "auto", "bench, bench-more"))
    # Through `ssh`, where a wrapper can write down what is said.
    write(target, "one-by-ssh.yaml", text(nodes[:1], "openssh", "bench"))
    write(target, "wide-by-ssh.yaml", text(nodes[:1], "openssh", "bench, bench-more"))
    role(
        target, "bench", files(), SERVICES, packages=PACKAGES,
        params={"revision": {"type": "string", "default": "0", "doc": "changes one file"}},
        users=[{"name": USER, "system": True, "home": "/nonexistent", "shell": "/usr/sbin/nologin"}],
        directories=[{"path": path, "owner": "root", "group": "root", "mode": "0755"} for path in DIRECTORIES],
    )
    role(target, "bench-more", more(), MORE_SERVICES)


def ansible(target, nodes, key, known_hosts):
    inventory = ["[all]"] + [f"{name} ansible_host={address}" for name, address in nodes]
    write(target, "inventory.ini", "\n".join(inventory) + "\n")
    copies = [{"path": path, "name": os.path.basename(path)} for path, _ in files()]
    for path, content in files():
        write(target, f"templates/{os.path.basename(path)}", content.replace("{revision}", "{{ revision }}"))
    for name in SERVICES:
        write(target, f"templates/{name}", UNIT.format(name=name))
    units = [{"path": f"/etc/systemd/system/{name}", "name": name} for name in SERVICES]
    tasks = [
        {"name": "packages", "ansible.builtin.apt": {"name": PACKAGES, "state": "present", "install_recommends": False}},
        {"name": "user", "ansible.builtin.user": {
            "name": USER, "system": True, "home": "/nonexistent", "create_home": False, "shell": "/usr/sbin/nologin"}},
        {"name": "directories", "ansible.builtin.file": {
            "path": "{{ item }}", "state": "directory", "owner": "root", "group": "root", "mode": "0755"},
         "loop": DIRECTORIES},
        {"name": "files", "ansible.builtin.template": {
            "src": "templates/{{ item.name }}", "dest": "{{ item.path }}", "owner": "root", "group": "root",
            "mode": "0644"}, "loop": copies + units},
        {"name": "services", "ansible.builtin.systemd_service": {"name": "{{ item }}", "state": "started", "enabled": True},
         "loop": SERVICES},
    ]
    play = [{"hosts": "all", "gather_facts": False, "become": True, "vars": {"revision": "0"}, "tasks": tasks}]
    write(target, "playbook.yml", json.dumps(play, indent=1) + "\n")
    common = f"""[defaults]
inventory = {target}/inventory.ini
remote_user = autobot
private_key_file = {key}
forks = 50
host_key_checking = True
interpreter_python = /usr/bin/python3
retry_files_enabled = False
local_tmp = {target}/ansible-tmp
"""
    write(target, "ansible.cfg", common + f"""
[ssh_connection]
pipelining = True
ssh_args = -F none -o ControlMaster=auto -o ControlPersist=60s -o UserKnownHostsFile={known_hosts} \
-o KexAlgorithms=ecdh-sha2-nistp256 -o ConnectTimeout=60
control_path_dir = {target}/cp
""")
    mitogen = os.environ.get("MITOGEN_STRATEGY", "")
    write(target, "mitogen.cfg", common + f"""strategy_plugins = {mitogen}
strategy = mitogen_linear

[ssh_connection]
ssh_args = -F none -o UserKnownHostsFile={known_hosts} -o KexAlgorithms=ecdh-sha2-nistp256
""")


def pyinfra(target, nodes, key, known_hosts):
    hosts = [(address, {"name": name}) for name, address in nodes]
    data = {
        "ssh_user": "autobot", "ssh_key": key, "_sudo": True, "ssh_known_hosts_file": known_hosts,
        "ssh_strict_host_key_checking": "yes",
    }
    write(target, "inventory.py", f"nodes = ({hosts!r}, {data!r})\n")
    write(target, "deploy.py", f"""import io
import os
from pyinfra.operations import apt, files, server, systemd

REVISION = os.environ.get("REVISION", "0")
apt.packages(name="packages", packages={PACKAGES!r}, no_recommends=True)
server.user(name="user", user={USER!r}, system=True, home="/nonexistent", create_home=False, ensure_home=False,
            shell="/usr/sbin/nologin")
for path in {DIRECTORIES!r}:
    files.directory(name=path, path=path, user="root", group="root", mode="755")
for path, content in {list(files()) + [(f"/etc/systemd/system/{n}", UNIT.format(name=n)) for n in SERVICES]!r}:
    files.put(name=path, src=io.StringIO(content.replace("{{revision}}", REVISION)), dest=path, user="root",
              group="root", mode="644")
for name in {SERVICES!r}:
    systemd.service(name=name, service=name, running=True, enabled=True)
""")


def main():
    table, key, known_hosts, target = sys.argv[1:5]
    with open(table) as rows:
        nodes = [tuple(row.split("\t")[:2]) for row in rows.read().splitlines()]
    for generate in (fleet, ansible, pyinfra):
        generate(os.path.abspath(target), nodes, os.path.abspath(key), os.path.abspath(known_hosts))


if __name__ == "__main__":
    main()
