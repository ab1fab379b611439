# The way back, tried on one real machine; read by lab/acceptance.sh.
# shellcheck shell=bash
victim=browser-automation

# with_role ROLE: the lab's fleet with one role more on the victim, in $work/faults.yaml.
with_role() {
  sed -e "s|roles: \[browser-service\]|roles: [browser-service, $1]|" \
    -e "s|^sources: .*|sources: {autobot: {path: $PWD/lab/sources}}\nrole_paths: [$PWD/lab/roles]|" \
    -e "s|\.\./\.lab|$PWD/.lab|g" "$fleet" >"$work/faults.yaml"
}
# picture FILE: what fleetctl must leave alone or restore: managed text, links of enabled units, manifest.
picture() {
  on "$victim" sh -c 'cd / && find etc/systemd/system etc/nginx etc/ufw etc/autobot -not -name "fleetctl-*" -not -path "*.wants/fleetctl-*" \
    \( -type f -exec sha256sum {} + -o -type l -printf "%p -> %l\n" \) 2>/dev/null | LC_ALL=C sort; sha256sum /var/lib/fleetctl/manifest.json' >"$1"
}
# until_true SECONDS COMMAND...: waits for it, at most so long.
until_true() {
  local end=$((SECONDS + $1))
  shift
  while [ "$SECONDS" -lt "$end" ]; do "$@" >/dev/null 2>&1 && return 0; sleep 0.3; done
  return 1
}
thaw() { expect 0 "thaw the node" inside lock thaw "$victim" -f "$fleet"; }

part "a firewall without SSH: the node takes itself back"
with_role closed-door
on "$victim" apt-get -q -y install nftables >/dev/null 2>&1
picture "$work/before"
expect 10 "apply ends with: failed and rolled back" inside apply -f "$work/faults.yaml" -auto-approve --confirm-timeout 8s
says "the report says why" "nobody could confirm the run over a new login, so the node took it back by itself"
picture "$work/after"
same "$work/before" "$work/after" "every file, link and the manifest are as before"
expect 0 "SSH gets in again" inside lock list -f "$fleet"
says "and the node is frozen with the reason" "^$victim +frozen +nobody confirmed run [0-9a-f]+ in time: it was taken back"
expect 12 "the next apply is refused" inside apply -f "$work/faults.yaml" -auto-approve
thaw

part "the client dies in the middle (kill -9): the node takes itself back"
with_role slow-start
picture "$work/before"
inside apply -f "$work/faults.yaml" -auto-approve --confirm-timeout 8s >"$work/killed" 2>&1 &
wrapper=$!
until_true 60 on "$victim" systemctl is-active --quiet fleetctl-watchdog@\*.service
sleep 2
pkill -9 -f -- "$fleetctl apply -f $work/faults.yaml"
wait "$wrapper" 2>/dev/null
if until_true 120 on "$victim" test -s /var/lib/fleetctl/frozen; then ok "the node decided without any client"; else bad "the node did not decide"; fi
picture "$work/after"
same "$work/before" "$work/after" "every file, link and the manifest are as before"
expect 3 "the new service is gone" on "$victim" sh -c 'systemctl is-active slow-start.service >/dev/null 2>&1 || exit 3'
thaw

part "the machine reboots in the middle: taken back at boot, before anything managed starts"
picture "$work/before"
inside apply -f "$work/faults.yaml" -auto-approve --confirm-timeout 20s >"$work/rebooted" 2>&1 &
wrapper=$!
until_true 60 on "$victim" systemctl is-active --quiet fleetctl-watchdog@\*.service
sleep 2
lab/node.sh kill "$victim" >/dev/null 2>&1
lab/node.sh start "$victim" >/dev/null 2>&1
status=0
wait "$wrapper" || status=$?
cp "$work/rebooted" "$work/out"
if [ "$status" = 10 ]; then ok "the client waits for the node and says: rolled back (exit 10)"; else bad "apply exited $status, wanted 10"; fi
picture "$work/after"
same "$work/before" "$work/after" "every file, link and the manifest are as before"
on "$victim" cat /var/lib/fleetctl/frozen >"$work/out" 2>&1
says "the node says why it is frozen" "the machine went down before run [0-9a-f]+ was confirmed: it was taken back"
thaw
expect 0 "the fleet is as declared" inside apply -f "$fleet" -auto-approve
expect 0 "and a plan is empty" inside plan -f "$fleet" -detailed-exitcode
