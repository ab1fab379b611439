#!/usr/bin/env bash
# Rollouts, true health and restart debt, tried on four bare machines.
# Usage: lab/rollout.sh [FLEETCTL]. Exits 0 with a plain word where this machine cannot boot the lab.
set -uo pipefail
cd "$(dirname "$0")/.."
fleetctl=$(readlink -f "${1:-.build/debug/fleetctl}")
export LAB_NAME=${LAB_NAME:-fleetroll} LAB_DIR=${LAB_DIR:-$PWD/.lab-rollout}
. lab/expect.sh
export LAB_NODES_FILE=$work/nodes
fleet=$work/fleet.yaml
# write_fleet ROLLOUT VERSION [NODE=MODE]...: the fleet of four, some of which start otherwise.
write_fleet() {
  local rollout=$1 version=$2 node mode
  shift 2
  {
    printf 'version: 1\nfleet: rollout\nnetwork: 172.16.168.0/24\nregistry: none\nrole_paths: [%s]\n' "$PWD/lab/roles"
    printf 'ssh: {user: autobot, identity_file: %s, known_hosts: %s, become: sudo}\n' "$LAB_DIR/ssh/id_ed25519" "$LAB_DIR/ssh/known_hosts"
    printf 'roles:\n  web: {version: "%s", rollout: {%s}}\n  by-hand: {version: "%s"}\nnodes:\n' "$version" "$rollout" "${hand:-1}"
    for node in n1 n2 n3 n4; do
      mode=good
      case " $* " in *" $node="*) mode=" $*"; mode=${mode##* "$node="}; mode=${mode%% *} ;; esac
      printf '  %s: {address: 172.16.168.3%s, roles: [by-hand, {web: {mode: %s}}]}\n' "$node" "${node#n}" "$mode"
    done
  } >"$fleet"
}
# started NODE: when its service was started, in microseconds since the epoch (all nodes have one clock).
started() { date -d "$(on "$1" systemctl show -p ExecMainStartTimestamp --value --timestamp=us web.service)" +%s%6N; }
# overlaps FILE: how many pairs of batches on different nodes ran at the same time, and of how many nodes.
overlaps() {
  python3 - "$1" <<'END'
import datetime, json, sys
spans = []
for line in open(sys.argv[1]):
    event = json.loads(line)
    if event["type"] == "apply_progress":
        end = datetime.datetime.fromisoformat(event["@timestamp"].replace("Z", "+00:00")).timestamp() * 1000
        # Both times are cut to whole milliseconds.
        spans.append((end - event["duration_ms"] + 2, end, event["node"]))
pairs = sum(a[2] != b[2] and a[0] < b[1] and b[0] < a[1] for i, a in enumerate(spans) for b in spans[:i])
print(f"{pairs} overlaps on {len({span[2] for span in spans})} nodes")
END
}
# told FILE...: the types of the events in them.
told() { sed -n 's/.*"type":"\([a-z_]*\)","seq".*/\1/p' "$@" | sort -u; }
version_of() { on "$1" sed -n 's/^# Version //p' /usr/local/bin/web-service; }

if [ "$(id -u)" -ne 0 ] || ! command -v systemd-nspawn >/dev/null; then
  echo "rollouts: SKIPPED: they need root and systemd-nspawn"
  exit 0
fi
cleanup() { lab/down.sh >/dev/null 2>&1; rm -rf "$work" "$LAB_DIR"; }
trap cleanup EXIT
for n in 1 2 3 4; do echo "n$n 172.16.168.3$n"; done >"$LAB_NODES_FILE"
lab/up.sh 2>/dev/null || { echo "rollouts: the lab does not boot here"; exit 1; }

part "a rollout over healthy machines goes in the order that the plan shows"
write_fleet "batch: 2, canary: 1" 1
expect 0 "plan" inside plan -f "$fleet"
says "it shows batches and canary" '^Rollout of `web` over 4 of its 4 nodes: in batches of 2, canary n1, stops at the first failure\.'
expect 0 "apply" inside apply -f "$fleet" -auto-approve
says "the batches are told" "== batch 2 of web: n2, n3"
for n in 1 2 3 4; do started "n$n" >"$work/t$n"; done
if [ "$(cat "$work/t1")" -lt "$(cat "$work/t2")" ] && [ "$(cat "$work/t1")" -lt "$(cat "$work/t3")" ] &&
  [ "$(cat "$work/t2")" -lt "$(cat "$work/t4")" ] && [ "$(cat "$work/t3")" -lt "$(cat "$work/t4")" ]; then
  ok "the services were started in that order"
else
  cat "$work"/t? >"$work/out"; bad "the services were started in that order"
fi
expect 0 "the second plan is empty" inside plan -f "$fleet" -detailed-exitcode

