#!/usr/bin/env bash
# Measures `fleetctl validate` against the floor and the peers in one run on this machine: a bare libyaml
# event loop in C over the same file, PyYAML's C loader, and `terraform validate` of as many resources.
# Usage: Benchmarks/validate/run.sh [--markdown] [FLEETCTL]. Prints tables and the ratios of DESIGN's budgets;
# with --markdown the section of docs/performance.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
format=text
if [ "${1:-}" = --markdown ]; then
  format=markdown
  shift
fi
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
wall() { field "$1" 2; }
say() { if [ "$format" = text ]; then echo "$@"; fi; }
row() { # NAME MEASURED [RATIO]
  if [ "$format" = markdown ]; then
    printf '| %s | %s ms | %s MiB | %s |\n' "$1" "$(wall "$2")" "$(field "$2" 3)" "${3:-}"
  else
    printf '  %-44s %9s ms  %8s MiB  exit %s  %s\n' "$1" "$(wall "$2")" "$(field "$2" 3)" "$(field "$2" 4)" "${3:-}"
  fi
}
heading() { if [ "$format" = markdown ]; then printf '\n| %s | wall time | peak memory | %s |\n|---|---|---|---|\n' "$1" "$2"; fi; }

system=$(. /etc/os-release && echo "$PRETTY_NAME")
machine="$(nproc) cores, $(awk '/MemTotal/ {print int($2/1048576)}' /proc/meminfo) GiB, $system, Linux $(uname -r)"
if [ "$format" = markdown ]; then
  printf '## `fleetctl validate`\n\nMeasured on %s: %s; medians of one run, load %s before it.\n' \
    "$(date +%Y-%m-%d)" "$machine" "$(cut -d' ' -f1 /proc/loadavg)"
  printf 'Three roles on each node; `errors` and `clash` have one error and one conflict on each.\n'
else
  echo "machine: $machine; medians"
fi
declare -A ours floor
for kind in plain errors clash builtin; do
  heading "$kind" "times libyaml's events"
  for count in 10 1000 10000; do
    file=$work/$kind-$count.yaml
    python3 "$here/fleet.py" "$count" "$kind" >"$file"
    runs=$((count == 10000 ? 9 : 20))
    floor[$kind-$count]=$(measure "$runs" "$work/yamlfloor" "$file")
    ours[$kind-$count]=$(measure "$runs" "$fleetctl" validate -f "$file")
    say "$kind, $count nodes: $("$work/yamlfloor" "$file")"
    row "libyaml events in C, $count nodes" "${floor[$kind-$count]}"
    row "fleetctl validate, $count nodes" "${ours[$kind-$count]}" \
      "$(ratio "$(wall "${ours[$kind-$count]}")" "$(wall "${floor[$kind-$count]}")")"
  done
done

heading "peers, 10,000 nodes or resources" "times fleetctl (plain)"
large=${ours[plain-10000]}
peer() { row "$1" "$2" "$(ratio "$(wall "$2")" "$(wall "$large")")"; }
if python3 -c 'import yaml; yaml.CSafeLoader' 2>/dev/null; then
  peer "PyYAML, CSafeLoader, the same file" "$(measure 3 python3 "$work/load.py" "$work/plain-10000.yaml")"
else
  echo "PyYAML: skipped, python3-yaml is not installed"
fi
if command -v terraform >/dev/null; then
  mkdir "$work/terraform"
  python3 "$here/terraform.py" 10000 >"$work/terraform/main.tf"
  export TF_CLI_CONFIG_FILE=/dev/null CHECKPOINT_DISABLE=1
  terraform -chdir="$work/terraform" init -input=false >/dev/null
  peer "terraform validate, 10,000 resources" "$(measure 3 terraform -chdir="$work/terraform" validate)"
else
  echo "terraform: skipped, not installed"
fi

echo
if [ "$format" = markdown ]; then
  printf '| budget | limit | measured |\n|---|---|---|\n'
  line() { printf '| %s | %s | %s |\n' "$@"; }
else
  line() { printf '  %-56s %10s %10s\n' "$@"; }
fi
line "plain, 10,000 nodes: times libyaml's events" "2.5" \
  "$(ratio "$(wall "$large")" "$(wall "${floor[plain-10000]}")")"
for kind in plain errors clash builtin; do
  line "$kind: growth from 1,000 to 10,000 nodes" "12" \
    "$(ratio "$(wall "${ours[$kind-10000]}")" "$(wall "${ours[$kind-1000]}")")"
  line "$kind: peak memory, 10,000 nodes" "100 MiB" "$(field "${ours[$kind-10000]}" 3) MiB"
done
