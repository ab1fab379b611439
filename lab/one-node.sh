#!/usr/bin/env bash
# What apply promises, tried on one bare machine with the role small-service: in a minute, and on other releases of Debian too.
# Usage: [LAB_SUITE=bullseye|bookworm|trixie] lab/one-node.sh [FLEETCTL]. Exits 0 with a plain word where no machine can boot.
set -uo pipefail
cd "$(dirname "$0")/.."
fleetctl=$(readlink -f "${1:-.build/debug/fleetctl}")
node=06-Node-27
. lab/lib.sh
. lab/expect.sh

if [ "$(id -u)" -ne 0 ] || ! command -v systemd-nspawn >/dev/null; then
  echo "one machine: SKIPPED: it needs root and systemd-nspawn"
  exit 0
fi
# there: whether the archive of this machine has the release beside its own, and a key that fits.
there() {
  local archive keyring
  archive=$(archive_uri) && keyring=$(archive_keyring) || return 1
  eval "$(apt-config shell http_proxy Acquire::http::Proxy https_proxy Acquire::https::Proxy)"
  http_proxy=${http_proxy:-} https_proxy=${https_proxy:-} debootstrap --print-debs --variant=minbase --keyring="$keyring" \
    "$LAB_SUITE" "$1/root" "${archive%/}" 2>&1
}
if [ "$LAB_SUITE" != bookworm ]; then
  scratch=$(mktemp -d)
  if ! there "$scratch" >"$scratch/out"; then
    echo "one machine: SKIPPED: no Debian $LAB_SUITE is to be had here: $(tail -n 1 "$scratch/out")"
    rm -rf "$scratch"
    exit 0
  fi
  rm -rf "$scratch"
fi
cleanup() { [ "${FLEETCTL_LAB_IS_UP:-}" = 1 ] || lab/down.sh >/dev/null 2>&1; rm -rf "$work"; }
trap cleanup EXIT
part "boot Debian $LAB_SUITE"
if [ "${FLEETCTL_LAB_IS_UP:-}" != 1 ] && ! lab/up.sh --nodes "$node"; then
  echo "one machine: it does not boot here"
  exit 1
