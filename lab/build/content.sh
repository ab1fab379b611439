#!/bin/bash
# content.sh TARGET: builds what the nodes see below /srv/lab: a signed apt archive, the vendors' own archives, tarballs and wheels.
# BASE is the base image: what it has installed is not downloaded again.
set -Eeuo pipefail
. "$(dirname "$0")/../lib.sh"
trap 'die 1 "building the lab archive failed at line $LINENO while: $STEP_NAME"' ERR
target=$1
build=$(dirname "$0")
standins=$LAB_SCRIPTS/standins
work=$target.work
rm -rf "$work"
mkdir -p "$target/apt/pool" "$target/vendor/keys" "$target/archives" "$target/wheels" "$work"
umask 022

step "download Debian's packages with what they depend on"
lab_apt "$BASE" update >"$LAB_CACHE/apt.log" 2>&1
# shellcheck disable=SC2046 # one word a package
mapfile -t debian < <(lab_packages "$BASE" install $(grep -v '^#' "$build/packages.list"))
cp "${debian[@]}" "$target/apt/pool/"
# Only their binaries are wanted, not what they depend on.
(
  cd "$work"
  lab_apt "$BASE" download prometheus prometheus-redis-exporter python3-setuptools-whl python3-wheel-whl
) >"$LAB_CACHE/apt.log" 2>&1
for file in "$work"/*.deb; do
  dpkg-deb -x "$file" "$work/$(dpkg-deb -f "$file" Package)"
done

step "build the stand-in packages"
. "$build/standins.sh"

step "build the archives"
. "$build/archives.sh"

step "build the wheels"
cp "$work"/python3-setuptools-whl/usr/share/python-wheels/*.whl "$work"/python3-wheel-whl/usr/share/python-wheels/*.whl "$target/wheels/"
python3 "$build/wheels.py" "$standins/python" "$target/wheels"

step "sign the archives"
. "$build/sign.sh"
chmod -R u=rwX,go=rX "$target"
rm -rf "$work"
step_end
