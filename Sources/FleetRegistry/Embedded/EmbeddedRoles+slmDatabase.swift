// Written by scripts/embed-roles.sh from roles/slm-database; do not edit.
// swift-format-ignore-file

extension EmbeddedRoles {
  static let slmDatabase: [File] = [
File(path: "slm-database/files/db-credentials.env", contents: #"""
SLM_DB_HOST={{ ports.postgresql.address }}
SLM_DB_PORT={{ ports.postgresql.number }}
SLM_DB_USER=slm_app
SLM_DB_NAME=slm
SLM_DATABASE_URL=postgresql://slm_app:{{ secrets.slm_db_password|urlencode }}@{{ ports.postgresql.listen_one }}/slm
SLM_USERS_DATABASE_URL=postgresql://slm_app:{{ secrets.slm_db_password|urlencode }}@{{ ports.postgresql.listen_one }}/slm_users
AUTOBOT_USERS_DATABASE_URL=postgresql://slm_app:{{ secrets.slm_db_password|urlencode }}@{{ ports.postgresql.listen_one }}/autobot_users

"""#),
File(path: "slm-database/role.yaml", contents: #"""
name: slm-database
kind: role
summary: PostgreSQL of the SLM manager (nodes, roles, sessions, audit log).
layer: management
required: true
degraded_without: The SLM manager has nowhere to keep nodes, roles and sessions and does not start.
notes:
  - Tuned for a machine of 4 GB, with shared_buffers=256MB and effective_cache_size=1GB.
  - The password is generated on the first apply and never changed by a later one.
  - It stays on loopback while slm-backend is on the same node; a separated slm-backend is admitted by address.
playbook: playbooks/deploy_role.yml
install_dirs: ["/var/lib/postgresql/{{ params.version }}/main"]

placement:
  default_nodes: [00-SLM-Manager]
  replicas: one
  separable: true
  apart_from:
    - {role: browser-service, because: "a browser that runs foreign pages stays away from the fleet's data (ADR-001)"}

params:
  port: {type: port, default: 5432, doc: "Port of PostgreSQL."}
  version: {type: string, default: "16", doc: "Major version."}
  apt_uri: {type: string, default: "https://apt.postgresql.org/pub/repos/apt", doc: "Package source of PostgreSQL; empty: none is set up."}
  apt_suite: {type: string, default: jammy-pgdg, doc: "Suite there; Kali uses bookworm-pgdg."}
  apt_components: {type: list, default: [main], doc: "Components there."}
  apt_key: {type: string, default: "https://www.postgresql.org/media/keys/ACCC4CF8.asc", doc: "Its signing key."}
  shared_buffers: {type: size, default: 256MiB, doc: "PostgreSQL's shared_buffers."}
  effective_cache_size: {type: size, default: 1GiB, doc: "PostgreSQL's effective_cache_size."}
  max_connections: {type: int, default: 100, min: 1, unit: connections, doc: "PostgreSQL's max_connections."}
  backup_keep: {type: int, default: 7, min: 1, unit: copies, doc: "How many dumps of each database stay."}

uses:
  - {component: autobot-base}
  - component: postgresql
    with:
      version: "{{ params.version }}"
      apt_uri: "{{ params.apt_uri }}"
      apt_suite: "{{ params.apt_suite }}"
      apt_components: "{{ params.apt_components }}"
      apt_key: "{{ params.apt_key }}"
      shared_buffers: "{{ params.shared_buffers }}"
      effective_cache_size: "{{ params.effective_cache_size }}"
      max_connections: "{{ params.max_connections }}"
      users: [slm_app]
      backup_keep: "{{ params.backup_keep }}"

ports:
  - name: postgresql
    number: "{{ params.port }}"
    scope: loopback
    holder: "postgresql@{{ params.version }}-main.service"
    doc: PostgreSQL, for slm-backend.

needs: []

memory:
  - {what: PostgreSQL's shared buffers, size: "{{ params.shared_buffers }}", param: shared_buffers}

os: {supported: [debian-11, debian-12, debian-13, ubuntu-22.04, ubuntu-24.04, kali]}

secrets:
  - {name: slm_db_password, file: /etc/autobot/db-credentials.env, key: SLM_DB_PASSWORD, length: 48, mode: "0640", owner: root, group: autobot}
files:
  - path: /etc/autobot/db-credentials.env
    template: db-credentials.env
    owner: root
    group: autobot
    mode: "0640"
    merge: env
databases:
  - {engine: postgresql, name: slm, owner: slm_app, password: slm_db_password}
  - {engine: postgresql, name: slm_users, owner: slm_app, password: slm_db_password}
  - {engine: postgresql, name: autobot_users, owner: slm_app, password: slm_db_password}

backups:
  - {name: postgresql, unit: fleetctl-backup-postgresql.timer, covers: ["postgresql@{{ params.version }}-main.service"], doc: "pg_dump of every database every night at 02:15 into /opt/autobot/data/postgres/backups"}

health:
  - {kind: tcp, port: postgresql, required: true}
startup: {typical: 3s, budget: 2m}
restart: {policy: auto, cost: "the manager's requests fail for some seconds"}
update_policy: auto

"""#),
  ]
}
