// Written by scripts/embed-roles.sh from roles/autobot-shared; do not edit.
// swift-format-ignore-file

extension EmbeddedRoles {
  static let autobotShared: [File] = [
File(path: "autobot-shared/role.yaml", contents: #"""
name: autobot-shared
kind: role
summary: Shared Python library (Redis client, SSOT configuration, utilities) of all Python services.
layer: shared
required: true
degraded_without: No Python service of AutoBot starts.
notes:
  - It is there before any other Python service of the node.
  - Every service installs it into its own environment in editable form, so a change of the library restarts them.
  - The folder is autobot-shared and the package autobot_shared; a link makes both true.
source: autobot-shared/
playbook: deploy-shared.yml
install_dirs: [/opt/autobot/autobot-shared]
python: {version: "3.10 / 3.12", environment: venv, path: "the environment of each service"}
post_sync: pip install -e .

placement:
  replicas: every-python-node
  portable: true

uses:
  - {component: autobot-base}

needs: []

os: {supported: [debian-11, debian-12, debian-13, ubuntu-22.04, ubuntu-24.04, kali]}
packages: [python3, python3-venv]

directories:
  - {path: /opt/autobot/autobot-shared, owner: autobot, group: autobot, mode: "0755"}
links:
  - {path: /opt/autobot/autobot_shared, target: /opt/autobot/autobot-shared}

sources:
  - source: autobot
    path: autobot-shared
    target: /opt/autobot/autobot-shared
    owner: autobot
    group: autobot
    excludes: [venv/, node_modules/, __pycache__/, "*.pyc", "*.pyo", .git/, data/, logs/, "*.egg-info/", dist/, .env]
    on_change:
      restart:
        - autobot-slm-backend.service
        - autobot-backend.service
        - autobot-celery.service
        - autobot-ai-stack.service
        - autobot-npu-worker.service
        - autobot-tts-worker.service

restart: {policy: auto, cost: "restarts the Python services of the node"}
update_policy: auto

"""#),
  ]
}
