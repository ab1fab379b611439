#!/usr/bin/env bash
# A machine that somebody else set up (packages, redis with a password, PostgreSQL with a row, a unit of its own) is taken
# over, guarded and left again. Usage: lab/takeover.sh [FLEETCTL]; boots one machine of its own and takes it down.
set -uo pipefail
cd "$(dirname "$0")/.."
fleetctl=$(readlink -f "${1:-.build/debug/fleetctl}")
. lab/expect.sh
export LAB_NAME=${LAB_NAME:-fleetlab}-tk LAB_DIR=$work/lab
node=06-Node-27
on() { lab/node.sh exec "$node" -- "$@"; }

if [ "$(id -u)" -ne 0 ] || ! command -v systemd-nspawn >/dev/null; then
  echo "taking a machine over: SKIPPED: it needs root and systemd-nspawn"
  exit 0
fi
cleanup() { [ -n "${KEEP:-}" ] || lab/down.sh >/dev/null 2>&1; rm -rf "$work"; }
trap cleanup EXIT
lab/up.sh --nodes "$node" >"$work/out" 2>&1 || { bad "the machine does not boot"; exit 1; }

# The built-in roles of a database machine and one service, in a fleet of one node.
mkdir -p "$work/roles/app" "$work/roles/app/files"
cp -r roles/redis roles/postgresql roles/autobot-base "$work/roles/"
sed -i '/apart_from:/,+1d' "$work/roles/redis/role.yaml"
cat >"$work/roles/app/role.yaml" <<'ROLE'
name: app
kind: role
summary: A small service that ran before fleetctl came.
layer: business
placement: {replicas: many}
params: {nice: {type: int, default: 0, doc: "Its priority."}}
ports: [{name: app, number: "8085", scope: loopback, holder: app.service}]
orphans: {units: [app-old.service], paths: [/etc/app-old.conf]}
directories: [{path: /srv/app/data, owner: root, group: root, mode: "0750", data: true}]
files:
  - {path: /etc/app.conf, content: "greeting = hello\n", owner: root, group: root, mode: "0644", on_change: {restart: [app.service]}}
  - {path: /etc/app.same, content: "as it should be\n", owner: root, group: root, mode: "0644"}
units:
  - name: app.service
    enable: true
    state: started
    sections:
      Unit: {Description: The app}
      Service: {ExecStart: [/bin/sh, -c, "exec sleep infinity"], Nice: "{{ params.nice }}"}
      Install: {WantedBy: multi-user.target}
ROLE
sed -i '/^ports:/d' "$work/roles/app/role.yaml"
cat >"$work/fleet.yaml" <<FLEET
version: 1
fleet: takeover
network: 172.16.168.0/24
registry: none
settings: {user_mode: single_company, firewall: none}
ssh: {user: autobot, identity_file: $LAB_DIR/ssh/id_ed25519, known_hosts: $LAB_DIR/ssh/known_hosts, become: sudo}
role_paths: [$work/roles]
roles:
  redis:
    maxmemory: 64MiB
    redis_apt_uri: file:/srv/lab/vendor/redis
    redis_apt_suite: bookworm
    redis_apt_key: file:/srv/lab/vendor/keys/lab-vendor.asc
    exporter_url: file:///srv/lab/archives/redis_exporter-v1.45.0.linux-amd64.tar.gz
    kernel_settings: false
    postgresql_version: "15"
    postgresql_apt_uri: file:/srv/lab/vendor/pgdg
    postgresql_apt_suite: bookworm-pgdg
    postgresql_apt_key: file:/srv/lab/vendor/keys/lab-vendor.asc
    shared_buffers: 32MiB
    effective_cache_size: 128MiB
nodes:
  $node: {address: 172.16.168.27, roles: [redis, app]}
FLEET
fleet=$work/fleet.yaml

