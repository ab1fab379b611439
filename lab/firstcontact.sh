#!/usr/bin/env bash
# The first contact with machines that know only root, and what holds from then on: sudo, a user who may only look,
# pins, a swapped machine, copies of one image.
# Usage: lab/firstcontact.sh [FLEETCTL]; wants a lab with 06-Node-27 and browser-automation, and boots one if none is up.
set -uo pipefail
cd "$(dirname "$0")/.."
. lab/lib.sh
fleetctl=$(readlink -f "${1:-.build/debug/fleetctl}")
one=06-Node-27
two=browser-automation
. lab/expect.sh
# The fleet files name paths beside them.
inside() { (cd "$work" && "$LAB_SCRIPTS/enter.sh" "$fleetctl" "$@"); }

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

for name in root deploy ci pat; do ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$work/$name"; done
mkdir -p "$work/roles/note"
cat >"$work/roles/note/role.yaml" <<'YAML'
name: note
summary: One file that only root may read.
layer: shared
files:
  - {path: /etc/note.conf, mode: "0600", content: "a=1\n"}
YAML
cat >"$work/fleet.yaml" <<YAML
version: 1
fleet: contact
registry: none
role_paths: [roles]
ssh: {user: deploy, identity_file: deploy, observer: fleet-ci, observer_key: ci.pub, config: none, known_hosts: pins}
nodes:
  $one: {address: 172.16.168.27, roles: [note]}
  $two: {address: 172.16.168.25}
YAML
sed 's/identity_file: deploy/identity_file: ci/' "$work/fleet.yaml" >"$work/ci.yaml"
sed 's/user: deploy, identity_file: deploy/user: fleet-ci, identity_file: ci/' "$work/fleet.yaml" >"$work/ci-apply.yaml"
# What bootstrap makes, without the time stamps.
made() { on "$1" sh -c 'getent passwd deploy fleet-ci; cat /etc/sudoers.d/fleetctl; sha256sum /usr/local/sbin/fleetctl-observe /home/*/.ssh/authorized_keys; ls /etc/sudoers.d -A'; }
as_ci() { lab/enter.sh ssh -F none -T -i "$work/ci" -o BatchMode=yes -o UserKnownHostsFile="$work/pins" -o LogLevel=ERROR fleet-ci@172.16.168.27 "$@"; }

part "first contact with machines that know only root"
for node in $one $two; do
  on "$node" sh -c 'mkdir -p -m 700 /root/.ssh; cat >>/root/.ssh/authorized_keys' <"$work/root.pub"
