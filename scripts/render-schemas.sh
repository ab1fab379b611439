#!/usr/bin/env bash
# Writes docs/*.schema.json as fleetctl prints them. Usage: scripts/render-schemas.sh FLEETCTL
set -euo pipefail
cd "$(dirname "$0")/.."
for pair in fleet:fleet fleet-included:included role:role; do
  target=docs/${pair%%:*}.schema.json
  "$1" schema "--${pair##*:}" >"$target.new"
  mv "$target.new" "$target"
done