part "a machine as a playbook left it"
# What the app's unit looks like is fleetctl's own business: rendered, and put there by hand.
inside render "$node" -f "$fleet" --to "$work/rendered" >"$work/out" 2>&1
cat >"$work/playbook" <<'PLAYBOOK'
set -e
printf 'deb [trusted=yes] file:/srv/lab/vendor/redis bookworm main\ndeb [trusted=yes] file:/srv/lab/vendor/pgdg bookworm-pgdg main\n' >/tmp/vendor.list
cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null >>/tmp/vendor.list || :
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update >/dev/null
apt-get -qq -o Dir::Etc::SourceList=/tmp/vendor.list update >/dev/null
apt-get -qq -y -o Dir::Etc::SourceList=/tmp/vendor.list --no-install-recommends install redis-stack-server redis-tools postgresql-15 >/dev/null
rm /tmp/vendor.list
mkdir -p /etc/autobot /srv/app/data
printf '# by the playbook\nREDIS_PASSWORD="live-redis-password"\n' >/etc/autobot/database-secrets.env
printf 'AUTOBOT_DB_PASSWORD=live-database-password\nOTHER_DB_HOST=elsewhere\n' >/etc/autobot/db-credentials.env
chown root:redis /etc/autobot/database-secrets.env
chmod 0640 /etc/autobot/*.env
printf 'bind 127.0.0.1\nport 6379\nrequirepass live-redis-password\ndir /var/lib/redis-stack\n' >/etc/redis-stack.conf
chown redis:redis /etc/redis-stack.conf
mkdir -p /var/lib/redis-stack /etc/systemd/system/redis-stack-server.service.d
chown redis:redis /var/lib/redis-stack
printf '[Service]\nUser=redis\nGroup=redis\nExecStart=\nExecStart=/opt/redis-stack/bin/redis-stack-server /etc/redis-stack.conf\n' >/etc/systemd/system/redis-stack-server.service.d/playbook.conf
printf '[Unit]\nDescription=Old app\n[Service]\nExecStart=/bin/sleep infinity\n' >/etc/systemd/system/app-old.service
echo legacy >/etc/app-old.conf
printf 'greeting = theirs\n' >/etc/app.conf
printf 'as it should be\n' >/etc/app.same
systemctl daemon-reload
systemctl enable -q --now redis-stack-server app.service
systemctl start app-old.service
pg_ctlcluster 15 main start 2>/dev/null || systemctl start postgresql@15-main
for try in 1 2 3 4 5 6 7 8 9 10; do runuser -u postgres -- psql -qc 'select 1' >/dev/null 2>&1 && break; sleep 0.5; done
runuser -u postgres -- psql -q -c "create role autobot login password 'live-database-password'" -c 'create database autobot owner autobot'
runuser -u postgres -- psql -q -d autobot -c 'create table users(name text)' -c "insert into users values ('alice')"
REDISCLI_AUTH=live-redis-password redis-cli set customer 42 >/dev/null
PLAYBOOK
on sh -c 'cat >/etc/systemd/system/app.service' <"$work/rendered/etc/systemd/system/app.service"
on sh -s <"$work/playbook" >"$work/out" 2>&1 && ok "it runs redis, PostgreSQL and two services" || bad "the playbook"
redis() { on env REDISCLI_AUTH=live-redis-password redis-cli "$@"; }
picture() { on sh -c 'cd / && find etc srv var/lib/redis-stack var/lib/fleetctl -type f -printf "%p %m %u %T@ %C@\n" 2>/dev/null | sort'; }
row() { on runuser -u postgres -- psql -AtXc 'select name from users' autobot; }
picture >"$work/before"

part "the first plan names every difference and destroys nothing"
inside plan -f "$fleet" --format json >"$work/plan.json" 2>"$work/out"
jq -r '.plan.summary | "delete \(.delete) stop \(.stop)"' "$work/plan.json" >"$work/out"
says "nothing is deleted, nothing is stopped" "^delete 0 stop 0$"
expect 0 "plan for people" inside plan -f "$fleet"
says "the app's file is shown as a diff" '^ +-greeting = theirs$'
says "with the cure" 'take it over with `--adopt node.06-Node-27/file:/etc/app.conf`'
says "redis.conf is somebody's" 'file /etc/redis-stack.conf'
says "the old service is named" 'unit|app-old.service'
says "and not stopped" 'it runs, and fleetctl did not start it'
silent "no password is shown" 'live-redis-password|live-database-password'
picture >"$work/after"
if cmp -s "$work/before" "$work/after"; then ok "and no file was touched"; else diff "$work/before" "$work/after" >"$work/out"; bad "and no file was touched"; fi
expect 0 "redis still has its password" redis get customer

part "what is equal is recorded and not touched"
expect 0 "apply of the equal file alone" inside apply -f "$fleet" -auto-approve -target "node.$node/file:/etc/app.same"
expect 0 "the machine knows" on grep -q app.same /var/lib/fleetctl/manifest.json
expect 5 "a plan that would end the old service is refused by --max-destroy 0" inside plan -f "$fleet" --adopt "node.$node" --max-destroy 0
says "it names what would go" "unit:app-old.service"

part "refusals, each with its cure"
on sh -c 'systemctl stop app.service && mv /etc/systemd/system/app.service /root/app.service && systemctl mask app.service' >/dev/null 2>&1
expect 0 "plan over a masked unit" inside plan -f "$fleet" --adopt "node.$node/unit:app.service"
says "masked: it says so" 'the unit is masked'
says "and how to unmask" 'systemctl unmask'
on sh -c 'systemctl unmask app.service; mv /root/app.service /etc/systemd/system/app.service; systemctl daemon-reload; systemctl start app.service' >/dev/null 2>&1
on sh -c 'mv /srv/app /srv/real && ln -s /srv/real /srv/app && mv /srv/app/data /srv/real/old'
expect 0 "plan below a linked parent" inside plan -f "$fleet"
says "linked parent: it says so" 'it is not safe to write here: /srv/app is a symbolic link to /srv/real'
on sh -c 'rm /srv/app && mv /srv/real /srv/app && chmod 0777 /srv/app'
expect 0 "plan below a folder that everybody may write" inside plan -f "$fleet"
says "open parent: it says so, with the cure" '/srv/app may be written by everybody|chmod go-w'
on sh -c 'chmod 0755 /srv/app && mkdir -p /srv/app/data'
# A role whose port somebody else's program holds.
mkdir -p "$work/roles/portal"
cat >"$work/roles/portal/role.yaml" <<'ROLE'
name: portal
summary: A service that wants a port.
layer: business
placement: {replicas: many}
ports: [{name: main, number: 8089, scope: loopback, holder: portal.service}]
units:
  - name: portal.service
    sections:
      Unit: {Description: The portal}
      Service: {ExecStart: [/usr/bin/perl, -e, "socket(S,2,1,0);bind(S,pack('Sna4x8',2,8089,pack('C4',127,0,0,1)))||die;listen(S,5);sleep 100000"]}
      Install: {WantedBy: multi-user.target}
ROLE
sed 's/roles: \[redis, app\]/roles: [redis, app, portal]/' "$fleet" >"$work/portal.yaml"
expect 0 "a stranger listens at 8089" on systemd-run -q --unit=stranger perl -e 'socket(S,2,1,0);bind(S,pack("Sna4x8",2,8089,pack("C4",127,0,0,1)))||die;listen(S,5);sleep 1000'
for _ in 1 2 3 4 5 6 7 8 9 10; do on ss -Hltn | grep -q ':8089 ' && break; sleep 0.2; done
picture >"$work/before"
expect 0 "plan over a port that is taken" inside plan -f "$work/portal.yaml"
says "taken port: it says by whom, and which place of the role wants it" 'port 8089/tcp is held by perl of stranger.service on 127\.0\.0\.1 \(.*portal/role\.yaml:[0-9]+:[0-9]+\)'
says "and what to do" 'Stop it on the node, or give `portal` another port in fleet\.yaml\.'
picture >"$work/after"
same "$work/before" "$work/after" "and nothing was touched"
expect 4 "apply of the unit alone leaves it out" inside apply -f "$work/portal.yaml" -auto-approve -target "node.$node/unit:portal.service"
expect 3 "it was not started" on systemctl is-active -q portal.service
expect 0 "the stranger has its port" on sh -c 'ss -Hltnp "sport = :8089" | grep -q perl && systemctl is-active -q stranger.service'
on systemctl stop stranger.service
on sed -i 's/"format" : 1,/"format" : 2,/' /var/lib/fleetctl/manifest.json
expect 5 "a newer record refuses the node" inside apply -f "$fleet" -auto-approve
says "it says which fleetctl to use" 'a newer fleetctl looks after it: .* has format 2'
on sed -i 's/"format" : 2,/"format" : 1,/' /var/lib/fleetctl/manifest.json
expect 0 "redis kept its data meanwhile" redis get customer

part "adopt"
expect 8 "without a terminal and without -auto-approve nothing is asked" inside adopt "$node" -f "$fleet"
expect 0 "adopt" inside adopt "$node" -f "$fleet" -auto-approve --maintenance redis
says "a copy of redis's data came first" 'run fleetctl-backup-redis.service'
says "it says where the old file is" '/var/lib/fleetctl/adopted/etc/app.conf'
expect 0 "the old file is there" on grep -q theirs /var/lib/fleetctl/adopted/etc/app.conf
expect 0 "the new one too" on grep -q hello /etc/app.conf
expect 0 "redis answers with the live password" redis get customer
says "and has its data" '^42$'
expect 0 "PostgreSQL has its row" row
says "alice" '^alice$'
expect 0 "the database's password still opens it" on env PGPASSWORD=live-database-password psql -h 127.0.0.1 -U autobot -d autobot -AtXc 'select 1'
expect 0 "others' keys are kept" on grep -q OTHER_DB_HOST=elsewhere /etc/autobot/db-credentials.env
expect 3 "the old service is stopped" on systemctl is-active -q app-old.service
expect 1 "its file is gone" on test -e /etc/app-old.conf
expect 0 "apply brings what is missing" inside apply -f "$fleet" -auto-approve --maintenance redis
expect 0 "and the plan is empty" inside plan -f "$fleet" -detailed-exitcode

part "what a service has loaded is what counts"
settings=/etc/postgresql/15/main/conf.d/60-fleetctl.conf
# The same bytes written anew, later than the start of who reads them.
on sh -c "cat $settings >/root/same && cat /root/same >$settings; cat /etc/redis-stack.conf >/root/same && cat /root/same >/etc/redis-stack.conf; rm /root/same"
expect 0 "the same bytes written anew restart neither PostgreSQL nor redis" inside plan -f "$fleet" -detailed-exitcode
on sh -c "systemctl restart postgresql@15-main.service redis-stack-server.service; systemctl reload postgresql@15-main.service"
expect 0 "nor do restarts and reloads by hand" inside plan -f "$fleet" -detailed-exitcode
on sh -c "echo '# by hand' >>$settings; systemctl restart postgresql@15-main.service"
expect 2 "a restart by hand on an edited file is not forgotten" inside plan -f "$fleet" -detailed-exitcode --maintenance redis
says "the file is mended" "~ file $settings"
says "and PostgreSQL restarted" '! restart postgresql@15-main.service'
silent "redis is left alone" 'redis-stack'
expect 0 "apply" inside apply -f "$fleet" -auto-approve --maintenance redis
expect 0 "the row is there" row
expect 0 "and the plan is empty" inside plan -f "$fleet" -detailed-exitcode

part "protect"
sed "s/roles: \[redis, app\]}/roles: [redis], protect: [app]}/" "$fleet" >"$work/guarded.yaml"
expect 5 "a protected role cannot be removed" inside apply -f "$work/guarded.yaml" -auto-approve
says "it says where the guard stands" 'Take `app` out of `protect` \(.*guarded.yaml:[0-9]+:[0-9]+\)'
expect 0 "it runs on" on systemctl is-active -q app.service

part "decommission"
expect 64 "a node of neither file nor address is refused" inside decommission ghost -f "$fleet" -auto-approve
expect 0 "decommission" inside decommission "$node" -f "$fleet" -auto-approve
says "data is named as kept" 'kept, though no role here wants it: .*dir:/srv/app/data'
expect 0 "no unit of ours is left" on sh -c '! ls /etc/systemd/system | grep -E "^(fleetctl|app\.service|redis_exporter)"'
expect 0 "no record is left but the copies" on sh -c '[ "$(ls -A /var/lib/fleetctl)" = adopted ]'
expect 0 "the data is there" on sh -c '[ -d /srv/app/data ] && ls /var/lib/redis-stack | grep -q .'
on sh -c 'cp -a /var/lib/fleetctl/adopted/etc/postgresql/15/main/pg_hba.conf /etc/postgresql/15/main/ && systemctl start postgresql@15-main' >/dev/null 2>&1
for _ in $(seq 60); do row >/dev/null 2>&1 && break; sleep 0.5; done
expect 0 "PostgreSQL, started by hand with its old pg_hba.conf, has its row" row
expect 0 "again: nothing there is ours" inside decommission "$node" -f "$fleet" -auto-approve
says "it says so" "nothing there is ours"

printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
