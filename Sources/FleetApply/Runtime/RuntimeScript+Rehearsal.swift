extension RuntimeScript {
  /// The rehearsal: what the batch will write is written into a throw-away view of the node first, and
  /// there the node's own systemd and the files' own checks judge it.
  ///
  /// The view is the whole machine with an overlay in memory on top, in a mount and process name space of
  /// its own: whatever a check writes or starts there is gone with it
  /// (docs/decisions/0045-the-rehearsal.md). Findings are lines `INDEX US TEXT`, on standard output.
  static let rehearsal = #"""
    # The unit that a path defines, empty for none.
    unit_of() {
      case $1 in
      /etc/systemd/system/*.d/*.conf | /usr/local/lib/systemd/system/*.d/*.conf | /usr/lib/systemd/system/*.d/*.conf)
        defined=${1%/*}
        defined=${defined##*/}
        defined=${defined%.d} ;;
      /etc/systemd/system/*.*/* | /usr/local/lib/systemd/system/*.*/*) defined= ;;
      /etc/systemd/system/*.* | /usr/local/lib/systemd/system/*.* | /usr/lib/systemd/system/*.*) defined=${1##*/} ;;
      *) defined= ;;
      esac
      # A template says nothing before it has an instance.
      case $defined in *@.*) defined=${defined%@.*}@fleetctl.${defined##*@.} ;; esac
    }
    finding() { # INDEX TEXT: one line for each of the text
      for row in $2; do printf '%s%s%s\n' "$1" "$US" "$row"; done
    }
    # Sets $findings; fails when there are any. Without work for a check nothing is built.
    rehearse() {
      findings= wanted=
      for record in $operations; do
        IFS=$US
        set -- $record
        IFS=$NL
        case $2 in
        check-file) wanted=1 ;;
        write-file)
          unit_of "$4"
          [ -z "$defined" ] || wanted=1 ;;
        esac
      done
      [ -n "$wanted" ] || return 0
      extend 300
      tree=$batch_dir/rehearsal
      mkdir -p "$tree" || return 0
      export tree batch_dir
      # --kill-child: nothing that a check starts outlives it.
      findings=$(unshare -m -p -f --kill-child /bin/sh "$batch_dir/runtime.sh" rehearse 2>>"$batch_dir/log" </dev/null)
      case $findings in
      *@whole) ;;
      '' | *@none) findings=$(verify_alone) ;;
      *) findings="0${US}the rehearsal was cut off" ;;
      esac
      rm -rf --one-file-system "$tree"
      case $findings in *"$US"*) return 1 ;; esac
    }
    # A node without name spaces or overlays: unit files by themselves; no check of a file can be run.
    verify_alone() {
      staged= places= installs=1
      for record in $operations; do
        IFS=$US
        set -- $record
        IFS=$NL
        [ "$2" = write-file ] || continue
        unit_of "$4"
        [ -n "$defined" ] || continue
        place=$tree/units/${4##*/}
        case $4 in *.d/*) place=$tree/units/$defined.d/${4##*/} ;; *) staged=$staged$place$NL ;; esac
        mkdir -p "${place%/*}" && cat -- "$batch_dir/blob.$1" >"$place" || return
        places=$places$place$US$1$NL$defined$US$1$NL
      done
      [ -z "$staged" ] || verify_units
    }
    # The top of an overlay is the upper folder: it takes the rights of what it lies over, so that a check that
    # runs as another user gets in.
    lay_over() { # MOUNTPOINT NUMBER
      mkdir -p "$tree/over/$2" "$tree/scratch/$2" &&
        chmod --reference="$1/" "$tree/over/$2" && chown --reference="$1/" "$tree/over/$2" &&
        mount -t overlay overlay -o "lowerdir=$1/,upperdir=$tree/over/$2,workdir=$tree/scratch/$2" "$tree/node$1"
    }
    # The view: every file system with files of its own gets a layer, the kernel's own ones stay as they are.
    build_view() {
      mounts=$(cat /proc/self/mounts)
      mount -t tmpfs -o mode=0755 tmpfs "$tree" && mkdir "$tree/node" && lay_over '' 0 || return 1
      number=0
      for row in $mounts; do
        IFS=' '
        set -- $row
        IFS=$NL
        case $2 in / | /proc | /proc/* | /sys | /sys/* | /dev | /dev/* | /run/* | *\\*) continue ;; esac
        case $2:$3 in
        /run:*) ;;
        *:autofs | *:rpc_pipefs | *:nfs* | *:cifs | *:fuse* | *:overlay | *:squashfs | *:nsfs) continue ;;
        esac
        [ -d "$2" ] && [ -d "$tree/node$2" ] || continue
        number=$((number + 1))
        lay_over "$2" "$number" 2>/dev/null || mount --bind -o ro "$2" "$tree/node$2" || return 1
      done
      mount -t proc proc "$tree/node/proc" && mount --rbind /sys "$tree/node/sys" && mount --rbind /dev "$tree/node/dev"
    }
    rehearse_apart() { # as process 1 of its own name space
      echo '@begun'
      if ! build_view; then echo '@none'; return; fi
      exec chroot "$tree/node" /bin/sh "$batch_dir/runtime.sh" rehearse-inside
    }
    # What the batch writes, without the care that the real thing takes.
    stage_one() { # INDEX VERB BLOB ARGUMENT...
      verb=$2 source=$batch_dir/blob.$1
      shift 3
      case $verb in
      make-dir) mkdir -p -- "$1" && chmod -- "$2" "$1" && chown -- "$3:$4" "$1" ;;
      write-file)
        [ -d "${1%/*}" ] || (umask 022; mkdir -p -- "${1%/*}") || return
        rm -f -- "$1" && cat -- "$source" >"$1" && chmod -- "$2" "$1" && chown -- "$3:$4" "$1" ;;
      set-ownership) chmod -- "$2" "$1" && chown -- "$3:$4" "$1" ;;
      make-link)
        [ -d "${1%/*}" ] || (umask 022; mkdir -p -- "${1%/*}") || return
        rm -f -- "$1" && ln -s -- "$2" "$1" ;;
      remove) rm -f -- "$1" ;;
      esac
    }
    rehearse_inside() {
      operations=$(cat "$batch_dir/ops")
      staged= places= installs= checks=
      for record in $operations; do
        IFS=$US
        set -- $record
        IFS=$NL
        case $2 in
        fetch | unpack-archive | sync-source | apt-install | run-step) installs=1 ;;
        make-dir | set-ownership | make-link | remove) stage_one "$@" ;;
        write-file)
          stage_one "$@"
          unit_of "$4"
          [ -n "$defined" ] || continue
          places=$places$4$US$1$NL$defined$US$1$NL
          case $NL$staged in *"$NL$defined$NL"*) ;; *) staged=$staged$defined$NL ;; esac ;;
        esac
      done 2>>"$batch_dir/log"
      [ -z "$staged" ] || verify_units
      for record in $operations; do
        IFS=$US
        set -- $record
        IFS=$NL
        [ "$2" = check-file ] || continue
        index=$1 path=$4
        shift 4
        # One check of several files runs once.
        words=$*
        case $checks in *"$US$words$US"*) continue ;; esac
        checks=$checks$US$words$US
        run_check "$@"
      done
      printf '@whole'
    }
    # Two looks: the first ends with an error for every flaw of our units alone, the second also loads what
    # they require. What they say of other units is not ours.
    verify_units() {
      command -v systemd-analyze >/dev/null || return 0
      version=$(systemctl --version)
      version=${version#systemd }
      version=${version%%[!0-9]*}
      strict=
      [ "${version:-0}" -lt 250 ] || strict=--recursive-errors=no
      # shellcheck disable=SC2086 # both are lists
      said=$(systemd-analyze verify --man=no $strict -- $staged 2>&1 </dev/null) && status=0 || status=$?
      if [ -n "$strict" ]; then
        more=$(systemd-analyze verify --man=no -- $staged 2>&1 </dev/null) || :
        said=$said$NL$more
      fi
      known= seen=
      for line in $said; do
        case $NL$seen in *"$NL$line$NL"*) continue ;; esac
        seen=$seen$line$NL
        for place in $places; do
          name=${place%"$US"*}
          case $line in "$name:"*) ;; /*) continue ;; *[!A-Za-z0-9_@.\\-]"$name"[:/]*) ;; *) continue ;; esac
          known=1
          case $line in
          *'is not executable'* | *not-found* | *'not found'*) [ -z "$installs" ] || break ;;
          esac
          finding "${place##*"$US"}" "$line"
          break
        done
      done
      # An error without a line that names one of ours.
      first=${places#*"$US"}
      [ -z "$strict" ] || [ "$status" = 0 ] || [ -n "$known" ] || finding "${first%%"$NL"*}" "$said"
    }
    run_check() { # WORD...
      if ! command -v -- "$1" >/dev/null; then
        finding "$index" "its check cannot be run: there is no program $1"
        return
      fi
      # Into a file: what a check leaves running must not hold us by a pipe.
      timeout -k 5 60 "$@" >"$batch_dir/said" 2>&1 </dev/null && return 0 || status=$?
      said=$(tail -c 4000 "$batch_dir/said" | tr -d '\r')
      IFS=' '
      shown=$*
      IFS=$NL
      [ "$1 $2" != "sh -c" ] || shown="the check of $path"
      case $status in 124 | 137) said="$said${NL}it did not end within 60 s" ;; esac
      finding "$index" "$(printf '%s\n' "$shown refuses it:" "$said" | tail -n 12 | tail -c 3000)"
    }

    """#
}
