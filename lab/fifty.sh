#!/usr/bin/env bash
# Fifty machines, five of them bad in five ways: one apply commits 45 and names five, each with its reason; healed, a second one
# converges. What the machines look like is asked in a shell on them, past fleetctl. Some three minutes on two processors.
# Usage: lab/fifty.sh [FLEETCTL]. Exits 0 with a plain word where this machine cannot boot the lab.
set -uo pipefail
cd "$(dirname "$0")/.."
fleetctl=$(readlink -f "${1:-.build/debug/fleetctl}")
export LAB_NAME=${LAB_NAME:-fleetfifty} LAB_DIR=${LAB_DIR:-$PWD/.lab-fifty} LAB_DISK=64M
. lab/expect.sh
export LAB_NODES_FILE=$work/nodes
fleet=$work/fleet.yaml
cut=n07 stopped=n13 swapped=n21 full=n34 sick=n42
bad_nodes=" $cut $stopped $swapped $full $sick "

if [ "$(id -u)" -ne 0 ] || ! command -v systemd-nspawn >/dev/null; then
  echo "fifty machines: SKIPPED: they need root and systemd-nspawn"
  exit 0
fi
cleanup() { lab/down.sh >/dev/null 2>&1; rm -rf "$work" "$LAB_DIR"; }
trap cleanup EXIT

# write_fleet GENERATION: all fifty carry one role.
write_fleet() {
  printf 'version: 1\nfleet: fifty\nnetwork: 172.16.168.0/24\nregistry: none\nrole_paths: [%s]\nsettings: {firewall: none}\n' "$PWD/lab/roles"
  printf 'ssh: {user: autobot, identity_file: %s, known_hosts: %s, become: sudo}\n' "$LAB_DIR/ssh/id_ed25519" "$LAB_DIR/ssh/known_hosts"
  printf 'roles: {crowd: {generation: "%s", rollout: {batch: 100%%, max_failures: 50}}}\nnodes:\n' "$1"
  awk '{printf "  %s: {address: %s, roles: [crowd]}\n", $1, $2}' "$work/nodes"
} >"$fleet"
# look FILE: one line a machine: what its file says, what its service answers, whether it is up, who waits or holds it.
look() {
  local node
  while read -r node _; do
    printf '%s ' "$node"
    on "$node" bash -c '
      answer=$(exec 3<>/dev/tcp/127.0.0.1/8081 && printf "GET / HTTP/1.0\r\n\r\n" >&3 && tail -n 1 <&3) 2>/dev/null
      echo "file:$(cat /etc/crowd/app.conf)" "answer:$answer" "$(systemctl is-active crowd.service)" "$(systemctl is-enabled crowd.service)" \
        "open:$(ls /var/lib/fleetctl/pending /var/lib/fleetctl/frozen /run/fleetctl/lock 2>/dev/null | tr "\n" ",")" \
        "watch:$(systemctl list-units --plain --no-legend "fleetctl-*" | wc -l)"' 2>&1
  done <"$work/nodes" >"$1"
}
# all_say NAME FILE PATTERN NODES-OR-ALL COUNT: so many of these machines' lines are as they must be.
all_say() {
  local count
  count=$(if [ "$4" = all ]; then cat "$2"; else awk -v n="$4" 'index(n, " " $1 " ")' "$2"; fi | grep -Ec -- "$3")
  if [ "$count" = "$5" ]; then ok "$1: $count"; else cp "$2" "$work/out"; bad "$1 ($count, wanted $5)"; fi
}
# untouched NODE FILE: everything that fleetctl may change there, and the process.
untouched() {
  on "$1" sh -c 'find /etc /usr/local /var/lib/fleetctl \( -type f -o -type l \) -printf "%p %T@ %m\n" | LC_ALL=C sort; systemctl show -p InvocationID,NRestarts crowd' >"$2"
}
# without_words FILE: without what a run that was confirmed printed there (tx/RUN/BATCH/log, log.N, out). Who gets a node's lock
# takes that away before anything else, it may hold secrets; the disk being full has nothing to do with it.
without_words() {
  awk -v tx=/var/lib/fleetctl/tx/ '
    { line[NR] = $0; path[NR] = $1 }
    index($1, tx) == 1 && $1 ~ "^" tx "[0-9a-f]+/confirmed$" { ended[substr($1, 1, length($1) - length("/confirmed"))] = 1 }
    END {
      for (i = 1; i <= NR; i++) {
        run = path[i]
        if (run ~ "^" tx "[0-9a-f]+/[^/]+/(log|log[.][0-9]+|out)$" && sub("/[^/]+/[^/]+$", "", run) && run in ended) continue
        print line[i]
      }
    }' "$1"
}
seconds() { sed -n 's/^\[\([0-9]*\).*/\1/p' "$work/out" | tail -n 1; }

for n in $(seq 50); do printf 'n%02d 172.16.168.%d\n' "$n" $((100 + n)); done >"$LAB_NODES_FILE"
part "boot fifty machines"
lab/up.sh || { echo "fifty machines: the lab does not boot here"; exit 1; }

