#!/usr/bin/env bash
# Step of action.yml: validates once, for people, as annotations, as SARIF, JUnit and summary.
# The exit status is fleetctl's: 0 sound, 1 not, 64 wrong inputs.
set -euo pipefail

fail() {
  echo "::error title=fleetctl::$1"
  exit 64
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
arguments=(validate "--file=$INPUT_FILE" --no-color "--report=github=$work/annotations")
case ${INPUT_STRICT-} in
  true) arguments+=(--strict) ;;
  false | "") ;;
  *) fail "The input strict is neither true nor false." ;;
esac
case ${INPUT_SUMMARY-} in
  true) arguments+=("--report=markdown=$work/summary") ;;
  false | "") ;;
  *) fail "The input summary is neither true nor false." ;;
esac
if [ -n "${INPUT_SARIF-}" ]; then arguments+=("--report=sarif=$INPUT_SARIF"); fi
if [ -n "${INPUT_JUNIT-}" ]; then arguments+=("--report=junit=$INPUT_JUNIT"); fi

# The runner takes lines of the log for commands. What people read quotes the file, which whoever sent
# the pull request has written: commands are off meanwhile. The annotations are escaped by fleetctl.
token=$(od -An -tx8 -N16 /dev/urandom | tr -d ' \n')
echo "::stop-commands::$token"
status=0
"$FLEETCTL" "${arguments[@]}" 2>&1 || status=$?
echo
echo "::$token::"
if [ -f "$work/annotations" ]; then
  cat "$work/annotations"
else
  echo "::error title=fleetctl::The fleet was not validated; the log says why."
fi
if [ -f "$work/summary" ] && [ -n "${GITHUB_STEP_SUMMARY-}" ]; then
  cat "$work/summary" >>"$GITHUB_STEP_SUMMARY"
fi

sound=false
if [ "$status" -eq 0 ]; then sound=true; fi
{
  echo "sound=$sound"
  printf 'sarif<<%s\n%s\n%s\n' "$token" "${INPUT_SARIF-}" "$token"
} >>"$GITHUB_OUTPUT"
exit "$status"
