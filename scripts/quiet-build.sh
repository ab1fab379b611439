#!/usr/bin/env bash
# Shows of a Swift build what people need: what is done every so often, every warning and error, the end.
# The exit status is the build's: a failed build never prints "Build complete!" last.
set -uo pipefail
status=1
count=0
told=0
line=
echo "  building (the first time takes some minutes)"
while :; do
  IFS= read -r -t 20 more
  ended=$?
  line+=$more
  # 128 and more: nothing for 20 seconds, as when one module is optimised as a whole.
  if [ "$ended" -gt 128 ]; then
    echo "  still building, $((SECONDS / 60)) min $((SECONDS % 60)) s"
    told=$SECONDS
    continue
  fi
  if [ "$ended" -ne 0 ] && [ -z "$line" ]; then break; fi
  case "$line" in
    # Of a linked library, not of ours.
    *"the use of \`mktemp' is dangerous"*) ;;
    *error:*|*warning:*|*note:*) echo "$line" ;;
    Build*"complete!"*) echo "$line"; status=0 ;;
    *"failed"*) echo "$line" ;;
    "["*) count=$((count + 1)); if [ $((count % 100)) -eq 0 ] || [ $((SECONDS - told)) -ge 20 ]; then echo "  $line"; told=$SECONDS; fi ;;
  esac
  case "$line" in *error:*) failed=1 ;; esac
  line=
done
if [ "${failed:-0}" = 1 ]; then status=1; fi
exit "$status"
