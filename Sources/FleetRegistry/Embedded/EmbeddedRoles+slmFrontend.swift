// Written by scripts/embed-roles.sh from roles/slm-frontend; do not edit.
// swift-format-ignore-file

extension EmbeddedRoles {
  static let slmFrontend: [File] = [
File(path: "slm-frontend/files/site.conf", contents: #"""
# Managed by fleetctl.
{% if 'slm-backend' in node.roles %}
upstream autobot_slm_backend {
    server {{ endpoints['slm-backend'].app.address }};
}
{% else %}
upstream autobot_slm_backend {
    server {{ endpoints['slm-backend'].https.address }};
}
{% endif %}

{% if params.http_redirect %}
server {
{% for address in ports.http.listen %}
    listen {{ address }};
{% endfor %}
    server_name {{ node.id }} {{ node.url_host }} localhost 127.0.0.1 {{ params.server_names|join(' ') }};
    server_tokens off;
    return 301 https://$host{% if params.port != 443 %}:{{ params.port }}{% endif %}$request_uri;
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

    root /opt/autobot/autobot-slm-frontend/dist;
    index index.html;
    client_max_body_size {{ params.body_max }};
    gzip_types text/css application/javascript application/json image/svg+xml;
    add_header X-Content-Type-Options nosniff always;
    add_header X-Frame-Options SAMEORIGIN always;

    location = /nginx-health {
        access_log off;
        default_type text/plain;
        return 200 "ok\n";
    }

    location = /index.html {
        add_header Cache-Control "no-store" always;
    }

    location /assets/ {
        expires 1y;
        add_header Cache-Control "public, immutable";
    }

    location / {
        try_files $uri $uri/ /index.html;
    }

    location /api/ws/ {
        include /etc/nginx/snippets/autobot-proxy.conf;
        proxy_read_timeout 86400s;
        proxy_send_timeout 86400s;
{% if 'slm-backend' in node.roles %}
        proxy_pass http://autobot_slm_backend;
{% else %}
        proxy_pass https://autobot_slm_backend;
        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate {{ fleet.ca }};
        proxy_ssl_name {{ endpoints['slm-backend'].https.node }};
        proxy_ssl_server_name on;
{% endif %}
    }

    location /api/ {
        include /etc/nginx/snippets/autobot-proxy.conf;
        proxy_read_timeout 300s;
        proxy_send_timeout 300s;
{% if 'slm-backend' in node.roles %}
        proxy_pass http://autobot_slm_backend;
{% else %}
        proxy_pass https://autobot_slm_backend;
        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate {{ fleet.ca }};
        proxy_ssl_name {{ endpoints['slm-backend'].https.node }};
        proxy_ssl_server_name on;
{% endif %}
    }
{% if endpoints['slm-monitoring'].grafana.available %}

    location /grafana/ {
        include /etc/nginx/snippets/autobot-proxy.conf;
        proxy_pass http://{{ endpoints['slm-monitoring'].grafana.address }};
        proxy_read_timeout 3600s;
        # The UI shows dashboards in a frame.
        add_header Content-Security-Policy "frame-ancestors 'self'" always;
    }
{% endif %}
{% if endpoints['slm-monitoring'].prometheus.available %}

    location /prometheus/ {
        include /etc/nginx/snippets/autobot-proxy.conf;
        proxy_pass http://{{ endpoints['slm-monitoring'].prometheus.address }};
        proxy_read_timeout 300s;
    }
{% endif %}
}

"""#),
File(path: "slm-frontend/role.yaml", contents: #"""
name: slm-frontend
kind: role
summary: SLM manager's Vue 3 admin UI (fleet dashboard, role management, node orchestration), served by nginx.
layer: management
required: true
degraded_without: No admin UI; the manager's API stays reachable through slm-backend's own site.
notes:
  - 30 pages, 15 composables, 66 components.
  - Production build only; a development server never runs on a node.
  - Its nginx also carries the manager's API, Grafana and Prometheus under /api/, /grafana/ and /prometheus/.
  - Beside slm-backend it talks to 127.0.0.1:8000; on another node to that node's HTTPS.
source: autobot-slm-frontend/
playbook: deploy-slm-manager.yml
key_packages: [vue, vite]
install_dirs: [/opt/autobot/autobot-slm-frontend]
nodejs: "{{ params.node_version }}.x"
build: npm install && npm run build

placement:
  default_nodes: [00-SLM-Manager]
  replicas: one
  separable: true

params:
  port: {type: port, default: 443, doc: "HTTPS port of the site."}
  http_redirect: {type: bool, default: true, doc: "Answer on http_port with a redirect to HTTPS."}
  http_port: {type: port, default: 80, doc: "Port of that redirect."}
  server_names: {type: list, default: [], doc: "Further DNS names of the site and its certificate."}
  body_max: {type: string, default: 10m, doc: "Largest request body, as nginx writes it."}
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
    doc: The admin UI and, behind it, API, Grafana and Prometheus.
  - name: http
    number: "{{ params.http_port }}"
    scope: public
    holder: nginx.service
    shared: nginx
    optional: true
    when: params.http_redirect
    doc: Redirect to HTTPS.

needs:
  - {role: slm-backend, endpoint: app, hard: true, when: "'slm-backend' in node.roles", doc: "API and WebSocket, on the same node"}
  - {role: slm-backend, endpoint: https, hard: true, when: "not ('slm-backend' in node.roles)", doc: "API and WebSocket, on another node"}
  - {role: slm-monitoring, endpoint: grafana, hard: false, order: false, doc: "dashboards in an iframe"}
  - {role: slm-monitoring, endpoint: prometheus, hard: false, order: false, doc: "figures under /prometheus/"}

os: {supported: [debian-11, debian-12, debian-13, ubuntu-22.04, ubuntu-24.04, kali]}

directories:
  - {path: /opt/autobot/autobot-slm-frontend, owner: autobot, group: autobot, mode: "0755"}
  - {path: /etc/autobot/slm-frontend, owner: root, group: root, mode: "0755"}

certificates:
  - name: site
    cert: /etc/autobot/slm-frontend/tls.crt
    key: /etc/autobot/slm-frontend/tls.key
    key_mode: "0640"
    owner: root
    group: root
    names: [localhost, 127.0.0.1, "{{ params.server_names }}"]
    on_change: {reload: [nginx.service]}

files:
  - path: /etc/nginx/sites-available/autobot-slm.conf
    template: site.conf
    owner: root
    group: root
    mode: "0644"
    on_change: {reload: [nginx.service]}
    check: [nginx, -t]
links:
  - {path: /etc/nginx/sites-enabled/autobot-slm.conf, target: /etc/nginx/sites-available/autobot-slm.conf, on_change: {reload: [nginx.service]}}

sources:
  - source: autobot
    path: autobot-slm-frontend
    target: /opt/autobot/autobot-slm-frontend
    owner: autobot
    group: autobot
    excludes: [venv/, node_modules/, __pycache__/, "*.pyc", "*.pyo", .git/, data/, logs/, "*.egg-info/", dist/, .env]

steps:
  - name: build
    creates: /opt/autobot/autobot-slm-frontend/dist/index.html
    user: autobot
    directory: /opt/autobot/autobot-slm-frontend
    commands:
      - [npm, ci, "{{ params.npm_args }}"]
      - [npm, run, build]
    environment: {HOME: /home/autobot, CI: "1", CYPRESS_INSTALL_BINARY: "0"}
    inputs: ["source:.", "value:node {{ params.node_version }} {{ params.npm_args|join(' ') }}"]
    timeout: 20m

drop_ins:
  - unit: nginx.service
    name: 60-slm-frontend.conf
    sections:
      Unit:
        # Without its certificate nginx would fail with a message about a file, three times, and give up.
        AssertFileNotEmpty: ["{{ certificates.site.cert }}", "{{ certificates.site.key }}"]

health:
  - {kind: https, port: https, path: /, required: true}
startup: {typical: 1s, budget: 60s}
restart: {policy: auto, cost: "the admin UI and the agents' way to the manager are away for about a second"}
update_policy: auto

"""#),
  ]
}
