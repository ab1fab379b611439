#!/bin/bash
# up.sh [--nodes ID,ID...]: builds what is missing and boots the lab: real Debian machines with systemd and sshd, bare, on the
# fleet's real addresses inside one private network namespace. README.md says what is real and what stands in.
set -Eeuo pipefail
. "$(dirname "$0")/lib.sh"
trap 'die 1 "failed at line $LINENO while: ${STEP_NAME:-starting}; lab/down.sh clears what is left"' ERR

wanted=''
while [ $# -gt 0 ]; do
  case $1 in
    --nodes) [ $# -ge 2 ] || die 64 "--nodes wants a list: --nodes 01-Backend,04-Databases"; wanted=$2; shift 2 ;;
    --nodes=*) wanted=${1#*=}; shift ;;
    -h | --help) echo "usage: lab/up.sh [--nodes ID,ID...]   (LAB_DIR, LAB_CACHE, LAB_NAME and others: see lab/README.md)"; exit 0 ;;
    *) die 64 "unknown argument '$1'; usage: lab/up.sh [--nodes ID,ID...]" ;;
  esac
done
rows=$(node_rows "$wanted") || exit $?
need_root
began=$(milliseconds)

# Tools: the command that proves each, and the package that brings it.
install_tools() {
  local tool package missing=()
  while read -r tool package; do
    command -v "$tool" >/dev/null || missing+=("$package")
  done <<'TOOLS'
systemd-nspawn systemd-container
debootstrap debootstrap
ip iproute2
nft nftables
ssh openssh-client
dpkg-scanpackages dpkg-dev
apt-ftparchive apt-utils
gpg gnupg
gcc gcc
python3 python3
flock util-linux
TOOLS
  [ ${#missing[@]} -gt 0 ] || return 0
  step "install ${missing[*]}"
  command -v apt-get >/dev/null || die 3 "missing: ${missing[*]}, and no apt-get to install them with"
  DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "${missing[@]}" >&2 || {
    apt-get -q update >&2
    DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "${missing[@]}" >&2
  } || die 3 "cannot install ${missing[*]}"
}

# build_once NAME SCRIPT INPUT...: runs `SCRIPT TARGET` unless the cache holds its result for these inputs;
# sets `built` to the folder.
build_once() {
  local name=$1 script=$2 hash
  shift 2
  hash=$({ [ "$LAB_SUITE" = bookworm ] || echo "$LAB_SUITE"; cd "$LAB_SCRIPTS" && find "$script" "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum; } | sha256sum)
  built=$LAB_CACHE/$name-${hash:0:16}
  [ -e "$built.done" ] && return 0
  # The cache may be shared by several checkouts.
  (
    flock -w 900 8 || die 1 "another lab script holds $LAB_CACHE/lock"
    [ -e "$built.done" ] && exit 0
    rm -rf "$built"
    "$LAB_SCRIPTS/$script" "$built" 8>&-
    touch "$built.done"
  ) 8>"$LAB_CACHE/lock"
}

network() {
  ip netns add "$LAB_NAME"
  ip -n "$LAB_NAME" link set lo up
  ip -n "$LAB_NAME" link add fleet type bridge
  ip -n "$LAB_NAME" addr add "$LAB_BRIDGE_ADDRESS" dev fleet
  ip -n "$LAB_NAME" link set fleet up
}

# prepare INDEX ID ADDRESS: disk, identity and network of one node. Its disk is a tmpfs over the shared base.
prepare() {
  local index=$1 id=$2 address=$3 dir machine root
  dir=$(node_dir "$id")
  machine=$(machine_name "$id")
  mkdir -p "$dir/disk" "$dir/root"
  mount -t tmpfs -o size="${LAB_DISK:-4G}",mode=0755 "$machine" "$dir/disk"
  mkdir -p "$dir/disk/upper" "$dir/disk/work"
  mount -t overlay -o "lowerdir=$lower,upperdir=$dir/disk/upper,workdir=$dir/disk/work" "$machine" "$dir/root"
  root=$dir/root
  printf '%s\n' "$id" >"$root/etc/hostname"
  printf '127.0.0.1 localhost\n127.0.1.1 %s %s\n::1 localhost ip6-localhost ip6-loopback\n' "$id" "${id,,}" >"$root/etc/hosts"
  # Machine ids are random, as on real machines; each node has one of its own.
  tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
  for kind in ed25519 ecdsa; do
    ssh-keygen -q -t "$kind" -N '' -C "root@$id" -f "$root/etc/ssh/ssh_host_${kind}_key"
  done
  install -d -m 0700 -o 1000 -g 1000 "$root/home/autobot/.ssh"
  install -m 0600 -o 1000 -g 1000 "$LAB_DIR/ssh/id_ed25519.pub" "$root/home/autobot/.ssh/authorized_keys"
  if [ -f "$content/apt/lab-archive-keyring.gpg" ]; then
    install -m 0644 "$content/apt/lab-archive-keyring.gpg" "$root/usr/share/keyrings/"
  fi
  ip netns add "$machine"
  ip -n "$LAB_NAME" link add "node$index" type veth peer name host0 netns "$machine"
  ip -n "$LAB_NAME" link set "node$index" master fleet up
  ip -n "$machine" addr add "$address/24" dev host0
  ip -n "$machine" link set host0 up
  ip -n "$machine" link set lo up
  # Written here from the files themselves: nothing is learned from the network.
  awk -v a="$address" '{print a, $1, $2}' "$root"/etc/ssh/ssh_host_*_key.pub >>"$LAB_DIR/ssh/known_hosts"
  printf '%s\t%s\t%s\t%s\t%s\n' "$id" "$address" "$(cat "$root/etc/machine-id")" "$machine" "$root" >>"$LAB_DIR/nodes.tsv"
}

ssh_works() { # ADDRESS
  ip netns exec "$LAB_NAME" ssh -F none -o BatchMode=yes -o ConnectTimeout=10 -o StrictHostKeyChecking=yes \
    -o UserKnownHostsFile="$LAB_DIR/ssh/known_hosts" -i "$LAB_DIR/ssh/id_ed25519" "autobot@$1" \
    sudo -n true </dev/null >"$LAB_DIR/nodes/$2/ssh.log" 2>&1
}

# wait_for_ssh ROWS: until a login and sudo work on each of them.
wait_for_ssh() {
  local id address pid late='' waiting=()
  while read -r id address; do
    (trap - ERR; wait_until "$LAB_WAIT" ssh_works "$address" "$id") &
    waiting+=("$!:$id")
  done <<<"$1"
  for pid in "${waiting[@]}"; do
    wait "${pid%%:*}" || late="$late ${pid#*:}"
  done
  [ -z "$late" ] && return 0
  for id in $late; do
    tail -n 5 "$(node_dir "$id")/ssh.log" "$(node_dir "$id")/console.log" >&2
  done
  die 1 "no ssh login within $LAB_WAIT s on:$late"
}

# boot ROWS: starts these machines and waits for them.
boot() {
  local id address
  while read -r id address; do
    setsid "$LAB_SCRIPTS/supervise.sh" "$id" </dev/null >>"$(node_dir "$id")/console.log" 2>&1 9>&- &
  done <<<"$1"
  wait_for_ssh "$1"
}

# Machines beyond about twelve need more than the kernel's defaults; down.sh restores what was there.
raise_limits() {
  local file want now
  [ "$(printf '%s\n' "$rows" | wc -l)" -gt 12 ] || return 0
  while read -r file want; do
    now=$(cat "/proc/sys/$file")
    [ "$now" -lt "$want" ] || continue
    echo "$file $now" >>"$LAB_DIR/sysctl.before"
    echo "$want" >"/proc/sys/$file"
  done <<'LIMITS'
fs/inotify/max_user_instances 4096
kernel/keys/maxkeys 20000
LIMITS
}

install_tools
lab_lock
mkdir -p "$LAB_CACHE"
build_once base build/base.sh
base=$built
content=$LAB_CACHE/none
if [ "$LAB_SUITE" = bookworm ]; then
  BASE=$base build_once content build/content.sh build standins
  content=$built
else
  mkdir -p "$content"
fi

lower=$base
if [ -n "${LAB_PACKAGES:-}" ]; then
  BASE=$base build_once "packages-$(printf '%s %s' "$base" "$LAB_PACKAGES" | sha256sum | cut -c1-8)" packages.sh
  lower=$built:$base
fi

. "$LAB_SCRIPTS/down.sh"
set -e
step "clear what an earlier lab left"
lab_clean || die 1 "an earlier lab cannot be cleared"
echo "$LAB_DIR" >"/run/$LAB_NAME.lab"

step "network, keys and disks of $(printf '%s\n' "$rows" | wc -l) nodes"
mkdir -p "$LAB_DIR/ssh" "$LAB_DIR/nodes"
chmod 0700 "$LAB_DIR/ssh"
ln -s "$content" "$LAB_DIR/content"
[ ! -f "$content/archives.tsv" ] || cp "$content/archives.tsv" "$LAB_DIR/archives.tsv"
ssh-keygen -q -t ed25519 -N '' -C 'fleetctl lab' -f "$LAB_DIR/ssh/id_ed25519"
raise_limits
network
index=0
while read -r id address; do
  index=$((index + 1))
  prepare "$index" "$id" "$address"
done <<<"$rows"

step "boot, until ssh and sudo answer on every node"
# A dozen at a time: more at once, and each waits for all the others.
for first in $(seq 1 12 "$index"); do boot "$(printf '%s\n' "$rows" | sed -n "$first,$((first + 11))p")"; done
step_end

total=$(($(milliseconds) - began))
printf 'lab: %6d.%01d s  in all; %d nodes are up\n' $((total / 1000)) $((total % 1000 / 100)) "$index" >&2
say "key         $LAB_DIR/ssh/id_ed25519 (user autobot)"
say "known hosts $LAB_DIR/ssh/known_hosts"
say "nodes       $LAB_DIR/nodes.tsv"
say "run inside  lab/enter.sh COMMAND"
