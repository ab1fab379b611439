// Written by scripts/embed-roles.sh from roles/browser-service; do not edit.
// swift-format-ignore-file

extension EmbeddedRoles {
  static let browserService: [File] = [
File(path: "browser-service/files/browser-desktop", contents: #"""
#!/bin/sh
# Managed by fleetctl. A desktop on display :1 for the visible browser; autobot-vnc.service gives VNC_PASSWORD.
set -eu
umask 077
mkdir -p "$HOME/.vnc"
printf '%s\n' "$VNC_PASSWORD" | vncpasswd -f >"$HOME/.vnc/passwd"
unset VNC_PASSWORD
Xtightvnc :1 -desktop AutoBot -geometry {{ params.geometry }} -depth 24 -rfbport {{ ports.vnc.number }} -rfbauth "$HOME/.vnc/passwd" -localhost &
server=$!
DISPLAY=:1
export DISPLAY
dbus-launch --exit-with-session startxfce4 &
wait "$server"

"""#),
File(path: "browser-service/files/browser-service.env", contents: #"""
# Managed by fleetctl.
{% if params.behind_nginx %}
HOST={{ ports.app.bind|first }}
{% else %}
HOST=0.0.0.0
{% endif %}
PLAYWRIGHT_PORT=3000
{% if params.headed %}
HEADLESS=false
DISPLAY=:1
{% else %}
HEADLESS=true
{% endif %}
HOME=/var/lib/autobot/browser
NODE_ENV=production
PLAYWRIGHT_BROWSERS_PATH=/opt/autobot/autobot-browser-worker/browsers

"""#),
File(path: "browser-service/files/site.conf", contents: #"""
# Managed by fleetctl. The application listens on loopback, nginx on the node's own address.
upstream autobot_browser {
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
        proxy_pass http://autobot_browser;
    }
}

"""#),
File(path: "browser-service/role.yaml", contents: #"""
name: browser-service
kind: role
summary: Playwright browser automation worker (web scraping, visual browser, MCP automation).
layer: business
required: false
degraded_without: Browser automation tasks are unavailable; features degrade gracefully.
notes:
  - Port 3000 is fixed in the worker's code.
  - The worker must listen where HOST says. One that listens on 0.0.0.0 whatever HOST says takes the port from nginx; set behind_nginx to false for it and let the firewall keep others out.
  - The code starts Chromium with its debugging port 9222; it is no endpoint, and the firewall never opens it.
  - Only one of autobot-playwright (headless) and browser-playwright (headed) runs at a time.
  - The document asks for the latest Node.js; a major version is pinned instead, so that two applies give the same machine.
  - VNC's protocol looks at the first eight characters of the password only; the desktop stays on loopback, behind SSH.
source: autobot-browser-worker/
playbook: setup-browser-worker.yml
key_packages: [playwright, playwright-stealth, express]
install_dirs: [/opt/autobot/autobot-browser-worker]
python: {version: "3.10 (optional)", environment: venv, path: /opt/autobot/autobot-browser-worker/venv}
nodejs: "{{ params.node_version }}.x (documented: latest)"
post_sync: npm install
aliases: [autobot-browser-worker.service]
orphans:
  units: [playwright-server.service, vnc-websockify.service, autobot-vnc-server.service, browser-vnc.service]

placement:
  default_nodes: [browser-automation]
  replicas: one
  separable: true
  apart_from:
    - {role: redis, because: "a browser that runs foreign pages stays away from the fleet's data (ADR-001)"}
    - {role: slm-database, because: "a browser that runs foreign pages stays away from the fleet's data (ADR-001)"}
    - {role: backend, because: "a browser that runs foreign pages stays away from the fleet's data (ADR-001)"}

params:
  behind_nginx: {type: bool, default: true, doc: "The worker listens on loopback and nginx on the node's address; false: the worker itself is what others connect to."}
  headed: {type: bool, default: false, doc: "Install a desktop and show the browser on it, over VNC."}
  vnc_port: {type: port, default: 5901, doc: "Port of VNC."}
  geometry: {type: string, default: 1920x1080, doc: "Size of the desktop."}
  node_version: {type: string, default: "20", doc: "Major version of Node.js."}
  node_apt_uri: {type: string, default: "https://deb.nodesource.com/node_{{ params.node_version }}.x", doc: "Package source of Node.js; empty: none is set up."}
  node_apt_suite: {type: string, default: nodistro, doc: "Suite there."}
  node_apt_components: {type: list, default: [main], doc: "Components there."}
  node_apt_key: {type: string, default: "https://deb.nodesource.com/gpgkey/nodesource-repo.gpg.key", doc: "Its signing key."}
  npm_args: {type: list, default: [], doc: "Further arguments of `npm install`, such as a registry of your own."}
  npm_packages: {type: list, default: [express, playwright], doc: "What the worker imports and its package.json does not name; empty: nothing."}
  browsers: {type: list, default: [chromium, firefox], doc: "Browsers that Playwright fetches; empty: none."}
  python_venv: {type: bool, default: false, doc: "Make the documented optional Python environment."}
  python_version: {type: string, default: "3.10", doc: "Minor version of its interpreter."}
  library_packages:
    type: list
    default: [libnss3, libatk1.0-0, libatk-bridge2.0-0, libcups2, libdrm2, libxkbcommon0, libxcomposite1, libxdamage1, libgbm1, libasound2]
    doc: "Libraries of the browsers. Debian 13 and Ubuntu 24.04 call some of them …t64."
  memory_max: {type: size, default: 4GiB, doc: "Memory limit of the unit."}

uses:
  - {component: autobot-base}
  - {component: nginx, when: params.behind_nginx}
  - component: nodejs
    with:
      apt_uri: "{{ params.node_apt_uri }}"
      apt_suite: "{{ params.node_apt_suite }}"
      apt_components: "{{ params.node_apt_components }}"
      apt_key: "{{ params.node_apt_key }}"

ports:
  - name: app
    number: "3000"
    scope: loopback
    holder: autobot-playwright.service
    when: params.behind_nginx
    doc: Express, on loopback.
  - name: api
    number: "3000"
    scope: fleet
    holder: nginx.service
    shared: nginx
    proxy_of: app
    when: params.behind_nginx
    doc: nginx on the node's own address, in front of it.
  - name: api
    number: "3000"
    scope: fleet
    holder: autobot-playwright.service
    when: not params.behind_nginx
    doc: Express, on every address.
  - name: vnc
    number: "{{ params.vnc_port }}"
    scope: loopback
    holder: autobot-vnc.service
    optional: true
    when: params.headed
    doc: The desktop, to be reached through SSH.

needs:
  - {role: autobot-shared, hard: true, when: params.python_venv, doc: "the shared library, in the optional environment"}

os: {supported: [debian-11, debian-12, debian-13, ubuntu-22.04, ubuntu-24.04, kali]}
packages:
  - "{{ params.library_packages }}"
  - {name: python3, when: params.python_venv}
  - {name: python3-venv, when: params.python_venv}
  - {name: xfce4, when: params.headed}
  - {name: xfce4-goodies, when: params.headed}
  - {name: tightvncserver, when: params.headed}
  - {name: dbus-x11, when: params.headed}
  - {name: xvfb, when: params.headed}
groups:
  - {name: autobot-browser, system: true}
users:
  - {name: autobot-browser, system: true, group: autobot-browser, home: /var/lib/autobot/browser, shell: /usr/sbin/nologin, create_home: false}
directories:
  # npm writes node_modules beside the code, as the account of the service.
  - {path: /opt/autobot/autobot-browser-worker, owner: autobot-browser, group: autobot-browser, mode: "0755"}
  - {path: /opt/autobot/autobot-browser-worker/browsers, owner: autobot-browser, group: autobot-browser, mode: "0755"}
  - {path: /var/lib/autobot/browser, owner: autobot-browser, group: autobot-browser, mode: "0750", data: true}

secrets:
  - {name: vnc_password, file: /etc/autobot/vnc-secrets.env, key: VNC_PASSWORD, length: 16, mode: "0640", owner: root, group: autobot-browser, when: params.headed}

files:
  - path: /etc/autobot/browser-service.env
    template: browser-service.env
    owner: root
    group: autobot-browser
    mode: "0640"
    on_change: {restart: [autobot-playwright.service]}
  - path: /etc/nginx/sites-available/autobot-browser.conf
    template: site.conf
    owner: root
    group: root
    mode: "0644"
    on_change: {reload: [nginx.service]}
    check: [nginx, -t]
    when: params.behind_nginx
  - path: /usr/local/lib/autobot/browser-desktop
    template: browser-desktop
    owner: root
    group: root
    mode: "0755"
    on_change: {restart: [autobot-vnc.service]}
    when: params.headed
links:
  - path: /etc/nginx/sites-enabled/autobot-browser.conf
    target: /etc/nginx/sites-available/autobot-browser.conf
    on_change: {reload: [nginx.service]}
    when: params.behind_nginx

sources:
  - source: autobot
    path: autobot-browser-worker
    target: /opt/autobot/autobot-browser-worker
    owner: autobot-browser
    group: autobot-browser
    excludes: [venv/, node_modules/, __pycache__/, "*.pyc", "*.pyo", .git/, data/, logs/, "*.egg-info/", dist/, .env, browsers/]
    on_change: {restart: [autobot-playwright.service]}

steps:
  - name: packages
    creates: /opt/autobot/autobot-browser-worker/node_modules
    user: autobot-browser
    directory: /opt/autobot/autobot-browser-worker
    commands:
      - [npm, install, --no-audit, --no-fund, "{{ params.npm_args }}"]
    environment: {HOME: /var/lib/autobot/browser, CI: "1", PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: "1"}
    inputs: ["source:package.json", "value:node {{ params.node_version }} {{ params.npm_args|join(' ') }}"]
    on_change: {restart: [autobot-playwright.service]}
    timeout: 20m
  - name: further-packages
    user: autobot-browser
    directory: /opt/autobot/autobot-browser-worker
    commands:
      - [npm, install, --no-audit, --no-fund, --no-save, "{{ params.npm_args }}", "{{ params.npm_packages }}"]
    environment: {HOME: /var/lib/autobot/browser, CI: "1", PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: "1"}
    inputs: ["source:package.json", "value:{{ params.npm_packages|join(' ') }}"]
    on_change: {restart: [autobot-playwright.service]}
    timeout: 20m
    when: params.npm_packages|length > 0
  - name: browsers
    user: autobot-browser
    directory: /opt/autobot/autobot-browser-worker
    commands:
      - [node_modules/.bin/playwright, install, "{{ params.browsers }}"]
    environment: {HOME: /var/lib/autobot/browser, PLAYWRIGHT_BROWSERS_PATH: /opt/autobot/autobot-browser-worker/browsers}
    inputs: ["source:package.json", "value:{{ params.browsers|join(' ') }}"]
    on_change: {restart: [autobot-playwright.service]}
    timeout: 30m
    when: params.browsers|length > 0
  - name: venv
    creates: /opt/autobot/autobot-browser-worker/venv/bin/python
    user: autobot-browser
    directory: /opt/autobot/autobot-browser-worker
    commands:
      - ["python{{ params.python_version }}", -m, venv, /opt/autobot/autobot-browser-worker/venv]
    environment: {HOME: /var/lib/autobot/browser}
    inputs: ["value:{{ params.python_version }}"]
    timeout: 5m
    when: params.python_venv

units:
  - name: autobot-playwright.service
    enable: true
    state: started
    sections:
      Unit:
        Description: AutoBot browser worker
        Wants: network-online.target
        After: network-online.target
        Conflicts: browser-playwright.service
        StartLimitIntervalSec: "600"
        StartLimitBurst: "10"
      Service:
        User: autobot-browser
        Group: autobot-browser
        WorkingDirectory: /opt/autobot/autobot-browser-worker
        EnvironmentFile: /etc/autobot/browser-service.env
        ExecStart: [/usr/bin/node, /opt/autobot/autobot-browser-worker/playwright-server.js]
        Restart: always
        RestartSec: 5s
        TimeoutStopSec: 30s
        LimitNOFILE: "65535"
        MemoryMax: "{{ params.memory_max }}"
        # Chromium makes namespaces of its own and compiles code, so those stay allowed.
        NoNewPrivileges: "yes"
        PrivateTmp: "yes"
        ProtectSystem: strict
        ProtectHome: "yes"
        ReadWritePaths: [/var/lib/autobot/browser, /opt/autobot/autobot-browser-worker]
        ProtectKernelTunables: "yes"
        ProtectKernelModules: "yes"
        ProtectControlGroups: "yes"
        RestrictSUIDSGID: "yes"
      Install:
        WantedBy: multi-user.target
  - name: autobot-vnc.service
    enable: true
    state: started
    when: params.headed
    sections:
      Unit:
        Description: AutoBot browser desktop
        Wants: network-online.target
        After: network-online.target
        Before: autobot-playwright.service
      Service:
        User: autobot-browser
        Group: autobot-browser
        WorkingDirectory: /var/lib/autobot/browser
        Environment: {HOME: /var/lib/autobot/browser}
        EnvironmentFile: /etc/autobot/vnc-secrets.env
        ExecStart: [/usr/local/lib/autobot/browser-desktop]
        Restart: always
        RestartSec: 5s
        NoNewPrivileges: "yes"
        ProtectSystem: full
        ProtectHome: "yes"
      Install:
        WantedBy: multi-user.target

health:
  - {kind: http, port: app, path: /health, required: true, when: params.behind_nginx}
  - {kind: http, port: api, path: /health, required: true}
startup: {typical: 10s, budget: 2m}
restart: {policy: auto, cost: "running browser sessions end"}
update_policy: auto

"""#),
  ]
}