fi
# fleet [PARAMETER...]: a fleet of the one node, in $work/fleet.yaml.
fleet() {
  {
    printf 'version: 1\nfleet: one\nregistry: none\nrole_paths: [%s]\nsettings: {firewall: none}\n' "$LAB_SCRIPTS/roles"
    printf 'ssh: {user: autobot, identity_file: %s, known_hosts: %s, become: sudo}\n' "$LAB_DIR/ssh/id_ed25519" "$LAB_DIR/ssh/known_hosts"
    printf 'nodes:\n  %s:\n    address: 172.16.168.27\n    roles:\n      - small-service:\n          greeting: hello\n' "$node"
    [ $# -eq 0 ] || printf '          %s\n' "$@"
  } | awk '{key = $1} /^          / {last[key] = $0; if (!(key in seen)) {seen[key] = 1; order[++n] = key}; next} {print} END {for (i = 1; i <= n; i++) print last[order[i]]}' >"$work/fleet.yaml"
}
apply() { inside apply -f "$work/fleet.yaml" -auto-approve "$@"; }
# picture FILE: what fleetctl must leave alone or restore.
picture() {
  on "$node" sh -c 'cd / && find etc run/systemd/transient var/lib/fleetctl/manifest.json -path "etc/.*" -prune -o -path "*systemd/system/fleetctl-*" -prune -o -path "*.wants/fleetctl-*" -prune -o \
    \( -type f -exec sha256sum {} + -o -type l -printf "%p -> %l\n" \) 2>/dev/null | LC_ALL=C sort; systemctl show -p ActiveState,InvocationID small-service ssh' >"$1"
}

part "from bare to converged"
fleet
[ "${FLEETCTL_LAB_IS_UP:-}" != 1 ] || on "$node" sh -c 'rm -f /run/fleetctl/lock /var/lib/fleetctl/frozen /etc/small-service.conf'
on "$node" systemctl --version | sed -n 1p
expect 0 "validate" "$fleetctl" validate -f "$work/fleet.yaml"
expect 2 "plan" inside plan -f "$work/fleet.yaml" -detailed-exitcode
expect 0 "apply" apply
expect 0 "the second plan is empty" inside plan -f "$work/fleet.yaml" -detailed-exitcode

part "what a plan and an apply cost"
# docs/ssh.md: so many logins, channels and round trips, counted by fleetctl. A busy machine adds some: one where the locks
# took over half a second, one for each 10 s of a batch, and for each 15 s of the run, when the lease is renewed.
# turns NAME LEAST MOST: MOST is for a run without them.
turns() {
  local took=$((SECONDS - began)) seen
  seen=$(sed -n 's/^traffic: 2 logins, 2 channels, \([0-9]*\) turns$/\1/p' "$work/out")
  if [ -n "$seen" ] && [ "$seen" -ge "$2" ] && [ "$seen" -le $(($3 + took / 10 + took / 15)) ]; then
    ok "$1"
  else
    bad "$1 (${seen:-other traffic:} turns in $took s)"
  fi
}
expect 0 "a plan" env FLEETCTL_TRAFFIC=1 lab/enter.sh "$fleetctl" plan -f "$work/fleet.yaml" -detailed-exitcode
says "  1 login, 1 channel, 1 round trip" '^traffic: 1 logins, 1 channels, 1 turns$'
fleet 'sudoers: "%small ALL=(root) /bin/false"'
began=$SECONDS
expect 0 "an apply of one file" env FLEETCTL_TRAFFIC=1 lab/enter.sh "$fleetctl" apply -f "$work/fleet.yaml" -auto-approve
turns "  2 logins, 2 channels, 5 round trips and 3 on the new connection" 8 9
fleet 'sudoers: "%small ALL=(root) /bin/false"' 'greeting: hi'
began=$SECONDS
expect 0 "an apply of a file and a restart" env FLEETCTL_TRAFFIC=1 lab/enter.sh "$fleetctl" apply -f "$work/fleet.yaml" -auto-approve
turns "  2 logins, 2 channels, 7 round trips and 3 on the new connection" 10 11
fleet
expect 0 "as before" apply

part "what its own check refuses is never written"
picture "$work/before"
# refused NAME PARAMETER PATTERN
refused() {
  fleet "$2"
  expect 5 "$1: refused" apply
  says "  it says why" "$3"
  says "  and that nothing live was touched" "^refused by the rehearsal, before anything live was touched: $node"
  picture "$work/after"
  same "$work/before" "$work/after" "  and every file, link, process and the manifest are as before"
}
refused "a flaw in the unit" 'restart: sometimes' 'small-service.service:[0-9]+: .*sometimes'
refused "a setting that sshd refuses" 'forwarding: perhaps' 'sshd -t refuses it|50-small.conf line 1'
refused "a rule that sudo refuses" 'sudoers: "%small ALL=(root"' 'visudo -c refuses it'
refused "a file that its check refuses" 'greeting: HELLO' 'grep -x greeting=.* refuses it'
fleet
expect 0 "the plan is empty" inside plan -f "$work/fleet.yaml" -detailed-exitcode

part "what fails later goes back"
fleet 'program: "sleep 1; die qq(no such luck)"'
expect 10 "a service that dies: failed and rolled back" apply
says "its last words are told" "no such luck"
fleet
expect 0 "the plan is empty" inside plan -f "$work/fleet.yaml" -detailed-exitcode
expect 0 "it runs" on "$node" systemctl is-active small-service

part "an apply that was cut off is resumed"
fleet 'greeting: bye' 'program: "sleep 2; die qq(no such luck)"'
expect 10 "it fails and goes back" apply --events "$work/events"
run=$(sed -n 's/.*"run_id":"\([0-9a-f]*\)".*/\1/p' "$work/events" | sed -n 1p)
expect 0 "history" inside history -f "$work/fleet.yaml"
says "it names what may be resumed" "$run +rolled back .* may be resumed"
on "$node" touch /etc/small-service.conf
expect 10 "resumed it does the same again" inside apply --resume "$run" -f "$work/fleet.yaml"
says "it says what is left" "^Run $run is resumed .*: [0-9]+ of [0-9]+ changes are left"
on "$node" sh -c 'echo "# by hand" >>/etc/small-service.conf'
expect 6 "a node that moved in another way is refused" inside apply --resume "$run" -f "$work/fleet.yaml"
says "it says what moved" "small-service.conf|went over it since"
expect 1 "a run that never was" inside apply --resume 0123456789ab -f "$work/fleet.yaml"
fleet
expect 0 "mend it" apply
fleet 'greeting: again'
rm -f "$work/events"
# It waits before its batch of files, is told to stop, and goes on: that batch is finished, the restart is not begun.
: >"$work/files.hold"
FLEETCTL_FAILPOINT=files:pause FLEETCTL_FAILPOINT_DIR=$work \
  lab/enter.sh "$fleetctl" apply -f "$work/fleet.yaml" -auto-approve --events "$work/events" >"$work/out" 2>&1 &
wrapper=$!
for _ in $(seq 600); do [ -e "$work/files.reached" ] && break; sleep 0.05; done
client=$(pgrep -f -- "^$fleetctl apply -f $work/fleet.yaml" | sed -n 1p)
if [ -n "$client" ] && [ -e "$work/files.reached" ] && kill -INT "$client"; then ok "the client runs and is interrupted"; else bad "the client runs and is interrupted"; fi
rm "$work/files.hold"
wait "$wrapper"
if [ $? = 130 ]; then ok "it ends as interrupted"; else bad "it ends as interrupted"; fi
says "and names what it did not begin" '^Apply incomplete: .* [1-9][0-9]* (skipped|taken back)'
run=$(sed -n 's/.*"run_id":"\([0-9a-f]*\)".*/\1/p' "$work/events" | sed -n 1p)
expect 0 "an interrupted run is carried on to its end" inside apply --resume "$run" -f "$work/fleet.yaml"
says "it says what is left" "^Run $run is resumed .*: [1-9][0-9]* of [0-9]+ changes are left"
expect 0 "the file is there" on "$node" grep -qx greeting=again /etc/small-service.conf
expect 0 "the plan is empty" inside plan -f "$work/fleet.yaml" -detailed-exitcode

part "a secret is nowhere but where it belongs"
token=$(on "$node" sed -n 's/^SMALL_TOKEN=//p' /etc/small-service.env)
fleet "program: 'print STDERR qq(my token is \$ENV{SMALL_TOKEN}\\n); sleep 1; die qq(gone)'"
# Every 20 ms: command lines and environments of all processes here and there but the service's own.
(
  while [ ! -e "$work/enough" ]; do
    for p in /proc/[0-9]*; do
      case $(cat "$p/comm" 2>/dev/null) in perl | grep | '') continue ;; esac
      cat "$p/cmdline" "$p/environ" 2>/dev/null | tr '\0' '\n'
    done
    sleep 0.02
  done >"$work/processes"
) &
sampler=$!
expect 10 "a service that prints its token and dies" apply --events "$work/events"
touch "$work/enough"
wait "$sampler"
says "its last words come without the token" "my token is \(secret small-service.token\)"
cat "$work/out" "$work/events" "$work/processes" >"$work/all"
inside plan -f "$work/fleet.yaml" -out "$work/plan" >>"$work/all" 2>&1
inside history -f "$work/fleet.yaml" --format json >>"$work/all" 2>&1
cat "$work/plan" >>"$work/all"
if [ ${#token} -eq 40 ] && ! grep -qF "$token" "$work/all"; then ok "output, events, plan, history, command lines and environments lack it"; else grep -F "$token" "$work/all" | cut -c1-200 >"$work/out"; bad "somewhere it stands"; fi
# The journal of services is the node's own; what a file held before a change is kept beside the run, for root.
on "$node" sh -c "grep -rlF -- '$token' /etc /run /tmp /var/tmp /var/lib /root /usr/local 2>/dev/null | grep -v -e '^/etc/small-service\.' -e '^/run/log/journal/' -e '/before\.[0-9]*$'" >"$work/out"
if [ -s "$work/out" ]; then bad "no file of the node has it that is not its owner"; else ok "no file of the node has it that is not its owner"; fi
# The client is killed while the service fails: the node takes the run back, and nobody reads its words.
fleet "program: 'print STDERR qq(again, my token is \$ENV{SMALL_TOKEN}\\n); sleep 3; die qq(gone)'"
inside apply -f "$work/fleet.yaml" -auto-approve --confirm-timeout 8s >"$work/killed" 2>&1 &
wrapper=$!
for _ in $(seq 200); do on "$node" sh -c 'journalctl -u small-service.service -o cat | grep -q "^again, my token is"' && break; sleep 0.1; done
pkill -9 -f -- "$fleetctl apply -f $work/fleet.yaml"
wait "$wrapper" 2>/dev/null
for _ in $(seq 60); do on "$node" test -s /var/lib/fleetctl/frozen && ! on "$node" test -e /run/fleetctl/lock && break; sleep 1; done
on "$node" cat /var/lib/fleetctl/frozen >"$work/out"
says "the node takes back what a killed client left" "nobody confirmed run [0-9a-f]+ in time: it was taken back"
on "$node" sh -c "journalctl -u small-service.service -o cat | grep -cF -- 'again, my token is $token'" >"$work/out"
says "the service did print its token" '^[1-9]'
on "$node" sh -c "journalctl -o cat -u 'fleetctl-*' | grep -F -- '$token'; grep -rlF -- '$token' /etc /run /tmp /var/tmp /var/lib/fleetctl /root /usr/local 2>/dev/null | grep -v -e '^/etc/small-service\.' -e '^/run/log/journal/' -e '/var/lib/fleetctl/tx/.*/before\.[0-9]*$'" >"$work/out"
if [ -s "$work/out" ]; then bad "its words are nowhere in what fleetctl keeps"; else ok "its words are nowhere in what fleetctl keeps"; fi
last=$(on "$node" sh -c 'ls -1td /var/lib/fleetctl/tx/*/ | head -n 1')
on "$node" sh -c "cat $last/rolled-back; ls $last/*/before.* 2>&1" >"$work/out"
says "it went back whole" '^whole$'
silent "and what it replaced is not kept" '/before\.[0-9]+$'
expect 0 "thaw" inside lock thaw -f "$work/fleet.yaml" "$node"
fleet
expect 0 "the fleet is as declared" apply

part "fleetctl's own memory is nobody else's"
mkdir -m 0755 "$work/own"
mkfifo -m 0666 "$work/own/in"
chmod 0711 "$work"
cp "$fleetctl" "$work/own/fleetctl"
chmod 0755 "$work/own/fleetctl"
# As an ordinary user, who may otherwise read the environment of a process of theirs.
(cd "$work/own" && ulimit -c unlimited && FLEETCTL_SUDO_PASSWORD=canary-of-sudo exec setpriv --reuid=65534 --regid=65534 --clear-groups ./fleetctl validate -f - <in >/dev/null 2>&1) &
shell=$!
exec 8>"$work/own/in"
# setpriv, and the program's first steps, may take their time.
for _ in $(seq 300); do setpriv --reuid=65534 --regid=65534 --clear-groups cat "/proc/$shell/environ" >/dev/null 2>&1 || break; sleep 0.1; done
setpriv --reuid=65534 --regid=65534 --clear-groups sh -c "cat /proc/$shell/environ" >"$work/out" 2>&1
says "another process of the same user may not read its environment" 'Permission denied'
silent "and does not" canary-of-sudo
grep '^Max core file size' "/proc/$shell/limits" >"$work/out"
says "it leaves no core file" '^Max core file size +1 +1 '
exec 8>&-
wait "$shell"

printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
