#!/bin/bash
# enter.sh COMMAND...: runs a command inside the lab's private network, where the nodes have their addresses.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
[ $# -gt 0 ] || die 64 "usage: lab/enter.sh COMMAND [ARGUMENT...]"
need_root
[ -e "/run/netns/$LAB_NAME" ] || die 1 "the lab is not up; run lab/up.sh"
exec ip netns exec "$LAB_NAME" "$@"
