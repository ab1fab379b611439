#!/usr/bin/env bash
# Many operators who change one machine at the same time; some are stopped beyond their lease, some are killed. Counted on the machine,
# past fleetctl: lost updates, two holders at once, writes of refused clients. lab/operators.py says how.
# Usage: lab/operators.sh [FLEETCTL] [--clients 20] [--rounds 100] [--seed N] [--expiries N]. Exits 0 with a plain word where no lab can boot.
set -uo pipefail
cd "$(dirname "$0")/.."
case ${1:-} in '' | -*) fleetctl=.build/debug/fleetctl ;; *) fleetctl=$1; shift ;; esac
fleetctl=$(readlink -f "$fleetctl")
export LAB_NAME=${LAB_NAME:-fleetops} LAB_DIR=${LAB_DIR:-$PWD/.lab-operators}
. lab/lib.sh
. lab/expect.sh
export LAB_NODES_FILE=$work/nodes
if [ "$(id -u)" -ne 0 ] || ! command -v systemd-nspawn >/dev/null; then
  echo "many operators: SKIPPED: they need root and systemd-nspawn"
  exit 0
fi
cleanup() { lab/down.sh >/dev/null 2>&1; rm -rf "$work" "$LAB_DIR"; }
trap cleanup EXIT
echo "op1 172.16.168.101" >"$LAB_NODES_FILE"
lab/up.sh 2>/dev/null || { echo "many operators: the lab does not boot here"; exit 1; }
# A login a round: the default of ten that may be under way at once is for people.
on op1 sh -c 'echo "MaxStartups 100" >/etc/ssh/sshd_config.d/crowd.conf && systemctl reload ssh'
{
  printf 'version: 1\nfleet: operators\nnetwork: 172.16.168.0/24\nregistry: none\nrole_paths: [%s]\nsettings: {firewall: none}\n' "$PWD/lab/roles"
  printf 'ssh: {user: autobot, identity_file: %s, known_hosts: %s, become: sudo, connect_timeout: 30s}\n' "$LAB_DIR/ssh/id_ed25519" "$LAB_DIR/ssh/known_hosts"
  printf 'nodes:\n  op1: {address: 172.16.168.101, roles: [{counter: {value: "@VALUE@", after: "@AFTER@"}}]}\n'
} >"$work/fleet"
sed 's/@VALUE@/start/; s/@AFTER@/none/' "$work/fleet" >"$work/fleet.yaml"
part "many operators, one machine"
expect 0 "the first value" inside apply -f "$work/fleet.yaml" -auto-approve
leader=$(lab/node.sh pid op1)
if python3 lab/operators.py --fleetctl "$fleetctl" --namespace "$LAB_NAME" --root "$(awk '{print $5}' "$LAB_DIR/nodes.tsv")" --machine "/proc/$leader/root" --node op1 \
  --work "$work" --fleet "$work/fleet" --on "nsenter	--target	$leader	--all	--" "$@"; then
  ok "no update is lost, nobody writes beside another"
else
  bad "no update is lost, nobody writes beside another"
fi
expect 0 "the machine is free" inside lock list -f "$work/fleet.yaml"
says "  it says so" '^op1 +free'
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
