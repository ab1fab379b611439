#!/usr/bin/env bash
# How runs end that nobody watches to their end, tried on two bare machines: taken back on all nodes, rolled back later,
# carried on after a client was killed, and what is left when a role or fleetctl itself leaves.
# Usage: lab/endings.sh [FLEETCTL]. Exits 0 with a plain word where this machine cannot boot the lab.
set -uo pipefail
cd "$(dirname "$0")/.."
fleetctl=$(readlink -f "${1:-.build/debug/fleetctl}")
export LAB_NAME=${LAB_NAME:-fleetend} LAB_DIR=${LAB_DIR:-$PWD/.lab-endings}
. lab/expect.sh
export LAB_NODES_FILE=$work/nodes
fleet=$work/fleet.yaml
# write_fleet NODE=PARAMETERS...: the nodes named carry the role, the others none.
write_fleet() {
  local node mine
  {
    printf 'version: 1\nfleet: endings\nnetwork: 172.16.168.0/24\nregistry: none\nrole_paths: [%s]\n' "$PWD/lab/roles"
    printf 'ssh: {user: autobot, identity_file: %s, known_hosts: %s, become: sudo}\nnodes:\n' "$LAB_DIR/ssh/id_ed25519" "$LAB_DIR/ssh/known_hosts"
    for node in n1 n2; do
      mine=
      for word in "$@"; do [ "${word%%=*}" != "$node" ] || mine="{ending: {${word#*=}}}"; done
      printf '  %s: {address: 172.16.168.3%s, roles: [%s]}\n' "$node" "${node#n}" "$mine"
    done
  } >"$fleet"
}
apply() { inside apply -f "$fleet" -auto-approve "$@"; }
empty() { expect 0 "the plan is empty" inside plan -f "$fleet" -detailed-exitcode; }
# Without how long the last start took.
plan_text() { inside plan -f "$fleet" 2>&1 | grep -v -e '^ *down for about' -e '^Digest: '; }
run_of() { sed -n 's/.*"run_id":"\([0-9a-f]*\)".*/\1/p' "$1" | sed -n 1p; }
# picture FILE: every file, link and folder that a run could leave or take, and what is known of its unit, on both nodes.
picture() {
  for node in n1 n2; do
    echo "== $node"
    on "$node" sh -c 'cd / && find etc usr/local opt var/lib/ending -name "fleetctl-*" -prune -o \
      \( -type f -exec sha256sum {} + -o -type l -printf "%p -> %l\n" -o -type d -printf "%p %m %u %g\n" \) 2>/dev/null | LC_ALL=C sort
      systemctl show -p LoadState,ActiveState,UnitFileState ending.service'
  done >"$1"
}

if [ "$(id -u)" -ne 0 ] || ! command -v systemd-nspawn >/dev/null; then
  echo "endings: SKIPPED: they need root and systemd-nspawn"
  exit 0
fi
up=
cleanup() { [ -z "$up" ] || { lab/down.sh >/dev/null 2>&1; rm -rf "$LAB_DIR"; }; rm -rf "$work"; }
trap cleanup EXIT
for n in 1 2; do echo "n$n 172.16.168.3$n"; done >"$LAB_NODES_FILE"
if [ ! -e "/run/netns/$LAB_NAME" ]; then
  up=1
  lab/up.sh 2>/dev/null || { echo "endings: the lab does not boot here"; exit 1; }
fi

part "--on-failure rollback takes back a node that was confirmed already: one that was bare"
picture "$work/bare"
write_fleet n1='version: "1"' n2='mode: dead'
plan_text >"$work/plan.before"
expect 10 "apply" apply --on-failure rollback
says "the other node failed and is named" 'n2 .*failed'
says "the report says why the first went back" 'taken back with the run, because node.n2 failed'
says "and that it did" 'n1 .*rolled back'
picture "$work/after"
same "$work/bare" "$work/after" "every file, folder, link and unit of both is as before"
plan_text >"$work/plan.after"
same "$work/plan.before" "$work/plan.after" "the plan is what it was"

part "and one that was converged"
write_fleet n1='version: "1"' n2='version: "1"'
expect 0 "apply" apply --events "$work/first"
picture "$work/first.picture"
write_fleet n1='version: "2"' n2='version: "2", mode: dead'
plan_text >"$work/plan.before"
expect 10 "apply" apply --on-failure rollback
says "the report says why the first went back" 'taken back with the run, because node.n2 failed'
picture "$work/after"
same "$work/first.picture" "$work/after" "every file, folder, link and unit of both is as before"
plan_text >"$work/plan.after"
same "$work/plan.before" "$work/plan.after" "the plan is what it was"
write_fleet n1='version: "1"' n2='version: "1"'
empty

