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
    # `KIND MODE OWNER GROUP SHA256 PATH US TARGET`, with `-` for what does not matter, or `unit NAME INVOCATION`. One
    # program looks at all paths, one at all contents, one at all units; each answers in the order it was asked in.
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
      [ -z "$paths" ] || moved_paths $(find $paths -maxdepth 0 -printf "%y %m %u %g %p$US%l\n" 2>/dev/null)
      # With a backslash in a name sha256sum writes it otherwise, but for -z.
      case $files in
      '') ;;
      *\\*) moved_contents $(sha256sum -z -- $files 2>/dev/null | tr '\0' '\n') ;;
      *) moved_contents $(sha256sum -- $files 2>/dev/null) ;;
      esac
      [ -z "$units" ] || moved_units $(invocations_of $units)
    }
    moved_paths() { # ROW...
      for line in $expects; do
        case $line in unit\ *) continue ;; esac
        path=/${line#*/}
        path=${path%%"$US"*}
        row=
        case $1 in *" $path$US"*) row=$1; shift ;; esac
        rights=${line%% /*}
        case $line:$row in
        -*:) continue ;;
        -*) word=there ;;
        *:) word=gone ;;
        l*) [ "${line#*"$US"}" != "${row#*"$US"}" ] || continue; word=otherwise ;;
        *) [ "${rights% *} $path$US" != "$row" ] || continue; word=otherwise ;;
        esac
        printf '%s%s%s\n' "$path" "$US" "$word"
      done
    }
    moved_contents() { # SUM-AND-PATH...
      for line in $expects; do
        case $line in unit\ *) continue ;; esac
        path=/${line#*/}
        path=${path%%"$US"*}
        [ "${1#*  }" = "$path" ] || continue
        sum=${line%% /*}
        case $line in "f "*) case ${sum##* } in - | "${1%% *}") ;; *) printf '%s%scontent\n' "$path" "$US" ;; esac ;; esac
        shift
      done
    }
    moved_units() { # `unit NAME INVOCATION`...
      for line in $expects; do
        case $line in unit\ *) ;; *) continue ;; esac
        [ "$line" = "$1" ] || printf '%s\n' "${line% *}"
        [ $# = 0 ] || shift
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
