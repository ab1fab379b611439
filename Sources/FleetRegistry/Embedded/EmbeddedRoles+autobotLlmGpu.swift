// Written by scripts/embed-roles.sh from roles/autobot-llm-gpu; do not edit.
// swift-format-ignore-file

extension EmbeddedRoles {
  static let autobotLlmGpu: [File] = [
File(path: "autobot-llm-gpu/role.yaml", contents: #"""
name: autobot-llm-gpu
kind: role
summary: Ollama on a node with an NVIDIA GPU, for large models (7B parameters and more).
layer: business
required: false
degraded_without: No inference with large models; the fleet falls back to CPU models or cloud providers.
notes:
  - The GPU is found with nvidia-smi; declared and not found is an error of the plan.
  - It must not share a device with npu-worker.
  - Under WSL2 the driver is Windows' own and the device is /dev/dxg; no driver package is installed there.
  - The release is unpinned until `sha256` is given.
playbook: playbooks/deploy_role.yml
models: ["mistral:7b-instruct", "deepseek-r1:14b", "codellama:13b"]
install_dirs: [/usr/local/bin/ollama, /var/lib/ollama]
aliases: [autobot-ollama.service]

placement:
  default_nodes: [01-Backend]
  replicas: many
  separable: true

params:
  port: {type: port, default: 11434, doc: "Port of Ollama on loopback and, where consumers are elsewhere, of nginx on the node's address."}
  url: {type: url, default: "https://github.com/ollama/ollama/releases/download/v0.9.2/ollama-linux-amd64.tgz", doc: "Release archive of Ollama."}
  sha256: {type: string, default: "", doc: "SHA-256 of that archive; empty: not verified."}
  models: {type: list, default: ["mistral:7b-instruct", "deepseek-r1:14b", "codellama:13b"], doc: "Models of this node."}
  pull_models: {type: bool, default: false, doc: "Fetch the models in the background after each start."}
  max_loaded: {type: int, default: 5, min: 1, unit: models, doc: "Models in memory at once."}
  num_parallel: {type: int, default: 4, min: 1, unit: requests, doc: "Requests at once, per model."}
  keep_alive: {type: string, default: 10m, doc: "How long a model stays in memory unused."}
  driver_package: {type: string, default: nvidia-driver, doc: "Package of the NVIDIA driver; empty: none is installed."}

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

hardware:
  - {device: gpu, vendors: [nvidia], exclusive: true, fallback: none}

inference:
  device: gpu
  models: "{{ params.models }}"
  at_once: "{{ params.max_loaded }}"
  above: 3B
  sizes: {nomic-embed-text: 137M, "llama3.2:latest": 3B, llama3.2: 3B, mistral: 7B, "mistral:latest": 7B}

os: {supported: [debian-11, debian-12, debian-13, ubuntu-22.04, ubuntu-24.04, kali]}
packages:
  - curl
  - ca-certificates
  - {name: "{{ params.driver_package }}", when: params.driver_package != '' and not node.wsl2}
drop_ins:
  - unit: ollama.service
    name: 60-gpu.conf
    sections:
      Service:
        # What was proved for this node is what the unit may open, and nothing else.
        DevicePolicy: closed
        DeviceAllow: [char-nvidia rw, char-nvidia-frontend rw, char-nvidia-uvm rw, char-nvidia-caps rw, /dev/dxg rw]
  - unit: ollama.service
    name: 61-gpu-uuid.conf
    when: devices|length > 0 and devices[0].uuid != ''
    sections:
      Service:
        Environment: {CUDA_VISIBLE_DEVICES: "{{ devices[0].uuid }}"}
  # Without a UUID the position on the bus still keeps two roles on two devices.
  - unit: ollama.service
    name: 61-gpu-uuid.conf
    when: devices|length > 0 and devices[0].kind == 'gpu' and devices[0].uuid == '' and devices[0].peers > 1
    sections:
      Service:
        Environment: {CUDA_DEVICE_ORDER: PCI_BUS_ID, CUDA_VISIBLE_DEVICES: "{{ devices[0].index }}"}
  # The other partitions of this GPU are not ours; Ollama leaves them free.
  - unit: ollama.service
    name: 62-gpu-share.conf
    when: devices|length > 0 and devices[0].shared
    sections:
      Service:
        Environment: {OLLAMA_GPU_OVERHEAD: "{{ devices[0].others|bytes }}"}

health:
  - {kind: http, port: app, path: /api/version, expect_body: version, required: true}
startup: {typical: 5s, budget: 2m}
restart: {policy: auto, cost: "loaded models are dropped and read again on the next question"}
update_policy: auto

"""#),
  ]
}
