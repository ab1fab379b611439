#!/usr/bin/env bash
# What a user is promised, tried on nine real machines: from bare to converged, then faults by hand, then each mended.
# Usage: lab/acceptance.sh [FLEETCTL]. Exits 0 with a plain word where this machine cannot boot the lab.
set -uo pipefail
cd "$(dirname "$0")/.."
fleetctl=$(readlink -f "${1:-.build/debug/fleetctl}")
fleet=lab/.fleet-acc.yaml
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

part "from bare machines to converged"
expect 0 "validate" inside validate -f "$fleet"
expect 0 "apply from bare machines" inside apply -f "$fleet" -auto-approve
tail -n 14 "$work/out"
expect 0 "the second plan is empty" inside plan -f "$fleet" -detailed-exitcode
says "it says so" "^No changes"

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

part "a restart by hand on an edited file is not forgotten"
on 02-Frontend sh -c 'echo "# by hand" >>/etc/nginx/sites-available/autobot-frontend.conf; systemctl restart nginx'
expect 2 "plan of it" inside plan -f "$fleet" -detailed-exitcode
says "the file is mended" '~ file /etc/nginx/sites-available/autobot-frontend.conf'
says "and nginx reads it again" '! reload nginx.service'
expect 0 "apply" inside apply -f "$fleet" -auto-approve
expect 0 "and the plan is empty" inside plan -f "$fleet" -detailed-exitcode

printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
