#!/usr/bin/env bash
# Measures fleetctl against its peers in one run on this machine and prints ratios. Figures depend on the
# machine; ratios are what DESIGN's budgets speak of. Needs root for the part on nine machines.
set -euo pipefail
cd "$(dirname "$0")/.."
fleetctl=${1:-.build/fleetctl}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gcc -O2 -o "$work/spawn" Benchmarks/spawn.c

measure() { "$work/spawn" "$@"; } # N COMMAND: fastest median peak status
ratio() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.2f", a / b}'; }
field() { echo "$1" | cut -d' ' -f"$2"; }
row() { printf '%-46s %10s ms   %8s MiB\n' "$1" "$(field "$2" 2)" "$(field "$2" 3)"; }

echo "machine: $(nproc) cores, $(awk '/MemTotal/ {print int($2/1048576)}' /proc/meminfo) GiB, $(uname -r)"
echo
echo 'print("x")' >"$work/empty.swift"
swiftc -O -static-stdlib -o "$work/empty" "$work/empty.swift" 2>/dev/null
floor=$(measure 50 "$work/empty")
start=$(measure 50 "$fleetctl" version)
row "an empty static Swift program" "$floor"
row "fleetctl version" "$start"
echo "  start-up: $(ratio "$(field "$start" 2)" "$(field "$floor" 2)") times the empty program (budget 3); binary $(($(stat -c %s "$fleetctl") / 1000000)) MB (budget 25)"
echo
row "fleetctl validate, fleet.yaml" "$(measure 20 "$fleetctl" validate)"

python3 - "$work" <<'PY'
import sys
for count in (1000, 10000):
    with open(f"{sys.argv[1]}/{count}.yaml", "w") as out:
        out.write("version: 1\nfleet: big\nregistry: none\nnodes:\n")
        for n in range(count):
            out.write(f"  node-{n}:\n    address: 10.{n // 65536}.{n // 256 % 256}.{n % 256}\n    labels: {{zone: a, rack: r{n % 40}}}\n    hardware: {{memory: 16GiB}}\n")
PY
small=$(measure 5 "$fleetctl" validate -f "$work/1000.yaml")
large=$(measure 5 "$fleetctl" validate -f "$work/10000.yaml")
row "fleetctl validate, 1,000 nodes" "$small"
row "fleetctl validate, 10,000 nodes" "$large"
echo "  growth 1,000 to 10,000: $(ratio "$(field "$large" 2)" "$(field "$small" 2)") (budget 12)"

if [ "$(id -u)" -ne 0 ] || [ ! -e /run/netns/fleetlab ]; then
  echo
  echo "nine machines: skipped, the lab is not up (make demo boots and applies it)"
  exit 0
fi
cat >"$work/ssh-all" <<'SSH'
#!/usr/bin/env bash
# `ssh NODE true` on all nine nodes at once.
while IFS=$'\t' read -r _ address _; do
  ssh -F none -o BatchMode=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile=.lab/ssh/known_hosts \
    -i .lab/ssh/id_ed25519 "autobot@$address" true &
done <.lab/nodes.tsv
wait
SSH
chmod +x "$work/ssh-all"
echo
ssh=$(measure 5 lab/enter.sh "$work/ssh-all")
plan=$(measure 5 lab/enter.sh "$fleetctl" plan -f lab/fleet.yaml)
row "ssh NODE true on nine nodes, side by side" "$ssh"
row "fleetctl plan of the nine nodes, no changes" "$plan"
echo "  plan: $(ratio "$(field "$plan" 2)" "$(field "$ssh" 2)") times ssh true (exit status $(field "$plan" 4))"
