// Written by scripts/embed-roles.sh from roles/slm-agent; do not edit.
// swift-format-ignore-file

extension EmbeddedRoles {
  static let slmAgent: [File] = [
File(path: "slm-agent/files/slm-agent.env", contents: #"""
# Managed by fleetctl.
SLM_NODE_ID={{ node.id|env }}
SLM_ADMIN_URL=https://{{ endpoints['slm-backend'].https.address }}
SLM_CA_FILE={{ fleet.ca|env }}
SSL_CERT_FILE={{ fleet.ca|env }}
SLM_BUFFER_DB=/var/lib/slm-agent/events.db
SLM_CODE_SOURCE={{ params.code_source }}
SLM_NOTIFY_PORT={{ params.notify_port }}
PYTHONPATH=/opt/autobot/autobot-slm-agent
PYTHONUNBUFFERED=1

"""#),
File(path: "slm-agent/role.yaml", contents: #"""
name: slm-agent
kind: role
summary: Agent of every node (heartbeat, task polling, service monitoring) together with the Prometheus node exporter.
layer: shared
required: true
degraded_without: The SLM manager does not see the node; Prometheus has no figures of it.
notes:
  - Agent and node exporter are always deployed together.
  - The manager's address comes from the fleet, never from a literal.
  - Hardware collectors are installed where the hardware is declared and masked everywhere else; without the hardware they fail for ever (#1147).
  - The notification port stays off 8000, which belongs to slm-backend and chromadb.
source: autobot-slm-backend/slm/agent/
playbook: deploy-slm-agent.yml
key_packages: [aiohttp, psutil]
install_dirs: [/opt/autobot/autobot-slm-agent]
python: {version: "{{ params.python_version }}", environment: venv, path: "{{ params.venv }}"}
post_sync: pip install aiohttp psutil
orphans:
  units: [autobot-agent.service, node_exporter.service]
  paths: [/opt/slm-agent, /opt/autobot/agent, /opt/node_exporter]

placement:
  replicas: every-node
  portable: true

params:
  python_version: {type: string, default: "3.10", doc: "Minor version of the interpreter that the virtual environment is made with. Change `venv` together with it."}
  venv: {type: path, default: /opt/autobot/autobot-slm-agent/venv, doc: "The virtual environment."}
  pip_args: {type: list, default: [], doc: "Further arguments of `pip install`, such as an index of your own."}
  pip_packages: {type: list, default: [aiohttp, psutil], doc: "What the agent imports."}
  heartbeat: {type: duration, default: 30s, min: 1s, doc: "How often the agent reports."}
  watchdog: {type: duration, default: 180s, doc: "systemd restarts an agent that is silent for longer; its slowest loop takes 70 seconds. 0s switches it off."}
  code_source: {type: bool, default: false, doc: "The node is where code is committed; the agent then listens for commit notifications on loopback."}
  notify_port: {type: port, default: 8010, doc: "Port of those notifications."}
  node_exporter_port: {type: port, default: 9100, doc: "Port of the node exporter."}
  memory_max: {type: size, default: 256MiB, doc: "Memory limit of the agent."}

uses:
  - {component: autobot-base}

ports:
  - name: node-exporter
    number: "{{ params.node_exporter_port }}"
    scope: fleet
    holder: prometheus-node-exporter.service
    doc: Prometheus metrics of the node, scraped by slm-monitoring.
  - name: notify
    number: "{{ params.notify_port }}"
    scope: loopback
    holder: slm-agent.service
    optional: true
    when: params.code_source
    doc: Commit notifications on the node that is the source of the code.

needs:
  # Agents come up without the manager and buffer until it is there; they must not wait for it.
  - {role: slm-backend, endpoint: https, hard: true, order: false, doc: "heartbeat over HTTPS and WebSocket"}

os: {supported: [debian-11, debian-12, debian-13, ubuntu-22.04, ubuntu-24.04, kali]}
packages:
  - python3
  - python3-venv
  - prometheus-node-exporter
  - {name: prometheus-node-exporter-collectors, when: node.extras|length > 0}
  - {name: nvme-cli, when: "'nvme' in node.extras"}
  - {name: smartmontools, when: "'smart' in node.extras"}
  - {name: ipmitool, when: "'ipmi' in node.extras"}

directories:
  - {path: /opt/autobot/autobot-slm-agent, owner: autobot, group: autobot, mode: "0755"}
  - {path: /opt/autobot/autobot-slm-agent/slm, owner: autobot, group: autobot, mode: "0755"}
  - {path: /var/lib/slm-agent, owner: autobot, group: autobot, mode: "0750", data: true}

files:
  - path: /etc/autobot/slm-agent.env
    template: slm-agent.env
    owner: root
    group: autobot
    mode: "0640"
    on_change: {restart: [slm-agent.service]}
  - path: /etc/autobot/node-exporter.env
    content: |
      # Managed by fleetctl.
      ARGS=--web.listen-address={{ ports['node-exporter'].listen_one }}
    owner: root
    group: root
    mode: "0644"
    on_change: {restart: [prometheus-node-exporter.service]}

# A link to /dev/null is what `systemctl mask` makes; it also masks what a later package would bring.
links:
  - {path: /etc/systemd/system/prometheus-node-exporter-nvme.timer, target: /dev/null, when: "not ('nvme' in node.extras)"}
  - {path: /etc/systemd/system/prometheus-node-exporter-smartmon.timer, target: /dev/null, when: "not ('smart' in node.extras)"}
  - {path: /etc/systemd/system/prometheus-node-exporter-ipmitool-sensor.timer, target: /dev/null, when: "not ('ipmi' in node.extras)"}
  - {path: /etc/systemd/system/prometheus-node-exporter-mellanox-hca-temp.timer, target: /dev/null, when: "not ('mellanox' in node.extras)"}

sources:
  - source: autobot
    path: autobot-slm-backend/slm/agent
    target: /opt/autobot/autobot-slm-agent/slm/agent
    owner: autobot
    group: autobot
    excludes: [venv/, node_modules/, __pycache__/, "*.pyc", "*.pyo", .git/, data/, logs/, "*.egg-info/", dist/, .env]
    on_change: {restart: [slm-agent.service]}

steps:
  - name: venv
    creates: "{{ params.venv }}/bin/python"
    user: autobot
    directory: /opt/autobot/autobot-slm-agent
    commands:
      - ["python{{ params.python_version }}", -m, venv, "{{ params.venv }}"]
    environment: {HOME: /home/autobot}
    inputs: ["value:{{ params.python_version }}"]
    timeout: 5m
  - name: packages
    creates: "{{ params.venv }}/bin/pip"
    user: autobot
    directory: /opt/autobot/autobot-slm-agent
    commands:
      - ["{{ params.venv }}/bin/python", -m, pip, install, "{{ params.pip_args }}", "{{ params.pip_packages }}"]
    environment: {HOME: /home/autobot, PIP_NO_INPUT: "1", PIP_DISABLE_PIP_VERSION_CHECK: "1"}
    inputs: ["value:{{ params.python_version }} {{ params.pip_packages|join(' ') }} {{ params.pip_args|join(' ') }}"]
    on_change: {restart: [slm-agent.service]}
    timeout: 10m

units:
  - name: slm-agent.service
    enable: true
    state: started
    sections:
      Unit:
        Description: AutoBot SLM agent
        Wants: network-online.target
        After: network-online.target
        StartLimitIntervalSec: "600"
        StartLimitBurst: "20"
      Service:
        User: autobot
        Group: autobot
        WorkingDirectory: /opt/autobot/autobot-slm-agent
        EnvironmentFile: /etc/autobot/slm-agent.env
        ExecStart:
          - "{{ params.venv }}/bin/python"
          - -m
          - slm.agent.agent
          - --admin-url
          - "https://{{ endpoints['slm-backend'].https.address }}"
          - --node-id
          - "{{ node.id }}"
          - --interval
          - "{{ params.heartbeat|seconds }}"
        NotifyAccess: main
        WatchdogSec: "{{ params.watchdog|seconds }}"
        Restart: always
        RestartSec: 10s
        TimeoutStopSec: 20s
        MemoryMax: "{{ params.memory_max }}"
        NoNewPrivileges: "yes"
        CapabilityBoundingSet: ""
        PrivateTmp: "yes"
        ProtectSystem: strict
        ProtectHome: "yes"
        ReadWritePaths: /var/lib/slm-agent
        ProtectKernelTunables: "yes"
        ProtectKernelModules: "yes"
        ProtectControlGroups: "yes"
        RestrictAddressFamilies: AF_UNIX AF_INET AF_INET6 AF_NETLINK
        RestrictNamespaces: "yes"
        RestrictRealtime: "yes"
        RestrictSUIDSGID: "yes"
        LockPersonality: "yes"
        MemoryDenyWriteExecute: "yes"
        SystemCallArchitectures: native
        SystemCallFilter: "@system-service"
      Install:
        WantedBy: multi-user.target

drop_ins:
  - unit: prometheus-node-exporter.service
    name: 50-fleetctl.conf
    sections:
      Unit:
        Wants: network-online.target
        After: network-online.target
      Service:
        # Read after the package's own file: the last assignment of ARGS counts.
        EnvironmentFile: /etc/autobot/node-exporter.env
        Restart: always
        RestartSec: 5s

services:
  - {name: prometheus-node-exporter.service, enable: true, state: started}
  - {name: prometheus-node-exporter-nvme.timer, enable: true, state: started, when: "'nvme' in node.extras"}
  - {name: prometheus-node-exporter-smartmon.timer, enable: true, state: started, when: "'smart' in node.extras"}
  - {name: prometheus-node-exporter-ipmitool-sensor.timer, enable: true, state: started, when: "'ipmi' in node.extras"}
  - {name: prometheus-node-exporter-mellanox-hca-temp.timer, enable: true, state: started, when: "'mellanox' in node.extras"}

health:
  - {kind: http, port: node-exporter, path: /metrics, expect_body: node_exporter_build_info, required: true}
startup: {typical: 3s, budget: 60s}
restart: {policy: auto, cost: "no heartbeat for a few seconds; events are buffered"}
update_policy: auto

"""#),
  ]
}
