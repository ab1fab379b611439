// Written by scripts/embed-roles.sh from roles/redis; do not edit.
// swift-format-ignore-file

extension EmbeddedRoles {
  static let redis: [File] = [
File(path: "redis/files/db-credentials.env", contents: #"""
AUTOBOT_DB_HOST={{ ports.postgresql.address }}
AUTOBOT_DB_PORT={{ ports.postgresql.number }}
AUTOBOT_DB_USER={{ params.database_owner|env }}
AUTOBOT_DB_NAME={{ params.database_name|env }}
AUTOBOT_DATABASE_URL=postgresql://{{ params.database_owner }}:{{ secrets.autobot_db_password|urlencode }}@{{ ports.postgresql.listen_one }}/{{ params.database_name }}

"""#),
File(path: "redis/files/redis-backup", contents: #"""
#!/bin/sh
# Managed by fleetctl. Asks redis for a snapshot, waits for it and keeps a copy of the file.
# fleetctl-backup-redis.service gives REDIS_PASSWORD.
set -eu
umask 077
REDISCLI_AUTH=$REDIS_PASSWORD
export REDISCLI_AUTH
target=/opt/autobot/data/redis

ask() {
    redis-cli -h 127.0.0.1 -p {{ params.port }} "$@" | tr -d '\r'
}

live=$(ask CONFIG GET dir | sed -n 2p)
if [ "$live" != /var/lib/redis-stack ]; then
    echo "redis keeps its data in '$live': move it to /var/lib/redis-stack, or its next start is an empty one" >&2
    exit 1
fi
before=$(ask LASTSAVE)
# LASTSAVE counts whole seconds: the new snapshot must not fall into the old one's.
sleep 1
answer=$(ask BGSAVE SCHEDULE)
case $answer in
    'Background saving '*) ;;
    *) echo "redis answers: $answer" >&2; exit 1 ;;
esac
while [ "$(ask LASTSAVE)" -le "$before" ]; do
    # A snapshot that fails leaves LASTSAVE as it was; the unit's time limit ends the wait.
    sleep 1
done

name=dump-$(date -u +%Y%m%dT%H%M%SZ).rdb
cp /var/lib/redis-stack/dump.rdb "$target/.$name.part"
sync "$target/.$name.part"
mv "$target/.$name.part" "$target/$name"
ls -1 "$target" | grep '^dump-.*\.rdb$' | sort -r | tail -n +{{ params.backup_keep + 1 }} | while read -r old; do
    rm -f "$target/$old"
done
{% if params.appendonly %}

# A redis that is started with an append-only file for the first time reads that alone and no snapshot, so the file must
# be there before (a redis that somebody ran without one).
if [ "$(ask CONFIG GET appendonly | sed -n 2p)" = no ]; then
    ask CONFIG SET appendonly yes
    while ask INFO persistence | grep -Eq '^aof_rewrite_(in_progress|scheduled):1'; do
        sleep 1
    done
    ask INFO persistence | grep -q '^aof_last_bgrewrite_status:ok'
fi
{% endif %}

"""#),
File(path: "redis/files/redis-exporter.env", contents: #"""
# Managed by fleetctl.
REDIS_ADDR=redis://127.0.0.1:{{ params.port }}
REDIS_PASSWORD={{ secrets.redis_password|env }}

"""#),
File(path: "redis/files/redis-health", contents: #"""
#!/bin/sh
# Managed by fleetctl. Answers PONG when redis answers and its last snapshot was written.
# The password goes from the file to redis-cli through the environment, which only root and this user can read.
set -eu
REDISCLI_AUTH=$(sed -n 's/^REDIS_PASSWORD=//p' /etc/autobot/database-secrets.env | sed 's/^"\(.*\)"$/\1/')
export REDISCLI_AUTH
answer=$(redis-cli -h 127.0.0.1 -p {{ params.port }} PING)
if [ "$answer" != PONG ]; then
    echo "redis answers: $answer" >&2
    exit 1
fi
if ! redis-cli -h 127.0.0.1 -p {{ params.port }} INFO persistence | tr -d '\r' | grep -qx 'rdb_last_bgsave_status:ok'; then
    echo "redis could not write its last snapshot (rdb_last_bgsave_status)" >&2
    exit 1
fi
echo PONG

"""#),
File(path: "redis/files/redis.conf", contents: #"""
# Managed by fleetctl. Modules are loaded by the redis-stack launcher.
bind {{ ports.redis.bind|join(' ') }}
port {{ params.port }}
protected-mode yes
requirepass {{ secrets.redis_password|json }}
{% if params.tls %}
tls-port {{ params.tls_port }}
tls-cert-file {{ certificates.redis.cert }}
tls-key-file {{ certificates.redis.key }}
tls-ca-cert-file {{ certificates.redis.ca }}
tls-auth-clients optional
{% endif %}
tcp-backlog 511
timeout 300
tcp-keepalive 60
maxclients {{ params.maxclients }}
databases 16

daemonize no
supervised no
dir /var/lib/redis-stack
logfile ""
loglevel notice

maxmemory {{ params.maxmemory|redis_size }}
maxmemory-policy {{ params.maxmemory_policy }}

{% for rule in params.save %}
save {{ rule|raw }}
{% endfor %}
dbfilename dump.rdb
rdbcompression yes
rdbchecksum yes
stop-writes-on-bgsave-error yes

{% if params.appendonly %}
appendonly yes
{% else %}
appendonly no
{% endif %}
appendfsync everysec

slowlog-log-slower-than 10000
slowlog-max-len 128

"""#),
File(path: "redis/role.yaml", contents: #"""
name: redis
kind: role
summary: Redis Stack and PostgreSQL database node (primary cache, Celery broker, pub/sub, vector search, time series, and the backend's user database).
layer: business
required: true
degraded_without: The backend, its workers and the AI stack have no cache, broker, sessions or vector search.
notes:
  - Updates are manual. A change waits for a maintenance window and comes after a backup (BGSAVE and pg_dump).
  - Redis Stack comes from packages.redis.io; the distribution's redis-server has no RediSearch, RedisJSON or RedisTimeSeries and must not run beside it.
  - Applications go through autobot_shared.redis_client.get_redis_client and find host, port and password in their environment.
  - "Redis databases: 0 main and RediSearch (RediSearch needs 0), 1 metrics, 2 prompts, 3 agents, 4 cache, 6 sessions, 8 chat_history, 15 testing; Celery uses 1 as broker and 2 for results."
  - PostgreSQL runs here in every user mode; database and exposure exist only when the mode is not single_user.
  - A database called autobot_users on this node is data of an older layout and is never dropped.
  - The release of redis_exporter is unpinned until `exporter_sha256` is given.
  - The snapshot files in /opt/autobot/data/redis are copies; redis itself works in /var/lib/redis-stack.
playbook: setup-redis-stack.yml, playbooks/deploy_role.yml
install_dirs: [/var/lib/redis-stack, "/var/lib/postgresql/{{ params.postgresql_version }}/main"]
aliases: [autobot-database-redis.service, autobot-database-postgres.service]
orphans:
  units: [redis-server.service]

placement:
  default_nodes: [04-Databases]
  replicas: one
  apart_from:
    - {role: browser-service, because: "a browser that runs foreign pages stays away from the fleet's data (ADR-001)"}

params:
  port: {type: port, default: 6379, doc: "Port of redis without TLS."}
  tls: {type: bool, default: false, doc: "Listen with TLS too (AUTOBOT_REDIS_TLS_ENABLED)."}
  tls_port: {type: port, default: 6380, doc: "Port of redis with TLS."}
  maxmemory: {type: size, default: 6GiB, doc: "What redis may hold before it evicts."}
  maxmemory_policy:
    type: enum
    values: [noeviction, allkeys-lru, allkeys-lfu, allkeys-random, volatile-lru, volatile-lfu, volatile-random, volatile-ttl]
    default: allkeys-lru
    doc: "What it evicts. allkeys-lru may evict queued Celery messages."
  memory_max: {type: size, default: "{{ params.maxmemory * 5 / 4 }}", doc: "Memory limit of the unit; a snapshot forks, so it needs more than maxmemory."}
  maxclients: {type: int, default: 10000, min: 1, doc: "Connections at once."}
  save: {type: list, default: ["900 1", "300 10", "60 10000"], doc: "Snapshot rules, seconds and changes."}
  appendonly: {type: bool, default: true, doc: "Keep the append-only file."}
  redis_apt_uri: {type: string, default: "https://packages.redis.io/deb", doc: "Package source of Redis Stack; empty: none is set up."}
  redis_apt_suite: {type: string, default: jammy, doc: "Suite there: the code name of the node's distribution."}
  redis_apt_components: {type: list, default: [main], doc: "Components there."}
  redis_apt_key: {type: string, default: "https://packages.redis.io/gpg", doc: "Its signing key."}
  exporter_port: {type: port, default: 9121, doc: "Port of the metrics exporter."}
  exporter_url:
    type: url
    default: "https://github.com/oliver006/redis_exporter/releases/download/v1.62.0/redis_exporter-v1.62.0.linux-amd64.tar.gz"
    doc: "Release archive of redis_exporter."
  exporter_sha256: {type: string, default: "", doc: "SHA-256 of that archive; empty: not verified."}
  insight: {type: bool, default: false, doc: "Run RedisInsight. Its unit comes with the package in insight_package, not with redis-stack-server."}
  insight_port: {type: port, default: 8001, doc: "Port of RedisInsight."}
  insight_package: {type: string, default: redis-stack, doc: "Package that brings redisinsight.service."}
  kernel_settings: {type: bool, default: true, doc: "Set overcommit, backlog, swappiness and transparent huge pages as redis wants them."}
  postgresql: {type: bool, default: true, doc: "Run PostgreSQL on this node."}
  postgresql_port: {type: port, default: 5432, doc: "Port of PostgreSQL."}
  postgresql_version: {type: string, default: "16", doc: "Major version."}
  postgresql_apt_uri: {type: string, default: "https://apt.postgresql.org/pub/repos/apt", doc: "Package source of PostgreSQL; empty: none is set up."}
  postgresql_apt_suite: {type: string, default: jammy-pgdg, doc: "Suite there; Kali uses bookworm-pgdg."}
  postgresql_apt_components: {type: list, default: [main], doc: "Components there."}
  postgresql_apt_key: {type: string, default: "https://www.postgresql.org/media/keys/ACCC4CF8.asc", doc: "Its signing key."}
  shared_buffers: {type: size, default: 256MiB, doc: "PostgreSQL's shared_buffers."}
  effective_cache_size: {type: size, default: 1GiB, doc: "PostgreSQL's effective_cache_size."}
  max_connections: {type: int, default: 100, min: 1, unit: connections, doc: "PostgreSQL's max_connections."}
  database_name: {type: string, default: autobot, doc: "Database of the backend's users, teams, organisations, API keys and audit log."}
  database_owner: {type: string, default: autobot, doc: "Its owner."}
  backup_keep: {type: int, default: 7, min: 1, unit: copies, doc: "How many copies of each backup stay."}

uses:
  - {component: autobot-base}
  - component: postgresql
    when: params.postgresql
    with:
      version: "{{ params.postgresql_version }}"
      apt_uri: "{{ params.postgresql_apt_uri }}"
      apt_suite: "{{ params.postgresql_apt_suite }}"
      apt_components: "{{ params.postgresql_apt_components }}"
      apt_key: "{{ params.postgresql_apt_key }}"
      shared_buffers: "{{ params.shared_buffers }}"
      effective_cache_size: "{{ params.effective_cache_size }}"
      max_connections: "{{ params.max_connections }}"
      users: ["{{ params.database_owner }}"]
      backup_keep: "{{ params.backup_keep }}"

ports:
  - name: redis
    number: "{{ params.port }}"
    scope: fleet
    holder: redis-stack-server.service
    doc: Redis without TLS, with a password.
  - name: redis-tls
    number: "{{ params.tls_port }}"
    scope: fleet
    holder: redis-stack-server.service
    optional: true
    when: params.tls
    doc: Redis with TLS.
  - name: redis-exporter
    number: "{{ params.exporter_port }}"
    scope: fleet
    holder: redis_exporter.service
    doc: Prometheus metrics of redis, scraped by slm-monitoring.
  - name: insight
    number: "{{ params.insight_port }}"
    scope: fleet
    holder: redisinsight.service
    optional: true
    when: params.insight
    doc: RedisInsight.
  # The mode decides the exposure: without user management nobody but this node connects.
  - name: postgresql
    number: "{{ params.postgresql_port }}"
    scope: fleet
    holder: "postgresql@{{ params.postgresql_version }}-main.service"
    when: params.postgresql and settings.multi_user
    doc: PostgreSQL, for the backend's user management.
  - name: postgresql
    number: "{{ params.postgresql_port }}"
    scope: loopback
    holder: "postgresql@{{ params.postgresql_version }}-main.service"
    when: params.postgresql and not settings.multi_user
    doc: PostgreSQL, without a database of ours in this mode.

needs: []

memory:
  - {what: data of redis, size: "{{ params.maxmemory }}", most: 70, param: maxmemory}
  - {what: pages copied while redis writes a snapshot, size: "{{ params.maxmemory / 4 }}", param: maxmemory, when: params.save|length > 0 or params.appendonly}
  - {what: PostgreSQL's shared buffers, size: "{{ params.shared_buffers }}", param: shared_buffers, when: params.postgresql}

os: {supported: [debian-11, debian-12, debian-13, ubuntu-22.04, ubuntu-24.04, kali]}
apt_sources:
  - name: redis
    uris: "{{ params.redis_apt_uri }}"
    suites: "{{ params.redis_apt_suite }}"
    components: "{{ params.redis_apt_components }}"
    key: "{{ params.redis_apt_key }}"
    pin: {packages: "redis-stack-server redis-stack", priority: 700}
    when: params.redis_apt_uri != ''
packages:
  - redis-stack-server
  - redis-tools
  - {name: "{{ params.insight_package }}", when: params.insight}
archives:
  - name: redis_exporter
    url: "{{ params.exporter_url }}"
    sha256: "{{ params.exporter_sha256 }}"
    target: /opt/redis_exporter
    strip: 1
    owner: root
    group: root
    on_change: {restart: [redis_exporter.service]}
groups:
  - {name: redis, system: true}
  - {name: redis_exporter, system: true}
users:
  - {name: redis, system: true, group: redis, home: /var/lib/redis-stack, shell: /usr/sbin/nologin, create_home: false}
  - {name: redis_exporter, system: true, group: redis_exporter, home: /nonexistent, shell: /usr/sbin/nologin, create_home: false}
directories:
  - {path: /var/lib/redis-stack, owner: redis, group: redis, mode: "0750", data: true}
  - {path: /etc/autobot/redis, owner: root, group: redis, mode: "0750", when: params.tls}
  - {path: /opt/autobot/data, owner: root, group: root, mode: "0755", data: true, shared: true}
  - {path: /opt/autobot/data/redis, owner: redis, group: redis, mode: "0750", data: true}

files:
  - path: /etc/redis-stack.conf
    template: redis.conf
    owner: redis
    group: redis
    mode: "0640"
    on_change: {restart: [redis-stack-server.service]}
    replaces_package_file: true
    # Redis cannot only read its configuration: one without data and ports is started, on a socket of its own.
    check:
      - sh
      - -c
      - >-
        /opt/redis-stack/bin/redis-server /etc/redis-stack.conf --port 0 --tls-port 0 --unixsocket /run/check.sock
        --dir /run --save "" --appendonly no --daemonize no --logfile "" >/run/check.log 2>&1 & tries=0;
        while [ ! -S /run/check.sock ] && kill -0 $! 2>/dev/null && [ $tries -lt 200 ]; do sleep 0.1; tries=$((tries + 1)); done;
        if [ -S /run/check.sock ]; then kill $!; else cat /run/check.log; exit 1; fi
  - path: /etc/autobot/redis-exporter.env
    template: redis-exporter.env
    owner: root
    group: redis_exporter
    mode: "0640"
    on_change: {restart: [redis_exporter.service]}
  - path: /etc/autobot/db-credentials.env
    template: db-credentials.env
    owner: root
    group: autobot
    mode: "0640"
    merge: env
    when: params.postgresql and settings.multi_user
  - path: /usr/local/lib/autobot/redis-health
    template: redis-health
    owner: root
    group: root
    mode: "0755"
  - path: /usr/local/lib/autobot/redis-backup
    template: redis-backup
    owner: root
    group: root
    mode: "0755"
  - path: /etc/sysctl.d/60-autobot-redis.conf
    content: |
      # Managed by fleetctl.
      vm.overcommit_memory = 1
      net.core.somaxconn = 1024
      vm.swappiness = 1
    owner: root
    group: root
    mode: "0644"
    when: params.kernel_settings
sysctl:
  - {key: vm.overcommit_memory, value: "1", when: params.kernel_settings}
  - {key: net.core.somaxconn, value: "1024", when: params.kernel_settings}
  - {key: vm.swappiness, value: "1", when: params.kernel_settings}

secrets:
  - {name: redis_password, file: /etc/autobot/database-secrets.env, key: REDIS_PASSWORD, length: 48, mode: "0640", owner: root, group: redis}
  - {name: autobot_db_password, file: /etc/autobot/db-credentials.env, key: AUTOBOT_DB_PASSWORD, length: 48, mode: "0640", owner: root, group: autobot, when: params.postgresql and settings.multi_user}
certificates:
  - name: redis
    cert: /etc/autobot/redis/tls.crt
    key: /etc/autobot/redis/tls.key
    key_mode: "0640"
    owner: root
    group: redis
    on_change: {restart: [redis-stack-server.service]}
    when: params.tls
databases:
  - {engine: postgresql, name: "{{ params.database_name }}", owner: "{{ params.database_owner }}", password: autobot_db_password, when: params.postgresql and settings.multi_user}

units:
  - name: redis_exporter.service
    enable: true
    state: started
    sections:
      Unit:
        Description: Prometheus exporter for redis
        Wants: network-online.target
        After: network-online.target redis-stack-server.service
      Service:
        User: redis_exporter
        Group: redis_exporter
        EnvironmentFile: /etc/autobot/redis-exporter.env
        ExecStart: [/opt/redis_exporter/redis_exporter, "--web.listen-address={{ ports['redis-exporter'].listen_one }}"]
        Restart: on-failure
        RestartSec: 5s
        MemoryMax: 128M
        NoNewPrivileges: "yes"
        CapabilityBoundingSet: ""
        PrivateTmp: "yes"
        PrivateDevices: "yes"
        ProtectSystem: strict
        ProtectHome: "yes"
        ProtectKernelTunables: "yes"
        ProtectKernelModules: "yes"
        ProtectControlGroups: "yes"
        RestrictSUIDSGID: "yes"
        LockPersonality: "yes"
      Install:
        WantedBy: multi-user.target
  - name: autobot-redis-thp.service
    enable: true
    state: started
    when: params.kernel_settings
    sections:
      Unit:
        Description: Transparent huge pages off, as redis wants them
        Before: redis-stack-server.service
        ConditionPathExists: /sys/kernel/mm/transparent_hugepage/enabled
      Service:
        Type: oneshot
        RemainAfterExit: "yes"
        ExecStart: [/bin/sh, -c, "echo never > /sys/kernel/mm/transparent_hugepage/enabled"]
      Install:
        WantedBy: multi-user.target
  - name: fleetctl-backup-redis.service
    enable: false
    state: untouched
    sections:
      Unit:
        Description: Snapshot of redis and a copy of it
        After: redis-stack-server.service
      Service:
        Type: oneshot
        User: redis
        Group: redis
        EnvironmentFile: /etc/autobot/database-secrets.env
        ExecStart: [/usr/local/lib/autobot/redis-backup]
        TimeoutStartSec: 1h
        Nice: "10"
        NoNewPrivileges: "yes"
        PrivateTmp: "yes"
        ProtectSystem: strict
        ProtectHome: "yes"
        ReadWritePaths: /opt/autobot/data/redis
  - name: fleetctl-backup-redis.timer
    enable: true
    state: started
    sections:
      Unit:
        Description: Daily snapshot of redis
      Timer:
        OnCalendar: "*-*-* 02:00:00"
        Persistent: "true"
        RandomizedDelaySec: 5m
      Install:
        WantedBy: timers.target

drop_ins:
  - unit: redis-stack-server.service
    name: 50-fleetctl.conf
    sections:
      Unit:
        Wants: network-online.target
        After: network-online.target
        Conflicts: redis-server.service
      Service:
        # The package's unit runs as nobody, to whom the data folder does not belong, and names no configuration file.
        User: redis
        Group: redis
        ExecStart: [[], [/opt/redis-stack/bin/redis-stack-server, /etc/redis-stack.conf]]
        Restart: always
        RestartSec: 5s
        LimitNOFILE: "65535"
        MemoryMax: "{{ params.memory_max }}"
        # A big data set needs its time to be written at the end.
        TimeoutStopSec: 10m
        NoNewPrivileges: "yes"
        PrivateTmp: "yes"
        ProtectSystem: full
        ProtectHome: "yes"
        ProtectKernelTunables: "yes"
        ProtectKernelModules: "yes"
        ProtectControlGroups: "yes"
        RestrictSUIDSGID: "yes"
  - unit: redisinsight.service
    name: 50-fleetctl.conf
    when: params.insight
    sections:
      Service:
        Environment: {RI_APP_HOST: "{{ ports.insight.address }}", RI_APP_PORT: "{{ params.insight_port }}"}
services:
  - {name: redis-stack-server.service, enable: true, state: started}
  - {name: redisinsight.service, enable: true, state: started, when: params.insight}

backups:
  - {name: redis, unit: fleetctl-backup-redis.timer, covers: [redis-stack-server.service], doc: "BGSAVE every night at 02:00 and a copy in /opt/autobot/data/redis"}
  - {name: postgresql, unit: fleetctl-backup-postgresql.timer, covers: ["postgresql@{{ params.postgresql_version }}-main.service"], doc: "pg_dump of every database every night at 02:15 into /opt/autobot/data/postgres/backups", when: params.postgresql}

health:
  - {kind: command, command: [/usr/local/lib/autobot/redis-health], expect_body: PONG, required: true}
  - {kind: http, port: redis-exporter, path: /metrics, expect_body: "redis_up 1", required: false}
startup: {typical: 5s, budget: 3m}
restart: {policy: window, cost: "cache, sessions, broker and vector search are away while redis reads its data back"}
update_policy: manual

"""#),
  ]
}
