#!/usr/bin/env bash
# Measures fleetctl over SSH against the floor and its peers, in one run on this machine.
#
# run.sh [--markdown] [--quick] [--sizes 9,50,200] [--stubs 200,1000] [--far 9,50] [--peers-far 50] [--delay 30]
#        [--runs 3] [--no-peers] [--only PART,PART] [--resume] [--kept FOLDER] [FLEETCTL]
#
# The machines are those of lab/: real Debian with systemd and sshd, bare at first, all on this machine. All tools do
# the same work (work.py: 3 packages, a user, 3 directories, 10 files, 3 services), on converged nodes and then with
# one file changed. Floor: sshfloor.c, a bare libssh2 client that runs `true`, and one that runs the very probe that
# `fleetctl plan` runs. Peers: `ssh` with a light key exchange, pyinfra, Mitogen for Ansible, Ansible. Nodes with
# processors of their own are played by stub.c, which answers every connection with a recorded probe; a long line by
# delay.c. Prints tables with DESIGN's budgets beside them; --markdown also puts them into docs/performance.md.
#
#   --sizes   numbers of real nodes (up to 240; those over 50 run only the bare client, ssh and fleetctl plan)
#   --far     which of them also with the delay, 9,50,200 at most
#   --peers-far
#             the peers with the delay up to so many nodes (50). Fifty take Ansible three minutes a run, so that it and
#             Mitogen run once there and all else --runs times; the tables say so
#   --stubs   numbers of nodes that the stub plays
#   --only    these parts alone: look, 9, 50, 200 (real nodes), stub-200, stub-1000, jump, rounds, hang. What earlier
#             runs found of the others stays in the tables
#   --resume  leaves out the parts that an earlier run measured with this very fleetctl
#   --kept    where the figures and recordings are kept (~/.cache/fleetctl-bench/kept). They and the tables are written
#             after each part, so that a run that is cut off loses only the part it was at
#   --quick   9 nodes, 200 stubs, fewer runs, no Ansible: two minutes
#
# `jump` plans 50 stubs behind one real sshd, beside `ssh -J` with a login there for each, `ssh -W` with one login, and
# the way beside the jump host; with the delay between client and jump host, too.
# `rounds` opens the most stubs' sessions at once, twenty times in one process, and fails where descriptors or memory
# grow between the fifth and the last (StubRoundsTests, built with `swift build --build-tests`). `hang` plans 200 stubs
# 25 times. A node takes about 30 MiB; 200 of them boot in a minute or two on two idle processors.
#
# Needs root, what lab/ needs, libssh-dev, and PyPI once for the peers (kept in ~/.cache/fleetctl-bench).
set -euo pipefail
cd "$(dirname "$0")/../.."
format=text sizes=9,50,200 stubs=200,1000 far=9,50 peers_far=50 delay=30 runs=3 peers=yes only='' resume='' kept='' fleetctl=.build/fleetctl
while [ $# -gt 0 ]; do
  case $1 in
    --markdown) format=markdown ;;
    --quick) sizes=9 stubs=200 far=9 runs=3 peers='' ;;
    --no-peers) peers='' ;;
    --resume) resume=--resume ;;
    -h | --help) sed -n '2,/^set /{/^#/!d;s/^# \{0,1\}//p}' Benchmarks/ssh/run.sh; exit 0 ;;
    --peers-far) peers_far=$2; shift ;;
    --sizes | --stubs | --far | --delay | --runs | --only | --kept) printf -v "${1#--}" %s "$2"; shift ;;
    -*) echo "run.sh: unknown option $1" >&2; exit 64 ;;
    *) fleetctl=$1 ;;
  esac
  shift
done
[ "$(id -u)" = 0 ] || { echo "run.sh: the lab needs root" >&2; exit 3; }
fleetctl=$(realpath "$fleetctl")
cache=${HOME:-/root}/.cache/fleetctl-bench
export LAB_NAME=${LAB_NAME:-fleetbench} LAB_DIR=${LAB_DIR:-$cache/lab-$$} LAB_PACKAGES="python3 python3-apt acl curl rsync" LAB_DISK=1G LAB_WAIT=${LAB_WAIT:-900}
mkdir -p "$cache"
work=$(mktemp -d "$cache/run-XXXXXX")
finish() {
  lab/down.sh >&2 || true
  rm -rf "$work"
  rmdir "$LAB_DIR" 2>/dev/null || true
}
trap finish EXIT
trap 'kill -TERM "$!" 2>/dev/null; exit 143' TERM INT

for header in libssh2.h libssh/server.h; do
  [ -e "/usr/include/$header" ] || DEBIAN_FRONTEND=noninteractive apt-get -q -y install libssh2-1-dev libssh-dev >&2
done
gcc -O2 -o "$work/measure" Benchmarks/ssh/measure.c
gcc -O2 -o "$work/delay" Benchmarks/ssh/delay.c
gcc -O2 -o "$work/stub" Benchmarks/ssh/stub.c -lssh
gcc -O2 -o "$work/sshfloor" Benchmarks/sshfloor/sshfloor.c -lssh2

if [ -n "$peers" ]; then
  peers=$cache/peers
  if [ ! -e "$peers/done" ]; then
    python3 -m venv "$peers"
    "$peers/bin/pip" install -q ansible-core mitogen pyinfra >&2
    touch "$peers/done"
  fi
  MITOGEN_STRATEGY=$("$peers/bin/python" -c 'import ansible_mitogen.plugins.strategy as s; print(list(s.__path__)[0])')
  export MITOGEN_STRATEGY
  "$peers/bin/pip" list 2>/dev/null | awk '/^(ansible-core|mitogen|pyinfra) / {print "bench: " $1 " " $2}' >&2
fi

kept=${kept:-$cache/kept}
mkdir -p "$kept"
if [ -n "$stubs" ] && [ ! -e .build/debug/fleetctlPackageTests.xctest ]; then
  swift build --build-tests 2>&1 | scripts/quiet-build.sh >&2
fi
# shellcheck disable=SC2086
python3 Benchmarks/ssh/bench.py --work "$work" --kept "$kept" --fleetctl "$fleetctl" --peers "$peers" --sizes "$sizes" \
  --stubs "$stubs" --far "$far" --most 50 --peers-far "$peers_far" --runs "$runs" --delay "$delay" --format "$format" --only "$only" $resume &
# In the background, so that an end of this script ends it as well.
wait "$!"
