extension ProbeScript {
  /// Where things came from that no record names; asked only when something unrecorded is there.
  static let origins = #"""
    # Configuration files that are as their package brought them, from dpkg's own list: `PATH: OK` a line.
    look_at_package_files() {
      flush
      rows=$(printf ' %s \n' $package_files | grep -F -f - /var/lib/dpkg/status)
      for row in $rows; do
        row=${row# }
        rest=${row#* }
        printf '%s  %s\n' "${rest%% *}" "${row%% *}"
      done | md5sum -c 2>/dev/null
      mark package-files 0
    }
    # What earlier runs of ours began that their way back does not undo: a record each, as it was sent.
    look_at_past() {
      flush
      US=$(printf '\037')
      set +f
      for ops in /var/lib/fleetctl/tx/*/*/ops; do
        [ -f "$ops" ] || continue
        for row in $(grep -aE "^[0-9]+$US(make-dir|sync-source|unpack-archive|apt-install)$US" "$ops"); do
          result=${ops%/ops}/result.${row%%"$US"*} word=
          [ ! -e "$result" ] || IFS=' ' read -r word rest <"$result"
          case $word in skipped | fenced) ;; *) printf '%s\n' "$row" ;; esac
        done
      done
      set -f
      mark past 0
    }

    """#
}
