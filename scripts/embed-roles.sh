#!/bin/sh
# Writes the folder roles/ and fleet.yaml into Swift source, so that the binary carries them.
#
#   scripts/embed-roles.sh            write Sources/FleetRegistry/Embedded/*.swift
#   scripts/embed-roles.sh --check    exit 1 if they differ from roles/ and fleet.yaml
#
# One file of Swift a role, EmbeddedRoles+All.swift lists them; EmbeddedFleet+autobot.swift holds
# fleet.yaml. The output depends on roles/ and fleet.yaml alone.
set -eu
export LC_ALL=C
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
target=Sources/FleetRegistry/Embedded
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# emit FILE: FILE as a raw string literal whose delimiter occurs nowhere in it.
emit() {
  awk '
    { lines[NR] = $0; text = text $0 "\n" }
    END {
      hashes = "#"
      while (index(text, "\"\"\"" hashes) || index(text, "\\" hashes)) hashes = hashes "#"
      printf "%s\"\"\"\n", hashes
      for (i = 1; i <= NR; i++) print lines[i]
      printf "\n\"\"\"%s", hashes
    }' "$1"
}

name_of() { # slm-backend -> slmBackend
  printf '%s' "$1" | awk -F'[^A-Za-z0-9]' '{
    printf "%s", $1
    for (i = 2; i <= NF; i++) printf "%s%s", toupper(substr($i, 1, 1)), substr($i, 2)
  }'
}

list=""
for folder in roles/*/; do
  role=$(basename "$folder")
  [ -f "$folder/role.yaml" ] || continue
  name=$(name_of "$role")
  list="$list $name"
  {
    echo "// Written by scripts/embed-roles.sh from roles/$role; do not edit."
    echo "// swift-format-ignore-file"
    echo
    echo "extension EmbeddedRoles {"
    echo "  static let $name: [File] = ["
    find "$folder" -type f | sort | while read -r file; do
      case $(tail -c 1 "$file" | od -An -tx1 | tr -d ' ') in
        0a) ;;
        *) echo "$file does not end with a line feed" >&2; exit 1 ;;
      esac
      path=$role/${file#"$folder"}
      printf 'File(path: "%s", contents: ' "$path"
      emit "$file"
      echo '),'
    done
    echo "  ]"
    echo "}"
  } >"$work/EmbeddedRoles+$name.swift"
done

{
  echo "// Written by scripts/embed-roles.sh from roles/; do not edit."
  echo "// swift-format-ignore-file"
  echo
  echo "extension EmbeddedRoles {"
  echo "  /// The files of all roles, by role and path."
  printf '  static let all: [[File]] = ['
  separator=""
  for name in $list; do
    printf '%s%s' "$separator" "$name"
    separator=", "
  done
  echo "]"
  echo "}"
} >"$work/EmbeddedRoles+All.swift"

{
  echo "// Written by scripts/embed-roles.sh from fleet.yaml; do not edit."
  echo "// swift-format-ignore-file"
  echo
  echo "extension EmbeddedFleet {"
  echo "  /// The file fleet.yaml of the repository's root."
  printf '  static let autobotText: StaticString = '
  emit fleet.yaml
  echo
  echo "}"
} >"$work/EmbeddedFleet+autobot.swift"

if [ "${1-}" = --check ]; then
  diff -r "$work" "$target" >/dev/null || {
    echo "Sources/FleetRegistry/Embedded differs from roles/ or fleet.yaml: run scripts/embed-roles.sh" >&2
    exit 1
  }
  exit 0
fi
mkdir -p "$target"
for file in "$target"/*.swift; do
  [ -f "$work/$(basename "$file")" ] || rm -f "$file"
done
for file in "$work"/*.swift; do
  cmp -s "$file" "$target/$(basename "$file")" || cp "$file" "$target/"
done
