// Written by scripts/embed-roles.sh from roles/autobot-llm-cpu; do not edit.
// swift-format-ignore-file

extension EmbeddedRoles {
  static let autobotLlmCpu: [File] = [
File(path: "autobot-llm-cpu/role.yaml", contents: #"""
name: autobot-llm-cpu
kind: role
summary: Ollama on a node without GPU, for light models (at most 3B parameters).
layer: business
required: false
degraded_without: No local inference on the CPU; the fleet falls back to cloud providers (OpenAI, Anthropic, Mistral).
notes:
  - Cloud providers (OpenAI, Anthropic, Mistral) are the alternative; local LLM nodes are optional where one is configured.
  - Models above 3B parameters belong on a GPU.
  - The release is unpinned until `sha256` is given.
playbook: playbooks/deploy_role.yml
models: ["nomic-embed-text", "llama3.2:1b", "llama3.2:3b", "llama3.2:latest", "gemma2:2b"]
install_dirs: [/usr/local/bin/ollama, /var/lib/ollama]
aliases: [autobot-ollama.service]

placement:
  default_nodes: [05-LLM-CPU]
  replicas: many
  separable: true

params:
  port: {type: port, default: 11434, doc: "Port of Ollama on loopback and, where consumers are elsewhere, of nginx on the node's address."}
  url: {type: url, default: "https://github.com/ollama/ollama/releases/download/v0.9.2/ollama-linux-amd64.tgz", doc: "Release archive of Ollama."}
  sha256: {type: string, default: "", doc: "SHA-256 of that archive; empty: not verified."}
  models: {type: list, default: ["nomic-embed-text", "llama3.2:1b", "llama3.2:3b", "llama3.2:latest", "gemma2:2b"], doc: "Models of this node."}
  pull_models: {type: bool, default: false, doc: "Fetch the models in the background after each start."}
  max_loaded: {type: int, default: 2, min: 1, unit: models, doc: "Models in memory at once."}
  num_parallel: {type: int, default: 2, min: 1, unit: requests, doc: "Requests at once, per model."}
  keep_alive: {type: string, default: 5m, doc: "How long a model stays in memory unused."}
  threads: {type: int, default: 0, min: 0, unit: threads, doc: "Threads of a model; 0: Ollama decides."}
  memory_max: {type: size, default: 16GiB, doc: "Memory limit of the unit."}

uses:
  - {component: autobot-base}
  - {component: nginx, when: ports.ollama.exposed}
  - component: ollama
    with:
      url: "{{ params.url }}"
      sha256: "{{ params.sha256 }}"
      models: "{{ params.models }}"
      pull_models: "{{ params.pull_models }}"
      max_loaded: "{{ params.max_loaded }}"
      num_parallel: "{{ params.num_parallel }}"
      keep_alive: "{{ params.keep_alive }}"

ports:
  - name: app
    number: "{{ params.port }}"
    scope: loopback
    holder: ollama.service
    doc: Ollama's API.
  - name: ollama
    number: "{{ params.port }}"
    scope: loopback
    holder: nginx.service
    shared: nginx
    proxy_of: app
    doc: What consumers connect to.

needs: []

inference:
  device: cpu
  models: "{{ params.models }}"
  at_once: "{{ params.max_loaded }}"
  up_to: 3B
  sizes: {nomic-embed-text: 137M, "llama3.2:latest": 3B, llama3.2: 3B}

os: {supported: [debian-11, debian-12, debian-13, ubuntu-22.04, ubuntu-24.04, kali]}
packages: [curl, ca-certificates]
drop_ins:
  - unit: ollama.service
    name: 60-device.conf
    sections:
      Service:
        Environment: {CUDA_VISIBLE_DEVICES: "-1", OLLAMA_NUM_THREADS: "{{ params.threads }}"}
        PrivateDevices: "yes"
        MemoryMax: "{{ params.memory_max }}"

health:
  - {kind: http, port: app, path: /api/version, expect_body: version, required: true}
startup: {typical: 5s, budget: 2m}
restart: {policy: auto, cost: "loaded models are dropped and read again on the next question"}
update_policy: auto

"""#),
  ]
}