part "rollback of the run that brought a unit whose file was never there before"
run=$(run_of "$work/first")
expect 0 "rollback" inside rollback "$run" -f "$fleet" -auto-approve
picture "$work/after"
same "$work/bare" "$work/after" "nothing is left on either"
says "the plan names what ends, not only the link" '! disable, stop ending.service'
on n1 sh -c 'systemctl list-units --all --plain --no-legend ending.service' >"$work/out"
if [ -s "$work/out" ]; then bad "systemd knows no such unit any more"; else ok "systemd knows no such unit any more"; fi

part "the client dies in the middle (kill -9), the node takes itself back, and the run is carried on to its end"
write_fleet n1='version: "1"' n2='version: "1"'
expect 0 "apply" apply
picture "$work/before"
# Long enough for all that is done while it starts, on a busy machine, too.
write_fleet n1='version: "3", seconds: "10"' n2='version: "3"'
lab/enter.sh "$fleetctl" apply -f "$fleet" -auto-approve --confirm-timeout 5s --events "$work/killed" >"$work/killed.out" 2>&1 &
client=$!
activating() { [ "$(on n1 systemctl show -p ActiveState --value ending.service)" = activating ]; }
for _ in $(seq 400); do activating && break; sleep 0.1; done
run=$(run_of "$work/killed")
on n1 systemctl is-active "fleetctl-tx-$run-*.service" fleetctl-watchdog@"$run".service >"$work/out" 2>&1
kill -9 "$client"
wait "$client" 2>/dev/null
if [ $? = 137 ] && grep -q '^active$' "$work/out" && ! grep -qv '^active$' "$work/out" && activating; then
  ok "it was killed while its batch ran on the node"
else
  on n1 systemctl status --no-pager ending.service >>"$work/out" 2>&1
  bad "it was killed while its batch ran on the node"
fi
for _ in $(seq 200); do on n1 test -s /var/lib/fleetctl/frozen && break; sleep 0.2; done
expect 0 "n1 took itself back and says so" on n1 grep "nobody confirmed run $run in time" /var/lib/fleetctl/frozen
picture "$work/after"
same "$work/before" "$work/after" "every file, folder, link and unit of both is as before"
expect 12 "frozen it takes no changes" inside apply --resume "$run" -f "$fleet"
expect 0 "thaw" inside lock thaw n1 -f "$fleet"
expect 7 "the dead client's lock holds on the node that it had not come to" inside apply --resume "$run" -f "$fleet"
says "it says how to let it go" '^  fleetctl lock release n2$'
expect 0 "who looks" inside lock list n2 -f "$fleet"
says "sees whose it is and since when" "^n2 +locked +.*, process [0-9]+, since $(date -u +%Y)-[0-9-]+T[0-9:]+Z, [0-9]+ s left, plan sha256:"
expect 0 "until somebody releases it" inside lock release n2 -f "$fleet"
part "where a resumed run is refused"
on n1 sh -c 'cp /etc/machine-id /root/machine-id; echo 0123456789abcdef0123456789abcdef >/etc/machine-id'
expect 11 "a swapped machine" inside apply --resume "$run" -f "$fleet"
says "it says so" 'node.n1 is another machine than the one that was planned'
on n1 sh -c 'cat /root/machine-id >/etc/machine-id; rm /root/machine-id'
for node in n1 n2; do
  on "$node" sh -c 'cp -p /var/lib/fleetctl/manifest.json /root/; sed -i "s/\"format\" : 1/\"format\" : 9/" /var/lib/fleetctl/manifest.json'
done
expect 5 "a record that a newer fleetctl wrote since" inside apply --resume "$run" -f "$fleet"
says "it says so" 'node.n1: a newer fleetctl looks after it'
says "with the cure" 'Use a fleetctl at least as new as the one that was here last'
expect 5 "a normal apply is refused, too" apply
says "with the cure" 'Use a fleetctl at least as new as the one that was here last'
for node in n1 n2; do on "$node" sh -c 'cat /root/manifest.json >/var/lib/fleetctl/manifest.json; rm /root/manifest.json'; done
picture "$work/after"
same "$work/before" "$work/after" "and nothing was changed"
expect 0 "resumed, it is carried on to its end" inside apply --resume "$run" -f "$fleet"
says "it says what is left" "^Run $run is resumed"
expect 0 "n1 has the new version" on n1 grep -qx version=3 /etc/ending/ending.conf
expect 0 "n2 too" on n2 grep -qx version=3 /etc/ending/ending.conf
empty

