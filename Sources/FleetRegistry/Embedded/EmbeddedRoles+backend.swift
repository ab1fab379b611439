// Written by scripts/embed-roles.sh from roles/backend; do not edit.
// swift-format-ignore-file

extension EmbeddedRoles {
  static let backend: [File] = [
File(path: "backend/files/logrotate", contents: #"""
# Managed by fleetctl. systemd keeps the files open, hence copytruncate.
/var/log/autobot/backend.log /var/log/autobot/backend-error.log {
    daily
    rotate 7
    maxsize 200M
    compress
    delaycompress
    missingok
    notifempty
    copytruncate
    su root autobot
}

"""#),
File(path: "backend/files/site.conf", contents: #"""
# Managed by fleetctl.
upstream autobot_backend_app {
    server 127.0.0.1:{{ params.port }};
}

server {
{% for address in ports.https.listen %}
    listen {{ address }} ssl http2;
{% endfor %}
    server_name {{ node.id }} {{ node.url_host }} localhost 127.0.0.1 {{ params.server_names|join(' ') }};

    ssl_certificate {{ certificates.node.cert }};
    ssl_certificate_key {{ certificates.node.key }};
    include /etc/nginx/snippets/autobot-tls.conf;
    client_max_body_size {{ params.body_max }};
    proxy_connect_timeout 60s;

    # A start takes minutes; until then clients learn that it is one.
    error_page 502 @starting_502;
    error_page 504 @starting_504;
    location @starting_502 {
        default_type application/json;
        add_header Retry-After 30 always;
        return 502 '{"status":"starting","detail":"the backend is starting or down"}';
    }
    location @starting_504 {
        default_type application/json;
        add_header Retry-After 30 always;
        return 504 '{"status":"starting","detail":"the backend is starting or overloaded"}';
    }

    location = /nginx-health {
        access_log off;
        default_type text/plain;
        return 200 "ok\n";
    }

    location ~ ^/(ws|api/ws|api/voice/stream|api/workflow-automation/workflow_ws)(/|$) {
        include /etc/nginx/snippets/autobot-proxy.conf;
        proxy_read_timeout 86400s;
        proxy_send_timeout 86400s;
        proxy_pass http://autobot_backend_app;
    }

    location / {
        include /etc/nginx/snippets/autobot-proxy.conf;
        proxy_read_timeout 300s;
        proxy_send_timeout 300s;
        proxy_pass http://autobot_backend_app;
    }
}

"""#),
File(path: "backend/role.yaml", contents: #"""
name: backend
kind: role
summary: Main AutoBot FastAPI backend (AI agent execution, knowledge management, chat, file processing).
layer: business
required: true
degraded_without: AutoBot does nothing for its users.
notes:
  - A start takes about six minutes (semantic chunker, RAG optimizer, ChromaDB); nginx answers 502 or 504 meanwhile.
  - Every restart is a six-minute outage; avoid it unless it is essential.
  - Under WSL2 the node cannot reach its own address; its health is asked through another node, and the Windows firewall may block 8443 after a restart.
  - The log is the file /var/log/autobot/backend.log, not the journal.
  - It never uses SSH or Ansible; for infrastructure it calls the SLM manager.
  - jwt_secret, service_auth_token and the other keys stand in one file, /etc/autobot/autobot-backend.env; there is no second env file.
  - autobot-celery is deployed beside it by the role celery.
  - "GPU of the documented node: NVIDIA RTX 4070 Laptop, 8 GB, CUDA 12."
source: autobot-backend/
playbook: deploy-backend.yml
key_packages: [FastAPI, Uvicorn, Celery, SQLAlchemy, Alembic, OpenAI, Anthropic, ChromaDB client, sentence-transformers, torch, LangChain 0.3.x, LlamaIndex 0.10.x]
install_dirs: [/opt/autobot/autobot-backend]
python: {version: "{{ params.python_version }}", environment: conda, path: "{{ params.env_path }}"}
post_sync: pip install -r requirements.txt && alembic upgrade head
aliases: [autobot-user-backend.service]
orphans:
  paths: [/opt/autobot/autobot-backend/backend]

placement:
  default_nodes: [01-Backend]
  replicas: one
  apart_from:
    - {role: browser-service, because: "a browser that runs foreign pages stays away from the fleet's data (ADR-001)"}
    - {role: frontend, because: "only the frontend's own machine serves the frontend (ADR-001, ADR-005)"}

params:
  port: {type: port, default: 8001, doc: "Port of uvicorn on loopback."}
  https_port: {type: port, default: 8443, doc: "HTTPS port of the API and its WebSockets."}
  public: {type: bool, default: false, doc: "Admit clients from outside the fleet to the HTTPS port."}
  server_names: {type: list, default: [], doc: "Further DNS names of the site and its certificate."}
  body_max: {type: string, default: 100m, doc: "Largest request body, as nginx writes it."}
  workers: {type: int, default: 1, min: 1, doc: "uvicorn processes; every one loads all models."}
  memory_high: {type: size, default: 12GiB, doc: "Above this the unit is slowed down."}
  memory_max: {type: size, default: 16GiB, doc: "Memory limit of the unit."}
  startup_typical: {type: duration, default: 6m, doc: "How long a start usually takes."}
  startup_budget: {type: duration, default: 7m, doc: "How long a start may take."}
  flower: {type: bool, default: false, doc: "Run Celery's monitoring UI on loopback."}
  flower_port: {type: port, default: 5555, doc: "Port of that UI."}
  python_version: {type: string, default: "3.12", doc: "Minor version of the interpreter."}
  environment: {type: enum, values: [conda, venv], default: conda, doc: "How the environment is made."}
  env_path: {type: path, default: /home/autobot/miniconda3/envs/autobot-backend, doc: "The environment; interpreter, PATH and packages all come from it."}
  conda_prefix: {type: path, default: /home/autobot/miniconda3, doc: "Where Miniconda is."}
  miniconda_url: {type: url, default: "https://repo.anaconda.com/miniconda/Miniconda3-py312_24.11.1-0-Linux-x86_64.sh", doc: "Miniconda's installer."}
  miniconda_sha256: {type: string, default: "", doc: "SHA-256 of what miniconda_url names; empty: not verified."}
  miniconda_packed: {type: bool, default: false, doc: "What miniconda_url names is a packed prefix (a tarball), not the installer."}
  pip_args: {type: list, default: [], doc: "Further arguments of `pip install`, such as an index of your own."}
  database_path: {type: path, default: /var/lib/autobot/autobot.db, doc: "SQLite file with conversations, knowledge, files and agent state; made on the first start."}
  database_name: {type: string, default: autobot, doc: "Database of the users; the same as redis.database_name."}
  database_user: {type: string, default: autobot, doc: "Its account; the same as redis.database_owner."}
  broker_db: {type: int, default: 1, min: 0, max: 15, doc: "Redis database of Celery's queue, shared with `metrics`; 10 is free."}
  result_db: {type: int, default: 2, min: 0, max: 15, doc: "Redis database of Celery's results, shared with `prompts`; 11 is free."}
  default_model: {type: string, default: "mistral:7b-instruct", doc: "Model of every agent that has none of its own."}
  cloud_endpoint: {type: string, default: "", doc: "Address of the cloud provider, where it is not the provider's own."}
  cors_origins: {type: list, default: [], doc: "Origins that browsers may call from; empty: only the frontend's own."}
  log_level: {type: enum, values: [debug, info, warning, error], default: info, doc: "What is logged."}

uses:
  - {component: autobot-base}
  - {component: nginx}
  - component: autobot-backend-code
    with:
      python_version: "{{ params.python_version }}"
      environment: "{{ params.environment }}"
      env_path: "{{ params.env_path }}"
      conda_prefix: "{{ params.conda_prefix }}"
      miniconda_url: "{{ params.miniconda_url }}"
      miniconda_sha256: "{{ params.miniconda_sha256 }}"
      miniconda_packed: "{{ params.miniconda_packed }}"
      pip_args: "{{ params.pip_args }}"
      database_path: "{{ params.database_path }}"
      database_name: "{{ params.database_name }}"
      database_user: "{{ params.database_user }}"
      broker_db: "{{ params.broker_db }}"
      result_db: "{{ params.result_db }}"
      default_model: "{{ params.default_model }}"
      cloud_endpoint: "{{ params.cloud_endpoint }}"
      cors_origins: "{{ params.cors_origins }}"
      log_level: "{{ params.log_level }}"
      units: [autobot-backend.service]

ports:
  - name: app
    number: "{{ params.port }}"
    scope: loopback
    holder: autobot-backend.service
    doc: uvicorn, without TLS.
  - name: https
    number: "{{ params.https_port }}"
    scope: fleet
    holder: nginx.service
    shared: nginx
    when: not params.public
    doc: API and WebSocket, for the fleet.
  - name: https
    number: "{{ params.https_port }}"
    scope: public
    holder: nginx.service
    shared: nginx
    when: params.public
    doc: API and WebSocket, for everybody.
  - name: flower
    number: "{{ params.flower_port }}"
    scope: loopback
    holder: autobot-celery-flower.service
    optional: true
    when: params.flower
    doc: Celery Flower.

needs:
  - {role: redis, endpoint: redis, hard: true, doc: "cache, sessions, vector search, pub/sub"}
  - {role: redis, endpoint: postgresql, hard: true, when: settings.multi_user, doc: "users, teams, organisations, API keys"}
  - {role: ai-stack, endpoint: api, hard: true, doc: "LLM routing and RAG"}
  - {role: chromadb, endpoint: chroma, hard: true, doc: "embeddings"}
  - {role: celery, hard: true, order: false, doc: "workers are composed under the backend and start after it"}
  - {any_of: [autobot-llm-gpu, autobot-llm-cpu], endpoint: ollama, hard: false, doc: "large models"}
  - {role: npu-worker, endpoint: api, hard: false, order: false, doc: "inference offloading"}
  - {role: tts-worker, endpoint: api, hard: false, order: false, doc: "voice"}
  - {role: browser-service, endpoint: api, hard: false, order: false, doc: "browser tasks"}
  - {role: redis, endpoint: redis-tls, hard: false, order: false, doc: "redis with TLS, where it is on"}
  - {role: slm-backend, endpoint: https, hard: false, order: false, doc: "infrastructure work is the manager's"}
  - {role: autobot-shared, hard: true, doc: "the shared library, in the environment"}

os: {supported: [debian-11, debian-12, debian-13, ubuntu-22.04, ubuntu-24.04, kali]}
packages: [logrotate]

directories:
  - {path: /etc/autobot/autobot-backend, owner: root, group: autobot-backend, mode: "0750"}

secrets:
  - {name: jwt_secret, file: /etc/autobot/autobot-backend.env, key: AUTOBOT_JWT_SECRET, length: 64, mode: "0640", owner: root, group: autobot-backend}
  - {name: secret_key, file: /etc/autobot/autobot-backend.env, key: SECRET_KEY, length: 64, mode: "0640", owner: root, group: autobot-backend}
  - {name: encryption_key, file: /etc/autobot/autobot-backend.env, key: AUTOBOT_ENCRYPTION_KEY, length: 48, mode: "0640", owner: root, group: autobot-backend}
  - {name: service_auth_token, file: /etc/autobot/autobot-backend.env, key: SERVICE_AUTH_TOKEN, length: 48, mode: "0640", owner: root, group: autobot-backend}
certificates:
  - name: node
    cert: /etc/autobot/autobot-backend/tls.crt
    key: /etc/autobot/autobot-backend/tls.key
    key_mode: "0640"
    owner: root
    group: autobot-backend
    names: [localhost, 127.0.0.1, "{{ params.server_names }}"]
    # TLS ends in nginx: a new certificate never restarts the backend.
    on_change: {reload: [nginx.service]}

files:
  - path: /etc/nginx/sites-available/autobot-backend.conf
    template: site.conf
    owner: root
    group: root
    mode: "0644"
    on_change: {reload: [nginx.service]}
    check: [nginx, -t]
  - path: /etc/logrotate.d/autobot-backend
    template: logrotate
    owner: root
    group: root
    mode: "0644"
links:
  - {path: /etc/nginx/sites-enabled/autobot-backend.conf, target: /etc/nginx/sites-available/autobot-backend.conf, on_change: {reload: [nginx.service]}}

steps:
  - name: flower
    creates: "{{ params.env_path }}/bin/flower"
    user: autobot
    directory: /opt/autobot/autobot-backend
    commands:
      - ["{{ params.env_path }}/bin/python", -m, pip, install, "{{ params.pip_args }}", flower]
    environment: {HOME: /home/autobot, PIP_NO_INPUT: "1", PIP_DISABLE_PIP_VERSION_CHECK: "1"}
    timeout: 10m
    when: params.flower
  # The schema wants the database's password, which systemd reads from the env file and nobody else sees.
  - name: schema
    user: root
    directory: /opt/autobot/autobot-backend
    commands:
      - - systemd-run
        - --quiet
        - --wait
        - --pipe
        - --collect
        - --uid=autobot
        - --working-directory=/opt/autobot/autobot-backend
        - --property=EnvironmentFile=/etc/autobot/autobot-backend.env
        - "{{ params.env_path }}/bin/alembic"
        - -c
        - migrations/alembic.ini
        - upgrade
        - head
    inputs: ["source:migrations"]
    phase: migrate
    reversible: false
    timeout: 10m
    when: settings.multi_user

units:
  - name: autobot-backend.service
    enable: true
    state: started
    sections:
      Unit:
        Description: AutoBot backend
        Wants: network-online.target
        After: network-online.target
        StartLimitIntervalSec: "600"
        StartLimitBurst: "3"
      Service:
        User: autobot
        Group: autobot
        WorkingDirectory: /opt/autobot/autobot-backend
        Environment: {PATH: "{{ params.env_path }}/bin:/usr/local/bin:/usr/bin:/bin", HOST: "{{ ports.app.bind|first }}", AUTOBOT_BACKEND_PORT: "{{ ports.app.number }}"}
        EnvironmentFile: /etc/autobot/autobot-backend.env
        ExecStart: ["{{ params.env_path }}/bin/uvicorn", "main:app", --host, "{{ ports.app.bind|first }}", --port, "{{ ports.app.number }}", --workers, "{{ params.workers }}", --log-level, "{{ params.log_level }}"]
        Restart: always
        RestartSec: 5s
        TimeoutStopSec: 90s
        StandardOutput: append:/var/log/autobot/backend.log
        StandardError: append:/var/log/autobot/backend-error.log
        LimitNOFILE: "65535"
        MemoryHigh: "{{ params.memory_high }}"
        MemoryMax: "{{ params.memory_max }}"
        NoNewPrivileges: "yes"
        PrivateTmp: "yes"
        ProtectSystem: full
        # The environment stands in the home folder, so it stays readable.
        ProtectHome: read-only
        ProtectKernelTunables: "yes"
        ProtectKernelModules: "yes"
        ProtectControlGroups: "yes"
        RestrictSUIDSGID: "yes"
      Install:
        WantedBy: multi-user.target
  - name: autobot-celery-flower.service
    enable: true
    state: started
    when: params.flower
    sections:
      Unit:
        Description: AutoBot Celery monitoring UI
        Wants: network-online.target
        After: network-online.target
      Service:
        User: autobot
        Group: autobot
        WorkingDirectory: /opt/autobot/autobot-backend
        EnvironmentFile: /etc/autobot/autobot-backend.env
        ExecStart: ["{{ params.env_path }}/bin/celery", -A, celery_app, flower, "--address={{ ports.flower.bind|first }}", "--port={{ ports.flower.number }}"]
        Restart: always
        RestartSec: 10s
        NoNewPrivileges: "yes"
        PrivateTmp: "yes"
        ProtectSystem: full
        ProtectHome: read-only
      Install:
        WantedBy: multi-user.target

drop_ins:
  - unit: nginx.service
    name: 60-backend.conf
    sections:
      Unit:
        AssertFileNotEmpty: ["{{ certificates.node.cert }}", "{{ certificates.node.key }}"]

backups:
  - {name: sqlite, doc: "/var/lib/autobot/autobot.db and /var/lib/autobot/conversation_files are data: kept, never deleted, and not yet copied anywhere"}

health:
  - {kind: https, port: https, path: /api/health, expect_body: '"status"', required: true, starting_statuses: [502, 504]}
startup: {typical: "{{ params.startup_typical }}", budget: "{{ params.startup_budget }}"}
restart: {policy: auto, cost: "six-minute outage of chat, agents, knowledge and API"}
update_policy: auto

"""#),
  ]
}
