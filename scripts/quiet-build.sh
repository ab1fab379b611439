#!/usr/bin/env bash
# Shows of a Swift build what people need: a line every so often, every warning and error, the end.
# The exit status is the build's: a failed build never prints "Build complete!" last.
set -uo pipefail
status=1
count=0
while IFS= read -r line; do
  case "$line" in
    # Of a linked library, not of ours.
    *"the use of \`mktemp' is dangerous"*) ;;
    *error:*|*warning:*|*note:*) echo "$line" ;;
    Build*"complete!"*) echo "$line"; status=0 ;;
    *"failed"*) echo "$line" ;;
    "["*) count=$((count + 1)); if [ $((count % 100)) -eq 0 ]; then echo "  $line"; fi ;;
  esac
  case "$line" in *error:*) failed=1 ;; esac
done
if [ "${failed:-0}" = 1 ]; then status=1; fi
exit "$status"