part "a frozen machine does not stop the others"
write_fleet n1='version: "4"' n2='version: "4"'
expect 0 "freeze n1" inside lock freeze n1 --because 'a disk is being replaced' -f "$fleet"
picture "$work/before"
expect 12 "with --on-failure stop nothing is begun" apply --on-failure stop
says "it says how to thaw it" '^  fleetctl lock thaw n1$'
picture "$work/after"
same "$work/before" "$work/after" "nothing was changed"
expect 12 "apply" apply
says "the table has n1 as frozen" '^n1 +frozen'
says "with the reason" 'the node is frozen: .*a disk is being replaced'
says "its changes are named as skipped" '^skipped node.n1/'
says "n2 is changed" '^n2 +changed'
expect 0 "n2 has the new version" on n2 grep -qx version=4 /etc/ending/ending.conf
expect 0 "n1 the old one" on n1 grep -qx version=3 /etc/ending/ending.conf
expect 0 "thaw" inside lock thaw n1 -f "$fleet"
expect 0 "apply" apply
empty

part "a machine that moved since the plan does not stop the others"
write_fleet n1='version: "5"' n2='version: "5"'
expect 0 "a plan" inside plan -f "$fleet" -out "$work/plan"
on n1 sh -c 'echo "# by hand" >>/etc/ending/ending.conf'
picture "$work/before"
expect 6 "with --on-failure stop nothing is begun" inside apply "$work/plan" -f "$fleet" --on-failure stop
says "it says what moved" '^  node.n1 moved: node.n1/file:/etc/ending/ending.conf'
picture "$work/after"
same "$work/before" "$work/after" "nothing was changed"
expect 4 "apply" inside apply "$work/plan" -f "$fleet" --events "$work/moved"
says "the table has n1 as moved" '^n1 +moved'
says "with what moved" 'moved since the plan, so nothing was done here: node.n1/file:/etc/ending/ending.conf'
says "n2 is changed" '^n2 +changed'
expect 0 "n2 has the new version" on n2 grep -qx version=5 /etc/ending/ending.conf
expect 0 "n1 what was written by hand" on n1 grep -qx '# by hand' /etc/ending/ending.conf
expect 0 "its changes are told as skipped, with the reason" grep -q '"type":"apply_skipped".*"address":"node.n1/.*"blocked_by":"moved since the plan' "$work/moved"
expect 0 "n1 is locked no more" inside lock list n1 -f "$fleet"
says "it is free" '^n1 +free'
expect 6 "where all moved nothing is begun" inside apply "$work/plan" -f "$fleet"
says "it says so" 'nothing was changed. Plan again'
expect 0 "a plan made anew is carried out" apply
empty

part "a lock is not kept while another machine's is waited for"
# held: somebody else holds n2.
held() {
  on n2 sh -c 'printf "token=x\nholder=bob\nplan=d\nlease=600\ndeadline=999999999\nboot=%s\n" "$(cat /proc/sys/kernel/random/boot_id)" >/run/fleetctl/lock'
}
write_fleet n1='version: "6"' n2='version: "6"'
held
expect 7 "apply" apply
says "it says how to let it go" '^  fleetctl lock release n2$'
expect 0 "a lock of an older fleetctl" inside lock list n2 -f "$fleet" --format json
says "does not say since when" '"since": null'
lab/enter.sh "$fleetctl" apply -f "$fleet" -auto-approve --lock-timeout 60s --events "$work/waits" >"$work/waits.out" 2>&1 </dev/null &
client=$!
for _ in $(seq 100); do grep -q change_summary "$work/waits" 2>/dev/null && break; sleep 0.1; done
# Looked at a few times: the first try has it for a moment.
sleep 1
free=
for _ in $(seq 20); do
  if inside lock list n1 -f "$fleet" 2>/dev/null | grep -q '^n1 *free'; then free=$free.; else free=; fi
  [ "$free" != ... ] || break
done
if [ "$free" = ... ] && kill -0 "$client" 2>/dev/null; then ok "n1 is free while it waits for n2"; else bad "n1 is free while it waits for n2"; fi
# The login of n1 loses sudo meanwhile.
on n1 sh -c 'mv /etc/sudoers.d/autobot /root/'
expect 0 "n2 is released" inside lock release n2 -f "$fleet"
wait "$client"
status=$?
cp "$work/waits.out" "$work/out"
if [ "$status" = 9 ]; then ok "a machine that lost its way to root is left out, the others go on"; else bad "a machine that lost its way to root is left out, the others go on (exit $status, wanted 9)"; fi
says "it is named" 'warning: node.n1: the login may not become root any more: .*; it is left out'
says "with the cure" 'fleetctl doctor --sudoers'
says "the table has it as unreachable" '^n1 +unreachable'
says "n2 is changed" '^n2 +changed'
on n1 sh -c 'mv /root/autobot /etc/sudoers.d/'
expect 0 "apply" apply
empty