part "fifty healthy machines, one apply"
write_fleet 1
expect 0 "apply" inside apply -f "$fleet" -auto-approve
says "fifty nodes are planned as one" '^50 nodes: n01 … n50  \(crowd\)$'
says "all is done" '^Apply complete: 250 changed, 0 failed, 0 skipped'
look "$work/look"
all_say "machines that serve generation 1, nothing left open" "$work/look" 'file:generation=1 answer:generation=1 active enabled open: watch:0$' all 50

part "five go bad in five ways: cable, sshd stopped, other host key, disk full, a service that answers 500"
lab/node.sh link "$cut" down
# shellcheck disable=SC2016 # for the machine's shell
on "$stopped" sh -c 'kill -STOP $(systemctl show -p MainPID --value ssh)'
on "$swapped" sh -c 'mkdir /root/keys && mv /etc/ssh/ssh_host_* /root/keys/ && ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key && systemctl restart ssh'
on "$full" sh -c 'dd if=/dev/zero of=/var/ballast bs=4k 2>/dev/null; df -h / | tail -n 1'
on "$sick" touch /etc/sick
for node in $cut $stopped $swapped $full; do untouched "$node" "$work/before.$node"; done
write_fleet 2
expect 4 "apply: some of it failed" inside apply -f "$fleet" -auto-approve --events "$work/events"
says "45 changed" '^Apply incomplete: 90 changed, 2 failed, 1 skipped, 1 taken back'
says "five are named in one line" "^5 of 50 nodes are not as planned: failed $full; rolled back $sick; unreachable $cut, $stopped, $swapped\$"
# Which of the two depends on whether the kernel still knows the machine's MAC: it forgets that some seconds after the cable went.
says "cable" "^  connect: (autobot@172.16.168.107 did not answer within 5 s|cannot connect to 172.16.168.107: No route to host)$"
says "sshd" "^  handshake: autobot@172.16.168.113 did not answer within 5 s$"
says "host key" "^  host key: the host key of 172.16.168.121 changed: pinned .*; offered ssh-ed25519 SHA256:"
says "disk" "^  the batch did not arrive whole, or there is no room for it under /var/lib; nothing was done$"
says "service" "^  .crowd.service. is up, but not healthy after 6 s: :8081/ answers 500, wanted 200$"
says "47 nodes are planned as one" '^47 nodes: n01 … n06, n08 … n12, n14 … n20, n22 … n50  \(crowd\)$'
says "the 45 are one row" '^n01 and 44 more  changed  *2  *0  *0  *0 '
says "and each is named" '^45 nodes changed: n01 … n06, n08 … n12, n14 … n20, n22 … n33, n35 … n41, n43 … n50$'
sed -n '/^NODE/,/^$/p' "$work/out" | awk 'NF > 1 && $1 != "NODE" {print $1, $2}' >"$work/table"
printf '%s\n' "n01 and" "$cut unreachable" "$stopped unreachable" "$swapped unreachable" "$full failed" "$sick rolled" >"$work/table.wanted"
same "$work/table.wanted" "$work/table" "the table has the 45 first and the five last"
if [ "$(wc -l <"$work/out")" -lt 400 ]; then ok "plan, progress and report are $(wc -l <"$work/out") lines, some $(seconds) s"; else bad "the output is too long"; fi
python3 - "$work/events" >"$work/out" 2>&1 <<'EVENTS' && ok "the events say the same: $(cat "$work/out")" || bad "the events say the same"
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
assert events[-1]["type"] == "run_end" and events[-1]["exit_code"] == 4, events[-1]
print({k: v for k, v in events[-1].items() if k in ("exit_code", "summary")})
EVENTS

part "what the machines look like, asked past fleetctl"
on "$stopped" sh -c 'kill -CONT $(systemctl show -p MainPID --value ssh)'
look "$work/look"
all_say "machines that serve generation 2, nothing left open" "$work/look" 'file:generation=2 answer:generation=2 active enabled open: watch:0$' all 45
all_say "bad ones that serve generation 1" "$work/look" 'file:generation=1 answer:generation=1 active enabled open: ' "$bad_nodes" 5
on "$full" rm /var/ballast
for node in $cut $stopped $swapped $full; do
  untouched "$node" "$work/after"
  # Of the four only this one could be locked: those words are gone, all of them, and nothing else is.
  if [ "$node" = "$full" ]; then
    without_words "$work/before.$node" >"$work/wanted"
    same "$work/wanted" "$work/after" "$node: but for what the earlier run printed, every file, its time and its process are as before"
  else
    same "$work/before.$node" "$work/after" "$node: every file, its time and its process are as before"
  fi
done

part "healed: a second apply converges"
lab/node.sh link "$cut" up
on "$swapped" sh -c 'rm /etc/ssh/ssh_host_* && mv /root/keys/* /etc/ssh/ && systemctl restart ssh'
on "$sick" rm /etc/sick
expect 0 "apply" inside apply -f "$fleet" -auto-approve
says "only the five" '^Apply complete: 10 changed, 0 failed, 0 skipped'
look "$work/look"
all_say "machines that serve generation 2, nothing left open" "$work/look" 'file:generation=2 answer:generation=2 active enabled open: watch:0$' all 50
expect 0 "the plan is empty" inside plan -f "$fleet" -detailed-exitcode

printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
