#!/usr/bin/env bash
# A release binary has no failpoint: neither the variable that sets one nor the type. A debug binary has both, so the search is a real one.
# Usage: scripts/check-failpoints.sh RELEASE-BINARY [DEBUG-BINARY]
set -euo pipefail
holds() { grep -qaE 'FLEETCTL_FAILPOINT' "$1"; }
if holds "$1"; then
  echo "error: $1 has failpoints; build it with -c release" >&2
  exit 1
fi
if [ $# -gt 1 ] && ! holds "$2"; then
  echo "error: $2 has no failpoints: the search finds nothing, or it is no debug build" >&2
  exit 1
fi
echo "no failpoints in $1"
