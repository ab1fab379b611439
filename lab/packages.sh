#!/bin/bash
# packages.sh LAYER: installs LAB_PACKAGES over the base image (BASE) into a layer of their own, so that every
# node has them from the start and they are stored once. Called by up.sh.
set -Eeuo pipefail
. "$(dirname "$0")/lib.sh"
trap 'die 1 "installing $LAB_PACKAGES failed at line $LINENO"' ERR
layer=$1
merged=$layer.merged

step "packages that every node has: $LAB_PACKAGES"
lab_apt "$BASE" update >"$LAB_CACHE/apt.log" 2>&1
# shellcheck disable=SC2086 # a list of names
mapfile -t files < <(lab_packages "$BASE" install $LAB_PACKAGES)
rm -rf "$layer.work" "$merged"
mkdir -p "$layer" "$layer.work" "$merged"
mount -t overlay -o "lowerdir=$BASE,upperdir=$layer,workdir=$layer.work" "$layer" "$merged"
trap 'umount "$merged"' EXIT
mkdir -p "$merged/var/tmp/packages"
cp "${files[@]}" "$merged/var/tmp/packages/"
# apt knows the order; its own list of archives is not this one.
(cd "$merged/var/tmp/packages" && dpkg-scanpackages . 2>/dev/null >Packages)
echo 'deb [trusted=yes] file:/var/tmp/packages ./' >"$merged/var/tmp/packages/sources.list"
# shellcheck disable=SC2016 # for the shell inside
systemd-nspawn -q -D "$merged" --register=no --keep-unit --pipe --resolv-conf=off --timezone=off \
  --setenv=DEBIAN_FRONTEND=noninteractive --setenv=WANTED="$LAB_PACKAGES" sh -ec '
    here="-o Dir::Etc::sourcelist=/var/tmp/packages/sources.list -o Dir::Etc::sourceparts=/dev/null"
    apt-get -q $here update
    apt-get -q -y $here -o APT::Sandbox::User=root --no-install-recommends install $WANTED
  ' </dev/null >"$layer.log" 2>&1 || {
  tail -n 20 "$layer.log" >&2
  die 1 "they cannot be installed; all of the output is in $layer.log"
}
rm -rf "$merged/var/tmp/packages" "$merged"/var/lib/apt/lists/* "$merged"/var/cache/apt/*.bin
# What nspawn made for itself would hide each node's own.
rm -f "$merged/etc/machine-id"
: >"$merged/etc/machine-id"
umount "$merged"
trap - EXIT
rm -rf "$merged" "$layer.work"
step_end
