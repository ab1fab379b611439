extension RuntimeScript {
  /// Packages and downloads.
  static let packages = #"""
    policy=/usr/sbin/policy-rc.d
    policy_is_ours() { [ -f "$policy" ] && grep -q '^# fleetctl:' "$policy"; }
    # While packages are installed no service starts. What stood there is kept aside.
    hold_services() {
      [ ! -e "$policy" ] || policy_is_ours || mv -f "$policy" "$policy.fleetctl-saved" || return 1
      printf '#!/bin/sh\n# fleetctl: no service starts while packages are installed\nexit 101\n' >"$policy.new" &&
        chmod 0755 "$policy.new" && mv -f "$policy.new" "$policy"
    }
    free_services() {
      ! policy_is_ours || rm -f "$policy"
      [ ! -e "$policy.fleetctl-saved" ] || mv -f "$policy.fleetctl-saved" "$policy"
    }
    # After a run that was killed in the middle.
    heal_packages() { if [ -e "$policy.fleetctl-saved" ] || policy_is_ours; then free_services; fi; }
    apt() {
      DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 NEEDRESTART_MODE=l APT_LISTCHANGES_FRONTEND=none UCF_FORCE_CONFFOLD=1 \
        apt-get -q -y -o DPkg::Lock::Timeout=120 -o Acquire::Retries=2 "$@" >&2
    }
    apt_update() { apt -o APT::Update::Error-Mode=any update; }
    running_services() {
      systemctl list-units --type=service --state=active,activating --plain --no-legend --no-pager 2>/dev/null |
        while IFS=' ' read -r name rest; do printf '%s\n' "$name"; done
    }
    installed_packages() { dpkg-query -W -f '${db:Status-Status} ${Package}\n' | grep '^installed '; }
    # Vendors' scripts may start their service past policy-rc.d: those of the new packages are stopped.
    stop_newcomers() {
      for unit in $(running_services); do
        case $NL$1$NL in *"$NL$unit$NL"*) continue ;; esac
        file=$(systemctl show -p FragmentPath --value -- "$unit")
        owner=$(dpkg-query -S "$file" 2>/dev/null) || owner=$(dpkg-query -S "/usr$file" 2>/dev/null) || continue
        owner=${owner%%:*}
        case $NL$2$NL in *"${NL}installed $owner$NL"*) continue ;; esac
        systemctl stop -- "$unit" || return 1
      done
    }
    apt_install() { # PACKAGE or PACKAGE=VERSION...
      for name in "$@"; do
        case $name in '' | -* | *[!A-Za-z0-9.+:~=_-]*) fail "'$name' is no package"; return 1 ;; esac
      done
      trap free_services EXIT
      trap 'exit 1' HUP INT TERM
      hold_services || return 1
      before=$(running_services)
      present=$(installed_packages)
      dpkg --force-confdef --force-confold --configure -a >&2 || return 1
      apt -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold --no-install-recommends install "$@" || return 1
      [ ! -d /run/systemd/system ] || stop_newcomers "$before" "$present"
    }
    # download URL FILE SHA256
    download() {
      rm -f -- "$2"
      case $1 in
      file:*)
        source=${1#file:}
        while :; do case $source in //*) source=${source#/} ;; *) break ;; esac; done
        cat -- "$source" >"$2" || return 1 ;;
      https://* | http://*)
        /usr/lib/apt/apt-helper -q -o APT::Sandbox::User=root -o Acquire::Retries=2 download-file "$1" "$2" >&2 || return 1 ;;
      *) fail "cannot fetch $1: only https, http and file are known"; return 1 ;;
      esac
      digest_of "$2" || return 1
      [ -z "$3" ] || [ "$digest" = "$3" ] || { fail "$1 has SHA-256 $digest, not $3"; return 1; }
    }
    fetch_file() { # URL DESTINATION SHA256 MODE
      check_parents "$2" || return 1
      if [ -L "$2" ] || [ -d "$2" ]; then fail "$2 is a link or a folder where a file is wanted"; return 1; fi
      download "$1" "$batch_dir/download.$index" "$3" || return 1
      put_file "$2" "$4" "$(id -u)" "$(id -g)" "$batch_dir/download.$index" && status=0 || status=1
      rm -f "$batch_dir/download.$index"
      return "$status"
    }

    """#

  /// Archives, source trees and steps.
  static let sources = #"""
    unpack_archive() { # URL SHA256 TARGET STRIP OWNER GROUP STAMP
      check_parents "$3/x" || return 1
      fresh=${3%/*}/.fleetctl-$transaction-$batch-$index
      (umask 022; mkdir -p -- "$3" && rm -rf -- "$fresh" && mkdir -m 0755 -- "$fresh") || return 1
      if download "$1" "$batch_dir/download.$index" "$2" &&
        tar -xf "$batch_dir/download.$index" -C "$fresh" --no-same-owner --strip-components="$4" &&
        chown -hR -- "$5:$6" "$fresh"; then
        unpacked=0
      else
        unpacked=1
      fi
      rm -f "$batch_dir/download.$index"
      if [ "$unpacked" = 0 ]; then
        rm -f -- "$3/.fleetctl-archive"
        # Each top entry is replaced whole; what the archive does not have stays (data of the program).
        for entry in $(find "$fresh" -mindepth 1 -maxdepth 1 -printf '%f\n'); do
          rm -rf -- "$3/$entry" && mv -T -- "$fresh/$entry" "$3/$entry" || { unpacked=1; break; }
        done
      fi
      rm -rf -- "$fresh"
      [ "$unpacked" = 0 ] || return 1
      chown -h -- "$5:$6" "$3" && printf '%s\n' "$7" >"$batch_dir/stamp" &&
        put_file "$3/.fleetctl-archive" 0644 "$5" "$6" "$batch_dir/stamp"
    }
    # Deletes below $target only what is a plain relative path with no link on its way.
    delete_from_tree() {
      for name in "$@"; do
        case /$name/ in */../* | */./* | *//*) fail "'$name' is no path of a tree"; return 1 ;; esac
        folder=$name
        while :; do
          case $folder in */*) folder=${folder%/*} ;; *) break ;; esac
          if [ -L "$target/$folder" ]; then fail "$target/$folder is a symbolic link"; return 1; fi
        done
      done
      [ $# -gt 0 ] || return 0
      cd "$target" || return 1
      printf '%s\0' "$@" | xargs -0 rm -f -- || return 1
      for name in "$@"; do
        case $name in */*) [ ! -d "${name%/*}" ] || rmdir -p --ignore-fail-on-non-empty -- "${name%/*}" ;; esac
      done
      cd /
    }
    sync_source() { # TARGET OWNER GROUP LIST DELETED...
      target=$1 owner=$2 group=$3 list=$4
      shift 4
      check_parents "$target/x" && check_parents "$list" || return 1
      if [ -L "$target" ]; then fail "$target is a symbolic link"; return 1; fi
      if [ ! -d "$target" ]; then
        make_parents "$target" && mkdir -m 0755 -- "$target" && chown -- "$owner:$group" "$target" || return 1
      fi
      # The list goes first: a half-done copy must not look finished.
      rm -f -- "$list"
      delete_from_tree "$@" || return 1
      fresh=$target/.fleetctl-$transaction-$batch-$index
      rm -rf -- "$fresh"
      mkdir -m 0700 -- "$fresh" || return 1
      if tar -xpf "$blob" -C "$fresh" --no-same-owner && mv -fT -- "$fresh/.fleetctl-manifest" "$batch_dir/list.$index" &&
        chown -hR -- "$owner:$group" "$fresh" && chown --reference="$target" -- "$fresh" &&
        chmod --reference="$target" -- "$fresh" && cp -al --remove-destination -- "$fresh/." "$target/"; then
        synced=0
      else
        synced=1
      fi
      rm -rf -- "$fresh"
      [ "$synced" = 0 ] && sync -f "$target" && put_file "$list" 0600 "$(id -u)" "$(id -g)" "$batch_dir/list.$index"
    }
    # run_as USER LIMIT ENVIRONMENT WORD...; ENVIRONMENT is KEY=VALUE, each ended by a unit separator.
    run_as() {
      entry=$(getent passwd -- "$1") || { fail "there is no user $1"; return 1; }
      uid=${entry#*:*:} gid=${entry#*:*:*:} home=${entry%:*}
      uid=${uid%%:*} gid=${gid%%:*} home=${home##*:}
      account=$1 limit=$2 variables=$3
      shift 3
      if [ "$uid" != "$(id -u)" ]; then
        set -- setpriv --reuid="$uid" --regid="$gid" --init-groups -- timeout -k 10 "$limit" "$@"
      else
        set -- timeout -k 10 "$limit" "$@"
      fi
      IFS=$US
      env -i PATH="$PATH" HOME="$home" USER="$account" LOGNAME="$account" SHELL=/bin/sh LANG=C.UTF-8 $variables "$@"
      ran=$?
      IFS=$NL
      return "$ran"
    }
    run_step() { # NAME USER DIRECTORY TIMEOUT STAMP-PATH STAMP n ENV... m (k WORD...)...
      name=$1 user=$2 folder=$3 budget=$4 stamp_path=$5 stamp=$6 count=$7
      shift 7
      settings=
      while [ "$count" -gt 0 ]; do settings=$settings$1$US; shift; count=$((count - 1)); done
      commands=$1
      shift
      cd -- "$folder" || return 1
      uptime_now
      until=$((seconds + budget))
      while [ "$commands" -gt 0 ]; do
        count=$1 words=
        shift
        while [ "$count" -gt 0 ]; do words=$words$1$US; shift; count=$((count - 1)); done
        uptime_now
        [ "$until" -gt "$seconds" ] || { fail "step $name took longer than $budget s"; return 1; }
        IFS=$US
        (umask 022; run_as "$user" "$((until - seconds))" "$settings" $words) >&2 && ran=0 || ran=$?
        IFS=$NL
        [ "$ran" != 124 ] || fail "step $name took longer than $budget s"
        [ "$ran" = 0 ] || { fail "step $name: command ended with status $ran"; return 1; }
        commands=$((commands - 1))
      done
      cd /
      printf '%s\n' "$stamp" >"$batch_dir/stamp" && mkdir -p -m 0700 -- "${stamp_path%/*}" &&
        put_file "$stamp_path" 0600 "$(id -u)" "$(id -g)" "$batch_dir/stamp"
    }
    check_command() { # USER BUDGET EXPECTED WORD...
      user=$1 budget=$2 expected=$3
      shift 3
      uptime_now
      until=$((seconds + budget))
      while :; do
        uptime_now
        limit=$((until - seconds))
        [ "$limit" -le 10 ] || limit=10
        [ "$limit" -ge 1 ] || limit=1
        answer=$(run_as "$user" "$limit" '' "$@" 2>&1) && ran=0 || ran=$?
        if [ "$ran" = 0 ]; then case $answer in *"$expected"*) return 0 ;; esac; fi
        uptime_now
        if [ "$seconds" -ge "$until" ]; then
          printf '%s\n' "$answer" >&2
          if [ "$ran" = 0 ]; then fail "check: '$1' printed no '$expected'"
          else fail "check: '$1' ended with status $ran"
          fi
          return 1
        fi
        sleep 0.5
      done
    }

    """#
}
