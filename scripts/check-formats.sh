#!/usr/bin/env bash
# Checks every output format and what runs in build services with parsers and schemas that are not ours.
#
#   scripts/check-formats.sh [FLEETCTL]      default: .build/debug/fleetctl
#
# The tools come from Debian's packages (scripts/setup.sh test) and, where it can be reached, from PyPI
# into .build/formats. What cannot be had is skipped and named.
#   FLEET_SARIF_SCHEMA   path of OASIS's sarif-schema-2.1.0.json (docs.oasis-open.org/sarif); no package
#                        carries it, so without the variable pysarif's classes, made from it, must do
set -euo pipefail
cd "$(dirname "$0")/.."
FLEETCTL=${1:-.build/debug/fleetctl}
export FLEETCTL PYTHONDONTWRITEBYTECODE=1
[ -x "$FLEETCTL" ] || { echo "formats: there is no $FLEETCTL; run swift build" >&2; exit 1; }

work=.build/formats
python=/usr/bin/python3
[ -x "$python" ] || python=$(command -v python3) || { echo "SKIPPED: all formats: there is no python3"; exit 0; }
mkdir -p "$work"

# One environment a list of requirements; Debian's modules stay visible in it, for a machine without PyPI.
wanted=$(sha256sum Tests/Formats/requirements.txt | cut -c1-16)
if [ ! -e "$work/venv/$wanted" ]; then
  rm -rf "$work/venv"
  if "$python" -m venv --system-site-packages "$work/venv" >"$work/pip.log" 2>&1 &&
    timeout 300 "$work/venv/bin/pip" install --quiet --disable-pip-version-check --retries 1 \
      -r Tests/Formats/requirements.txt >>"$work/pip.log" 2>&1; then
    touch "$work/venv/$wanted"
  else
    echo "SKIPPED: what needs PyPI: Tests/Formats/requirements.txt could not be installed ($work/pip.log)"
  fi
fi
if [ -x "$work/venv/bin/python" ]; then python=$work/venv/bin/python; fi

# The schema that Jenkins reads JUnit files by comes with the sources of pytest.
xsd=$work/junit-10.xsd
xsd_digest=a1a816f58d1bf95ebabf371994df0b9246dee66ea9572fbec4f9296f1b2c0ff6
if ! echo "$xsd_digest  $xsd" | sha256sum --check --status 2>/dev/null; then
  rm -rf "$work/pytest" "$xsd"
  if timeout 300 "$python" -m pip download --quiet --disable-pip-version-check --retries 1 --no-deps \
    --no-binary :all: --dest "$work/pytest" pytest==9.2.0 >"$work/xsd.log" 2>&1; then
    tar -xzOf "$work"/pytest/*.tar.gz --wildcards '*/junit-10.xsd' >"$xsd"
  fi
  rm -rf "$work/pytest"
fi
if echo "$xsd_digest  $xsd" | sha256sum --check --status 2>/dev/null; then
  export FLEET_JUNIT_SCHEMA=$PWD/$xsd
fi
exec "$python" Tests/Formats/run.py