done
expect 9 "a machine whose host key is not pinned is not talked to" inside bootstrap "$one" --user root --identity root -auto-approve
says "with the cure" 'fleetctl hosts trust'
expect 0 "its host key can be pinned before anybody can log in" inside hosts trust --host-keys-only -auto-approve
expect 8 "nobody can be asked: nothing is made" inside bootstrap "$one" --user root --identity root
says "the plan is shown" '^ +create +user deploy'
says "with the rule in full" 'deploy ALL=\(root\) NOPASSWD: ALL$'
expect 2 "there is no such user yet" on "$one" getent passwd deploy
expect 0 "bootstrap makes user, key and rule, and logs in anew" inside bootstrap "$one" --user root --identity root -auto-approve
says "as the fleet's user" 'is ready: deploy logs in and becomes root'
grep -qF "$(on "$one" cat /etc/machine-id)" "$work/fleet.lock" && ok "machine-id is in fleet.lock" || bad "machine-id"
made "$one" >"$work/made"
expect 0 "a second time there is nothing to do" inside bootstrap "$one" --user root --identity root
says "and it says so" '^Nothing to do: deploy logs in'
made "$one" >"$work/out"
same "$work/made" "$work/out" "and nothing is changed"
on "$one" sh -c 'printf "ssh-ed25519 AAAAfriend of the house" >/home/deploy/.ssh/authorized_keys'
expect 0 "a key that was lost comes back" inside bootstrap "$one" --user root --identity root -auto-approve
on "$one" cat /home/deploy/.ssh/authorized_keys >"$work/out"
says "beside the keys of others" '^ssh-ed25519 AAAAfriend of the house$'
expect 0 "a user of sudo can do it as well" inside bootstrap "$one" --user deploy
on "$one" usermod -s /usr/sbin/nologin fleet-ci
expect 1 "an account without a shell is in the way" inside bootstrap "$one" --user root --identity root -auto-approve
says "with the cure" 'blocked +user fleet-ci .*usermod -s /bin/sh fleet-ci'
on "$one" usermod -s /bin/bash fleet-ci
on "$one" sh -c 'echo "nobody ALL=(" >/etc/sudoers.d/broken; rm /etc/sudoers.d/fleetctl'
expect 1 "rules that are not sound together do not stay" inside bootstrap "$one" --user root --identity root -auto-approve
on "$one" rm /etc/sudoers.d/broken
expect 0 "and without the broken ones do" inside bootstrap "$one" --user root --identity root -auto-approve
expect 9 "a password is never sent" inside bootstrap "$two" --user root --identity pat -auto-approve
says "with the cure" 'ssh-copy-id'
expect 0 "the printed script" inside bootstrap "$two" --print
on "$two" sh <"$work/out" >"$work/printed" 2>&1 || { cat "$work/printed" >"$work/out"; bad "the printed script runs"; }
expect 0 "does the same" inside bootstrap "$two" --user root --identity root
says "bootstrap finds nothing to do" '^Nothing to do: deploy logs in'

part "a user who may only look"
inside plan >"$work/plan" 2>&1
expect 0 "plan --read-only with the observer's key" inside plan -f ci.yaml --read-only
sed 's/ci\.yaml/fleet.yaml/' "$work/out" >"$work/plan-ci"
same "$work/plan" "$work/plan-ci" "is the plan of the fleet's own user"
expect 1 "sudo refuses it a shell" as_ci 'LC_ALL=C sudo -n /bin/sh -c id'
says "in plain words" "user fleet-ci is not allowed to execute '/bin/sh -c id' as root"
expect 1 "and the observer with arguments" as_ci 'LC_ALL=C sudo -n /usr/local/sbin/fleetctl-observe /etc/shadow'
expect 9 "fleetctl cannot apply with it" inside apply -f ci-apply.yaml -auto-approve
says "because sudo refuses" 'sudo is not allowed for fleet-ci'
expect 3 "an observer of another version says so" as_ci 'echo fleetctl-observe 00 | sudo -n /usr/local/sbin/fleetctl-observe'
says "with its own digest" '^fleetctl-observe: holds another script: [0-9a-f]{64}$'
digest=$(sed 's/.*: //' "$work/out")
# ask LINE...: a request made by hand.
ask() {
  local request
  request=$(printf '%s\n' "n 0123456789abcdef0123456789abcdef" "$@")
  { echo "fleetctl-observe $digest"; echo "$((${#request} + 1))"; echo "$request"; } | as_ci 'sudo -n /usr/local/sbin/fleetctl-observe'
}
on "$one" sh -c 'echo harm >/etc/harm'
expect 0 "asked for what is not its business" ask 'p * /etc/shadow' 'p - -delete' 'p * /etc/../etc/shadow' 's x|../../etc/shadow' 'S 0|root|/etc/shadow' 'p * /etc/hostname'
says "it names what it hides" '/etc/shadow'
if grep -Eq 'root:[*!$]' "$work/out"; then bad "it shows /etc/shadow"; else ok "shows no line of it"; fi
says "but what everybody can read" '^@@[0-9a-f]+ content:/etc/hostname 0$'
expect 0 "and deletes nothing" on "$one" test -e /etc/harm
on "$one" sh -c 'echo : >>/usr/local/sbin/fleetctl-observe'
expect 9 "a changed observer" inside plan -f ci.yaml --read-only
says "is refused by sudo" 'sudo does not let fleet-ci run /usr/local/sbin/fleetctl-observe'
expect 0 "and mended by bootstrap" inside bootstrap "$one" --user root --identity root -auto-approve
expect 0 "apply as the fleet's user" inside apply -auto-approve
expect 0 "then the observer sees that nothing is to be done, also in a file of root's" inside plan -f ci.yaml --read-only -detailed-exitcode
on "$one" sh -c 'echo a=2 >/etc/note.conf'
expect 2 "and drift" inside plan -f ci.yaml --read-only -detailed-exitcode
says "by its digest" '^ +content: sha256:[0-9a-f]+ -> sha256:[0-9a-f]+$'
expect 1 "a fleet without an observer says so" sh -c "cd '$work' && sed 's/observer: fleet-ci, observer_key: ci.pub, //' fleet.yaml >none.yaml && '$fleetctl' plan -f none.yaml --read-only"
says "before anybody is contacted" 'names no observer'

