#!/usr/bin/env bash
# What a user is promised, tried on nine real machines: from bare to converged, then faults by hand, then each mended.
# Usage: lab/acceptance.sh [FLEETCTL]. Exits 0 with a plain word where this machine cannot boot the lab.
set -uo pipefail
cd "$(dirname "$0")/.."
fleetctl=$(readlink -f "${1:-.build/debug/fleetctl}")
fleet=lab/fleet.yaml
. lab/expect.sh

if [ "$(id -u)" -ne 0 ] || ! command -v systemd-nspawn >/dev/null; then
  echo "nine machines: SKIPPED: they need root and systemd-nspawn"
  exit 0
fi
cleanup() { [ "${FLEETCTL_LAB_IS_UP:-}" = 1 ] || lab/down.sh >/dev/null 2>&1; rm -rf "$work" lab/fleet-try.yaml; }
trap cleanup EXIT

# settled NODE: what a machine starts at its boot has started, or failed.
settled() { on "$1" timeout 180 systemctl is-system-running --wait >/dev/null 2>&1 || :; }

part "boot"
if [ "${FLEETCTL_LAB_IS_UP:-}" != 1 ] && ! lab/up.sh; then
  echo "nine machines: the lab does not boot here"
  exit 1
fi

part "bad fleets stop before any machine is touched"
# broken NAME SED-EXPRESSION WORD...: the AutoBot fleet with one mistake; both places or the cure are named.
broken() {
  local name=$1 edit=$2 word
  shift 2
  sed -E "$edit" fleet.yaml >"$work/fleet.yaml"
  expect 1 "validate refuses: $name" "$fleetctl" validate -f "$work/fleet.yaml"
  for word in "$@"; do says "  it names $word" "$word"; done
}
broken "slm-backend beside chromadb" 's/roles: \[slm-backend,/roles: [chromadb, slm-backend,/' FLT3101 8000 fleet.yaml:19
broken "two Ollamas on one node" 's/autobot-llm-gpu\]/autobot-llm-gpu, autobot-llm-cpu]/' FLT3101 11434
broken "autobot-llm-gpu and npu-worker on one GPU" 's/autobot-llm-gpu\]/autobot-llm-gpu, npu-worker]/' FLT4002 gpu0
broken "a missing required role" 's/roles: \[frontend\]/roles: []/' FLT3010 frontend
broken "an unknown role" 's/roles: \[redis\]/roles: [reddis]/' FLT3001 'redis'

part "from bare machines to converged"
expect 0 "validate" inside validate -f "$fleet"
expect 0 "apply from bare machines" inside apply -f "$fleet" -auto-approve
tail -n 14 "$work/out"
expect 0 "the second plan is empty" inside plan -f "$fleet" -detailed-exitcode
says "it says so" "^No changes"

part "what runs is right"
ca=$work/ca.pem
on 00-SLM-Manager cat /etc/autobot/ca/ca-cert.pem >"$ca"
expect 0 "nginx on .19 answers over TLS that verifies" lab/enter.sh curl -sS --cacert "$ca" https://172.16.168.19/ -o /dev/null
expect 0 "nginx on .20 answers over TLS that verifies" lab/enter.sh curl -sS --cacert "$ca" https://172.16.168.20:8443/api/health
says "the backend is healthy" '"status"'
expect 0 "nginx on .21 answers over TLS that verifies" lab/enter.sh curl -sS --cacert "$ca" https://172.16.168.21/ -o /dev/null
on 04-Databases sed -n 's/^REDIS_PASSWORD=//p' /etc/autobot/database-secrets.env | tr -d '"' >"$work/secret"
expect 0 "redis answers with the password" on 04-Databases env REDISCLI_AUTH="$(cat "$work/secret")" redis-cli -h 172.16.168.23 ping
says "it says PONG" "^PONG"
expect 0 "redis is asked without the password" on 04-Databases redis-cli -h 172.16.168.23 ping
says "it refuses" "NOAUTH"
expect 0 "PostgreSQL on .19" on 00-SLM-Manager runuser -u postgres -- psql -AtXc "select datname||':'||pg_get_userbyid(datdba) from pg_database order by 1"
for line in slm:slm_app slm_users:slm_app autobot_users:slm_app; do says "  has $line" "^$line\$"; done
expect 0 "PostgreSQL on .23" on 04-Databases runuser -u postgres -- psql -AtXc "select datname||':'||pg_get_userbyid(datdba) from pg_database order by 1"
says "  has autobot:autobot" "^autobot:autobot\$"
for last in 19 20 21 22 23 24 25 26 27; do
  expect 0 "node-exporter on .$last" ip netns exec "${LAB_NAME:-fleetlab}-00-slm-manager" curl -sS -m 5 "http://172.16.168.$last:9100/metrics" -o /dev/null
