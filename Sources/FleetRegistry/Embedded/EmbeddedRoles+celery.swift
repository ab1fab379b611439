// Written by scripts/embed-roles.sh from roles/celery; do not edit.
// swift-format-ignore-file

extension EmbeddedRoles {
  static let celery: [File] = [
File(path: "celery/role.yaml", contents: #"""
name: celery
kind: role
summary: Async task worker of the backend (knowledge processing, system tasks).
layer: business
required: true
degraded_without: Background tasks pile up in the queue.
notes:
  - It shares code, environment and env file with backend; on a node of its own it gets the same ones.
  - Its queue and results are Redis databases 1 and 2, which the registry also gives to metrics and prompts; FLUSHDB or eviction there can lose tasks.
  - The document speaks of Ansible playbooks; by the layer design no worker runs Ansible or holds SSH keys, and the queues for infrastructure are not subscribed.
  - It logs to the journal.
  - The parameters marked "as in backend" must have backend's values.
source: autobot-backend/
playbook: deploy-backend.yml
key_packages: [Celery]
install_dirs: [/opt/autobot/autobot-backend]
python: {version: "{{ params.python_version }}", environment: conda, path: "{{ params.env_path }}"}
post_sync: pip install -r requirements.txt

placement:
  default_nodes: [01-Backend]
  replicas: many
  separable: true

params:
  concurrency: {type: int, default: 4, min: 1, unit: processes, doc: "Worker processes."}
  max_tasks_per_child: {type: int, default: 1000, min: 1, unit: tasks, doc: "After so many tasks a process is replaced."}
  queues: {type: list, default: [celery], doc: "Queues that the worker takes tasks from."}
  memory_max: {type: size, default: 8GiB, doc: "Memory limit of the unit."}
  python_version: {type: string, default: "3.12", doc: "Minor version of the interpreter, as in backend."}
  environment: {type: enum, values: [conda, venv], default: conda, doc: "How the environment is made, as in backend."}
  env_path: {type: path, default: /home/autobot/miniconda3/envs/autobot-backend, doc: "The environment; interpreter, PATH and packages all come from it, as in backend."}
  conda_prefix: {type: path, default: /home/autobot/miniconda3, doc: "Where Miniconda is, as in backend."}
  miniconda_url: {type: url, default: "https://repo.anaconda.com/miniconda/Miniconda3-py312_24.11.1-0-Linux-x86_64.sh", doc: "Miniconda's installer, as in backend."}
  miniconda_sha256: {type: string, default: "", doc: "SHA-256 of what miniconda_url names; empty: not verified, as in backend."}
  miniconda_packed: {type: bool, default: false, doc: "What miniconda_url names is a packed prefix (a tarball), not the installer, as in backend."}
  pip_args: {type: list, default: [], doc: "Further arguments of `pip install`, such as an index of your own, as in backend."}
  database_path: {type: path, default: /var/lib/autobot/autobot.db, doc: "SQLite file with conversations, knowledge, files and agent state; made on the first start, as in backend."}
  database_name: {type: string, default: autobot, doc: "Database of the users; the same as redis.database_name, as in backend."}
  database_user: {type: string, default: autobot, doc: "Its account; the same as redis.database_owner, as in backend."}
  broker_db: {type: int, default: 1, min: 0, max: 15, doc: "Redis database of Celery's queue, shared with `metrics`; 10 is free, as in backend."}
  result_db: {type: int, default: 2, min: 0, max: 15, doc: "Redis database of Celery's results, shared with `prompts`; 11 is free, as in backend."}
  default_model: {type: string, default: "mistral:7b-instruct", doc: "Model of every agent that has none of its own, as in backend."}
  cloud_endpoint: {type: string, default: "", doc: "Address of the cloud provider, where it is not the provider's own, as in backend."}
  cors_origins: {type: list, default: [], doc: "Origins that browsers may call from; empty: only the frontend's own, as in backend."}
  log_level: {type: enum, values: [debug, info, warning, error], default: info, doc: "What is logged, as in backend."}

uses:
  - {component: autobot-base}
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
      units: [autobot-celery.service]

ports: []

needs:
  - {role: redis, endpoint: redis, hard: true, doc: "broker (database 1) and results (database 2)"}
  - {role: redis, endpoint: postgresql, hard: true, when: settings.multi_user, doc: "users"}
  # The backend brings the schema up to date; workers come after it.
  - {role: backend, hard: true, doc: "start order, and the keys that tasks are encrypted with"}
  # Tasks run the backend's code: its env file names these to the worker too, wherever it stands.
  - {role: redis, endpoint: redis-tls, hard: false, order: false, doc: "redis with TLS, where it is on"}
  - {role: ai-stack, endpoint: api, hard: false, order: false, doc: "tasks that ask the AI stack"}
  - {role: chromadb, endpoint: chroma, hard: false, order: false, doc: "tasks that index knowledge"}
  - {any_of: [autobot-llm-gpu, autobot-llm-cpu], endpoint: ollama, hard: false, order: false, doc: "tasks that ask a model"}
  - {role: npu-worker, endpoint: api, hard: false, order: false, doc: "tasks that offload inference"}
  - {role: tts-worker, endpoint: api, hard: false, order: false, doc: "tasks that speak"}
  - {role: browser-service, endpoint: api, hard: false, order: false, doc: "tasks that browse"}
  - {role: slm-backend, endpoint: https, hard: false, order: false, doc: "tasks that ask the manager for infrastructure work"}
  - {role: autobot-shared, hard: true, doc: "the shared library, in the environment"}

os: {supported: [debian-11, debian-12, debian-13, ubuntu-22.04, ubuntu-24.04, kali]}

units:
  - name: autobot-celery.service
    enable: true
    state: started
    sections:
      Unit:
        Description: AutoBot task worker
        Wants: network-online.target
        After: network-online.target autobot-backend.service
        StartLimitIntervalSec: "600"
        StartLimitBurst: "10"
      Service:
        User: autobot
        Group: autobot
        WorkingDirectory: /opt/autobot/autobot-backend
        Environment: {PATH: "{{ params.env_path }}/bin:/usr/local/bin:/usr/bin:/bin"}
        EnvironmentFile: /etc/autobot/autobot-backend.env
        ExecStart:
          - "{{ params.env_path }}/bin/celery"
          - -A
          - celery_app
          - worker
          - "--loglevel={{ params.log_level }}"
          - "--concurrency={{ params.concurrency }}"
          - "--max-tasks-per-child={{ params.max_tasks_per_child }}"
          - -Q
          - "{{ params.queues|join(',') }}"
        Restart: always
        RestartSec: 5s
        KillSignal: SIGTERM
        KillMode: mixed
        # Long tasks may finish.
        TimeoutStopSec: 60s
        MemoryMax: "{{ params.memory_max }}"
        NoNewPrivileges: "yes"
        PrivateTmp: "yes"
        ProtectSystem: full
        ProtectHome: read-only
        ProtectKernelTunables: "yes"
        ProtectKernelModules: "yes"
        ProtectControlGroups: "yes"
        RestrictSUIDSGID: "yes"
      Install:
        WantedBy: multi-user.target

health:
  - kind: command
    command:
      - systemd-run
      - --quiet
      - --wait
      - --pipe
      - --collect
      - --uid=autobot
      - --working-directory=/opt/autobot/autobot-backend
      - --property=EnvironmentFile=/etc/autobot/autobot-backend.env
      - "{{ params.env_path }}/bin/celery"
      - -A
      - celery_app
      - inspect
      - ping
      - --timeout
      - "10"
    expect_body: pong
    required: true
startup: {typical: 20s, budget: 3m}
restart: {policy: auto, cost: "running tasks have a minute to finish and are then taken up again"}
update_policy: auto

"""#),
  ]
}
