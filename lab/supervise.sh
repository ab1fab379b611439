#!/bin/bash
# supervise.sh NODE: keeps one node's machine running: a reboot inside (exit status 133 of nspawn) boots it again,
# a power-off ends it. Started by up.sh and node.sh, in a session of its own.
set -Eeuo pipefail
. "$(dirname "$0")/lib.sh"
id=$1
dir=$(node_dir "$id")
machine=$(machine_name "$id")
process_mark $$ >"$dir/supervisor.pid"
cgroup_enter "$id"
while :; do
  say "$id: boot"
  # --keep-unit and --register=no: there is no systemd on the host that must know of it.
  # The archive folders are bound read-only; CAP_NET_ADMIN lets ufw and nft work inside.
  setsid systemd-nspawn --quiet --directory="$dir/root" --boot --machine="$machine" \
    --register=no --keep-unit --network-namespace-path="/run/netns/$machine" \
    --resolv-conf=off --timezone=off --link-journal=no --console=pipe \
    --capability=CAP_NET_ADMIN --bind-ro="$(readlink -f "$LAB_DIR/content"):/srv/lab" \
    </dev/null 9>&- &
  nspawn=$!
  process_mark $nspawn >"$dir/nspawn.pid"
  status=0
  wait $nspawn || status=$?
  rm -f "$dir/nspawn.pid"
  say "$id: nspawn ended with status $status"
  [ "$status" = 133 ] || break
done
rm -f "$dir/supervisor.pid"
exit "$status"
