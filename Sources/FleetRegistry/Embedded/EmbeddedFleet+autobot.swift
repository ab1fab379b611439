// Written by scripts/embed-roles.sh from fleet.yaml; do not edit.
// swift-format-ignore-file

extension EmbeddedFleet {
  /// The file fleet.yaml of the repository's root.
  static let autobotText: StaticString = #"""
# yaml-language-server: $schema=docs/fleet.schema.json
# The AutoBot fleet, as its role registry documents it: nine nodes, .27 in reserve.
# slm-agent goes to every node and autobot-shared to every node with a Python service without being listed.
version: 1
fleet: autobot
network: 172.16.168.0/24

settings:
  user_mode: single_company  # single_user has no user database on 04-Databases
  hardware_policy: warn
  firewall: ufw

ssh: {user: autobot, identity_file: ~/.ssh/autobot_key, become: sudo}
sources: {autobot: {path: ../AutoBot-AI}}

nodes:
  00-SLM-Manager:
    address: 172.16.168.19
    roles: [slm-backend, slm-frontend, slm-database, slm-monitoring]
    hardware: {memory: 4GiB}
    allow:
      - {rule: unpinned-version, because: "Prometheus comes over HTTPS from its release page; its sum is not pinned yet"}

  01-Backend:
    address: 172.16.168.20
    wsl2: true
    health_via: 00-SLM-Manager  # it cannot reach its own address
    roles: [backend, celery, autobot-llm-gpu]
    hardware: {gpus: [{id: gpu0, vendor: nvidia, model: RTX 4070 Laptop, vram: 8GiB}]}
    allow:
      - {rule: shared-database-hazard, because: "the document gives Celery the Redis databases 1 and 2 beside metrics and prompts; nothing flushes them"}
      - {rule: vram-exceeded, because: "Ollama unloads one of the documented models before it loads the next that does not fit"}
      - {rule: unpinned-version, because: "Miniconda and Ollama come over HTTPS from their release pages; their sums are not pinned yet"}

  02-Frontend:
    address: 172.16.168.21
    roles: [frontend]

  npu-worker:
    address: 172.16.168.22
    roles: [npu-worker, tts-worker]
    hardware: {npus: [{id: npu0, vendor: intel}]}

  04-Databases:
    address: 172.16.168.23
    roles: [redis]
    allow:
      - {rule: unpinned-version, because: "redis_exporter comes over HTTPS from its release page; its sum is not pinned yet"}

  03-AI-Stack:
    address: 172.16.168.24
    roles: [ai-stack, chromadb]
    allow:
      - {rule: exposure-widened, because: "the backend on 01-Backend uses ChromaDB directly; nginx and the firewall admit that node only"}

  browser-automation:
    address: 172.16.168.25
    roles: [browser-service]

  05-LLM-CPU:
    address: 172.16.168.26
    roles: [autobot-llm-cpu]
    allow:
      - {rule: exposure-widened, because: "the AI stack on 03-AI-Stack uses this Ollama; nginx and the firewall admit that node only"}
      - {rule: unpinned-version, because: "Ollama comes over HTTPS from its release page; its sum is not pinned yet"}

  06-Node-27:
    address: 172.16.168.27
    reserved: true

"""#
}
