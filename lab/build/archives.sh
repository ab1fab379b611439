# Read by content.sh: the tarballs that vendors offer for download.
# shellcheck shell=bash disable=SC2154 # work, target, standins: set by content.sh

# archive NAME FOLDER: $target/archives/NAME from a folder below $work/tar, with equal bytes for equal content.
archive() {
  tar -C "$work/tar" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf - "${@:2}" | gzip -n -6 >"$target/archives/$1"
  printf '%s\t%s\tfile:///srv/lab/archives/%s\n' "$1" "$(sha256sum "$target/archives/$1" | cut -d' ' -f1)" "$1" >>"$target/archives.tsv"
}
# upstream PACKAGE: the version without Debian's additions.
upstream() { dpkg-deb -f "$(ls "$work/$1"_*.deb)" Version | sed 's/^[0-9]*://; s/[+-].*//'; }

version=$(upstream prometheus)
name=prometheus-$version.linux-amd64
mkdir -p "$work/tar/$name/consoles" "$work/tar/$name/console_libraries"
install -m 0755 "$work"/prometheus/usr/bin/{prometheus,promtool} "$work/tar/$name/"
printf 'global:\n  scrape_interval: 15s\nscrape_configs: []\n' >"$work/tar/$name/prometheus.yml"
archive "$name.tar.gz" "$name"

version=$(upstream prometheus-redis-exporter)
name=redis_exporter-v$version.linux-amd64
mkdir -p "$work/tar/$name"
install -m 0755 "$work/prometheus-redis-exporter/usr/bin/prometheus-redis-exporter" "$work/tar/$name/redis_exporter"
archive "$name.tar.gz" "$name"

# Ollama's own archive has bin/ollama at the top.
mkdir -p "$work/tar/bin"
compile ollama.c "$work/tar/bin/ollama"
archive ollama-linux-amd64.tgz bin

mkdir -p "$work/tar/miniconda3/bin"
install -m 0755 "$standins/conda/conda" "$work/tar/miniconda3/bin/conda"
archive miniconda3.tar.gz miniconda3
