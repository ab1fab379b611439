extension RuntimeScript {
  /// Files, folders and links.
  static let files = #"""
    # No parent may be a link (but for the system's own) or a place where everybody may write.
    check_parents() {
      case $1 in /*) ;; *) fail "$1 is not an absolute path"; return 1 ;; esac
      case $1/ in */../* | */./* | *//*) fail "$1 is not a plain path"; return 1 ;; esac
      chain= folder=${1%/*}
      while [ -n "$folder" ]; do
        if [ -L "$folder" ]; then
          case $folder in
          /var/run | /var/lock) ;;
          /*/*) fail "$folder is a symbolic link; nothing is written through it"; return 1 ;;
          esac
        fi
        chain=$chain$folder$NL
        folder=${folder%/*}
      done
      [ -n "$chain" ] || return 0
      open=$(find $chain -maxdepth 0 -type d -perm -0002 ! -perm -1000 2>/dev/null)
      [ -z "$open" ] || fail "${open%%"$NL"*} may be written by everybody; nothing is written below it"
    }
    make_parents() {
      [ -d "${1%/*}" ] || [ -z "${1%/*}" ] || (umask 022; mkdir -p -- "${1%/*}")
    }
    # put_file PATH MODE OWNER GROUP SOURCE [SHA256]: whole or not at all. Owner and mode are set while
    # it is empty, through the open file, so that nobody can put another in its place. Without an owner it is ours and
    # 0600, as everything is that is made here.
    put_file() {
      make_parents "$1" || return 1
      fresh=${1%/*}/.fleetctl-$transaction-$batch-$index
      wanted=$6
      [ -n "$wanted" ] || { digest_of "$5" && wanted=$digest; } || return 1
      [ ! -e "$fresh" ] && [ ! -L "$fresh" ] || rm -f -- "$fresh"
      set -C
      {
        # noclobber lets a device or a pipe through that somebody put there in between.
        [ -f /proc/self/fd/8 ] && { [ -z "$3" ] || { chown -- "$3:$4" /proc/self/fd/8 && chmod -- "$2" /proc/self/fd/8; }; } &&
          cat -- "$5" >&8 && keep_synced /proc/self/fd/8 && digest_of /proc/self/fd/8
      } 8>"$fresh" && put_status=0 || put_status=$?
      set +C
      if [ "$put_status" = 0 ] && [ "$digest" != "$wanted" ]; then
        fail "$1: what was written has another digest"
        put_status=1
      fi
      if [ "$put_status" != 0 ] || ! mv -fT -- "$fresh" "$1"; then
        rm -f -- "$fresh"
        fail "$1 was not written"
        return 1
      fi
      ! command -v restorecon >/dev/null || restorecon -- "$1" || :
      keep_synced "${1%/*}/"
    }
    # On the way back what the disk will not keep is better in place than not.
    keep_synced() { sync "$@" || { [ -n "$going_back" ] && unkept=1; }; }
    make_dir() { # PATH MODE OWNER GROUP
      check_parents "$1" || return 1
      if [ -L "$1" ]; then fail "$1 is a symbolic link where a folder is wanted"; return 1; fi
      if [ ! -d "$1" ]; then
        if [ -e "$1" ]; then fail "$1 exists and is no folder"; return 1; fi
        make_parents "$1" && mkdir -m 0700 -- "$1" || return 1
      fi
      chown -h -- "$3:$4" "$1" && chmod -- "$2" "$1" && sync "${1%/*}/"
    }
    write_file() { # PATH MODE OWNER GROUP SHA256 BEFORE
      check_parents "$1" || return 1
      if [ -L "$1" ]; then
        now="link to $(readlink -- "$1")"
        [ "$now" != 'link to /dev/null' ] || { fail "$1 is masked (a link to /dev/null); unmask it first"; return 1; }
      elif [ -f "$1" ]; then
        digest_of "$1" || return 1
        now=$digest
      elif [ -e "$1" ]; then
        fail "$1 is a folder or something special where a file is wanted"
        return 1
      else
        now=absent
      fi
      case $6 in
      any | "$now") ;;
      *)
        if [ "$now" != "$5" ]; then
          # Somebody else's edit is not ours to take back.
          : >"$batch_dir/untouched.$index"
          fail "$1 moved since the plan: it was $6, it is $now"
          return 1
        fi ;;
      esac
      put_file "$1" "$2" "$3" "$4" "$blob" "$5"
    }
    set_ownership() { # PATH MODE OWNER GROUP
      check_parents "$1" || return 1
      if [ -L "$1" ]; then fail "$1 is a symbolic link"; return 1; fi
      chown -h -- "$3:$4" "$1" && chmod -- "$2" "$1" && sync "$1"
    }
    replace_link() {
      fresh=${1%/*}/.fleetctl-$transaction-$batch-$index
      rm -f -- "$fresh"
      ln -s -- "$2" "$fresh" && mv -fT -- "$fresh" "$1" && keep_synced "${1%/*}/"
    }
    make_link() { # PATH TARGET
      check_parents "$1" && make_parents "$1" || return 1
      if [ -L "$1" ]; then
        now=$(readlink -- "$1")
        [ "$now" != "$2" ] || return 0
        [ "$now" != /dev/null ] || { fail "$1 is masked (a link to /dev/null); unmask it first"; return 1; }
      elif [ -e "$1" ]; then
        fail "$1 exists and is no link"
        return 1
      fi
      replace_link "$1" "$2"
    }
    remove_path() { # PATH
      check_parents "$1" || return 1
      if [ -d "$1" ] && [ ! -L "$1" ]; then fail "$1 is a folder"; return 1; fi
      rm -f -- "$1" || return 1
      [ ! -d "${1%/*}" ] || sync "${1%/*}/"
    }
    remove_dir() { # PATH
      check_parents "$1" || return 1
      if [ -L "$1" ] || { [ -e "$1" ] && [ ! -d "$1" ]; }; then fail "$1 is no folder"; return 1; fi
      [ -d "$1" ] || return 0
      rmdir --ignore-fail-on-non-empty -- "$1" || return 1
      [ ! -d "$1" ] || echo 'kept: not empty'
    }
    # As sysctl(8): with a dot first in the key, dots and slashes trade places.
    sysctl_path() {
      case ${1#"${1%%[./]*}"} in
      /*) printf '/proc/sys/%s' "$1" ;;
      *) printf '/proc/sys/%s' "$(printf '%s' "$1" | tr './' '/.')" ;;
      esac
    }
    set_sysctl() { # KEY VALUE
      case $1 in *..* | /*) fail "$1 is no kernel setting"; return 1 ;; esac
      printf '%s\n' "$2" >"$(sysctl_path "$1")"
    }
    generate_secret() { # FILE KEY LENGTH MODE OWNER GROUP
      check_parents "$1" || return 1
      case $2 in '' | *[!A-Za-z0-9_]*) fail "'$2' is no key of an env file"; return 1 ;; esac
      if [ -L "$1" ] || { [ -e "$1" ] && [ ! -f "$1" ]; }; then fail "$1 is no plain file"; return 1; fi
      mode=$4 owner=$5 group=$6
      : >"$batch_dir/secret"
      if [ -f "$1" ]; then
        if grep -q "^$2=." "$1"; then return 0; fi
        rights=$(stat -c '%a %u %g' -- "$1") || return 1
        mode=${rights%% *} owner=${rights#* } group=${rights##* }
        owner=${owner% *}
        grep -v "^$2=" "$1" >"$batch_dir/secret" || [ $? = 1 ] || return 1
      fi
      if [ -f "$blob" ]; then
        IFS= read -r value <"$blob" || [ -n "$value" ] || { fail 'the value to share is empty'; return 1; }
      else
        value=$(tr -dc 'A-Za-z0-9' </dev/urandom | head -c "$3")
        [ "${#value}" = "$3" ] || { fail 'the random source gave too little'; return 1; }
      fi
      # printf is part of the shell: the value is never an argument of a process.
      printf '%s=%s\n' "$2" "$value" >>"$batch_dir/secret" || return 1
      put_file "$1" "$mode" "$owner" "$group" "$batch_dir/secret" && status=0 || status=1
      rm -f "$batch_dir/secret"
      return "$status"
    }

    """#

  /// Users and groups.
  static let accounts = #"""
    add_group() { # NAME SYSTEM
      if getent group -- "$1" >/dev/null; then return 0; fi
      if [ "$2" = 1 ]; then groupadd -r -- "$1"; else groupadd -- "$1"; fi
    }
    add_user() { # NAME SYSTEM HOME SHELL GROUP GROUPS CREATEHOME
      name=$1 extra=$6
      if ! getent passwd -- "$name" >/dev/null; then
        home=$3 shell=$4 group=$5 create=$7 system=$2
        set -- --home-dir "$home" --shell "$shell"
        [ "$system" != 1 ] || set -- "$@" --system
        if [ "$create" = 1 ]; then set -- "$@" --create-home; else set -- "$@" --no-create-home; fi
        if [ -n "$group" ]; then set -- "$@" --gid "$group"
        elif getent group -- "$name" >/dev/null; then set -- "$@" --gid "$name"
        else set -- "$@" --user-group
        fi
        useradd "$@" -- "$name" >&2 || return 1
      fi
      [ -z "$extra" ] || add_user_groups "$name" "$extra"
    }
    add_user_groups() { usermod --append --groups "$2" -- "$1"; } # NAME GROUPS

    """#
}
