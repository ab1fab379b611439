#!/usr/bin/env bash
# Installs what building and testing need and this Debian machine lacks. Says so when it may not.
# Usage: scripts/setup.sh [build|test]
set -euo pipefail

build_packages=(libyaml-dev libssh2-1-dev libssl-dev zlib1g-dev pkg-config)
test_packages=(openssh-server openssh-client systemd-container debootstrap iproute2 nftables
  dpkg-dev gnupg zip jq curl ca-certificates git python3 python3-venv python3-yaml
  python3-jsonschema python3-markdown-it)

wanted=("${build_packages[@]}")
if [ "${1:-build}" = test ]; then wanted+=("${test_packages[@]}"); fi

missing=()
for package in "${wanted[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  if [ "$state" != installed ]; then missing+=("$package"); fi
done
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi

if [ "$(id -u)" -ne 0 ]; then
  echo "setup: these packages are missing and only root may install them: ${missing[*]}" >&2
  echo "setup: run: sudo apt-get install ${missing[*]}" >&2
  exit 3
fi
echo "setup: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
# A machine's sshd must not be started by a test dependency: the tests run their own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
