#!/bin/bash
# node.sh ACTION NODE [-- COMMAND...]: one machine of the lab.
set -Eeuo pipefail
. "$(dirname "$0")/lib.sh"

usage() {
  cat >&2 <<'USAGE'
usage: lab/node.sh ACTION NODE
  exec NODE -- COMMAND...   run a command on the node as root, past ssh
  reboot NODE               orderly reboot; what is on its disk stays
  stop NODE                 orderly power-off
  start NODE                boot it again with the same disk
  kill NODE                 the machine dies at once, as with the plug pulled (its disk stays)
  link NODE up|down         its network cable
  pid NODE                  its PID 1, as this machine sees it
  log NODE                  its console
USAGE
  exit 64
}

started_after() { # PID: the node runs with another PID 1 than this
  local leader
  leader=$(node_leader "$id") && [ "$leader" != "$1" ]
}
stopped() { ! alive "$dir/supervisor.pid" >/dev/null; }
answers() {
  local address
  address=$(node_rows "$id")
  ip netns exec "$LAB_NAME" timeout 2 bash -c 'exec 3<>"/dev/tcp/$1/22" && read -r -t 2 line <&3 && [[ $line == SSH-* ]]' \
    answers "${address##* }" 2>/dev/null
}

[ $# -ge 2 ] || usage
need_root
action=$1
id=$(node_id "$2") || exit $?
shift 2
dir=$(node_dir "$id")
[ -d "$dir/root" ] || die 1 "$id is not part of the running lab; run lab/up.sh"
leader=$(node_leader "$id") || leader=''
case $action in start | log | stop | link) ;; *) [ -n "$leader" ] || die 1 "$id is not running; lab/node.sh start $id" ;; esac

case $action in
  exec)
    [ "${1:-}" = -- ] && shift
    [ $# -gt 0 ] || usage
    exec nsenter --target "$leader" --all -- /usr/bin/env -i HOME=/root TERM=dumb \
      PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin sh -c 'cd / && exec "$@"' sh "$@"
    ;;
  reboot)
    # SIGINT to a container's PID 1 is Ctrl-Alt-Delete: an orderly reboot.
    kill -INT "$leader"
    wait_until 60 started_after "$leader" || die 1 "$id did not come back; see lab/node.sh log $id"
    wait_until 60 answers || die 1 "$id came back, but its sshd does not answer"
    ;;
  stop)
    stopped && exit 0
    # SIGRTMIN+4: an orderly power-off.
    kill -RTMIN+4 "$leader"
    wait_until 60 stopped || die 1 "$id did not power off"
    ;;
  start)
    stopped || exit 0
    setsid "$LAB_SCRIPTS/supervise.sh" "$id" </dev/null >>"$dir/console.log" 2>&1 &
    wait_until 60 answers || die 1 "$id does not answer; see lab/node.sh log $id"
    ;;
  kill)
    kill -KILL "$leader"
    wait_until 60 stopped || die 1 "$id did not die"
    ;;
  link) case ${1:-} in up | down) ip -n "$(machine_name "$id")" link set host0 "$1" ;; *) usage ;; esac ;;
  pid) echo "$leader" ;;
  log) cat "$dir/console.log" ;;
  *) usage ;;
esac
