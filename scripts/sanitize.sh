#!/usr/bin/env bash
# The fan-out and every SSH test, against real sshds on loopback, under the memory and the thread sanitizer. Usage:
#   scripts/sanitize.sh [address|thread ...]      both; SESSIONS=64 at once in the fan-out
# Each sanitizer must find the defect that is made for it first: a run that cannot fail proves nothing. Builds lie in
# .build-asan and .build-tsan; only what these tests need is built. Sources/FleetSSH/ObservedMutex.swift says how the
# thread sanitizer is shown the locks.
set -uo pipefail
cd "$(dirname "$0")/.."
export FLEETCTL_TESTS_OF=FleetSSHTests
export FLEETCTL_TEST_SESSIONS=
export ASAN_OPTIONS=detect_leaks=1:exitcode=66 TSAN_OPTIONS=exitcode=66:halt_on_error=0
# The sanitizers say what they found themselves.
export SWIFT_BACKTRACE=enable=no
sessions=${SESSIONS:-64}
kinds=("$@")
if [ ${#kinds[@]} -eq 0 ]; then kinds=(address thread); fi

# run NAME ARGUMENT...: `swift test`; what it said lies in the file `log`.
run() {
  log=$scratch/$1.log
  shift
  swift test --skip-build --disable-xctest --sanitize="$kind" --scratch-path "$scratch" "${flags[@]}" "$@" >"$log" 2>&1
}
found() { grep -E 'SUMMARY: |ThreadSanitizer: reported' "$log"; }
# finds DEFECT WORDS: the sanitizer sees a defect that was made for it.
finds() {
  FLEETCTL_TEST_DEFECT=$1 run defect --filter SanitizerControlTests
  if found | grep -qE "$2"; then echo "$kind: finds a $1"; else echo "$kind: does not find a $1: $log" >&2; exit 1; fi
}
clean() {
  local name=$1
  shift
  if run "$name" "$@" && ! found >/dev/null && grep -q 'Test run with .* passed' "$log"; then
    echo "$kind: $name: clean, $(grep -o 'Test run with .*' "$log")"
  else
    found >&2
    grep -E '✘|ERROR: |WARNING: ' "$log" | sort | uniq -c | head -20 >&2
    echo "$kind: $name: FAILED: $log" >&2
    exit 1
  fi
}

for kind in "${kinds[@]}"; do
  scratch=.build-${kind:0:1}san
  flags=()
  if [ "$kind" = thread ]; then flags=(-Xswiftc -DFLEETCTL_TSAN); fi
  mkdir -p "$scratch"
  if ! swift build --build-tests --sanitize="$kind" --scratch-path "$scratch" "${flags[@]}" >"$scratch/build.log" 2>&1; then
    tail -20 "$scratch/build.log" >&2
    exit 1
  fi
  if [ "$kind" = thread ]; then
    finds race '(data|access) race'
  else
    finds 'use after free' 'heap-use-after-free'
    finds leak 'leaked in'
  fi
  FLEETCTL_TEST_SESSIONS=$sessions clean "fan-out of $sessions" --filter FanOutTests
  # Left out: 2,000 files against ssh-keygen, on one thread, which takes a sanitizer half an hour; and what runs
  # the program, another process, which is not built here.
  clean 'every other SSH test' --skip 'FanOutTests|findsTheLinesThatSSHKeygenFinds|LeftToSSHTests|PyinfraBugsTests'
done
