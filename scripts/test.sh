#!/usr/bin/env bash
# All tests: format, one build, the Swift tests, then the whole path on real machines where this one can boot them.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { echo "== $* ($(date +%H:%M:%S))"; }

step "format"
swift format lint --strict --recursive Sources Tests Package.swift

step "build"
set -o pipefail
swift build --build-tests --explicit-target-dependency-import-check error 2>&1 | scripts/quiet-build.sh

step "tests"
swift test --skip-build 2>&1 | scripts/quiet-test.sh

step "nine machines"
lab/acceptance.sh .build/debug/fleetctl
