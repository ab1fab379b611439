# Shared by the lab's scripts; read with `.`, never run.
# shellcheck shell=bash

LAB_SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_REPOSITORY=$(dirname "$LAB_SCRIPTS")
LAB_DIR=${LAB_DIR:-$LAB_REPOSITORY/.lab}
LAB_CACHE=${LAB_CACHE:-${HOME:-/root}/.cache/fleetctl-lab}
# The private network namespace, and the prefix of everything else the lab names.
LAB_NAME=${LAB_NAME:-fleetlab}
# The nodes' release. Another one than bookworm is a bare machine: the lab's archives are for bookworm.
LAB_SUITE=${LAB_SUITE:-bookworm}
# Seconds that a dozen machines may take to boot; more on a machine with other work.
LAB_WAIT=${LAB_WAIT:-120}
LAB_BRIDGE_ADDRESS=172.16.168.1/24
# The machines, one "ID ADDRESS" a line.
LAB_NODES_FILE=${LAB_NODES_FILE:-$LAB_SCRIPTS/nodes.conf}
case $LAB_DIR in /*) ;; *) LAB_DIR=$PWD/$LAB_DIR ;; esac
case $LAB_CACHE in /*) ;; *) LAB_CACHE=$PWD/$LAB_CACHE ;; esac

say() { printf 'lab: %s\n' "$*" >&2; }
die() {
  local code=$1
  shift
  printf 'lab: error: %s\n' "$*" >&2
  exit "$code"
}

need_root() {
  [ "$(id -u)" = 0 ] || die 3 "the lab needs root (mounts, network namespaces, systemd-nspawn); run it with sudo"
}

# A running clock: `step WORDS` prints what has begun, the next `step` or `step_end` what it cost.
STEP_NAME=''
STEP_BEGAN=0
milliseconds() { local t=${EPOCHREALTIME/[^0-9]/}; echo $((t / 1000)); }
step_end() {
  [ -n "$STEP_NAME" ] || return 0
  local cost=$(($(milliseconds) - STEP_BEGAN))
  printf 'lab: %6d.%01d s  %s\n' $((cost / 1000)) $((cost % 1000 / 100)) "$STEP_NAME" >&2
  STEP_NAME=''
}
step() {
  step_end
  STEP_NAME=$*
  STEP_BEGAN=$(milliseconds)
}

# node_rows [ID,ID...]: the wanted rows of the nodes' file, one "ID ADDRESS" a line, in the file's order.
node_rows() {
  local wanted=${1:-} id address name found rows=''
  if [ -n "$wanted" ]; then
    for name in ${wanted//,/ }; do
      found=$(awk -v n="${name,,}" '!/^#/ && tolower($1) == n {print $1}' "$LAB_NODES_FILE")
      [ -n "$found" ] || die 64 "no lab node is called '$name'; $LAB_NODES_FILE lists them"
      rows="$rows $found "
    done
  fi
  while read -r id address; do
    case $id in '' | '#'*) continue ;; esac
    [ -z "$wanted" ] || [[ $rows == *" $id "* ]] || continue
    echo "$id $address"
  done <"$LAB_NODES_FILE"
}

# node_id NAME: the id in its own spelling, or an error.
node_id() {
  local row
  row=$(node_rows "$1") || return $?
  echo "${row%% *}"
}

# The name of a node's machine and of its network namespace.
machine_name() { echo "$LAB_NAME-${1,,}"; }
node_dir() { echo "$LAB_DIR/nodes/$1"; }

# A process is a pid and the moment it began (field 22 of /proc/PID/stat): pids are used again.
process_mark() {
  local line
  line=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  line=${line##*) }
  # shellcheck disable=SC2086 # the fields of stat: state, then 19 more up to the start time
  set -- "$1" $line
  [ "$2" != Z ] || return 1
  echo "$1 ${21}"
}
# alive FILE: the process recorded in FILE still runs; its pid is printed.
alive() {
  local recorded
  recorded=$(cat "$1" 2>/dev/null) || return 1
  [ "$(process_mark "${recorded%% *}")" = "$recorded" ] || return 1
  echo "${recorded%% *}"
}
# The machine's PID 1 as the host sees it: the only child of the node's nspawn.
node_leader() {
  local nspawn child
  nspawn=$(alive "$(node_dir "$1")/nspawn.pid") || return 1
  for child in $(cat "/proc/$nspawn/task/$nspawn/children" 2>/dev/null); do
    [ "$(cat "/proc/$child/comm" 2>/dev/null)" = systemd ] && { echo "$child"; return 0; }
  done
  return 1
}

# Each node has a cgroup of its own in every hierarchy, so that no two systemds share one tree,
# and so that whatever is left of a node can be found.
cgroup_hierarchies() {
  awk '$3 == "cgroup" || $3 == "cgroup2" {print $2}' /proc/mounts
}
cgroup_enter() {
  local top group file
  for top in $(cgroup_hierarchies); do
    group=$top/$LAB_NAME/$1
    mkdir -p "$group" || return 1
    # A cpuset takes no process before it has processors and memory.
    for file in cpuset.cpus cpuset.mems; do
      [ -f "$top/$file" ] || continue
      cat "$top/$file" >"$top/$LAB_NAME/$file"
      cat "$top/$file" >"$group/$file"
    done
    echo $$ >"$group/cgroup.procs" || return 1
  done
}
cgroup_processes() {
  local top
  for top in $(cgroup_hierarchies); do
    [ -d "$top/$LAB_NAME" ] || continue
    find "$top/$LAB_NAME" -name cgroup.procs -exec cat {} + 2>/dev/null || true
  done | sort -un | grep -vx 0 || true
}
cgroup_remove() {
  local top
  for top in $(cgroup_hierarchies); do
    [ -d "$top/$LAB_NAME" ] || continue
    find "$top/$LAB_NAME" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
}

# wait_until SECONDS COMMAND...: the command's success within the time.
wait_until() {
  local until=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$until" ] || return 1
    sleep 0.05
  done
}

# One build or start at a time for a lab directory.
lab_lock() {
  mkdir -p "$LAB_DIR"
  exec 9>"$LAB_DIR/lock"
  flock -w "${1:-900}" 9 || die 1 "another lab script holds $LAB_DIR/lock"
  # One machine can hold several labs, of different names; two of one name would clear each other away.
  local owner
  owner=$(cat "/run/$LAB_NAME.lab" 2>/dev/null) || owner=''
  if [ -n "$owner" ] && [ "$owner" != "$LAB_DIR" ] && [ -n "$(cgroup_processes)" ]; then
    die 1 "the lab '$LAB_NAME' of $owner is up; take that down, or set LAB_NAME to another name"
  fi
  echo "$LAB_DIR" >"/run/$LAB_NAME.lab"
}

# The distribution's archive as this machine's own apt configuration names it, one
# "RELEASE URI" a line, the archive itself before its updates.
archive_rows() {
  apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
    awk -v s="$LAB_SUITE" '$2 == "main" && ($1 == s || index($1, s "-") == 1) && !seen[$1]++ {print $1, $3}' |
    sort
}
# Where debootstrap finds $LAB_SUITE: its own row, else the archive of this machine's own release, which usually
# has the others beside it.
archive_uri() {
  local suite own
  own=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  for suite in "$LAB_SUITE" "$own"; do
    LAB_SUITE=$suite archive_rows | awk -v s="$suite" '$1 == s {print $2; exit}'
  done | sed -n 1p
}
# The keyring that signs it: `Signed-By` of a deb822 file or of a one-line entry, where it is a file.
archive_keyring() {
  local found
  found=$(
    { cat /etc/apt/sources.list.d/*.sources 2>/dev/null || true; } |
      awk -v s="$LAB_SUITE" 'BEGIN {RS = ""; FS = "\n"} {
        ok = 0; key = ""
        for (i = 1; i <= NF; i++) {
          line = tolower($i)
          if (line ~ /^suites:/ && (" " substr(line, 8) " ") ~ (" " s " ")) ok = 1
          if (line ~ /^signed-by:/) { key = $i; sub(/^[^:]*:[ \t]*/, "", key) }
        }
        if (ok && key ~ /^\//) { print key; exit }
      }'
    { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || true; } |
      sed -n "s|^deb .*signed-by=\([^] ,]*\).* $LAB_SUITE .*|\1|p"
  )
  found=$(printf '%s\n' "$found" | sed -n 1p)
  [ -f "$found" ] || found=/usr/share/keyrings/debian-archive-keyring.gpg
  [ -f "$found" ] || die 3 "no keyring for $LAB_SUITE; install debian-archive-keyring"
  echo "$found"
}

