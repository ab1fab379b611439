#!/usr/bin/env bash
# The first contact with a machine, and what holds from then on: pins, a swapped machine, copies of one image.
# Usage: lab/firstcontact.sh [FLEETCTL]; wants a lab with 06-Node-27 and browser-automation, and boots one if none is up.
set -uo pipefail
cd "$(dirname "$0")/.."
. lab/lib.sh
fleetctl=$(readlink -f "${1:-.build/debug/fleetctl}")
one=06-Node-27
two=browser-automation
work=$(mktemp -d)
passed=0
failed=0

inside() { (cd "$work" && "$LAB_SCRIPTS/enter.sh" "$fleetctl" "$@"); }
on() { local node=$1; shift; lab/node.sh exec "$node" -- "$@"; }
ok() { passed=$((passed + 1)); printf '  ok    %s\n' "$1"; }
bad() {
  failed=$((failed + 1))
  printf '  FAIL  %s\n' "$1"
  if [ -s "$work/out" ]; then sed 's/^/        | /' "$work/out" | tail -n 40; fi
}
# expect CODE NAME COMMAND...: the command exits with CODE; its output is kept for `says`.
expect() {
  local code=$1 name=$2 status=0
  shift 2
  "$@" >"$work/out" 2>&1 </dev/null || status=$?
  if [ "$status" -eq "$code" ]; then ok "$name"; else bad "$name (exit $status, wanted $code)"; fi
}
# says NAME PATTERN: the last output has a line that matches.
says() { if grep -Eq -- "$2" "$work/out"; then ok "$1"; else bad "$1 (no line matches: $2)"; fi; }
same() { if cmp -s "$1" "$2"; then ok "$3"; else diff "$1" "$2" >"$work/out"; bad "$3"; fi; }
part() { printf '\n%s (%s)\n' "$*" "$(date +%H:%M:%S)"; }

if [ "$(id -u)" -ne 0 ] || ! command -v systemd-nspawn >/dev/null; then
  echo "first contact: SKIPPED: it needs root and systemd-nspawn"
  exit 0
fi
up=
cleanup() { [ -z "$up" ] || lab/down.sh >/dev/null 2>&1; rm -rf "$work"; }
trap cleanup EXIT
if [ ! -e "/run/netns/$LAB_NAME" ]; then
  up=1
  lab/up.sh --nodes "$one,$two" || exit 1
fi

cat >"$work/fleet.yaml" <<YAML
version: 1
fleet: contact
registry: none
role_paths: [$LAB_SCRIPTS/roles]
ssh: {user: autobot, identity_file: $LAB_DIR/ssh/id_ed25519, config: none, known_hosts: pins}
nodes:
  $one: {address: 172.16.168.27, roles: [slow-start]}
  $two: {address: 172.16.168.25}
YAML

part "what the machines are known by is pinned once"
expect 8 "nobody can be asked: nothing is pinned" inside hosts trust
expect 0 "trust pins host key, machine-id and node id" inside hosts trust -auto-approve
for node in $one $two; do
  grep -qF "$(on "$node" cat /etc/machine-id)" "$work/fleet.lock" && ok "$node: its machine-id is in fleet.lock" || bad "$node: machine-id"
  grep -qF "$(on "$node" cat /var/lib/fleetctl/node-id)" "$work/fleet.lock" && ok "$node: its node id is in fleet.lock" || bad "$node: node id"
done
cp "$work/fleet.lock" "$work/lock.first"
expect 0 "a second time there is nothing to do" inside hosts trust -auto-approve
says "and it says so" '^Everything is pinned already'
same "$work/lock.first" "$work/fleet.lock" "fleet.lock is the same"
rm "$work/pins"
expect 0 "fleet.lock is enough, without any known_hosts" inside plan
says "and the plan is there" '^Plan: 2 to create'
sed 's/AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]*$/AAAA/' "$work/lock.first" >"$work/fleet.lock"
expect 1 "a damaged fleet.lock is believed in no part" inside plan
says "with its place" '^ *--> fleet.lock:7:9'
cp "$work/lock.first" "$work/fleet.lock"

