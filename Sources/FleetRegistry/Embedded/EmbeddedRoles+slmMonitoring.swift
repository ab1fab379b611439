// Written by scripts/embed-roles.sh from roles/slm-monitoring; do not edit.
// swift-format-ignore-file

extension EmbeddedRoles {
  static let slmMonitoring: [File] = [
File(path: "slm-monitoring/files/datasource.yaml", contents: #"""
# Managed by fleetctl.
apiVersion: 1
datasources:
  - name: Prometheus
    type: prometheus
    access: proxy
    url: http://{{ ports.prometheus.listen_one }}/prometheus
    isDefault: true

"""#),
File(path: "slm-monitoring/files/grafana.ini", contents: #"""
# Managed by fleetctl. The admin password and the secret key come from monitoring-secrets.env.
[paths]
data = /var/lib/grafana

[server]
protocol = http
http_addr = {{ ports.grafana.address }}
http_port = {{ ports.grafana.number }}
{% if targets['slm-frontend'].https|length > 0 %}
domain = {{ targets['slm-frontend'].https[0].url_host }}
root_url = https://{{ targets['slm-frontend'].https[0].address }}/grafana/
{% else %}
domain = {{ node.url_host }}
root_url = http://{{ node.url_host }}:{{ ports.grafana.number }}/grafana/
{% endif %}
serve_from_sub_path = true

[security]
allow_embedding = true
cookie_secure = true
cookie_samesite = none
disable_gravatar = true

[users]
allow_sign_up = false

[auth.anonymous]
enabled = {{ params.anonymous }}
org_role = Viewer

[analytics]
reporting_enabled = false
check_for_updates = false

"""#),
File(path: "slm-monitoring/files/prometheus.yml", contents: #"""
# Managed by fleetctl. Targets come from the fleet.
global:
  scrape_interval: {{ params.scrape_interval|seconds }}s
  evaluation_interval: {{ params.scrape_interval|seconds }}s

scrape_configs:
  - job_name: prometheus
    metrics_path: /prometheus/metrics
    static_configs:
      - targets: ['{{ ports.prometheus.listen_one }}']

  - job_name: node
    static_configs:
{% for target in targets['slm-agent']['node-exporter'] %}
      - targets: ['{{ target.address }}']
        labels: {node: '{{ target.node }}'}
{% endfor %}
{% if targets.redis['redis-exporter']|length > 0 %}

  - job_name: redis
    static_configs:
{% for target in targets.redis['redis-exporter'] %}
      - targets: ['{{ target.address }}']
        labels: {node: '{{ target.node }}'}
{% endfor %}
{% endif %}
{% if 'slm-backend' in node.roles %}

  - job_name: slm
    metrics_path: {{ params.slm_metrics_path }}
    static_configs:
      - targets: ['{{ endpoints['slm-backend'].app.address }}']
        labels: {node: '{{ node.id }}'}
{% else %}
{% for target in targets['slm-backend'].https %}

  - job_name: slm
    metrics_path: {{ params.slm_metrics_path }}
    scheme: https
    tls_config: {ca_file: {{ fleet.ca }}}
    static_configs:
      - targets: ['{{ target.address }}']
        labels: {node: '{{ target.node }}'}
{% endfor %}
{% endif %}
{% if targets.backend.https|length > 0 %}

  - job_name: autobot-backend
    metrics_path: {{ params.backend_metrics_path }}
    scheme: https
    tls_config: {ca_file: {{ fleet.ca }}}
    static_configs:
{% for target in targets.backend.https %}
      - targets: ['{{ target.address }}']
        labels: {node: '{{ target.node }}'}
{% endfor %}
{% endif %}

"""#),
File(path: "slm-monitoring/role.yaml", contents: #"""
name: slm-monitoring
kind: role
summary: Prometheus and Grafana for the fleet.
layer: management
required: false
degraded_without: No figures, dashboards or alerts; the fleet itself works on.
notes:
  - Both stand behind slm-frontend's nginx, under /prometheus/ and /grafana/; on a node of their own they are exposed to that nginx only.
  - Grafana is shown in a frame of the admin UI; anonymous visitors may look.
  - Collectors for IPMI, NVMe, SMART and Mellanox come with slm-agent, where the hardware is declared (#1147).
  - The documented /api/metrics of the manager wants a login; the path that Prometheus can read is the parameter slm_metrics_path.
  - The release of Prometheus is unpinned until `prometheus_sha256` is given.
playbook: deploy-monitoring.yml
install_dirs: [/opt/prometheus, /var/lib/grafana]
orphans:
  units: [prometheus-server.service]

placement:
  default_nodes: [00-SLM-Manager]
  replicas: one
  separable: true

params:
  prometheus_port: {type: port, default: 9090, doc: "Port of Prometheus."}
  grafana_port: {type: port, default: 3000, doc: "Port of Grafana."}
  prometheus_url:
    type: url
    default: "https://github.com/prometheus/prometheus/releases/download/v2.53.3/prometheus-2.53.3.linux-amd64.tar.gz"
    doc: "Release archive of Prometheus."
  prometheus_sha256: {type: string, default: "", doc: "SHA-256 of that archive; empty: not verified."}
  grafana_apt_uri: {type: string, default: "https://apt.grafana.com", doc: "Package source of Grafana; empty: none is set up."}
  grafana_apt_suite: {type: string, default: stable, doc: "Suite there."}
  grafana_apt_components: {type: list, default: [main], doc: "Components there."}
  grafana_apt_key: {type: string, default: "https://apt.grafana.com/gpg.key", doc: "Its signing key."}
  scrape_interval: {type: duration, default: 15s, min: 1s, doc: "How often every target is read."}
  retention_time: {type: string, default: 15d, doc: "How long figures stay."}
  retention_size: {type: size, default: 10GiB, doc: "How much room they may take; what is reached first counts."}
  slm_metrics_path: {type: string, default: /api/performance/metrics/prometheus, doc: "Where the manager shows its figures without a login."}
  backend_metrics_path: {type: string, default: /api/metrics/prometheus, doc: "Where the backend shows its figures."}
  anonymous: {type: bool, default: true, doc: "Let anonymous visitors look at dashboards."}

uses:
  - {component: autobot-base}

ports:
  - name: prometheus
    number: "{{ params.prometheus_port }}"
    scope: loopback
    holder: prometheus.service
    doc: Prometheus, behind slm-frontend's nginx.
  - name: grafana
    number: "{{ params.grafana_port }}"
    scope: loopback
    holder: grafana-server.service
    doc: Grafana, behind slm-frontend's nginx.

needs:
  - {role: slm-agent, endpoint: node-exporter, hard: true, order: false, doc: "figures of every node"}
  - {role: redis, endpoint: redis-exporter, hard: false, order: false, doc: "figures of redis"}
  - {role: slm-backend, endpoint: app, hard: false, order: false, when: "'slm-backend' in node.roles", doc: "figures of the manager, on the same node"}
  - {role: slm-backend, endpoint: https, hard: false, order: false, when: "not ('slm-backend' in node.roles)", doc: "figures of the manager, on another node"}
  - {role: backend, endpoint: https, hard: false, order: false, doc: "figures of the backend"}

os: {supported: [debian-11, debian-12, debian-13, ubuntu-22.04, ubuntu-24.04, kali]}
apt_sources:
  - name: grafana
    uris: "{{ params.grafana_apt_uri }}"
    suites: "{{ params.grafana_apt_suite }}"
    components: "{{ params.grafana_apt_components }}"
    key: "{{ params.grafana_apt_key }}"
    pin: {packages: grafana, priority: 700}
    when: params.grafana_apt_uri != ''
packages: [grafana]
archives:
  - name: prometheus
    url: "{{ params.prometheus_url }}"
    sha256: "{{ params.prometheus_sha256 }}"
    target: /opt/prometheus
    strip: 1
    owner: root
    group: root
    on_change: {restart: [prometheus.service]}
groups:
  - {name: prometheus, system: true}
users:
  - {name: prometheus, system: true, group: prometheus, home: /var/lib/prometheus, shell: /usr/sbin/nologin, create_home: false}
directories:
  - {path: /etc/prometheus, owner: root, group: root, mode: "0755"}
  # The node exporter's package keeps its own folder in here.
  - {path: /var/lib/prometheus, owner: prometheus, group: prometheus, mode: "0755", data: true}
  - {path: /var/lib/prometheus/data, owner: prometheus, group: prometheus, mode: "0750", data: true}
  - {path: /var/lib/grafana, owner: grafana, group: grafana, mode: "0750", data: true}

secrets:
  - {name: grafana_admin_password, file: /etc/autobot/monitoring-secrets.env, key: GF_SECURITY_ADMIN_PASSWORD, length: 24, mode: "0640", owner: root, group: root}
  - {name: grafana_secret_key, file: /etc/autobot/monitoring-secrets.env, key: GF_SECURITY_SECRET_KEY, length: 48, mode: "0640", owner: root, group: root}

files:
  - path: /etc/prometheus/prometheus.yml
    template: prometheus.yml
    owner: root
    group: prometheus
    mode: "0640"
    on_change: {restart: [prometheus.service]}
    check: [/opt/prometheus/promtool, check, config, /etc/prometheus/prometheus.yml]
  - path: /etc/grafana/grafana.ini
    template: grafana.ini
    owner: root
    group: grafana
    mode: "0640"
    on_change: {restart: [grafana-server.service]}
    replaces_package_file: true
  - path: /etc/grafana/provisioning/datasources/autobot.yaml
    template: datasource.yaml
    owner: root
    group: grafana
    mode: "0640"
    on_change: {restart: [grafana-server.service]}

units:
  - name: prometheus.service
    enable: true
    state: started
    sections:
      Unit:
        Description: Prometheus
        Wants: network-online.target
        After: network-online.target
      Service:
        User: prometheus
        Group: prometheus
        ExecStart:
          - /opt/prometheus/prometheus
          - --config.file=/etc/prometheus/prometheus.yml
          - --storage.tsdb.path=/var/lib/prometheus/data
          - "--storage.tsdb.retention.time={{ params.retention_time }}"
          - "--storage.tsdb.retention.size={{ params.retention_size|pg_size }}"
          - "--web.listen-address={{ ports.prometheus.listen_one }}"
          - --web.external-url=/prometheus/
        Restart: always
        RestartSec: 5s
        TimeoutStopSec: 2m
        LimitNOFILE: "65535"
        NoNewPrivileges: "yes"
        CapabilityBoundingSet: ""
        PrivateTmp: "yes"
        PrivateDevices: "yes"
        ProtectSystem: strict
        ProtectHome: "yes"
        ReadWritePaths: /var/lib/prometheus
        ProtectKernelTunables: "yes"
        ProtectKernelModules: "yes"
        ProtectControlGroups: "yes"
        RestrictSUIDSGID: "yes"
        LockPersonality: "yes"
      Install:
        WantedBy: multi-user.target
drop_ins:
  - unit: grafana-server.service
    name: 50-fleetctl.conf
    sections:
      Service:
        EnvironmentFile: /etc/autobot/monitoring-secrets.env
        Restart: always
        RestartSec: 5s
services:
  - {name: grafana-server.service, enable: true, state: started}

health:
  - {kind: http, port: prometheus, path: /prometheus/-/healthy, required: true, starting_statuses: [503]}
  - {kind: http, port: grafana, path: /api/health, required: true, starting_statuses: [502, 503]}
startup: {typical: 15s, budget: 3m}
restart: {policy: auto, cost: "a gap of some seconds in the figures"}
update_policy: auto

"""#),
  ]
}
