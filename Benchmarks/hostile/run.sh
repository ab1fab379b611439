#!/usr/bin/env bash
# Runs `fleetctl validate` over files that are as costly as the limits allow and prints time, peak memory and
# what was said. Processor time, because wall time on a busy machine says more about its neighbours. Usage: Benchmarks/hostile/run.sh [FLEETCTL] [RUNS]. The budget is 150 ms and 64 MiB for each.
set -euo pipefail
cd "$(dirname "$0")/../.."
fleetctl=${1:-.build/fleetctl}
runs=${2:-3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gcc -O2 -o "$work/spawn" Benchmarks/spawn.c
python3 Benchmarks/hostile/cases.py "$work" >"$work/list"

printf "%-42s %9s %9s %5s  %s\n" case "CPU ms" MiB exit said
beyond=0
while IFS=$'\t' read -r file name; do
  read -r _ _ peak status cpu < <("$work/spawn" "$runs" timeout 20 "$fleetctl" validate -f "$file" | tr '\n' ' ') || true
  # What it says, counted without holding it: a bomb's output may be large.
  said=$(timeout 20 "$fleetctl" validate -f "$file" 2>&1 | grep -aoE '^(error|warning)\[FLT[0-9]+\] [a-z-]+' |
    sort | uniq -c | sort -rn | awk '{printf "%s%s x%d", (NR > 1 ? ", " : ""), $3, $1}' || true)
  mark=$(awk -v t="$cpu" -v m="$peak" 'BEGIN {print (t > 150 || m > 64) ? "BEYOND" : ""}')
  [ -z "$mark" ] || beyond=$((beyond + 1))
  printf '%-42s %9.1f %9.1f %5s  %s %s\n' "$name" "$cpu" "$peak" "$status" "${said:0:70}" "$mark"
done <"$work/list"
echo "$beyond beyond 150 ms or 64 MiB"
