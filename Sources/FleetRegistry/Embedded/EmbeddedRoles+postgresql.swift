// Written by scripts/embed-roles.sh from roles/postgresql; do not edit.
// swift-format-ignore-file

extension EmbeddedRoles {
  static let postgresql: [File] = [
File(path: "postgresql/files/pg_hba.conf", contents: #"""
# Managed by fleetctl.
# TYPE  DATABASE  USER  ADDRESS  METHOD
local all postgres peer
{% for user in with.users %}
local all {{ user }} scram-sha-256
host all {{ user }} 127.0.0.1/32 scram-sha-256
host all {{ user }} ::1/128 scram-sha-256
{% for address in consumers.postgresql %}
host all {{ user }} {{ address|cidr }} scram-sha-256
{% endfor %}
{% endfor %}

"""#),
File(path: "postgresql/files/postgresql-backup", contents: #"""
#!/bin/sh
# Managed by fleetctl. Dumps every database of the cluster; runs as postgres.
set -eu
umask 077
target=/opt/autobot/data/postgres/backups
stamp=$(date -u +%Y%m%dT%H%M%SZ)
port={{ ports.postgresql.number }}

keep() {
    ls -1 "$target" | grep "^$1-[0-9TZ]*\.$2\$" | sort -r | tail -n +{{ with.backup_keep + 1 }} | while read -r old; do
        rm -f "$target/$old"
    done
}

finish() {
    sync "$target/.$1.part"
    mv "$target/.$1.part" "$target/$1"
}

pg_dumpall -p "$port" --globals-only --file "$target/.globals-$stamp.sql.part"
finish "globals-$stamp.sql"
keep globals sql
databases=$(psql -p "$port" -At -c "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres' ORDER BY 1" postgres)
for database in $databases; do
    pg_dump -p "$port" --format=custom --file "$target/.$database-$stamp.dump.part" "$database"
    finish "$database-$stamp.dump"
    keep "$database" dump
done

"""#),
File(path: "postgresql/files/postgresql.conf", contents: #"""
# Managed by fleetctl. Read after postgresql.conf; what is not here is the package's.
listen_addresses = '{{ ports.postgresql.bind|join(',') }}'
port = {{ ports.postgresql.number }}
max_connections = {{ with.max_connections }}
password_encryption = 'scram-sha-256'

shared_buffers = {{ with.shared_buffers|pg_size }}
effective_cache_size = {{ with.effective_cache_size|pg_size }}
work_mem = 16MB
maintenance_work_mem = 128MB
wal_buffers = 8MB
min_wal_size = 1GB
max_wal_size = 2GB
checkpoint_completion_target = 0.9

"""#),
File(path: "postgresql/role.yaml", contents: #"""
name: postgresql
kind: component
summary: One PostgreSQL cluster, for slm-database or redis.
notes:
  - Settings stand in conf.d, so that the package's own file stays as it is; pg_hba.conf is written whole.
  - Only the accounts that the role names may log in with a password, from this node and from the nodes that need them.
apt_sources:
  - name: pgdg
    uris: "{{ with.apt_uri }}"
    suites: "{{ with.apt_suite }}"
    components: "{{ with.apt_components }}"
    key: "{{ with.apt_key }}"
    pin: {packages: "postgresql-* libpq5 libpq-dev", priority: 700}
    when: with.apt_uri != ''
packages:
  - "postgresql-{{ with.version }}"
  - "postgresql-client-{{ with.version }}"
directories:
  - {path: "/var/lib/postgresql/{{ with.version }}/main", owner: postgres, group: postgres, mode: "0700", data: true}
  - {path: /opt/autobot/data, owner: root, group: root, mode: "0755", data: true, shared: true}
  - {path: /opt/autobot/data/postgres, owner: root, group: root, mode: "0755", data: true}
  - {path: /opt/autobot/data/postgres/backups, owner: postgres, group: postgres, mode: "0700", data: true}
files:
  - path: "/etc/postgresql/{{ with.version }}/main/conf.d/60-fleetctl.conf"
    template: postgresql.conf
    owner: postgres
    group: postgres
    mode: "0644"
    on_change: {restart: ["postgresql@{{ with.version }}-main.service"]}
    check: [runuser, -u, postgres, --, "/usr/lib/postgresql/{{ with.version }}/bin/postgres", -D, "/etc/postgresql/{{ with.version }}/main", -C, shared_buffers]
  - path: "/etc/postgresql/{{ with.version }}/main/pg_hba.conf"
    template: pg_hba.conf
    owner: postgres
    group: postgres
    mode: "0640"
    on_change: {reload: ["postgresql@{{ with.version }}-main.service"]}
    replaces_package_file: true
  - path: /usr/local/lib/autobot/postgresql-backup
    template: postgresql-backup
    owner: root
    group: root
    mode: "0755"
units:
  - name: fleetctl-backup-postgresql.service
    enable: false
    state: untouched
    sections:
      Unit:
        Description: Dump of every PostgreSQL database
        After: "postgresql@{{ with.version }}-main.service"
      Service:
        Type: oneshot
        User: postgres
        Group: postgres
        ExecStart: [/usr/local/lib/autobot/postgresql-backup]
        TimeoutStartSec: 2h
        Nice: "10"
        NoNewPrivileges: "yes"
        PrivateTmp: "yes"
        ProtectSystem: strict
        ProtectHome: "yes"
        ReadWritePaths: /opt/autobot/data/postgres/backups
  - name: fleetctl-backup-postgresql.timer
    enable: true
    state: started
    sections:
      Unit:
        Description: Daily dump of every PostgreSQL database
      Timer:
        OnCalendar: "*-*-* 02:15:00"
        Persistent: "true"
        RandomizedDelaySec: 5m
      Install:
        WantedBy: timers.target
drop_ins:
  - unit: "postgresql@{{ with.version }}-main.service"
    name: 50-fleetctl.conf
    sections:
      Unit:
        Wants: network-online.target
        After: network-online.target
services:
  - {name: postgresql.service, enable: true, state: started}
  - {name: "postgresql@{{ with.version }}-main.service", enable: true, state: started}
health:
  - {kind: command, command: [pg_isready, -q, -p, "{{ ports.postgresql.number }}"], user: postgres, required: true}
startup: {typical: 3s, budget: 2m}
restart: {policy: window, cost: "every connection to the databases of this node breaks for some seconds"}
update_policy: manual

"""#),
  ]
}