part "a canary that crashes after it was healthy leaves the others untouched"
write_fleet "batch: 2, canary: 1, max_failures: 3" 2 n1=crash
on n1 sh -c 'echo "# by hand" >>/usr/local/bin/web-service'
expect 10 "apply" inside apply -f "$fleet" -auto-approve --events "$work/crash"
says "the soak caught it" 'web.service. was healthy and (crashed|is )'
says "the others are named with their blocker" 'rollout of `web` stopped: its canary n1 failed'
for n in n1 n2 n3 n4; do
  version_of "$n" >"$work/out" 2>&1
  says "$n has the old version" '^1\.$'
done

part "failures are counted, siblings finish"
write_fleet "batch: 2" 3 n2=dead
expect 4 "apply" inside apply -f "$fleet" -auto-approve
says "what stopped it is named" 'rollout of `web` stopped: 1 of 4 nodes failed \(n2\), max_failures is 0'
version_of n1 >"$work/out"; says "its sibling has the new version" '^3\.$'
version_of n3 >"$work/out"; says "the next batch has the old one" '^1\.$'

part "a machine that is down counts"
lab/node.sh stop n4
write_fleet "batch: 2, max_unavailable: 1" 4
expect 1 "apply changes nothing" inside apply -f "$fleet" -auto-approve --events "$work/down"
says "what stopped it is named" 'rollout of `web` stopped: 1 of 4 nodes is down \(n4\), max_unavailable is 1'
version_of n1 >"$work/out"; says "nobody healthy was touched" '^3\.$'
lab/node.sh start n4

part "a slow start is starting, not failed"
write_fleet "batch: 4" 5 n3=slow
expect 0 "apply" inside apply -f "$fleet" -auto-approve --events "$work/together"
says "all are changed" "Apply complete: 8 changed, 0 failed"
says "while systemctl waits its status line and the time left are told" 'n3: web.service is starting \(activating \(start\); it says: loading part [0-9]+ of 22\), [345][0-9] s left'
if [ "$(grep -c 'web.service is starting' "$work/out")" -le 4 ]; then ok "in a few lines"; else bad "in a few lines"; fi

part "a start that never ends is given up when its budget is over"
write_fleet "batch: 4" 6 n2=stuck n3=slow
expect 4 "apply" inside apply -f "$fleet" -auto-approve
says "with its state and its own words" 'starting: web.service is activating \(start\) after 60 s; it says: waiting for a disk'
version_of n2 >"$work/out"; says "it has the old version" '^5\.$'

part "restart debt is shown and paid"
hand=2
write_fleet "batch: 4" 6
expect 0 "apply of a new configuration, one machine at a time" inside apply -f "$fleet" -auto-approve -parallelism 1 --events "$work/one"
overlaps "$work/one" >"$work/out" 2>&1; says "no two machines were changed at once" '^0 overlaps on 4 nodes$'
overlaps "$work/together" >"$work/out" 2>&1; says "without -parallelism they were" '^[1-9][0-9]* overlaps on 4 nodes$'
on n1 systemctl show -p InvocationID --value by-hand.service >"$work/before"
expect 0 "the plan shows the debt" inside plan -f "$fleet"
says "with what to do" "restart pending because"
expect 8 "nobody is asked without a terminal" inside restart --pending -f "$fleet"
expect 0 "restart --pending pays it on one node" inside restart --pending n1 -f "$fleet" -auto-approve
says "with what it costs" "cost: sessions are lost"
on n1 systemctl show -p InvocationID --value by-hand.service >"$work/after"
if cmp -s "$work/before" "$work/after"; then bad "its process is a new one"; else ok "its process is a new one"; fi
expect 0 "and on the rest" inside restart --pending -f "$fleet" -auto-approve
expect 0 "nothing is owed any more" inside restart --pending -f "$fleet" -auto-approve
says "it says so" "^No restart is pending\.$"
expect 0 "and the plan is empty" inside plan -f "$fleet" -detailed-exitcode
says "it says so" "^No changes"

part "every type of docs/events.md was told but those that take a worse day"
rare='diagnostic|apply_unknown|rollback_errored'
write_fleet "batch: 4" 7
inside apply -f "$fleet" -auto-approve --events "$work/first" >"$work/first.out" 2>&1 </dev/null &
first=$!
until [ "$(grep -c lock_acquired "$work/first" 2>/dev/null)" = 4 ] || ! kill -0 $first 2>/dev/null; do sleep 0.05; done
expect 6 "who waited for a lock finds that the nodes moved" inside apply -f "$fleet" -auto-approve -lock-timeout 60s --events "$work/second"
wait $first
told "$work/together" "$work/one" "$work/crash" "$work/down" "$work/first" "$work/second" | grep -vxE "$rare" >"$work/seen"
sed -n 's/^| `\([a-z_]*\)`.*/\1/p' docs/events.md | grep -vxE "$rare" | sort >"$work/wanted"
same "$work/wanted" "$work/seen" "no type is missing and none is without a row"

printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
