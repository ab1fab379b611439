// Written by scripts/embed-roles.sh from roles/chromadb; do not edit.
// swift-format-ignore-file

extension EmbeddedRoles {
  static let chromadb: [File] = [
File(path: "chromadb/files/site.conf", contents: #"""
# Managed by fleetctl. ChromaDB listens on loopback; its consumers are on other nodes.
upstream autobot_chromadb {
    server 127.0.0.1:{{ ports.app.number }};
}

server {
{% for address in ports.chroma.listen %}
    listen {{ address }};
{% endfor %}
    server_name {{ node.id }} {{ node.url_host }};
    server_tokens off;
    client_max_body_size 100m;
{% for address in consumers.chroma %}
    allow {{ address }};
{% endfor %}
    deny all;

    location / {
        include /etc/nginx/snippets/autobot-proxy.conf;
        proxy_read_timeout 300s;
        proxy_send_timeout 300s;
        proxy_pass http://autobot_chromadb;
    }
}

"""#),
File(path: "chromadb/role.yaml", contents: #"""
name: chromadb
kind: role
summary: ChromaDB vector database (embeddings for retrieval and knowledge search).
layer: business
required: true
degraded_without: No knowledge search.
notes:
  - It gains nothing from a GPU; its index works on the CPU.
  - It shares ai-stack's environment; on a node of its own it gets the same one at the same path.
  - It binds loopback. Consumers on other nodes come through nginx on the node's own address, and the firewall admits nobody else.
  - Its folder is made on the first start and never deleted.
playbook: setup-ai-stack.yml
key_packages: [chromadb]
install_dirs: [/opt/autobot/autobot-ai-stack, /var/lib/autobot/chromadb]
python: {version: "{{ params.python_version }}", environment: venv, path: "{{ params.venv }}"}

placement:
  default_nodes: [03-AI-Stack]
  replicas: one
  portable: true
  separable: true

params:
  port: {type: port, default: 8000, doc: "Port of ChromaDB on loopback and, where consumers are elsewhere, of nginx on the node's address."}
  venv: {type: path, default: /opt/autobot/autobot-ai-stack/venv, doc: "The virtual environment; the same as ai-stack's."}
  python_version: {type: string, default: "3.10", doc: "Minor version of the interpreter that the virtual environment is made with. Change `venv` together with it."}
  pip_args: {type: list, default: [], doc: "Further arguments of `pip install`, such as an index of your own."}
  requirement: {type: string, default: chromadb, doc: "What pip installs; a version pin goes here."}
  data: {type: path, default: /var/lib/autobot/chromadb, doc: "SQLite and index files."}
  memory: {type: size, default: 2GiB, doc: "What its collections need, for the node's budget; a million vectors of 1024 dimensions take about 4 GiB."}
  memory_max: {type: size, default: 8GiB, doc: "Memory limit of the unit."}

uses:
  - {component: autobot-base}
  - {component: nginx, when: ports.chroma.exposed}
  - component: ai-stack-venv
    with:
      python_version: "{{ params.python_version }}"
      venv: "{{ params.venv }}"

ports:
  - name: app
    number: "{{ params.port }}"
    scope: loopback
    holder: autobot-chromadb.service
    doc: ChromaDB's HTTP API.
  # Documented as loopback only; its documented consumer is on another node, so it is widened to those consumers.
  - name: chroma
    number: "{{ params.port }}"
    scope: loopback
    holder: nginx.service
    shared: nginx
    proxy_of: app
    doc: What consumers connect to.

needs:
  - {role: autobot-shared, hard: true, doc: "every Python service stands on it"}

memory:
  - {what: collections, size: "{{ params.memory }}", param: memory}

os: {supported: [debian-11, debian-12, debian-13, ubuntu-22.04, ubuntu-24.04, kali]}
directories:
  - {path: "{{ params.data }}", owner: autobot-ai, group: autobot-ai, mode: "0750", data: true}

files:
  - path: /etc/nginx/sites-available/autobot-chromadb.conf
    template: site.conf
    owner: root
    group: root
    mode: "0644"
    on_change: {reload: [nginx.service]}
    check: [nginx, -t]
    when: ports.chroma.exposed
links:
  - path: /etc/nginx/sites-enabled/autobot-chromadb.conf
    target: /etc/nginx/sites-available/autobot-chromadb.conf
    on_change: {reload: [nginx.service]}
    when: ports.chroma.exposed

steps:
  - name: packages
    creates: "{{ params.venv }}/bin/chroma"
    user: autobot
    directory: /opt/autobot/autobot-ai-stack
    commands:
      - ["{{ params.venv }}/bin/python", -m, pip, install, "{{ params.pip_args }}", "{{ params.requirement }}"]
    environment: {HOME: /home/autobot, PIP_NO_INPUT: "1", PIP_DISABLE_PIP_VERSION_CHECK: "1"}
    inputs: ["value:{{ params.python_version }} {{ params.requirement }} {{ params.pip_args|join(' ') }}"]
    on_change: {restart: [autobot-chromadb.service]}
    timeout: 30m

units:
  - name: autobot-chromadb.service
    enable: true
    state: started
    sections:
      Unit:
        Description: ChromaDB vector database
        Wants: network-online.target
        After: network-online.target
        StartLimitIntervalSec: "600"
        StartLimitBurst: "10"
      Service:
        User: autobot-ai
        Group: autobot-ai
        WorkingDirectory: "{{ params.data }}"
        Environment:
          ANONYMIZED_TELEMETRY: "False"
          HOME: /var/lib/autobot/ai
        ExecStart: ["{{ params.venv }}/bin/chroma", run, --host, "{{ ports.app.bind|first }}", --port, "{{ ports.app.number }}", --path, "{{ params.data }}"]
        Restart: always
        RestartSec: 10s
        TimeoutStopSec: 60s
        MemoryMax: "{{ params.memory_max }}"
        PrivateDevices: "yes"
        ReadWritePaths: ["{{ params.data }}", /var/lib/autobot/ai]
        NoNewPrivileges: "yes"
        CapabilityBoundingSet: ""
        PrivateTmp: "yes"
        ProtectSystem: strict
        ProtectHome: "yes"
        ProtectKernelTunables: "yes"
        ProtectKernelModules: "yes"
        ProtectControlGroups: "yes"
        RestrictSUIDSGID: "yes"
        RestrictNamespaces: "yes"
        LockPersonality: "yes"
      Install:
        WantedBy: multi-user.target

backups:
  - {name: chromadb, doc: "/var/lib/autobot/chromadb is data: kept, never deleted, and not yet copied anywhere"}

health:
  - {kind: http, port: app, path: /api/v2/heartbeat, expect_body: heartbeat, required: true, starting_statuses: [502, 503]}
startup: {typical: 10s, budget: 2m}
restart: {policy: auto, cost: "no knowledge search for some seconds"}
update_policy: auto

"""#),
  ]
}
