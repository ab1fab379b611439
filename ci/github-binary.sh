#!/usr/bin/env bash
# Step of action.yml: writes to the output `path` the fleetctl to run, building it where none is given.
set -euo pipefail

fail() {
  echo "::error title=fleetctl::$1"
  exit 1
}

binary=${INPUT_BINARY-}
case $binary in
  *$'\n'*) fail "The input binary has a line feed in it." ;;
  "")
    command -v swift >/dev/null || fail "No binary is given and Swift is not installed: give the input binary."
    # What it builds and needs goes to the log; a command hidden in a compiler's message must not run.
    token=$(od -An -tx8 -N16 /dev/urandom | tr -d ' \n')
    echo "::stop-commands::$token"
    status=0
    {
      if [ "$(id -u)" -eq 0 ] || ! command -v sudo >/dev/null; then
        "$ACTION_FOLDER/scripts/setup.sh" build
      else
        sudo "$ACTION_FOLDER/scripts/setup.sh" build
      fi && swift build --package-path "$ACTION_FOLDER" -c release --static-swift-stdlib --product fleetctl
    } >&2 || status=$?
    echo "::$token::"
    [ "$status" -eq 0 ] || fail "fleetctl could not be built; the log says why."
    binary=$ACTION_FOLDER/.build/release/fleetctl
    ;;
  */*) ;;
  *) binary=$(command -v -- "$binary") || fail "The input binary names a program that is not in PATH." ;;
esac
[ -f "$binary" ] && [ -x "$binary" ] || fail "The input binary names no program."
printf 'path=%s\n' "$binary" >>"$GITHUB_OUTPUT"