# lab_apt ROOT ARGUMENT...: this machine's apt and its archives, with the packages of ROOT as what is installed,
# and lists and downloads in the lab's cache. This machine's own lists and packages are not touched.
lab_apt() {
  local root=$1
  shift
  mkdir -p "$LAB_CACHE/lists/partial" "$LAB_CACHE/debs/partial"
  DEBIAN_FRONTEND=noninteractive apt-get -q -y \
    -o Dir::State::status="$root/var/lib/dpkg/status" -o Dir::State::extended_states=/dev/null \
    -o Dir::State::lists="$LAB_CACHE/lists" -o Dir::Cache::archives="$LAB_CACHE/debs" \
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o Dir::Etc::preferencesparts=/dev/null \
    -o APT::Install-Recommends=false -o APT::Sandbox::User=root "$@"
}
# lab_packages ROOT ARGUMENT...: downloads what apt would install, and prints the file of each package.
lab_packages() {
  local root=$1 file
  shift
  lab_apt "$root" --download-only "$@" >"$LAB_CACHE/apt.log" 2>&1 || {
    tail -n 20 "$LAB_CACHE/apt.log" >&2
    die 1 "apt cannot fetch what the lab needs ($LAB_CACHE/apt.log)"
  }
  # With the files at hand --print-uris would be silent: ask with an empty folder of downloads.
  mkdir -p "$LAB_CACHE/empty/partial"
  lab_apt "$root" -o Dir::Cache::archives="$LAB_CACHE/empty" --print-uris "$@" |
    sed -n "s/^'[^']*' \([^ ]*\) .*/\1/p" | while read -r file; do echo "$LAB_CACHE/debs/$file"; done
}
