// Written by scripts/embed-roles.sh from roles/ai-stack; do not edit.
// swift-format-ignore-file

extension EmbeddedRoles {
  static let aiStack: [File] = [
File(path: "ai-stack/files/ai-stack.env", contents: #"""
# Managed by fleetctl. AI_SERVER_* is where it listens, the rest where it connects.
AI_SERVER_HOST={{ ports.app.bind|first }}
AI_SERVER_PORT={{ ports.app.number }}
CHROMADB_HOST={{ endpoints.chromadb.chroma.host }}
CHROMADB_PORT={{ endpoints.chromadb.chroma.port }}
AUTOBOT_CHROMADB_HOST={{ endpoints.chromadb.chroma.host }}
AUTOBOT_CHROMADB_PORT={{ endpoints.chromadb.chroma.port }}
REDIS_HOST={{ endpoints.redis.redis.host }}
REDIS_PORT={{ endpoints.redis.redis.port }}
REDIS_PASSWORD={{ secrets['redis.redis_password']|env }}
AUTOBOT_REDIS_HOST={{ endpoints.redis.redis.host }}
AUTOBOT_REDIS_PORT={{ endpoints.redis.redis.port }}
AUTOBOT_REDIS_PASSWORD={{ secrets['redis.redis_password']|env }}
{% if endpoints['autobot-llm-cpu'].ollama.available %}
AUTOBOT_OLLAMA_HOST={{ endpoints['autobot-llm-cpu'].ollama.host }}
AUTOBOT_OLLAMA_PORT={{ endpoints['autobot-llm-cpu'].ollama.port }}
{% elif endpoints['autobot-llm-gpu'].ollama.available %}
AUTOBOT_OLLAMA_HOST={{ endpoints['autobot-llm-gpu'].ollama.host }}
AUTOBOT_OLLAMA_PORT={{ endpoints['autobot-llm-gpu'].ollama.port }}
{% endif %}
HOME=/var/lib/autobot/ai
HF_HOME=/var/lib/autobot/ai/huggingface
XDG_CACHE_HOME=/var/lib/autobot/ai/cache
PYTHONPATH={{ params.pythonpath|join(':') }}
PYTHONUNBUFFERED=1

"""#),
File(path: "ai-stack/files/site.conf", contents: #"""
# Managed by fleetctl. The application listens on loopback, nginx on the node's own address.
upstream autobot_ai_stack {
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
        proxy_pass http://autobot_ai_stack;
    }
}

"""#),
File(path: "ai-stack/role.yaml", contents: #"""
name: ai-stack
kind: role
summary: AI processing API (LLM routing, RAG, multi-modal processing, LangChain and LlamaIndex orchestration).
layer: business
required: true
degraded_without: No LLM routing and no retrieval; the backend answers without knowledge.
notes:
  - LangChain and LlamaIndex are packages in this environment, not roles.
  - Ollama's host comes from the fleet, the CPU node first, never from a literal.
  - The documented source folder holds only a README in some checkouts; `source_path` names the folder that has the program.
source: autobot-ai-stack/
playbook: setup-ai-stack.yml
key_packages: [FastAPI, Uvicorn, LangChain 0.3.x, LangChain-Community, LangChain-Ollama, LlamaIndex 0.10.x, transformers, sentence-transformers, torch, openai, anthropic, redis, httpx]
install_dirs: [/opt/autobot/autobot-ai-stack]
python: {version: "{{ params.python_version }}", environment: venv, path: "{{ params.venv }}"}
post_sync: pip install -r requirements.txt

placement:
  default_nodes: [03-AI-Stack]
  replicas: one
  separable: true

params:
  port: {type: port, default: 8080, doc: "Port of the application on loopback and of nginx on the node's address."}
  venv: {type: path, default: /opt/autobot/autobot-ai-stack/venv, doc: "The virtual environment; the same as chromadb's."}
  python_version: {type: string, default: "3.10", doc: "Minor version of the interpreter that the virtual environment is made with. Change `venv` together with it."}
  pip_args: {type: list, default: [], doc: "Further arguments of `pip install`, such as an index of your own."}
  source_path: {type: string, default: autobot-ai-stack, doc: "Folder of the program below the source `autobot`."}
  requirements: {type: string, default: requirements.txt, doc: "Requirements file in it."}
  module: {type: string, default: "ai_api_server:app", doc: "What uvicorn loads."}
  pythonpath: {type: list, default: [/opt/autobot/autobot-ai-stack, /opt/autobot/autobot-ai-stack/src, /opt/autobot], doc: "Where Python looks for modules."}
  workers: {type: int, default: 2, min: 1, doc: "uvicorn processes."}
  memory_max: {type: size, default: 8GiB, doc: "Memory limit of the unit."}
  startup_typical: {type: duration, default: 3m, doc: "How long a start usually takes; the first one loads models."}

uses:
  - {component: autobot-base}
  - {component: nginx}
  - component: ai-stack-venv
    with:
      python_version: "{{ params.python_version }}"
      venv: "{{ params.venv }}"

ports:
  - name: app
    number: "{{ params.port }}"
    scope: loopback
    holder: autobot-ai-stack.service
    doc: FastAPI.
  - name: api
    number: "{{ params.port }}"
    scope: fleet
    holder: nginx.service
    shared: nginx
    proxy_of: app
    doc: nginx on the node's own address, in front of it.

needs:
  - {role: chromadb, endpoint: chroma, hard: true, doc: "embeddings"}
  - {role: redis, endpoint: redis, hard: true, doc: "cache and RediSearch"}
  - {any_of: [autobot-llm-cpu, autobot-llm-gpu], endpoint: ollama, hard: false, doc: "local models"}
  - {role: autobot-shared, hard: true, doc: "the shared library, in the virtual environment"}

os: {supported: [debian-11, debian-12, debian-13, ubuntu-22.04, ubuntu-24.04, kali]}
packages: [build-essential]

files:
  - path: /etc/autobot/ai-stack.env
    template: ai-stack.env
    owner: root
    group: autobot-ai
    mode: "0640"
    on_change: {restart: [autobot-ai-stack.service]}
  - path: /etc/nginx/sites-available/autobot-ai-stack.conf
    template: site.conf
    owner: root
    group: root
    mode: "0644"
    on_change: {reload: [nginx.service]}
    check: [nginx, -t]
links:
  - {path: /etc/nginx/sites-enabled/autobot-ai-stack.conf, target: /etc/nginx/sites-available/autobot-ai-stack.conf, on_change: {reload: [nginx.service]}}

sources:
  - source: autobot
    path: "{{ params.source_path }}"
    target: /opt/autobot/autobot-ai-stack
    owner: autobot
    group: autobot
    excludes: [venv/, node_modules/, __pycache__/, "*.pyc", "*.pyo", .git/, data/, logs/, "*.egg-info/", dist/, .env]
    on_change: {restart: [autobot-ai-stack.service]}

steps:
  - name: packages
    creates: "{{ params.venv }}/bin/uvicorn"
    user: autobot
    directory: /opt/autobot/autobot-ai-stack
    commands:
      - ["{{ params.venv }}/bin/python", -m, pip, install, "{{ params.pip_args }}", -r, "{{ params.requirements }}"]
      - ["{{ params.venv }}/bin/python", -m, pip, install, "{{ params.pip_args }}", -e, /opt/autobot/autobot-shared]
    environment: {HOME: /home/autobot, PIP_NO_INPUT: "1", PIP_DISABLE_PIP_VERSION_CHECK: "1"}
    inputs: ["source:{{ params.requirements }}", "value:{{ params.python_version }} {{ params.pip_args|join(' ') }}"]
    on_change: {restart: [autobot-ai-stack.service]}
    timeout: 60m

units:
  - name: autobot-ai-stack.service
    enable: true
    state: started
    sections:
      Unit:
        Description: AutoBot AI stack
        Wants: network-online.target
        After: network-online.target autobot-chromadb.service
        StartLimitIntervalSec: "600"
        StartLimitBurst: "10"
      Service:
        User: autobot-ai
        Group: autobot-ai
        WorkingDirectory: /opt/autobot/autobot-ai-stack
        Environment: {PATH: "{{ params.venv }}/bin:/usr/local/bin:/usr/bin:/bin"}
        EnvironmentFile: /etc/autobot/ai-stack.env
        ExecStart: ["{{ params.venv }}/bin/uvicorn", "{{ params.module }}", --host, "{{ ports.app.bind|first }}", --port, "{{ ports.app.number }}", --workers, "{{ params.workers }}"]
        Restart: always
        RestartSec: 10s
        TimeoutStopSec: 30s
        MemoryMax: "{{ params.memory_max }}"
        PrivateDevices: "yes"
        ReadWritePaths: /var/lib/autobot/ai
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
startup: {typical: "{{ params.startup_typical }}", budget: 5m}
restart: {policy: auto, cost: "no retrieval and routing for two to three minutes"}
update_policy: auto

"""#),
  ]
}
