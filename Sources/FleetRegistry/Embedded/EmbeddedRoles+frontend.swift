// Written by scripts/embed-roles.sh from roles/frontend; do not edit.
// swift-format-ignore-file

extension EmbeddedRoles {
  static let frontend: [File] = [
File(path: "frontend/files/site.conf", contents: #"""
# Managed by fleetctl.
upstream autobot_backend {
    server {{ endpoints.backend.https.address }} max_fails=3 fail_timeout=30s;
}

{% if params.http_redirect %}
server {
{% for address in ports.http.listen %}
    listen {{ address }};
{% endfor %}
    server_name {{ node.id }} {{ node.url_host }} {{ params.server_names|join(' ') }};
    server_tokens off;
    return 301 https://$host{% if params.port != 443 %}:{{ params.port }}{% endif %}$request_uri;
}

{% endif %}
server {
{% for address in ports.https.listen %}
    listen {{ address }} ssl http2;
{% endfor %}
    server_name {{ node.id }} {{ node.url_host }} {{ params.server_names|join(' ') }};

    ssl_certificate {{ certificates.site.cert }};
    ssl_certificate_key {{ certificates.site.key }};
    include /etc/nginx/snippets/autobot-tls.conf;

    root /opt/autobot/autobot-frontend/dist;
    index index.html;
    client_max_body_size {{ params.body_max }};
    gzip_types text/css application/javascript application/json image/svg+xml application/wasm;

    # Threaded WebAssembly works only in pages that have both. Locations with headers of their own repeat them.
    add_header Cross-Origin-Opener-Policy same-origin always;
    add_header Cross-Origin-Embedder-Policy credentialless always;
    add_header X-Content-Type-Options nosniff always;

    proxy_connect_timeout 10s;
    proxy_ssl_verify on;
    proxy_ssl_trusted_certificate {{ fleet.ca }};
    proxy_ssl_name {{ endpoints.backend.https.node }};
    proxy_ssl_server_name on;
    proxy_ssl_session_reuse on;

    location = /health {
        access_log off;
        default_type text/plain;
        return 200 "ok\n";
    }

    location = /index.html {
        add_header Cross-Origin-Opener-Policy same-origin always;
        add_header Cross-Origin-Embedder-Policy credentialless always;
        add_header Cache-Control "no-store" always;
    }

    location /assets/ {
        expires 1y;
        add_header Cross-Origin-Opener-Policy same-origin always;
        add_header Cross-Origin-Embedder-Policy credentialless always;
        add_header Cache-Control "public, immutable";
    }

    location / {
        try_files $uri $uri/ /index.html;
    }

    location ~ ^/(ws|api/ws|api/voice/stream|api/workflow-automation/workflow_ws)(/|$) {
        include /etc/nginx/snippets/autobot-proxy.conf;
        proxy_read_timeout 86400s;
        proxy_send_timeout 86400s;
        proxy_pass https://autobot_backend;
    }

    location ~ ^/api/(analytics|code-intelligence)/ {
        include /etc/nginx/snippets/autobot-proxy.conf;
        proxy_read_timeout 600s;
        proxy_send_timeout 600s;
        proxy_pass https://autobot_backend;
    }

    location /api/ {
        include /etc/nginx/snippets/autobot-proxy.conf;
        proxy_read_timeout 300s;
        proxy_send_timeout 300s;
        proxy_pass https://autobot_backend;
    }
}

"""#),
File(path: "frontend/role.yaml", contents: #"""
name: frontend
kind: role
summary: Main AutoBot Vue 3 user interface, served by nginx.
layer: business
required: true
degraded_without: Users have no way in.
notes:
  - Production build only; no development server (5173) runs on a node.
  - dist/ belongs to autobot, whoever built it.
  - VITE_API_BASE_URL is never set; it would bake an address into the build and pass the proxy by.
  - Exactly one node serves it, and never the backend's.
source: autobot-frontend/
playbook: deploy-frontend.yml
key_packages: [vue, vite]
install_dirs: [/opt/autobot/autobot-frontend]
nodejs: "{{ params.node_version }}.x"
build: npm install && npm run build
orphans:
  units: [autobot-frontend.service]

placement:
  default_nodes: [02-Frontend]
  replicas: one
  apart_from:
    - {role: backend, because: "only the frontend's own machine serves the frontend (ADR-001, ADR-005)"}

params:
  port: {type: port, default: 443, doc: "HTTPS port of the site."}
  http_redirect: {type: bool, default: true, doc: "Answer on http_port with a redirect to HTTPS."}
  http_port: {type: port, default: 80, doc: "Port of that redirect."}
  server_names: {type: list, default: [], doc: "Further DNS names of the site and its certificate."}
  body_max: {type: string, default: 100m, doc: "Largest request body, as nginx writes it."}
  node_version: {type: string, default: "20", doc: "Major version of Node.js."}
  node_apt_uri: {type: string, default: "https://deb.nodesource.com/node_{{ params.node_version }}.x", doc: "Package source of Node.js; empty: none is set up."}
  node_apt_suite: {type: string, default: nodistro, doc: "Suite there."}
  node_apt_components: {type: list, default: [main], doc: "Components there."}
  node_apt_key: {type: string, default: "https://deb.nodesource.com/gpgkey/nodesource-repo.gpg.key", doc: "Its signing key."}
  npm_args: {type: list, default: [], doc: "Further arguments of `npm ci`, such as a registry of your own."}

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
  - name: https
    number: "{{ params.port }}"
    scope: public
    holder: nginx.service
    shared: nginx
    doc: The user interface and, behind it, the backend's API.
  - name: http
    number: "{{ params.http_port }}"
    scope: public
    holder: nginx.service
    shared: nginx
    optional: true
    when: params.http_redirect
    doc: Redirect to HTTPS.

needs:
  - {role: backend, endpoint: https, hard: true, doc: "API and WebSocket"}

os: {supported: [debian-11, debian-12, debian-13, ubuntu-22.04, ubuntu-24.04, kali]}
packages: [build-essential, curl, gnupg, ca-certificates]

directories:
  - {path: /opt/autobot/autobot-frontend, owner: autobot, group: autobot, mode: "0755"}
  - {path: /etc/autobot/autobot-frontend, owner: root, group: root, mode: "0755"}

certificates:
  - name: site
    cert: /etc/autobot/autobot-frontend/tls.crt
    key: /etc/autobot/autobot-frontend/tls.key
    key_mode: "0640"
    owner: root
    group: root
    names: ["{{ params.server_names }}"]
    on_change: {reload: [nginx.service]}

files:
  - path: /etc/nginx/sites-available/autobot-frontend.conf
    template: site.conf
    owner: root
    group: root
    mode: "0644"
    on_change: {reload: [nginx.service]}
    check: [nginx, -t]
links:
  - {path: /etc/nginx/sites-enabled/autobot-frontend.conf, target: /etc/nginx/sites-available/autobot-frontend.conf, on_change: {reload: [nginx.service]}}

sources:
  - source: autobot
    path: autobot-frontend
    target: /opt/autobot/autobot-frontend
    owner: autobot
    group: autobot
    excludes: [venv/, node_modules/, __pycache__/, "*.pyc", "*.pyo", .git/, data/, logs/, "*.egg-info/", dist/, .env]

steps:
  - name: build
    creates: /opt/autobot/autobot-frontend/dist/index.html
    user: autobot
    directory: /opt/autobot/autobot-frontend
    commands:
      - [npm, ci, "{{ params.npm_args }}"]
      - [npm, run, build]
    environment: {HOME: /home/autobot, CI: "1", CYPRESS_INSTALL_BINARY: "0"}
    inputs: ["source:.", "value:node {{ params.node_version }} {{ params.npm_args|join(' ') }}"]
    timeout: 20m

drop_ins:
  - unit: nginx.service
    name: 60-frontend.conf
    sections:
      Unit:
        AssertFileNotEmpty: ["{{ certificates.site.cert }}", "{{ certificates.site.key }}"]

health:
  - {kind: https, port: https, path: /health, required: true}
  - {kind: https, port: https, path: /, required: true}
startup: {typical: 1s, budget: 60s}
restart: {policy: auto, cost: "users reload the page"}
update_policy: auto

"""#),
  ]
}