part "sudo: what it says is told apart"
on "$one" sh -c 'useradd -m -s /bin/bash pat; echo pat:secret | chpasswd; mkdir -p -m 700 ~pat/.ssh; cat >~pat/.ssh/authorized_keys; chown -R pat: ~pat/.ssh' <"$work/pat.pub"
pat() { sed "s|user: deploy, identity_file: deploy|user: pat, identity_file: pat$1|" "$work/fleet.yaml" >"$work/pat.yaml"; }
pat ''
expect 9 "not in sudoers" inside ping -f pat.yaml "$one"
says "or no password" 'sudo wants a password|sudo is not allowed'
expect 9 "not in sudoers, with a password" env FLEETCTL_SUDO_PASSWORD=secret "$BASH" -c "cd '$work' && '$LAB_SCRIPTS/enter.sh' '$fleetctl' ping -f pat.yaml $one"
says "is not allowed" 'sudo is not allowed for pat'
on "$one" sh -c 'echo "pat ALL=(root) ALL" >/etc/sudoers.d/pat'
expect 9 "no password" inside ping -f pat.yaml "$one"
says "is wanted" 'sudo wants a password for pat'
pat ', become_password: "env:PAT_PASSWORD"'
expect 1 "a source that gives nothing ends it" inside ping -f pat.yaml "$one"
says "before anybody is contacted" 'PAT_PASSWORD is not set'
export PAT_PASSWORD=wrong
expect 9 "a wrong password" inside ping -f pat.yaml "$one"
says "is told as such" 'sudo refused the password for pat'
export PAT_PASSWORD=secret
expect 0 "the right one from the environment" inside ping -f pat.yaml "$one"
echo secret >"$work/word"
chmod 644 "$work/word"
pat ', become_password: "file:word"'
expect 1 "a file that others may read is not taken" inside ping -f pat.yaml "$one"
chmod 600 "$work/word"
expect 0 "one that they may not is" inside ping -f pat.yaml "$one"
pat ', become_password: "command:printf s; echo ecret"'
expect 0 "a command" inside ping -f pat.yaml "$one"
pat ', become_password: prompt'
expect 1 "a question without a terminal" inside ping -f pat.yaml "$one"
says "is not asked" 'nobody can be asked'
pat ', become_password: "env:PAT_PASSWORD"'
on "$one" sh -c 'echo "Defaults:pat requiretty" >>/etc/sudoers.d/pat'
expect 9 "a wanted terminal" inside ping -f pat.yaml "$one"
says "is told as such" 'sudo wants a terminal for pat'
on "$one" sh -c 'rm -f /etc/sudoers.d/pat; userdel -r pat 2>/dev/null'
rm -f "$work/fleet.lock" "$work/pins"

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
says "and the plan is there" '^Plan: '
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
expect 3 "nothing was written there" on "$one" sh -c 'grep -q a=2 /etc/note.conf && [ ! -e /var/lib/fleetctl/frozen ] && exit 3'
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
sed "s|\[roles\]|[$work/roles]|; s|identity_file: |identity_file: $work/|" "$work/fleet.yaml" >"$work/bare/fleet.yaml"
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