part "another machine in the place of one is refused before anything is written"
on "$one" sh -c 'cp /etc/machine-id /etc/machine-id.own; rm -f /etc/machine-id; echo 0123456789abcdef0123456789abcdef >/etc/machine-id'
expect 11 "plan says so" inside plan
says "with both values" 'another machine answers for .*machine-id [0-9a-f]{32}, it has 0123456789abcdef'
expect 11 "apply refuses" inside apply -auto-approve
expect 11 "so do commands that do not look at the node first" inside lock freeze "$one" --because test
expect 11 "and ping names the step" inside ping "$one"
says "identity" 'FAILED at identity'
expect 3 "nothing was written there" on "$one" sh -c '[ ! -e /etc/slow-start.conf ] && [ ! -e /var/lib/fleetctl/frozen ] && exit 3'
on "$one" sh -c 'cat /etc/machine-id.own >/etc/machine-id'
on "$one" sh -c 'cd /etc/ssh; mkdir -p own; cp ssh_host_* own; ssh-keygen -q -t ed25519 -N "" -f new; mv new ssh_host_ed25519_key; mv new.pub ssh_host_ed25519_key.pub; systemctl restart ssh'
expect 11 "another host key is refused by plan" inside plan
says "with both fingerprints" 'fleet.lock pins ssh-ed25519 SHA256:.*offered ssh-ed25519 SHA256:'
expect 11 "and by apply" inside apply -auto-approve
new=$(on "$one" ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub | cut -d' ' -f2)
expect 11 "rotate wants the fingerprint that is shown" inside hosts trust --rotate --fingerprint SHA256:AAAA "$one"
same "$work/lock.first" "$work/fleet.lock" "fleet.lock is the same"
expect 0 "rotate pins the new key" inside hosts trust --rotate --fingerprint "$new" "$one"
expect 0 "and the plan is there again" inside plan

part "copies of one image are told apart from two machines"
on "$two" sh -c 'cp /etc/machine-id /etc/machine-id.own'
on "$one" cat /etc/machine-id | on "$two" sh -c 'cat >/etc/machine-id'
mkdir "$work/bare"
cp "$work/fleet.yaml" "$work/bare"
for pair in "$one 172.16.168.27" "$two 172.16.168.25"; do
  echo "${pair#* } $(on "${pair% *}" cat /etc/ssh/ssh_host_ed25519_key.pub)"
done >"$work/bare/pins"
expect 11 "two nodes with one machine-id are refused, without any fleet.lock" inside plan -f bare/fleet.yaml
says "naming both" "nodes .$one., .$two. have one machine-id"
rm "$work/fleet.lock"
expect 11 "and are not pinned" inside hosts trust -auto-approve
says "naming both" "nodes .$one., .$two. have one machine-id"
if grep -q machine_id "$work/fleet.lock"; then bad "one of them was pinned"; else ok "neither machine-id is pinned"; fi
on "$two" sh -c 'cat /etc/machine-id.own >/etc/machine-id'
on "$two" sh -c 'cd /etc/ssh; mkdir -p own; cp ssh_host_* own'
for file in ssh_host_ed25519_key ssh_host_ed25519_key.pub; do
  on "$one" cat "/etc/ssh/$file" | on "$two" sh -c "cat >/etc/ssh/$file"
done
on "$two" systemctl restart ssh
rm -f "$work/fleet.lock" "$work/pins"
expect 11 "two nodes with one host key are not pinned" inside hosts trust -auto-approve
says "naming both" "nodes .$one., .$two. show one host key"
on "$two" sh -c 'cd /etc/ssh; mv own/* .; rmdir own; systemctl restart ssh'
on "$one" sh -c 'cd /etc/ssh; mv own/* .; rmdir own; systemctl restart ssh'
expect 0 "machines of their own are" inside hosts trust -auto-approve

printf '\n%s checks passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
