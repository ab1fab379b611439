#!/usr/bin/env bash
# Fuzzes what reads the words of others: fleet.yaml (loader, decoder, every rule), role files, templates, the answers of
# nodes, saved plans. Usage:
#   Fuzz/run.sh [SECONDS] [fleet|role|template|answer|plan ...]      600 seconds, shared by the targets named (all five)
# A finding is left in .build/fuzz/found/ and the exit status is not 0. Exits 3 where no fuzzer can be built.
# New inputs are kept in .build/fuzz/corpus/ between runs; Fuzz/corpus/ holds the seeds and past crashes.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-600}
shift || true
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then targets=(fleet role template answer plan); fi

scratch=.build/fuzz
mkdir -p "$scratch"
if ! FLEETCTL_FUZZ=1 swift build -c release --scratch-path "$scratch" --sanitize=fuzzer --product FleetFuzz \
  >"$scratch/build.log" 2>&1; then
  if grep -q 'error:' "$scratch/build.log" && ! grep -qE 'fuzzer|sanitize' "$scratch/build.log"; then
    tail -20 "$scratch/build.log" >&2
    exit 1
  fi
  echo "SKIPPED: this Swift has no libFuzzer ($scratch/build.log)"
  exit 3
fi

mkdir -p "$scratch/found"
for target in "${targets[@]}"; do
  mkdir -p "$scratch/corpus/$target"
  echo "fuzzing $target for $((seconds / ${#targets[@]})) s"
  # Swift's own crash handler collides with libFuzzer's.
  if ! SWIFT_BACKTRACE=enable=no FLEETCTL_FUZZ_TARGET=$target nice -n 19 "$scratch/release/FleetFuzz" \
    -max_total_time=$((seconds / ${#targets[@]})) -timeout=60 -rss_limit_mb=1024 -max_len=16384 \
    -dict=Fuzz/words.dict -artifact_prefix="$scratch/found/$target-" -print_final_stats=1 -verbosity=1 \
    "$scratch/corpus/$target" "Fuzz/corpus/$target" >"$scratch/$target.log" 2>&1; then
    grep -E 'BROKEN|ERROR|Fatal|SUMMARY|Test unit written' "$scratch/$target.log" >&2 || tail -20 "$scratch/$target.log" >&2
    exit 1
  fi
  grep -E 'cov:' "$scratch/$target.log" | tail -1
  grep -E 'number_of_executed_units|average_exec_per_sec|peak_rss_mb' "$scratch/$target.log"
done
