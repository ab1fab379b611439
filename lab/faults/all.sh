#!/usr/bin/env bash
# The whole matrix, the forced interruptions and the power cuts; then docs/faults.md. What is done is not done again.
set -uo pipefail
cd "$(dirname "$0")/../.."
status=0
lab/faults/run.py "$@" || status=$?
lab/faults/interrupts.py || status=$?
lab/faults/cuts.py --control --count 30 || status=$?
lab/faults/cuts.py || status=$?
lab/faults/table.py .lab/faults-cells >docs/faults.md.new && mv docs/faults.md.new docs/faults.md
exit "$status"
