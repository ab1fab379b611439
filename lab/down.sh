#!/bin/bash
# down.sh: removes the lab: machines, mounts, network namespaces, cgroups. Safe to run at any time, also after a crash.
# The cache with the base image stays (LAB_CACHE).
set -Euo pipefail
. "$(dirname "$0")/lib.sh"

# lab_clean: everything that a lab of this directory and name may have left, whatever its state.
lab_clean() {
  local file value pid namespace where left=0
  # Supervisors first, or they boot again what is stopped here.
  for file in "$LAB_DIR"/nodes/*/supervisor.pid; do
    pid=$(alive "$file") && kill -KILL "$pid" 2>/dev/null
  done
  # The tmpfs is thrown away: no machine needs an orderly shutdown. Only processes of the lab's own cgroups.
  for _ in 1 2 3 4 5; do
    for pid in $(cgroup_processes); do kill -KILL "$pid" 2>/dev/null; done
    wait_until 2 lab_is_empty && break
  done
  # Deepest mounts first.
  awk -v d="$LAB_DIR/" 'index($5, d) == 1 {print $5}' /proc/self/mountinfo | sort -r |
    while read -r where; do umount "$where" 2>/dev/null || umount -l "$where"; done
  for namespace in $(ip netns list 2>/dev/null | awk -v n="$LAB_NAME" '$1 == n || index($1, n "-") == 1 {print $1}'); do
    for pid in $(ip netns pids "$namespace"); do
      say "process $pid ($(cat "/proc/$pid/comm" 2>/dev/null)) was started in the lab's network and stays; its namespace goes with it"
    done
    ip netns delete "$namespace" || left=1
  done
  cgroup_remove
  if [ -f "$LAB_DIR/sysctl.before" ]; then
    while read -r file value; do echo "$value" >"/proc/sys/$file"; done <"$LAB_DIR/sysctl.before"
    rm -f "$LAB_DIR/sysctl.before"
  fi
  [ -z "$(cgroup_processes)" ] || { say "processes are left: $(cgroup_processes | tr '\n' ' ')"; left=1; }
  if grep -q " $LAB_DIR/" /proc/self/mountinfo; then
    say "mounts are left below $LAB_DIR"
    left=1
  else
    rm -rf "$LAB_DIR/nodes" "$LAB_DIR/ssh" "$LAB_DIR/nodes.tsv" "$LAB_DIR/archives.tsv" "$LAB_DIR/content" "/run/$LAB_NAME.lab"
  fi
  return $left
}
lab_is_empty() { [ -z "$(cgroup_processes)" ]; }

# up.sh reads this file for lab_clean.
if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  need_root
  [ -d "$LAB_DIR" ] || { ip netns list 2>/dev/null | grep -q "^$LAB_NAME\b" || exit 0; }
  lab_lock 60
  step "lab down"
  lab_clean || die 1 "the lab is not wholly gone"
  step_end
fi