part "two operators who want the same machines"
{ sed -n '/^nodes:/,$!p' "$fleet"; echo nodes:; grep '^  n2' "$fleet"; grep '^  n1' "$fleet"; } >"$work/turned.yaml"
for round in 1 2; do
  sed -i 's/version: "[^"]*"/version: "'"a$round"'"/' "$fleet"
  sed -i 's/version: "[^"]*"/version: "'"b$round"'"/' "$work/turned.yaml"
  inside plan -f "$fleet" -out "$work/plan.a" >/dev/null 2>&1
  inside plan -f "$work/turned.yaml" -out "$work/plan.b" >/dev/null 2>&1
  inside apply "$work/plan.a" -f "$fleet" --lock-timeout 90s >"$work/a.out" 2>&1 </dev/null &
  first=$!
  inside apply "$work/plan.b" -f "$work/turned.yaml" --lock-timeout 90s >"$work/out" 2>&1 </dev/null &
  wait $!; second=$?
  wait "$first"; first=$?
  cat "$work/a.out" >>"$work/out"
  case $first:$second in
  0:6) winner=a ;;
  6:0) winner=b ;;
  *) winner= ;;
  esac
  if [ -n "$winner" ]; then ok "one is carried out, the other told that it moved"; else bad "one is carried out, the other told that it moved (exits $first and $second)"; fi
  expect 0 "n1 has what the first asked for" on n1 grep -qx "version=$winner$round" /etc/ending/ending.conf
  expect 0 "n2, too" on n2 grep -qx "version=$winner$round" /etc/ending/ending.conf
done

part "a plan changes nothing on a node"
write_fleet n1='version: "2"'
# traces NODE: bytes, times and rights of all that is kept, and what systemd runs. Left out is what a login itself leaves:
# systemd-logind's sessions and users, the stamps of sudo, the journal, utmp, wtmp, btmp and lastlog.
traces() {
  on "$1" sh -c 'cd / && find etc usr/local opt home root srv tmp var run/fleetctl run/systemd/system run/systemd/transient \
      \( -path "run/systemd/transient/session-*" -o -path "var/log/journal" -o -path var/log/wtmp -o -path var/log/btmp -o -path var/log/lastlog \
      -o -path var/lib/sudo \) -prune -o -printf "%p %T@ %s %m %u %g %l\n" 2>/dev/null | LC_ALL=C sort
    find etc usr/local opt var/lib/fleetctl -type f -exec sha256sum {} + 2>/dev/null | LC_ALL=C sort
    systemctl list-units --all --plain --no-legend --full | grep -v -e "^session-.*scope" -e "^user.*-[0-9]*\.slice" -e "^user.*@[0-9]*\.service" |
      sed "s/  */ /g"
    systemctl show -p Id,InvocationID,NRestarts,UnitFileState,NeedDaemonReload ending.service ssh.service systemd-journald.service'
}
# The watch over the run before ends within a second or two of its confirmation.
for node in n1 n2; do
  for _ in $(seq 50); do on "$node" systemctl is-active --quiet 'fleetctl-watchdog@*' 'fleetctl-tx-*' || break; sleep 0.2; done
done
for node in n1 n2; do traces "$node"; done >"$work/before"
expect 2 "a plan with changes" inside plan -f "$fleet" -detailed-exitcode
expect 2 "a second one, saved" inside plan -f "$fleet" -detailed-exitcode -out "$work/plan"
for node in n1 n2; do traces "$node"; done >"$work/after"
same "$work/before" "$work/after" "bytes, times and rights of all files, and what systemd runs, are as before"
if [ "$(grep -c ' ending.service\|^ending.service' "$work/before")" -gt 0 ] && grep -q '^var/lib/fleetctl/manifest.json ' "$work/before"; then ok "  they were looked at"; else bad "  they were looked at"; fi

