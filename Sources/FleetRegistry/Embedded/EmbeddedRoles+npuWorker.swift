// Written by scripts/embed-roles.sh from roles/npu-worker; do not edit.
// swift-format-ignore-file

extension EmbeddedRoles {
  static let npuWorker: [File] = [
File(path: "npu-worker/files/npu-worker.env", contents: #"""
# Managed by fleetctl.
NPU_HOST={{ ports.app.bind|first }}
NPU_PORT={{ ports.app.number }}
NPU_DEVICE={{ params.device }}
NPU_MODELS_DIR=/var/lib/autobot/npu/models
HOME=/var/lib/autobot/npu
HF_HOME=/var/lib/autobot/npu/huggingface
XDG_CACHE_HOME=/var/lib/autobot/npu/cache
PYTHONPATH=/opt/autobot/autobot-npu-worker:/opt/autobot
PYTHONUNBUFFERED=1

"""#),
File(path: "npu-worker/files/site.conf", contents: #"""
# Managed by fleetctl. The application listens on loopback, nginx on the node's own address.
upstream autobot_npu_worker {
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
        proxy_pass http://autobot_npu_worker;
    }
}

"""#),
File(path: "npu-worker/role.yaml", contents: #"""
name: npu-worker
kind: role
summary: Inference worker on an Intel NPU or a GPU with OpenVINO.
layer: business
required: false
degraded_without: No inference offloading; the backend falls back to local Ollama.
notes:
  - Without its device it works on the CPU, slowly, and calls itself degraded.
  - It must not share a device with autobot-llm-gpu.
  - The document's main.py is a stub; `entry` names the program that is started.
source: autobot-npu-worker/
playbook: setup-npu-worker.yml
key_packages: [FastAPI, Uvicorn, "openvino>=2024.0", openvino-dev, numpy, pillow, transformers, "optimum[openvino]"]
install_dirs: [/opt/autobot/autobot-npu-worker]
python: {version: "{{ params.python_version }}", environment: venv, path: "{{ params.venv }}"}
post_sync: pip install -r requirements.txt

placement:
  default_nodes: [npu-worker]
  replicas: many
  separable: true

params:
  port: {type: port, default: 8081, doc: "Port of the application on loopback and of nginx on the node's address."}
  venv: {type: path, default: /opt/autobot/autobot-npu-worker/venv, doc: "The virtual environment."}
  python_version: {type: string, default: "3.10", doc: "Minor version of the interpreter that the virtual environment is made with. Change `venv` together with it."}
  pip_args: {type: list, default: [], doc: "Further arguments of `pip install`, such as an index of your own."}
  entry: {type: string, default: npu-worker.py, doc: "Program in the install folder."}
  device: {type: enum, values: [NPU, GPU, CPU, AUTO], default: AUTO, doc: "OpenVINO device; AUTO falls back to the CPU."}
  memory_max: {type: size, default: 8GiB, doc: "Memory limit of the unit."}
  cpu_quota: {type: string, default: 200%, doc: "CPU limit of the unit."}

uses:
  - {component: autobot-base}
  - {component: nginx}

ports:
  - name: app
    number: "{{ params.port }}"
    scope: loopback
    holder: autobot-npu-worker.service
    doc: FastAPI.
  - name: api
    number: "{{ params.port }}"
    scope: fleet
    holder: nginx.service
    shared: nginx
    proxy_of: app
    doc: nginx on the node's own address, in front of it.

needs:
  - {role: autobot-shared, hard: true, doc: "the shared library, in the virtual environment"}

hardware:
  - {one_of: [{device: npu, vendors: [intel]}, {device: gpu, vendors: [nvidia]}], exclusive: true, fallback: cpu}

os: {supported: [debian-11, debian-12, debian-13, ubuntu-22.04, ubuntu-24.04, kali]}
packages: [python3, python3-pip, python3-venv, libopenblas-dev, libblas-dev, liblapack-dev]
groups:
  - {name: autobot-npu, system: true}
  # Device nodes belong to it; machines without a display may lack it.
  - {name: render, system: true}
users:
  - {name: autobot-npu, system: true, group: autobot-npu, groups: [video, render], home: /var/lib/autobot/npu, shell: /usr/sbin/nologin, create_home: false}
directories:
  - {path: /opt/autobot/autobot-npu-worker, owner: autobot, group: autobot, mode: "0755"}
  - {path: /var/lib/autobot/npu, owner: autobot-npu, group: autobot-npu, mode: "0750", data: true}
  - {path: /var/lib/autobot/npu/models, owner: autobot-npu, group: autobot-npu, mode: "0750", data: true}

files:
  - path: /etc/autobot/npu-worker.env
    template: npu-worker.env
    owner: root
    group: autobot-npu
    mode: "0640"
    on_change: {restart: [autobot-npu-worker.service]}
  - path: /etc/nginx/sites-available/autobot-npu-worker.conf
    template: site.conf
    owner: root
    group: root
    mode: "0644"
    on_change: {reload: [nginx.service]}
    check: [nginx, -t]
links:
  - {path: /etc/nginx/sites-enabled/autobot-npu-worker.conf, target: /etc/nginx/sites-available/autobot-npu-worker.conf, on_change: {reload: [nginx.service]}}

sources:
  - source: autobot
    path: autobot-npu-worker
    target: /opt/autobot/autobot-npu-worker
    owner: autobot
    group: autobot
    excludes: [venv/, node_modules/, __pycache__/, "*.pyc", "*.pyo", .git/, data/, logs/, "*.egg-info/", dist/, .env]
    on_change: {restart: [autobot-npu-worker.service]}

steps:
  - name: venv
    creates: "{{ params.venv }}/bin/python"
    user: autobot
    directory: /opt/autobot/autobot-npu-worker
    commands:
      - ["python{{ params.python_version }}", -m, venv, "{{ params.venv }}"]
    environment: {HOME: /home/autobot}
    inputs: ["value:{{ params.python_version }}"]
    timeout: 5m
  - name: packages
    creates: "{{ params.venv }}/bin/uvicorn"
    user: autobot
    directory: /opt/autobot/autobot-npu-worker
    commands:
      - ["{{ params.venv }}/bin/python", -m, pip, install, "{{ params.pip_args }}", -r, requirements.txt]
      - ["{{ params.venv }}/bin/python", -m, pip, install, "{{ params.pip_args }}", -e, /opt/autobot/autobot-shared]
    environment: {HOME: /home/autobot, PIP_NO_INPUT: "1", PIP_DISABLE_PIP_VERSION_CHECK: "1"}
    inputs: ["source:requirements.txt", "value:{{ params.python_version }} {{ params.pip_args|join(' ') }}"]
    on_change: {restart: [autobot-npu-worker.service]}
    timeout: 60m

units:
  - name: autobot-npu-worker.service
    enable: true
    state: started
    raw: [CPUQuota]
    sections:
      Unit:
        Description: AutoBot NPU worker
        Wants: network-online.target
        After: network-online.target
        StartLimitIntervalSec: "600"
        StartLimitBurst: "10"
      Service:
        User: autobot-npu
        Group: autobot-npu
        SupplementaryGroups: video render
        WorkingDirectory: /opt/autobot/autobot-npu-worker
        EnvironmentFile: /etc/autobot/npu-worker.env
        ExecStart: ["{{ params.venv }}/bin/python", "{{ params.entry }}"]
        Restart: always
        RestartSec: 10s
        TimeoutStopSec: 30s
        MemoryMax: "{{ params.memory_max }}"
        CPUQuota: "{{ params.cpu_quota }}"
        ReadWritePaths: /var/lib/autobot/npu
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

# What was proved for this node is what the unit may open, and nothing else.
drop_ins:
  - unit: autobot-npu-worker.service
    name: 60-device.conf
    when: devices|length > 0 and devices[0].kind == 'npu'
    sections:
      Service:
        DevicePolicy: closed
        DeviceAllow: [char-accel rw, char-drm rw]
  - unit: autobot-npu-worker.service
    name: 60-device.conf
    when: devices|length > 0 and devices[0].kind == 'gpu'
    sections:
      Service:
        DevicePolicy: closed
        DeviceAllow: [char-nvidia rw, char-nvidia-frontend rw, char-nvidia-uvm rw, char-nvidia-caps rw, /dev/dxg rw]
  - unit: autobot-npu-worker.service
    name: 61-gpu-uuid.conf
    when: devices|length > 0 and devices[0].uuid != ''
    sections:
      Service:
        Environment: {CUDA_VISIBLE_DEVICES: "{{ devices[0].uuid }}"}
  # Without a UUID the position on the bus still keeps two roles on two devices.
  - unit: autobot-npu-worker.service
    name: 61-gpu-uuid.conf
    when: devices|length > 0 and devices[0].kind == 'gpu' and devices[0].uuid == '' and devices[0].peers > 1
    sections:
      Service:
        Environment: {CUDA_DEVICE_ORDER: PCI_BUS_ID, CUDA_VISIBLE_DEVICES: "{{ devices[0].index }}"}
  - unit: autobot-npu-worker.service
    name: 60-device.conf
    when: devices|length == 0
    sections:
      Service:
        PrivateDevices: "yes"

health:
  - {kind: http, port: app, path: /health, expect_body: '"status"', required: true, starting_statuses: [502, 503]}
startup: {typical: 30s, budget: 5m}
restart: {policy: auto, cost: "offloaded inference is away while the models load"}
update_policy: auto

"""#),
  ]
}
