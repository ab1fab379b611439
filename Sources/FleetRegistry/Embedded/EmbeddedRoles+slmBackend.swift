// Written by scripts/embed-roles.sh from roles/slm-backend; do not edit.
// swift-format-ignore-file

extension EmbeddedRoles {
  static let slmBackend: [File] = [
File(path: "slm-backend/files/site.conf", contents: #"""
# Managed by fleetctl. Used where slm-frontend is on another node.
{% if params.http_redirect %}
server {
{% for address in ports.http.listen %}
    listen {{ address }};
{% endfor %}
    server_name {{ node.id }} {{ node.url_host }} localhost 127.0.0.1 {{ params.server_names|join(' ') }};
    server_tokens off;
    return 301 https://$host{% if params.https_port != 443 %}:{{ params.https_port }}{% endif %}$request_uri;
}

{% endif %}
server {
{% for address in ports.https.listen %}
    listen {{ address }} ssl http2;
{% endfor %}
    server_name {{ node.id }} {{ node.url_host }} localhost 127.0.0.1 {{ params.server_names|join(' ') }};

    ssl_certificate {{ certificates.site.cert }};
    ssl_certificate_key {{ certificates.site.key }};
    include /etc/nginx/snippets/autobot-tls.conf;
    client_max_body_size {{ params.body_max }};

    location /api/ws/ {
        include /etc/nginx/snippets/autobot-proxy.conf;
        proxy_read_timeout 86400s;
        proxy_send_timeout 86400s;
        proxy_pass http://127.0.0.1:{{ params.port }};
    }

    location / {
        include /etc/nginx/snippets/autobot-proxy.conf;
        proxy_read_timeout 300s;
        proxy_send_timeout 300s;
        proxy_pass http://127.0.0.1:{{ params.port }};
    }
}

"""#),
File(path: "slm-backend/files/slm-backend.env", contents: #"""
# Managed by fleetctl. Keys and the admin password stand in slm-secrets.env.
PYTHONPATH=/opt/autobot/autobot-slm-backend:/opt/autobot
PYTHONUNBUFFERED=1
HOST={{ ports.app.bind|first }}
PORT={{ params.port }}
LOG_LEVEL={{ params.log_level }}
SLM_EXTERNAL_URL=https://{{ node.url_host }}{% if params.https_port != 443 %}:{{ params.https_port }}{% endif %}

SLM_CORS_ORIGINS=https://{{ node.url_host }},https://{{ node.id|lower }}{% for name in params.server_names %},https://{{ name }}{% endfor %}

SLM_DATABASE_URL=postgresql+asyncpg://slm_app:{{ secrets['slm-database.slm_db_password']|urlencode }}@{{ endpoints['slm-database'].postgresql.address }}/slm
SLM_USERS_DATABASE_URL=postgresql+asyncpg://slm_app:{{ secrets['slm-database.slm_db_password']|urlencode }}@{{ endpoints['slm-database'].postgresql.address }}/slm_users
AUTOBOT_USERS_DATABASE_URL=postgresql+asyncpg://slm_app:{{ secrets['slm-database.slm_db_password']|urlencode }}@{{ endpoints['slm-database'].postgresql.address }}/autobot_users
SLM_DB_POOL_SIZE=20
SLM_DB_MAX_OVERFLOW=10
SLM_DB_POOL_RECYCLE=3600
{% if endpoints.redis.redis.available %}
AUTOBOT_REDIS_HOST={{ endpoints.redis.redis.host }}
AUTOBOT_REDIS_PORT={{ endpoints.redis.redis.port }}
AUTOBOT_REDIS_PASSWORD={{ secrets['redis.redis_password']|env }}
{% endif %}
{% for backend in targets.backend.https %}
AUTOBOT_BACKEND_HOST={{ backend.host }}
AUTOBOT_BACKEND_PORT={{ backend.port }}
{% endfor %}
AUTOBOT_CA_FILE={{ fleet.ca|env }}

"""#),
File(path: "slm-backend/role.yaml", contents: #"""
name: slm-backend
kind: role
summary: SLM manager's FastAPI backend (orchestrates the fleet, runs playbooks, receives the nodes' heartbeats).
layer: management
required: true
degraded_without: Nobody manages the fleet; agents buffer their events, certificates cannot be signed.
notes:
  - The admin password is generated once into /etc/autobot/slm-secrets.env.
  - Its node is the control node of the fleet and holds the fleet's certificate authority.
  - It needs redis only for monitoring figures; it provisions the redis node itself, so it never waits for it.
  - The schema is made by the program's own migration runner; there is no alembic.ini for the manager.
  - nginx on 443 belongs to slm-frontend's site where that role is on the node, and to a site of its own where it is not.
source: autobot-slm-backend/
playbook: deploy-slm-manager.yml
key_packages: [FastAPI, Uvicorn, SQLAlchemy, asyncpg, psycopg2-binary, pydantic, websockets, ansible-runner, prometheus-client, httpx, paramiko, croniter, authlib]
install_dirs: [/opt/autobot/autobot-slm-backend]
python: {version: "{{ params.python_version }}", environment: venv, path: "{{ params.venv }}"}
nodejs: "{{ params.node_version }}.x"
post_sync: alembic upgrade head
orphans:
  units: [slm-backend.service]

placement:
  default_nodes: [00-SLM-Manager]
  replicas: one
  separable: true

params:
  port: {type: port, default: 8000, doc: "Port of uvicorn on loopback."}
  https_port: {type: port, default: 443, doc: "HTTPS port that agents and browsers use."}
  http_redirect: {type: bool, default: true, doc: "Answer on http_port with a redirect to HTTPS, where the site is ours."}
  http_port: {type: port, default: 80, doc: "Port of that redirect."}
  server_names: {type: list, default: [], doc: "Further DNS names of the site and its certificate."}
  body_max: {type: string, default: 10m, doc: "Largest request body, as nginx writes it."}
  python_version: {type: string, default: "3.10", doc: "Minor version of the interpreter that the virtual environment is made with. Change `venv` together with it."}
  venv: {type: path, default: /opt/autobot/autobot-slm-backend/venv, doc: "The virtual environment."}
  pip_args: {type: list, default: [], doc: "Further arguments of `pip install`, such as an index of your own."}
  tool_packages: {type: list, default: [ansible, build-essential], doc: "Packages that the manager's own playbooks and the build of its Python packages want."}
  schema_command: {type: list, default: [-m, migrations.runner], doc: "Arguments of the environment's python that bring the schema up to date; empty: it is done at start."}
  startup_typical: {type: duration, default: 20s, doc: "How long a start usually takes."}
  memory_max: {type: size, default: 2GiB, doc: "Memory limit of the unit."}
  log_level: {type: enum, values: [debug, info, warning, error], default: info, doc: "What is logged."}
  node_version: {type: string, default: "20", doc: "Major version of Node.js, for playbooks and builds."}
  node_apt_uri: {type: string, default: "https://deb.nodesource.com/node_{{ params.node_version }}.x", doc: "Package source of Node.js; empty: none is set up."}
  node_apt_suite: {type: string, default: nodistro, doc: "Suite there."}
  node_apt_components: {type: list, default: [main], doc: "Components there."}
  node_apt_key: {type: string, default: "https://deb.nodesource.com/gpgkey/nodesource-repo.gpg.key", doc: "Its signing key."}

uses:
  - {component: autobot-base}
  - {component: nginx}
  - component: nodejs
    with:
      apt_uri: "{{ params.node_apt_uri }}"
      apt_suite: "{{ params.node_apt_suite }}"
      apt_components: "{{ params.node_apt_components }}"
      apt_key: "{{ params.node_apt_key }}"

ports:
  - name: app
    number: "{{ params.port }}"
    scope: loopback
    holder: autobot-slm-backend.service
    doc: uvicorn, without TLS.
  - name: https
    number: "{{ params.https_port }}"
    scope: public
    holder: nginx.service
    shared: nginx
    doc: API, WebSocket and the agents' heartbeats.
  - name: http
    number: "{{ params.http_port }}"
    scope: public
    holder: nginx.service
    shared: nginx
    optional: true
    when: "params.http_redirect and not ('slm-frontend' in node.roles)"
    doc: Redirect to HTTPS.

needs:
  - {role: slm-database, endpoint: postgresql, hard: true, doc: "nodes, roles, sessions, audit log"}
  - {role: redis, endpoint: redis, hard: false, order: false, doc: "monitoring figures; a cross-layer exception that never holds up the manager's start"}
  - {role: backend, endpoint: https, hard: false, order: false, doc: "the state of AutoBot, for the manager's own pages"}
  - {role: autobot-shared, hard: true, doc: "the shared library, in the virtual environment"}

os: {supported: [debian-11, debian-12, debian-13, ubuntu-22.04, ubuntu-24.04, kali]}
packages:
  - python3
  - python3-pip
  - python3-venv
  - openssl
  - curl
  - gnupg
  - ca-certificates
  - "{{ params.tool_packages }}"

directories:
  - {path: /opt/autobot/autobot-slm-backend, owner: autobot, group: autobot, mode: "0755"}
  - {path: /var/lib/slm, owner: autobot, group: autobot, mode: "0750", data: true}
  - {path: /etc/autobot/slm-backend, owner: root, group: root, mode: "0755"}

secrets:
  - {name: secret_key, file: /etc/autobot/slm-secrets.env, key: SLM_SECRET_KEY, length: 48, mode: "0640", owner: root, group: autobot}
  - {name: encryption_key, file: /etc/autobot/slm-secrets.env, key: SLM_ENCRYPTION_KEY, length: 48, mode: "0640", owner: root, group: autobot}
  - {name: admin_password, file: /etc/autobot/slm-secrets.env, key: SLM_ADMIN_PASSWORD, length: 24, mode: "0640", owner: root, group: autobot}
authority: {dir: /etc/autobot/ca, name: AutoBot-CA}
certificates:
  - name: site
    cert: /etc/autobot/slm-backend/tls.crt
    key: /etc/autobot/slm-backend/tls.key
    key_mode: "0640"
    owner: root
    group: root
    names: [localhost, 127.0.0.1, "{{ params.server_names }}"]
    on_change: {reload: [nginx.service]}
    when: "not ('slm-frontend' in node.roles)"

files:
  - path: /etc/autobot/slm-backend.env
    template: slm-backend.env
    owner: root
    group: autobot
    mode: "0640"
    on_change: {restart: [autobot-slm-backend.service]}
  - path: /etc/nginx/sites-available/autobot-slm-backend.conf
    template: site.conf
    owner: root
    group: root
    mode: "0644"
    on_change: {reload: [nginx.service]}
    check: [nginx, -t]
    when: "not ('slm-frontend' in node.roles)"
links:
  - path: /etc/nginx/sites-enabled/autobot-slm-backend.conf
    target: /etc/nginx/sites-available/autobot-slm-backend.conf
    on_change: {reload: [nginx.service]}
    when: "not ('slm-frontend' in node.roles)"

sources:
  - source: autobot
    path: autobot-slm-backend
    target: /opt/autobot/autobot-slm-backend
    owner: autobot
    group: autobot
    excludes: [venv/, node_modules/, __pycache__/, "*.pyc", "*.pyo", .git/, data/, logs/, "*.egg-info/", dist/, .env]
    on_change: {restart: [autobot-slm-backend.service]}

steps:
  - name: venv
    creates: "{{ params.venv }}/bin/python"
    user: autobot
    directory: /opt/autobot/autobot-slm-backend
    commands:
      - ["python{{ params.python_version }}", -m, venv, "{{ params.venv }}"]
    environment: {HOME: /home/autobot}
    inputs: ["value:{{ params.python_version }}"]
    timeout: 5m
  - name: packages
    creates: "{{ params.venv }}/bin/uvicorn"
    user: autobot
    directory: /opt/autobot/autobot-slm-backend
    commands:
      - ["{{ params.venv }}/bin/python", -m, pip, install, "{{ params.pip_args }}", -r, requirements.txt]
      - ["{{ params.venv }}/bin/python", -m, pip, install, "{{ params.pip_args }}", -e, /opt/autobot/autobot-shared]
    environment: {HOME: /home/autobot, PIP_NO_INPUT: "1", PIP_DISABLE_PIP_VERSION_CHECK: "1"}
    inputs: ["source:requirements.txt", "value:{{ params.python_version }} {{ params.pip_args|join(' ') }}"]
    on_change: {restart: [autobot-slm-backend.service]}
    timeout: 20m
  # The schema wants the database's password, which systemd reads from the env file and nobody else sees.
  - name: schema
    user: root
    directory: /opt/autobot/autobot-slm-backend
    commands:
      - - systemd-run
        - --quiet
        - --wait
        - --pipe
        - --collect
        - --uid=autobot
        - --working-directory=/opt/autobot/autobot-slm-backend
        - --property=EnvironmentFile=/etc/autobot/slm-backend.env
        - --property=EnvironmentFile=/etc/autobot/slm-secrets.env
        - "{{ params.venv }}/bin/python"
        - "{{ params.schema_command }}"
    inputs: ["source:migrations", "value:{{ params.schema_command|join(' ') }}"]
    phase: migrate
    reversible: false
    timeout: 10m
    when: params.schema_command|length > 0

units:
  - name: autobot-slm-backend.service
    enable: true
    state: started
    sections:
      Unit:
        Description: AutoBot SLM manager
        Wants: network-online.target
        After: network-online.target postgresql.service
        StartLimitIntervalSec: "300"
        StartLimitBurst: "10"
      Service:
        User: autobot
        Group: autobot
        WorkingDirectory: /opt/autobot/autobot-slm-backend
        EnvironmentFile: [/etc/autobot/slm-backend.env, /etc/autobot/slm-secrets.env]
        ExecStart: ["{{ params.venv }}/bin/uvicorn", "main:app", --host, "{{ ports.app.bind|first }}", --port, "{{ ports.app.number }}", --log-level, "{{ params.log_level }}"]
        Restart: on-failure
        RestartSec: 5s
        TimeoutStopSec: 30s
        MemoryMax: "{{ params.memory_max }}"
        # Its playbooks use sudo, so new privileges stay allowed; asyncpg and ssh read below the home folder.
        PrivateTmp: "yes"
        ProtectSystem: strict
        ProtectHome: read-only
        ReadWritePaths: [/opt/autobot, /var/lib/slm, /var/log/autobot]
      Install:
        WantedBy: multi-user.target

drop_ins:
  - unit: nginx.service
    name: 60-slm-backend.conf
    when: "not ('slm-frontend' in node.roles)"
    sections:
      Unit:
        AssertFileNotEmpty: ["{{ certificates.site.cert }}", "{{ certificates.site.key }}"]

health:
  - {kind: http, port: app, path: /api/health, expect_body: '"status"', required: true, starting_statuses: [502, 503, 504]}
startup: {typical: "{{ params.startup_typical }}", budget: 3m}
restart: {policy: auto, cost: "the manager is away for about twenty seconds; agents buffer"}
update_policy: auto

"""#),
  ]
}