part "a generated secret of a role on several machines is one value"
# tokens FILE NODE...: the role on these nodes.
tokens() {
  {
    printf 'version: 1\nfleet: endings\nnetwork: 172.16.168.0/24\nregistry: none\nrole_paths: [%s]\n' "$PWD/lab/roles"
    printf 'ssh: {user: autobot, identity_file: %s, known_hosts: %s, become: sudo}\nnodes:\n' "$LAB_DIR/ssh/id_ed25519" "$LAB_DIR/ssh/known_hosts"
    for node in n1 n2; do
      mine=
      case " $* " in *" $node "*) mine=shared-token ;; esac
      printf '  %s: {address: 172.16.168.3%s, roles: [%s]}\n' "$node" "${node#n}" "$mine"
    done
  } >"$fleet"
}
token_of() { on "$1" sed -n 's/^TOKEN=//p' /etc/shared-token.env; }
tokens n2
expect 0 "apply on n2 alone" apply
tokens n1 n2
expect 0 "apply on n1, too" apply --events "$work/tokens"
cat "$work/out" "$work/tokens" >"$work/said"
empty
token=$(token_of n2)
if [ ${#token} -eq 40 ] && [ "$(token_of n1)" = "$token" ]; then ok "n1 was given the value of n2"; else bad "n1 was given the value of n2"; fi
on n1 cat /etc/shared-token.conf >"$work/n1"
on n2 cat /etc/shared-token.conf >"$work/n2"
same "$work/n1" "$work/n2" "the files that hold it are equal"
expect 0 "only root reads it" on n1 test "$(on n1 stat -c '%a %U' /etc/shared-token.env)" = '600 root'
for node in n1 n2; do on "$node" sh -c 'rm /etc/shared-token.*'; done
expect 0 "freeze n1" inside lock freeze n1 --because 'a disk is being replaced' -f "$fleet"
expect 12 "while n1 is frozen, n2 has nothing to be given" apply
says "it is told what it waits for" 'warning: node.n2: node.n2/secret:shared-token.token needs node.n1/secret:shared-token.token'
expect 1 "and makes none of its own" on n2 test -e /etc/shared-token.env
expect 0 "thaw" inside lock thaw n1 -f "$fleet"
expect 0 "apply on two that have none" apply
empty
token=$(token_of n1)
if [ ${#token} -eq 40 ] && [ "$(token_of n2)" = "$token" ]; then ok "n1 made it, n2 was given it"; else bad "n1 made it, n2 was given it"; fi
for node in n1 n2; do
  on "$node" sh -c "grep -rlF -- '$token' /etc /run /tmp /var/tmp /var/lib /root 2>/dev/null | grep -v '^/etc/shared-token'" >"$work/out"
  if [ -s "$work/out" ]; then bad "it stands nowhere else on $node"; else ok "it stands nowhere else on $node"; fi
done
if grep -qF -- "$token" "$work/said"; then bad "nothing printed it"; else ok "nothing printed it"; fi
on n2 sed -i 's/^TOKEN=.*/TOKEN=by-hand/' /etc/shared-token.env
expect 5 "another value on n2 is refused" apply
says "it says why" 'its value is another one than that of node.n1/secret:shared-token.token'
says "and what to do" 'Take the line `TOKEN=…` out of /etc/shared-token.env'
on n2 sed -i '/^TOKEN=/d' /etc/shared-token.env
expect 0 "without that line it is given the value again" apply
empty
if [ "$(token_of n2)" = "$token" ]; then ok "it has it"; else bad "it has it"; fi

part "a role that leaves keeps its data; so does a machine that is left, unless it is purged"
for node in n1 n2; do on "$node" sh -c 'echo precious >/var/lib/ending/kept'; done
write_fleet n1='version: "1"'
expect 0 "apply without the role on n2" apply
expect 1 "its unit is gone" on n2 test -e /etc/systemd/system/ending.service
expect 0 "its data is there" on n2 grep -qx precious /var/lib/ending/kept
write_fleet n1='version: "1"' n2='version: "1"'
expect 0 "with the role again" apply
expect 0 "its data is still there" on n2 grep -qx precious /var/lib/ending/kept
expect 0 "decommission" inside decommission n2 -f "$fleet" -auto-approve
expect 1 "the unit is gone" on n2 test -e /etc/systemd/system/ending.service
expect 1 "fleetctl's record, too" on n2 test -e /var/lib/fleetctl
expect 0 "the data is there" on n2 grep -qx precious /var/lib/ending/kept
expect 0 "decommission --purge-data" inside decommission n1 --purge-data -f "$fleet" -auto-approve
expect 1 "the data is gone" on n1 test -e /var/lib/ending
expect 1 "the unit is gone" on n1 test -e /etc/systemd/system/ending.service

printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
