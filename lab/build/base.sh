#!/bin/bash
# base.sh ROOT: builds the bare Debian machine that every lab node starts from.
# What is in it: systemd, dbus, sshd, sudo, iproute2 and apt, as on a fresh server; no Python, no curl, no nginx.
set -Eeuo pipefail
. "$(dirname "$0")/../lib.sh"
trap 'die 1 "building the base image failed at line $LINENO"' ERR
root=$1
packages=systemd,systemd-sysv,dbus,openssh-server,sudo,ca-certificates,iproute2,procps,locales,kmod,debian-archive-keyring

archive=$(archive_uri)
[ -n "$archive" ] || die 3 "this machine's apt configuration has no archive with $LAB_SUITE main"
case $archive in http://* | https://* | file:*) ;; *) die 3 "debootstrap cannot read the archive's kind of address (${archive%%:*})" ;; esac
keyring=$(archive_keyring)

mkdir -p "$LAB_CACHE/debootstrap"
eval "$(apt-config shell http_proxy Acquire::http::Proxy https_proxy Acquire::https::Proxy)"
export http_proxy=${http_proxy:-} https_proxy=${https_proxy:-}
step "debootstrap $LAB_SUITE (minbase)"
debootstrap --variant=minbase --keyring="$keyring" --cache-dir="$LAB_CACHE/debootstrap" \
  --include="$packages" "$LAB_SUITE" "$root" "${archive%/}" >"$root.log" 2>&1 || {
  tail -n 20 "$root.log" >&2
  die 1 "debootstrap failed; all of its output is in $root.log"
}

# Only the release that this machine's apt knows has updates at hand.
updates=()
if [ -n "$(archive_rows)" ]; then
  step "base image: the archive's updates, so that no later installation has to bring them"
  lab_apt "$root" update >"$LAB_CACHE/apt.log" 2>&1
  mapfile -t updates < <(lab_packages "$root" dist-upgrade)
fi
if [ ${#updates[@]} -gt 0 ]; then
  mkdir -p "$root/var/tmp/updates"
  cp "${updates[@]}" "$root/var/tmp/updates/"
  (cd "$root/var/tmp/updates" && dpkg-scanpackages . 2>/dev/null >Packages)
  echo 'deb [trusted=yes] file:/var/tmp/updates ./' >"$root/etc/apt/sources.list"
  systemd-nspawn -q -D "$root" --register=no --keep-unit --pipe --resolv-conf=off --timezone=off \
    --setenv=DEBIAN_FRONTEND=noninteractive \
    sh -ec 'apt-get -q update; apt-get -q -y -o APT::Sandbox::User=root dist-upgrade' </dev/null >>"$root.log" 2>&1 || {
    tail -n 20 "$root.log" >&2
    die 1 "the updates cannot be installed; all of the output is in $root.log"
  }
  rm -rf "$root/var/tmp/updates"
fi
step "base image: settings"

# What a container cannot or need not do, and what would make two runs differ.
ln -sf /dev/null "$root/etc/systemd/system/systemd-machine-id-commit.service"
for unit in console-getty.service getty@tty1.service apt-daily.timer apt-daily-upgrade.timer \
  dpkg-db-backup.timer fstrim.timer e2scrub_all.timer e2scrub_reap.service systemd-timesyncd.service; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/machine-id" "$root/var/lib/dbus/machine-id"
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin
: >"$root/etc/machine-id"
: >"$root/etc/resolv.conf"

# The user that the fleet's operators log in as: a shell, no password, all of sudo.
chroot "$root" useradd --create-home --shell /bin/bash --password '*' autobot
printf 'autobot ALL=(ALL) NOPASSWD: ALL\n' >"$root/etc/sudoers.d/autobot"
chmod 0440 "$root/etc/sudoers.d/autobot"

# The node's own archive is a folder that the lab binds in; it has no other. It holds bookworm.
rm -f "$root/etc/apt/sources.list"
[ "$LAB_SUITE" = bookworm ] || { mkdir -p "$root/srv/lab"; step_end; exit 0; }
cat >"$root/etc/apt/sources.list.d/debian.sources" <<'SOURCES'
Types: deb
URIs: file:/srv/lab/apt
Suites: bookworm
Components: main
Signed-By: /usr/share/keyrings/lab-archive-keyring.gpg
SOURCES
cat >"$root/etc/pip.conf" <<'PIP'
[global]
no-index = true
find-links = /srv/lab/wheels
disable-pip-version-check = true
PIP
mkdir -p "$root/srv/lab"
step_end
