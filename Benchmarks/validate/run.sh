#!/usr/bin/env bash
# Measures `fleetctl validate` against the floor and the peers in one run on this machine: a bare libyaml
# event loop in C over the same file, PyYAML's C loader, and `terraform validate` of as many resources.
# Usage: Benchmarks/validate/run.sh [FLEETCTL]. Prints a table and the ratios of DESIGN's budgets.
set -euo pipefail
cd "$(dirname "$0")/../.."
fleetctl=$(realpath "${1:-.build/fleetctl}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
here=Benchmarks/validate
gcc -O2 -o "$work/spawn" Benchmarks/spawn.c
gcc -O2 -o "$work/yamlfloor" "$here/yamlfloor.c" -lyaml
cp -r "$here/roles" "$work/roles"
cat >"$work/load.py" <<'PY'
import sys, yaml
yaml.load(open(sys.argv[1]), Loader=yaml.CSafeLoader)
PY

measure() { "$work/spawn" "$@"; } # RUNS COMMAND: fastest median peak status
field() { echo "$1" | cut -d' ' -f"$2"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.2f", a / b}'; }
row() { printf '  %-44s %9s ms  %8s MiB  exit %s\n' "$1" "$(field "$2" 2)" "$(field "$2" 3)" "$(field "$2" 4)"; }

echo "machine: $(nproc) cores, $(awk '/MemTotal/ {print int($2/1048576)}' /proc/meminfo) GiB, $(uname -r); medians"
declare -A ours floor
for kind in plain errors clash builtin; do
  for count in 10 1000 10000; do
    file=$work/$kind-$count.yaml
    python3 "$here/fleet.py" "$count" "$kind" >"$file"
    runs=$((count == 10000 ? 7 : 20))
    floor[$kind-$count]=$(measure "$runs" "$work/yamlfloor" "$file")
    ours[$kind-$count]=$(measure "$runs" "$fleetctl" validate -f "$file")
    echo "$kind, $count nodes: $("$work/yamlfloor" "$file")"
    row "libyaml events in C" "${floor[$kind-$count]}"
    row "fleetctl validate" "${ours[$kind-$count]}"
  done
  large=$(field "${ours[$kind-10000]}" 2)
  echo "  $kind: 10,000 nodes in $(ratio "$large" "$(field "${floor[$kind-10000]}" 2)") times libyaml's events (budget 2.5 for sound fleets);" \
    "growth from 1,000: $(ratio "$large" "$(field "${ours[$kind-1000]}" 2)") (budget 12)"
done

echo
file=$work/plain-10000.yaml
if python3 -c 'import yaml; yaml.CSafeLoader' 2>/dev/null; then
  peer=$(measure 3 python3 "$work/load.py" "$file")
  row "PyYAML, CSafeLoader, the same file" "$peer"
  echo "  fleetctl is $(ratio "$(field "$peer" 2)" "$(field "${ours[plain-10000]}" 2)") times as fast as PyYAML's C loader"
else
  echo "PyYAML: skipped, python3-yaml is not installed"
fi
if command -v terraform >/dev/null; then
  mkdir "$work/terraform"
  python3 "$here/terraform.py" 10000 >"$work/terraform/main.tf"
  export TF_CLI_CONFIG_FILE=/dev/null CHECKPOINT_DISABLE=1
  terraform -chdir="$work/terraform" init -input=false >/dev/null
  peer=$(measure 3 terraform -chdir="$work/terraform" validate)
  row "terraform validate, 10,000 resources" "$peer"
  echo "  fleetctl is $(ratio "$(field "$peer" 2)" "$(field "${ours[plain-10000]}" 2)") times as fast as terraform validate (budget 50)"
else
  echo "terraform: skipped, not installed"
fi
