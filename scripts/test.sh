#!/usr/bin/env bash
# All tests: format, one build, the Swift tests, then the whole path on real machines where this one can boot them.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { echo "== $* ($(date +%H:%M:%S))"; }

step "format"
swift format lint --strict --recursive Sources Tests Fuzz Package.swift

step "build"
set -o pipefail
swift build --build-tests --explicit-target-dependency-import-check error 2>&1 | scripts/quiet-build.sh

step "tests"
swift test --skip-build 2>&1 | scripts/quiet-test.sh

step "formats and what runs in build services, read back by others"
scripts/check-formats.sh .build/debug/fleetctl

step "the JSON Schema against fleetctl's own checks"
if python3 -c 'import jsonschema, yaml' 2>/dev/null; then
  python3 scripts/check-schema.py .build/debug/fleetctl .build/debug/FleetJudge
else
  echo "SKIPPED: it needs python3 with jsonschema and yaml (python3-jsonschema, python3-yaml)"
fi

step "logins: ssh's verdict and fleetctl's, on loopback"
lab/logins.sh --check .build/debug/fleetctl

step "fuzzing, half a minute"
Fuzz/run.sh 30 || [ $? -eq 3 ]

step "the node's runtime and the probe on a real machine"
if [ "$(id -u)" -eq 0 ] && command -v systemd-nspawn >/dev/null; then
  lab/up.sh --nodes 06-Node-27
  trap 'lab/down.sh >/dev/null 2>&1' EXIT
  leader=$(lab/node.sh pid 06-Node-27)
  # One after the other: they reload the one machine's systemd and install packages.
  FLEETCTL_TEST_NODE="nsenter --target $leader --all --wd=/ --" \
    swift test --skip-build --no-parallel --filter 'NodeRuntimeTests|ProbeNodeTests|UnitNodeTests' 2>&1 | scripts/quiet-test.sh
  # Those tests leave their lock and packages behind: first contact wants new machines.
  lab/down.sh
  step "first contact: pins, swapped machines, copies of one image"
  lab/up.sh --nodes 06-Node-27,browser-automation
  lab/firstcontact.sh .build/debug/fleetctl
  lab/down.sh
else
  echo "SKIPPED: it needs root and systemd-nspawn"
fi

step "one machine: rehearsal, way back, resume, secrets"
lab/one-node.sh .build/debug/fleetctl

for suite in bullseye trixie; do
  step "one machine of Debian $suite: the oldest and the newest systemd that is tried"
  LAB_SUITE=$suite lab/one-node.sh .build/debug/fleetctl
done

step "a machine that somebody else set up"
lab/takeover.sh .build/debug/fleetctl

step "faults: the core of the matrix and a part that changes with the day"
lab/faults/run.py --seconds "${FAULTS_SECONDS:-90}" --again

step "rollouts on four machines"
lab/rollout.sh .build/debug/fleetctl

step "endings: taken back, resumed, left"
lab/endings.sh .build/debug/fleetctl

step "many operators at one machine, a few rounds"
lab/operators.sh .build/debug/fleetctl --clients 6 --rounds 5

step "the release binary: built, and without failpoints"
make --no-print-directory build
scripts/check-failpoints.sh .build/release/fleetctl .build/debug/fleetctl

step "nine machines"
lab/acceptance.sh .build/debug/fleetctl
