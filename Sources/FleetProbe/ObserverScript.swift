import FleetDigest
import FleetTransport

/// The text of `fleetctl-observe`, the program behind `plan --read-only` (see `Observer`).
///
/// It is the probe in a shell script of its own: root runs it for a user who chooses what to look at. So
/// what reaches find(1) must be a plain absolute path, and contents are shown only of files that
/// fleetctl manages on this node or that any local user can read; of others there is type, mode, owner and
/// digest. It writes nothing.
package enum ObserverScript {
  /// Digest of the probe's script, which client and observer must share.
  package static let digest = SHA256.hex(Array((ProbeScript.text + guarded).utf8))

  /// The whole program.
  package static let text = head + ProbeScript.text.dropLast("probe".count) + guarded

  private static let head = """
    #!/bin/sh
    # Installed by `fleetctl bootstrap`. Looks at this machine for a user who may run nothing else as root:
    # sudo allows exactly these bytes, without arguments. It writes nothing. Do not edit it.
    unset ENV BASH_ENV CDPATH paths units packages users groups sysctls secrets certificates authority
    unset postgres firewall environs nonce manifest readable hidden SSH_CONNECTION
    PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
    export PATH LC_ALL
    own=\(digest)
    IFS= read -r greeting || exit 3
    [ "$greeting" = "\(Observer.greeting)$own" ] || {
      echo "\(Observer.complaint)$own" >&2
      exit 3
    }

    """

  private static let guarded = #"""
    # A plain absolute path: nothing that find(1) or sha256sum(1) could take for an option, no way around.
    plain() {
      case $1 in /*) ;; *) return 1 ;; esac
      case $1/ in */../* | */./* | *//*) return 1 ;; esac
    }
    shown() {
      case $manifest in *"\"$1\""*) return 0 ;; esac
      case $NL$readable in *"$NL$1$NL"*) return 0 ;; esac
      return 1
    }
    narrow() {
      manifest= asked= kept= hidden=
      [ ! -r /var/lib/fleetctl/manifest.json ] || manifest=$(cat /var/lib/fleetctl/manifest.json)
      for line in $paths; do asked=$asked${line#* }$NL; done
      for line in $secrets; do asked=$asked${line##*|}$NL; done
      readable=$(setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs \
        sh -c 'for f; do [ -r "$f" ] && printf "%s\n" "$f"; done' sh $asked 2>/dev/null)$NL
      for line in $paths; do
        path=${line#* }
        plain "$path" || continue
        if shown "$path"; then
          kept=$kept$line$NL
        else
          kept="$kept- $path$NL"
          case $line in '* '*) [ ! -e "$path" ] || hidden="$hidden $path" ;; esac
        fi
      done
      paths=$kept kept=
      for line in $secrets; do
        path=${line##*|}
        if plain "$path" && shown "$path"; then
          kept=$kept$line$NL
        elif [ -e "$path" ]; then
          hidden="$hidden $path"
        fi
      done
      secrets=$kept kept=
      for line in $sysctls; do
        case /${line#*|}/ in */../*) ;; *) kept=$kept$line$NL ;; esac
      done
      sysctls=$kept kept=
      for line in $certificates; do
        if plain "${line%%|*}" && plain "${line#*|}"; then kept=$kept$line$NL; fi
      done
      certificates=$kept
      [ -z "$authority" ] || plain "$authority" || authority=
      [ -z "$hidden" ] || { out=$out${hidden# }; mark hidden 0; }
    }
    observe() {
      begin || return 1
      narrow </dev/null
      look </dev/null
    }
    observe

    """#
}
