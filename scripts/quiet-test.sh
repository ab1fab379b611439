#!/usr/bin/env bash
# Shows of a test run how far it is, the failures, the skips and the closing lines; fails when a test failed or none ran.
set -uo pipefail
passed=0
failed=0
ran=0
skipped=0
good=0
while IFS= read -r line; do
  case "$line" in
    *"✘"*|*"error:"*|*"Fatal"*|*"issue"*|*"crashed"*) echo "$line" ;;
    *"➜"*|*" skipped"*) echo "$line"; skipped=$((skipped + 1)) ;;
  esac
  case "$line" in
    *"✔ Test run with"*) passed=1; ran=1; echo "$line" ;;
    *"✔ Test "*) good=$((good + 1)); if [ $((good % 250)) -eq 0 ]; then echo "  $good tests passed"; fi ;;
    *"✘ Test run with"*) failed=1; ran=1; echo "$line" ;;
    *"exited with unexpected signal"*) failed=1; echo "$line" ;;
  esac
done
if [ "$ran" = 0 ] || [ "$failed" = 1 ] || [ "$passed" = 0 ]; then
  echo "tests: FAILED"
  exit 1
fi