done
up_targets() { on 00-SLM-Manager curl -sS "http://127.0.0.1:9090/prometheus/api/v1/targets" | jq -r '.data.activeTargets[] | .health + " " + .scrapeUrl + " " + .lastError'; }
for _ in 1 2 3 4 5 6 7 8; do up_targets >"$work/targets" 2>&1; grep -qv '^up ' "$work/targets" || break; sleep 5; done
cp "$work/targets" "$work/out"
silent "Prometheus has every target up" '^(down|unknown) '
says "it has targets" '^up .*:9100'

part "the plan stays empty after a reload, a restart and a reboot"
on 00-SLM-Manager systemctl reload nginx
on 04-Databases systemctl restart redis-stack-server
on 04-Databases systemctl reload postgresql@15-main.service
on 00-SLM-Manager systemctl restart postgresql@15-main.service
# The same bytes written anew, later than the start of the nginx that has read them.
on 02-Frontend sh -c 'f=/etc/nginx/sites-available/autobot-frontend.conf; cat $f >/root/same && cat /root/same >$f && rm /root/same'
lab/node.sh reboot npu-worker
settled npu-worker
expect 0 "plan after them" inside plan -f "$fleet" -detailed-exitcode

part "four things changed by hand are four changes, labelled drift"
on 03-AI-Stack sed -i 's/^Description=.*/Description=changed by hand/' /etc/systemd/system/autobot-ai-stack.service
on 02-Frontend systemctl stop prometheus-node-exporter.service
on 00-SLM-Manager rm /etc/prometheus/prometheus.yml
on 01-Backend chmod 0600 /etc/autobot/autobot-backend.env
expect 2 "plan shows changes" inside plan -f "$fleet" -detailed-exitcode
cp "$work/out" "$work/drift"
for line in 'file /etc/systemd/system/autobot-ai-stack.service' 'start prometheus-node-exporter.service' \
  'file /etc/prometheus/prometheus.yml' 'file /etc/autobot/autobot-backend.env'; do
  says "  $line" "$line.*\\[drift\\]"
done
inside plan -f "$fleet" --format json >"$work/drift.json" 2>/dev/null
# A file that is mended restarts what reads it; nothing else may change.
jq -r '.plan.changes[] | select(.label == "drift") | .address' "$work/drift.json" | sort >"$work/out"
if [ "$(wc -l <"$work/out")" -eq 4 ]; then ok "exactly four are drift"; else bad "exactly four are drift"; fi
expect 0 "apply mends them" inside apply -f "$fleet" -auto-approve
expect 0 "and the plan is empty" inside plan -f "$fleet" -detailed-exitcode

part "a restart by hand on an edited file is not forgotten"
on 02-Frontend sh -c 'echo "# by hand" >>/etc/nginx/sites-available/autobot-frontend.conf; systemctl restart nginx'
expect 2 "plan of it" inside plan -f "$fleet" -detailed-exitcode
says "the file is mended" '~ file /etc/nginx/sites-available/autobot-frontend.conf'
says "and nginx reads it again" '! reload nginx.service'
expect 0 "apply" inside apply -f "$fleet" -auto-approve
expect 0 "and the plan is empty" inside plan -f "$fleet" -detailed-exitcode

