// Written by scripts/embed-roles.sh from roles/tts-worker; do not edit.
// swift-format-ignore-file

extension EmbeddedRoles {
  static let ttsWorker: [File] = [
File(path: "tts-worker/files/site.conf", contents: #"""
# Managed by fleetctl. The application listens on loopback, nginx on the node's own address.
upstream autobot_tts_worker {
    server 127.0.0.1:{{ ports.app.number }};
}

server {
{% for address in ports.api.listen %}
    listen {{ address }};
{% endfor %}
    server_name {{ node.id }} {{ node.url_host }};
    server_tokens off;
    client_max_body_size 100m;

    location / {
        include /etc/nginx/snippets/autobot-proxy.conf;
        proxy_read_timeout 300s;
        proxy_send_timeout 300s;
        proxy_pass http://autobot_tts_worker;
    }
}

"""#),
File(path: "tts-worker/files/tts-worker.env", contents: #"""
# Managed by fleetctl.
TTS_HOST={{ ports.app.bind|first }}
TTS_PORT={{ ports.app.number }}
TTS_MODELS_DIR=/var/lib/autobot/models/tts
TTS_VOICES_DIR=/var/lib/autobot/voices
HOME=/var/lib/autobot/tts
HF_HOME=/var/lib/autobot/tts/huggingface
XDG_CACHE_HOME=/var/lib/autobot/tts/cache
{% if endpoints.redis.redis.available %}
REDIS_HOST={{ endpoints.redis.redis.host }}
REDIS_PORT={{ endpoints.redis.redis.port }}
REDIS_PASSWORD={{ secrets['redis.redis_password']|env }}
{% endif %}
PYTHONPATH=/opt/autobot/autobot-tts-worker:/opt/autobot
PYTHONUNBUFFERED=1

"""#),
File(path: "tts-worker/role.yaml", contents: #"""
name: tts-worker
kind: role
summary: Text-to-speech worker with Pocket TTS.
layer: business
required: false
degraded_without: No voice synthesis; text-to-speech features are unavailable.
notes:
  - PyTorch for the CPU only, from PyTorch's own index.
  - It may share a node with the frontend or any other quiet node.
source: autobot-tts-worker/
playbook: playbooks/deploy_role.yml
key_packages: [FastAPI, Uvicorn, "torch>=2.5", pocket-tts, soundfile, numpy, scipy]
install_dirs: [/opt/autobot/autobot-tts-worker, /var/lib/autobot/models/tts, /var/lib/autobot/voices]
python: {version: "{{ params.python_version }}", environment: venv, path: "{{ params.venv }}"}
post_sync: pip install -r requirements.txt

placement:
  default_nodes: [npu-worker]
  replicas: many
  portable: true
  separable: true

params:
  port: {type: port, default: 8082, doc: "Port of the application on loopback and of nginx on the node's address."}
  venv: {type: path, default: /opt/autobot/autobot-tts-worker/venv, doc: "The virtual environment."}
  python_version: {type: string, default: "3.10", doc: "Minor version of the interpreter that the virtual environment is made with. Change `venv` together with it."}
  pip_args: {type: list, default: [], doc: "Further arguments of `pip install`, such as an index of your own."}
  entry: {type: string, default: tts-worker.py, doc: "Program in the install folder."}
  torch_args: {type: list, default: ["torch>=2.5", --index-url, "https://download.pytorch.org/whl/cpu"], doc: "Arguments of the `pip install` that brings PyTorch without CUDA; empty: requirements.txt does it."}
  memory_max: {type: size, default: 4GiB, doc: "Memory limit of the unit."}

uses:
  - {component: autobot-base}
  - {component: nginx}

ports:
  - name: app
    number: "{{ params.port }}"
    scope: loopback
    holder: autobot-tts-worker.service
    doc: FastAPI.
  - name: api
    number: "{{ params.port }}"
    scope: fleet
    holder: nginx.service
    shared: nginx
    proxy_of: app
    doc: nginx on the node's own address, in front of it.

needs:
  - {role: redis, endpoint: redis, hard: false, doc: "task queue"}
  - {role: autobot-shared, hard: true, doc: "the shared library, in the virtual environment"}

os: {supported: [debian-11, debian-12, debian-13, ubuntu-22.04, ubuntu-24.04, kali]}
packages: [python3, python3-pip, python3-venv, libsndfile1]
groups:
  - {name: autobot-tts, system: true}
users:
  - {name: autobot-tts, system: true, group: autobot-tts, home: /var/lib/autobot/tts, shell: /usr/sbin/nologin, create_home: false}
directories:
  - {path: /opt/autobot/autobot-tts-worker, owner: autobot, group: autobot, mode: "0755"}
  - {path: /var/lib/autobot/tts, owner: autobot-tts, group: autobot-tts, mode: "0750", data: true}
  - {path: /var/lib/autobot/models, owner: root, group: root, mode: "0755", data: true, shared: true}
  - {path: /var/lib/autobot/models/tts, owner: autobot-tts, group: autobot-tts, mode: "0755", data: true}
  - {path: /var/lib/autobot/voices, owner: autobot-tts, group: autobot-tts, mode: "0755", data: true}

files:
  - path: /etc/autobot/tts-worker.env
    template: tts-worker.env
    owner: root
    group: autobot-tts
    mode: "0640"
    on_change: {restart: [autobot-tts-worker.service]}
  - path: /etc/nginx/sites-available/autobot-tts-worker.conf
    template: site.conf
    owner: root
    group: root
    mode: "0644"
    on_change: {reload: [nginx.service]}
    check: [nginx, -t]
links:
  - {path: /etc/nginx/sites-enabled/autobot-tts-worker.conf, target: /etc/nginx/sites-available/autobot-tts-worker.conf, on_change: {reload: [nginx.service]}}

sources:
  - source: autobot
    path: autobot-tts-worker
    target: /opt/autobot/autobot-tts-worker
    owner: autobot
    group: autobot
    excludes: [venv/, node_modules/, __pycache__/, "*.pyc", "*.pyo", .git/, data/, logs/, "*.egg-info/", dist/, .env]
    on_change: {restart: [autobot-tts-worker.service]}

steps:
  - name: venv
    creates: "{{ params.venv }}/bin/python"
    user: autobot
    directory: /opt/autobot/autobot-tts-worker
    commands:
      - ["python{{ params.python_version }}", -m, venv, "{{ params.venv }}"]
    environment: {HOME: /home/autobot}
    inputs: ["value:{{ params.python_version }}"]
    timeout: 5m
  - name: torch
    user: autobot
    directory: /opt/autobot/autobot-tts-worker
    commands:
      - ["{{ params.venv }}/bin/python", -m, pip, install, "{{ params.torch_args }}"]
    environment: {HOME: /home/autobot, PIP_NO_INPUT: "1", PIP_DISABLE_PIP_VERSION_CHECK: "1"}
    inputs: ["value:{{ params.python_version }} {{ params.torch_args|join(' ') }}"]
    timeout: 60m
    when: params.torch_args|length > 0
  - name: packages
    creates: "{{ params.venv }}/bin/uvicorn"
    user: autobot
    directory: /opt/autobot/autobot-tts-worker
    commands:
      - ["{{ params.venv }}/bin/python", -m, pip, install, "{{ params.pip_args }}", -r, requirements.txt]
      - ["{{ params.venv }}/bin/python", -m, pip, install, "{{ params.pip_args }}", -e, /opt/autobot/autobot-shared]
    environment: {HOME: /home/autobot, PIP_NO_INPUT: "1", PIP_DISABLE_PIP_VERSION_CHECK: "1"}
    inputs: ["source:requirements.txt", "value:{{ params.python_version }} {{ params.pip_args|join(' ') }}"]
    on_change: {restart: [autobot-tts-worker.service]}
    timeout: 60m

units:
  - name: autobot-tts-worker.service
    enable: true
    state: started
    sections:
      Unit:
        Description: AutoBot text-to-speech worker
        Wants: network-online.target
        After: network-online.target
        StartLimitIntervalSec: "600"
        StartLimitBurst: "10"
      Service:
        User: autobot-tts
        Group: autobot-tts
        WorkingDirectory: /opt/autobot/autobot-tts-worker
        EnvironmentFile: /etc/autobot/tts-worker.env
        ExecStart: ["{{ params.venv }}/bin/python", "{{ params.entry }}"]
        Restart: always
        RestartSec: 10s
        TimeoutStopSec: 30s
        MemoryMax: "{{ params.memory_max }}"
        PrivateDevices: "yes"
        ReadWritePaths: [/var/lib/autobot/tts, /var/lib/autobot/models/tts, /var/lib/autobot/voices]
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

health:
  - {kind: http, port: app, path: /health, expect_body: '"status"', required: true, starting_statuses: [502, 503]}
startup: {typical: 30s, budget: 5m}
restart: {policy: auto, cost: "no voice while the model loads"}
update_policy: auto

"""#),
  ]
}
