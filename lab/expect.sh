# What the lab's checks have in common; read with `.` after `fleetctl` is set.
# shellcheck shell=bash
work=$(mktemp -d)
passed=0
failed=0
skipped=0

inside() { lab/enter.sh "$fleetctl" "$@"; }
on() { local node=$1; shift; lab/node.sh exec "$node" -- "$@"; }
ok() { passed=$((passed + 1)); printf '  ok    %s\n' "$1"; }
bad() {
  failed=$((failed + 1))
  printf '  FAIL  %s\n' "$1"
  if [ -s "$work/out" ]; then sed 's/^/        | /' "$work/out" | tail -n 40; fi
}
# expect CODE NAME COMMAND...: the command exits with CODE; its output is kept for `says`.
expect() {
  local code=$1 name=$2 status=0
  shift 2
  "$@" >"$work/out" 2>&1 </dev/null || status=$?
  if [ "$status" -eq "$code" ]; then ok "$name"; else bad "$name (exit $status, wanted $code)"; fi
}
# says NAME PATTERN: the last output has a line that matches.
says() { if grep -Eq -- "$2" "$work/out"; then ok "$1"; else bad "$1 (no line matches: $2)"; fi; }
# silent NAME PATTERN: it has none.
silent() { if grep -Eq -- "$2" "$work/out"; then bad "$1 (a line matches: $2)"; else ok "$1"; fi; }
part() { printf '\n%s (%s)\n' "$*" "$(date +%H:%M:%S)"; }
# same FILE FILE NAME: both are equal.
same() { if cmp -s "$1" "$2"; then ok "$3"; else diff "$1" "$2" >"$work/out"; bad "$3"; fi; }
