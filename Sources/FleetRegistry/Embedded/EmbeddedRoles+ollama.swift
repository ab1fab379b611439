// Written by scripts/embed-roles.sh from roles/ollama; do not edit.
// swift-format-ignore-file

extension EmbeddedRoles {
  static let ollama: [File] = [
File(path: "ollama/files/ollama-pull", contents: #"""
#!/bin/sh
# Managed by fleetctl. Fetches the models named as arguments; what is there already costs a look.
set -eu
failed=0
for model in "$@"; do
    /usr/local/bin/ollama pull "$model" || failed=1
done
exit "$failed"

"""#),
File(path: "ollama/files/site.conf", contents: #"""
# Managed by fleetctl. Ollama listens on loopback; its consumers are on other nodes.
upstream autobot_ollama {
    server 127.0.0.1:{{ ports.app.number }};
}

server {
{% for address in ports.ollama.listen %}
    listen {{ address }};
{% endfor %}
    server_name {{ node.id }} {{ node.url_host }};
    server_tokens off;
    client_max_body_size 512m;
{% for address in consumers.ollama %}
    allow {{ address }};
{% endfor %}
    deny all;

    location / {
        proxy_http_version 1.1;
        # Ollama answers foreign host names with 403.
        proxy_set_header Host localhost;
        proxy_set_header Connection "";
        # Answers come word by word.
        proxy_buffering off;
        proxy_read_timeout 600s;
        proxy_send_timeout 600s;
        proxy_pass http://autobot_ollama;
    }
}

"""#),
File(path: "ollama/role.yaml", contents: #"""
name: ollama
kind: component
summary: The one Ollama of a node, for autobot-llm-cpu or autobot-llm-gpu.
notes:
  - The release archive brings no unit; this one stands at the place where the vendor's installer puts its own.
  - The program listens on loopback. Consumers on other nodes come through nginx on the node's own address.
  - Models are never fetched by an apply that waits for them.
archives:
  - name: ollama
    url: "{{ with.url }}"
    sha256: "{{ with.sha256 }}"
    target: /opt/ollama
    strip: 0
    owner: root
    group: root
    on_change: {restart: [ollama.service]}
packages: [curl, ca-certificates]
groups:
  - {name: ollama, system: true}
users:
  - {name: ollama, system: true, group: ollama, home: /usr/share/ollama, shell: /usr/sbin/nologin, create_home: false}
directories:
  - {path: /var/lib/ollama, owner: ollama, group: ollama, mode: "0750", data: true}
files:
  - path: /etc/nginx/sites-available/autobot-ollama.conf
    template: site.conf
    owner: root
    group: root
    mode: "0644"
    on_change: {reload: [nginx.service]}
    check: [nginx, -t]
    when: ports.ollama.exposed
  - path: /usr/local/lib/autobot/ollama-pull
    template: ollama-pull
    owner: root
    group: root
    mode: "0755"
    when: with.pull_models
links:
  - {path: /usr/local/bin/ollama, target: /opt/ollama/bin/ollama}
  - path: /etc/nginx/sites-enabled/autobot-ollama.conf
    target: /etc/nginx/sites-available/autobot-ollama.conf
    on_change: {reload: [nginx.service]}
    when: ports.ollama.exposed
units:
  - name: ollama.service
    enable: true
    state: started
    sections:
      Unit:
        Description: Ollama
        Wants: network-online.target
        After: network-online.target
        StartLimitIntervalSec: "600"
        StartLimitBurst: "10"
      Service:
        User: ollama
        Group: ollama
        WorkingDirectory: /var/lib/ollama
        Environment:
          HOME: /var/lib/ollama
          OLLAMA_HOST: "{{ ports.app.bind|first }}:{{ ports.app.number }}"
          OLLAMA_MODELS: /var/lib/ollama
          OLLAMA_MAX_LOADED_MODELS: "{{ with.max_loaded }}"
          OLLAMA_NUM_PARALLEL: "{{ with.num_parallel }}"
          OLLAMA_KEEP_ALIVE: "{{ with.keep_alive }}"
          OLLAMA_FLASH_ATTENTION: "1"
          OLLAMA_KV_CACHE_TYPE: q8_0
        ExecStart: [/usr/local/bin/ollama, serve]
        Restart: always
        RestartSec: 5s
        TimeoutStopSec: 30s
        LimitNOFILE: "65535"
        ReadWritePaths: /var/lib/ollama
        NoNewPrivileges: "yes"
        PrivateTmp: "yes"
        ProtectSystem: strict
        ProtectHome: "yes"
        ProtectKernelModules: "yes"
        ProtectControlGroups: "yes"
        RestrictSUIDSGID: "yes"
      Install:
        WantedBy: multi-user.target
  - name: autobot-ollama-models.service
    enable: true
    state: started
    when: with.pull_models
    sections:
      Unit:
        Description: Fetches the declared models
        Requires: ollama.service
        After: ollama.service network-online.target
      Service:
        # Active from the first moment, so that nobody waits for gigabytes.
        Type: exec
        RemainAfterExit: "yes"
        User: ollama
        Group: ollama
        Environment:
          HOME: /var/lib/ollama
          OLLAMA_HOST: "{{ ports.app.bind|first }}:{{ ports.app.number }}"
        ExecStart: [/usr/local/lib/autobot/ollama-pull, "{{ with.models }}"]
        Restart: on-failure
        RestartSec: 5m
        Nice: "10"
        NoNewPrivileges: "yes"
        PrivateTmp: "yes"
        ProtectSystem: strict
        ProtectHome: "yes"
      Install:
        WantedBy: multi-user.target

"""#),
  ]
}
