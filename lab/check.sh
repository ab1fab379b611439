#!/bin/bash
# check.sh: proves that the running lab is what lab/README.md says: bare machines, each with an identity of its own, no way
# out, a package archive that works, disks that outlive a reboot. For a fresh lab: it installs nginx and nft on the first node.
set -uo pipefail
. "$(dirname "$0")/lib.sh"
need_root
[ -s "$LAB_DIR/nodes.tsv" ] || die 1 "the lab is not up; run lab/up.sh"

failures=0
check() { # WORDS COMMAND...
  local words=$1
  shift
  if "$@" >"$LAB_DIR/check.log" 2>&1; then
    printf 'ok    %s\n' "$words"
  else
    printf 'FAIL  %s\n' "$words"
    tail -n 5 "$LAB_DIR/check.log" | sed 's/^/      /'
    failures=$((failures + 1))
  fi
}
node() { local id=$1; shift; "$LAB_SCRIPTS/node.sh" exec "$id" -- "$@"; }
login() {
  "$LAB_SCRIPTS/enter.sh" ssh -F none -o BatchMode=yes -o ConnectTimeout=5 -o StrictHostKeyChecking=yes \
    -o UserKnownHostsFile="$LAB_DIR/ssh/known_hosts" -i "$LAB_DIR/ssh/id_ed25519" "autobot@$1" "${@:2}" </dev/null
}
fails() { ! "$@"; }
is() { local wanted=$1 got; shift; got=$("$@") && [ "$got" = "$wanted" ] || { echo "wanted '$wanted', got '$got'"; return 1; }; }
distinct() { [ "$(cut -f "$1" "$2" | sort | uniq -d | wc -l)" = 0 ]; }

first='' first_address=''
while IFS=$'\t' read -r id address machine_id _; do
  [ -n "$first" ] || { first=$id first_address=$address; }
  check "$id: systemd is up, nothing failed" is running node "$id" systemctl is-system-running --wait
  check "$id: its own host name, over ssh" is "$id" login "$address" hostname
  check "$id: its own machine id" is "$machine_id" login "$address" cat /etc/machine-id
  check "$id: sudo without a password" is 0 login "$address" sudo -n id -u
  for tool in python3 curl nginx node; do
    check "$id: bare, without $tool" fails node "$id" sh -c "command -v $tool"
  done
  check "$id: no route out" is '' node "$id" ip route show default
done < <(grep -v '^#' "$LAB_DIR/nodes.tsv")
check 'machine ids differ' distinct 3 "$LAB_DIR/nodes.tsv"
check 'host keys differ' distinct 1 <(awk '{print $3}' "$LAB_DIR/ssh/known_hosts")

check "$first: the archive's signature is good" node "$first" apt-get -q update --error-on=any
check "$first: a real package installs" node "$first" env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends nginx
check "$first: its service runs" is active node "$first" systemctl is-active nginx
check "$first: nft works inside" node "$first" sh -c 'apt-get -q -y install --no-install-recommends nftables && nft add table inet lab_check && nft delete table inet lab_check'
check "$first: reboots" "$LAB_SCRIPTS/node.sh" reboot "$first"
check "$first: its disk is as before" node "$first" test -x /usr/sbin/nginx
check "$first: answers after the reboot" is "$first" login "$first_address" hostname

[ "$failures" = 0 ] || die 1 "$failures checks failed"