part "a parameter of an nginx site reloads nginx, one of the backend restarts it"
sed -E '/^  backend:$/a\    body_max: 64MiB' "$fleet" >lab/fleet-try.yaml
expect 2 "plan of a parameter of the backend's nginx site" inside plan -f lab/fleet-try.yaml -detailed-exitcode
says "it reloads nginx" "reload nginx.service"
silent "it does not restart the backend" "restart autobot-backend"
sed -E '/^  backend:$/a\    workers: 2' "$fleet" >lab/fleet-try.yaml
expect 2 "plan of a parameter of the backend" inside plan -f lab/fleet-try.yaml -detailed-exitcode
says "it restarts the backend" "restart autobot-backend"
says "it says who depends on it" "frontend on 02-Frontend"

part "a saved plan holds no secret and is refused when the node moved"
sed -E '/^  frontend:$/a\    body_max: 64m' "$fleet" >lab/fleet-try.yaml
expect 0 "plan -out" inside plan -f lab/fleet-try.yaml -out "$work/fleet.plan"
if grep -qF "$(cat "$work/secret")" "$work/fleet.plan"; then bad "it holds no secret"; else ok "it holds no secret"; fi
expect 0 "show prints it without fleet.yaml and network" "$fleetctl" show "$work/fleet.plan"
on 02-Frontend sh -c 'echo "# by hand" >>/etc/nginx/sites-available/autobot-frontend.conf'
expect 6 "apply of the stale plan is refused" inside apply "$work/fleet.plan" -f lab/fleet-try.yaml
says "it names what moved" "node.02-Frontend moved: .*autobot-frontend.conf"
expect 0 "apply mends what was edited" inside apply -f "$fleet" -auto-approve

part "a configuration that its own program refuses is never written"
sed -E '/^  redis:$/a\    save: ["bogus rule"]' "$fleet" >lab/fleet-try.yaml
expect 5 "apply of a broken redis.conf" inside apply -f lab/fleet-try.yaml -auto-approve --maintenance redis
says "it shows the reason" "Invalid save parameters"
says "nothing live was touched" "^refused by the rehearsal, before anything live was touched: 04-Databases"
expect 0 "redis runs as before" on 04-Databases systemctl is-active redis-stack-server
expect 0 "and the plan is empty" inside plan -f "$fleet" -detailed-exitcode
sed -E '/^  frontend:$/a\    body_max: 1furlong' "$fleet" >lab/fleet-try.yaml
expect 5 "apply of a broken nginx site" inside apply -f lab/fleet-try.yaml -auto-approve
says "it shows the reason" "invalid value|client_max_body_size"
expect 0 "and the plan is empty" inside plan -f "$fleet" -detailed-exitcode

part "a full disk changes nothing"
sed -E '/^  frontend:$/a\    body_max: 65m' "$fleet" >lab/fleet-try.yaml
on 02-Frontend sh -c 'dd if=/dev/zero of=/fill bs=1M 2>/dev/null; true'
expect 1 "apply on the full disk" inside apply -f lab/fleet-try.yaml -auto-approve
on 02-Frontend rm -f /fill
expect 0 "and the plan is empty" inside plan -f "$fleet" -detailed-exitcode

part "a role moves"
sed -E -e 's/roles: \[npu-worker, tts-worker\]/roles: [npu-worker]/' -e 's/roles: \[frontend\]/roles: [frontend, tts-worker]/' "$fleet" >lab/fleet-try.yaml
expect 2 "plan of the move" inside plan -f lab/fleet-try.yaml -detailed-exitcode
expect 0 "apply of the move" inside apply -f lab/fleet-try.yaml -auto-approve
expect 0 "its data is kept" on npu-worker test -d /var/lib/autobot/voices
expect 0 "its unit is gone there" on npu-worker sh -c '! systemctl is-active --quiet autobot-tts-worker'
expect 0 "it runs here" on 02-Frontend systemctl is-active autobot-tts-worker
expect 0 "and the plan is empty" inside plan -f lab/fleet-try.yaml -detailed-exitcode

part "and moves back"
expect 0 "apply of the move back" inside apply -f "$fleet" -auto-approve

part "a machine that is off is a normal state"
lab/node.sh stop 05-LLM-CPU
expect 9 "plan without it exits 9" inside plan -f "$fleet"
says "it is shown as unreachable" "unreachable"
expect 9 "apply exits 9" inside apply -f "$fleet" -auto-approve
lab/node.sh start 05-LLM-CPU
settled 05-LLM-CPU

. lab/wayback.sh

printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
