extension RuntimeScript {
  /// What is asked anew before anything of a run begins on a node, by the node itself.
  ///
  /// Root's shell stays open when its user loses sudo, and between the look and the first batch anybody may edit a
  /// file. Asked twice: before the batch is staged, so that a refused run leaves nothing, and (paths and units) by the
  /// runner right before it arms.
  static let fence = #"""
    # Whether the login may still become root, asked the way its shell was begun; else sudo's words are printed. Where
    # that took a password, which is not here, sudo is asked as root what the user may do; a sudo that does not
    # answer root (`!root_sudo`, `requiretty`) leaves that to the new login that confirms.
    may_be_root() {
      [ -n "$SUDO_USER" ] || return 0
      if [ -n "$FLEETCTL_SUDO_PASSWORD_READ" ]; then
        listed=$(timeout 30 sudo -n -l -U "$SUDO_USER" -- /bin/sh -c : 2>&1 >/dev/null </dev/null) || [ -n "$listed" ] ||
          { printf 'sudo does not list /bin/sh for %s' "$SUDO_USER"; return 1; }
      else
        timeout 30 setpriv --reuid="$SUDO_UID" --regid="$SUDO_GID" --init-groups -- sudo -n -- /bin/sh -c : 2>&1 >/dev/null </dev/null
      fi
    }
    # Prints each thing of $expects that is otherwise now, and how: `PATH US WORD`, or `unit NAME`. A line there is
    # `KIND MODE OWNER GROUP SHA256 PATH US TARGET`, with `-` for what does not matter, or `unit NAME INVOCATION`.
    moved_since() {
      paths= files= units=
      for line in $expects; do
        case $line in
        unit\ *) line=${line#unit }; units=$units${line%% *}$NL ;;
        *)
          path=/${line#*/}
          path=${path%%"$US"*}
          paths=$paths$path$NL
          [ -L "$path" ] || [ ! -f "$path" ] || files=$files$path$NL ;;
        esac
      done
      [ -z "$files" ] || files=$(sha256sum -z -- $files 2>/dev/null | tr '\0' '\n')
      [ -z "$paths" ] || paths=$NL$(find $paths -maxdepth 0 -printf "%y %m %u %g %p$US%l\n" 2>/dev/null)$NL
      [ -z "$units" ] || units=$NL$(invocations_of $units)$NL
      for line in $expects; do
        case $line in unit\ *)
          case $units in *"$NL$line$NL"*) ;; *) printf '%s\n' "${line% *}" ;; esac
          continue ;;
        esac
        path=/${line#*/}
        path=${path%%"$US"*}
        rights=${line%% /*}
        sum=${rights##* } rights=${rights% *} word=otherwise
        case $line in
        -*) case $paths in *" $path$US"*) word=there ;; *) continue ;; esac ;;
        l*) case $paths in *"${NL}l "*" $path$US${line#*"$US"}$NL"*) continue ;; *" $path$US"*) ;; *) word=gone ;; esac ;;
        *)
          case $paths in
          *"$NL$rights $path$US$NL"*)
            [ "$sum" != - ] || continue
            case $NL$files$NL in *"$NL$sum  $path$NL"*) continue ;; *) word=content ;; esac ;;
          *" $path$US"*) ;;
          *) word=gone ;;
          esac ;;
        esac
        printf '%s%s%s\n' "$path" "$US" "$word"
      done
    }
    invocations_of() { # UNIT...
      for row in $(systemctl show -p Id -p InvocationID -- "$@" 2>/dev/null); do
        case $row in
        Id=*) name=$1; shift ;;
        InvocationID=*) printf 'unit %s %s\n' "$name" "${row#*=}" ;;
        esac
      done
    }
    # Sets $doubt and $said when the run may not begin.
    may_begin() {
      doubt=powerless
      [ -z "$asks" ] || said=$(may_be_root) || return 1
      doubt=moved
      said=$(moved_since)
      [ -z "$said" ]
    }

    """#
}
