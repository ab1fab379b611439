# Read by content.sh: the stand-in packages. Their names are the vendors' own, so that the same installation runs.
# shellcheck shell=bash disable=SC2154 # work, target, standins: set by content.sh

# control NAME VERSION ARCHITECTURE DEPENDS DESCRIPTION: the control file of $work/deb/NAME.
control() {
  mkdir -p "$work/deb/$1/DEBIAN" "$work/deb/$1/usr/share/doc/$1"
  {
    printf 'Package: %s\nVersion: %s\nArchitecture: %s\nMaintainer: fleetctl lab <lab@localhost>\n' "$1" "$2" "$3"
    [ -z "$4" ] || printf 'Depends: %s\n' "$4"
    printf 'Section: misc\nPriority: optional\nDescription: %s\n' "$5"
    printf ' This package is a stand-in of the fleetctl lab; see lab/README.md there.\n'
  } >"$work/deb/$1/DEBIAN/control"
  printf '%s\n' "$5" >"$work/deb/$1/usr/share/doc/$1/README"
}
# package NAME FOLDER: the .deb of $work/deb/NAME.
package() {
  mkdir -p "$2"
  dpkg-deb --root-owner-group -Zgzip -z1 --build "$work/deb/$1" "$2" >/dev/null
}
compile() { # SOURCE PROGRAM
  gcc -O2 -Wall -Wextra -Werror -static -o "$2" -I "$standins/http" "$standins/http/$1"
}

while read -r name version; do
  case $name in '' | '#'*) continue ;; esac
  control "$name" "$version" all '' "empty stand-in for $name"
  package "$name" "$target/apt/pool"
done <"$build/standins.list"

# npm: runs a package.json's scripts; there is no registry to install from.
control npm 9.2.0+lab1 all nodejs 'stand-in for npm that runs package.json scripts'
install -D -m 0755 "$standins/npm/npm" "$work/deb/npm/usr/bin/npm"
package npm "$target/apt/pool"

# nvidia-driver: nvidia-smi with the documented answers of one GPU, no kernel module.
control nvidia-driver 535.0+lab1 all '' 'stand-in for the NVIDIA driver: nvidia-smi for one RTX 4070 Laptop GPU'
install -D -m 0755 "$standins/nvidia-driver/nvidia-smi" "$work/deb/nvidia-driver/usr/bin/nvidia-smi"
package nvidia-driver "$target/apt/pool"

# Redis Stack: Debian's real Redis under the vendor's names; the modules are not there.
redis=$(ls "$target"/apt/pool/redis-tools_*.deb)
dpkg-deb -x "$redis" "$work/redis-tools"
redis_version=$(dpkg-deb -f "$redis" Version | sed 's/^[0-9]*://; s/-.*//')
deb=$work/deb/redis-stack-server
control redis-stack-server "$redis_version+lab1" amd64 "adduser, $(dpkg-deb -f "$redis" Depends)" "Debian's Redis $redis_version under Redis Stack's names, without its modules"
install -D -m 0755 "$work/redis-tools/usr/bin/redis-check-rdb" "$deb/opt/redis-stack/bin/redis-server"
install -D -m 0755 "$work/redis-tools/usr/bin/redis-cli" "$deb/opt/redis-stack/bin/redis-cli"
install -D -m 0755 "$standins/redis-stack-server/redis-stack-server" "$deb/opt/redis-stack/bin/redis-stack-server"
install -D -m 0644 "$standins/redis-stack-server/redis-stack.conf" "$deb/etc/redis-stack.conf"
install -D -m 0644 "$standins/redis-stack-server/redis-stack-server.service" "$deb/lib/systemd/system/redis-stack-server.service"
install -m 0755 "$standins/redis-stack-server/postinst" "$standins/redis-stack-server/prerm" "$standins/redis-stack-server/postrm" "$deb/DEBIAN/"
echo /etc/redis-stack.conf >"$deb/DEBIAN/conffiles"
package redis-stack-server "$target/vendor/redis/pool"

# Grafana: a small server that reads grafana.ini and answers its health check.
deb=$work/deb/grafana
control grafana 11.0.0+lab1 amd64 adduser 'stand-in for Grafana: grafana.ini, unit and health check'
mkdir -p "$deb/usr/share/grafana/bin" "$deb/usr/sbin"
compile grafana.c "$deb/usr/share/grafana/bin/grafana"
install -m 0755 "$standins/grafana/grafana-cli" "$deb/usr/sbin/grafana-cli"
install -D -m 0640 "$standins/grafana/grafana.ini" "$deb/etc/grafana/grafana.ini"
install -D -m 0644 "$standins/grafana/grafana-server.default" "$deb/etc/default/grafana-server"
install -D -m 0644 "$standins/grafana/grafana-server.service" "$deb/lib/systemd/system/grafana-server.service"
install -m 0755 "$standins/grafana/postinst" "$standins/grafana/prerm" "$standins/grafana/postrm" "$deb/DEBIAN/"
printf '/etc/grafana/grafana.ini\n/etc/default/grafana-server\n' >"$deb/DEBIAN/conffiles"
package grafana "$target/vendor/grafana/pool"

# NodeSource's nodejs: Debian's real node with npm in the same package, as that vendor ships it.
node=$(ls "$target"/apt/pool/nodejs_*.deb)
dpkg-deb -x "$node" "$work/nodejs"
node_version=$(dpkg-deb -f "$node" Version | sed 's/[+-].*//')
deb=$work/deb/nodejs
control nodejs "$node_version+vendor-1nodesource1" amd64 "$(dpkg-deb -f "$node" Depends)" "Debian's Node.js $node_version with a stand-in npm, packed as NodeSource does"
install -D -m 0755 "$work/nodejs/usr/bin/node" "$deb/usr/bin/node"
install -D -m 0755 "$standins/npm/npm" "$deb/usr/bin/npm"
printf 'Multi-Arch: allowed\nConflicts: npm\nProvides: npm\nReplaces: npm\n' >>"$deb/DEBIAN/control"
package nodejs "$target/vendor/nodesource/pool"

# PGDG: Debian's own PostgreSQL, offered a second time as the vendor's archive.
mkdir -p "$target/vendor/pgdg/pool"
cp "$target"/apt/pool/{postgresql,libpq}*.deb "$target/vendor/pgdg/pool/"
rm -f "$target"/vendor/pgdg/pool/libpq-dev_*

# A stand-in that hides a real package would break what depends on that.
doubled=$(for file in "$target"/apt/pool/*.deb; do dpkg-deb -f "$file" Package; done | sort | uniq -d)
[ -z "$doubled" ] || die 1 "the archive has both a real package and a stand-in for: $doubled"
