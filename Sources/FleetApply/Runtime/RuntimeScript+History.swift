extension RuntimeScript {
  /// Earlier runs: what they left, what they would give back, and their taking back as a step of its own.
  ///
  /// `tx/ID/after` says how a confirmed run left each thing that it can give back; what is otherwise now
  /// has moved since. `take-back` is a step like others: what is there now is journalled first, so that
  /// it can be armed, confirmed and itself be taken back.
  static let history = #"""
    # Sets $now to how a thing is that a run can give back.
    now_of() { # KIND NAME BATCH-DIRECTORY INDEX
      case $1 in
      unit) now=$(systemctl is-enabled -- "$2" 2>/dev/null) || : ;;
      sysctl) now=$(cat "$(sysctl_path "$2")" 2>/dev/null) || : ;;
      firewall)
        now=$(for file in $firewall_files; do [ ! -f "$file" ] || sha256sum "$file"; done | sha256sum)
        now=${now%% *} ;;
      tree)
        now=$( { [ ! -d "$2" ] || { cd "$2" && tr '\n' '\0' <"$3/new.$4" | xargs -0 -r sha256sum -- 2>/dev/null; }; } | sha256sum)
        now=${now%% *} ;;
      *)
        if [ -L "$2" ]; then now="link $(readlink -- "$2")"
        elif [ -f "$2" ]; then
          digest_of "$2" || return 1
          now="file $digest $(stat -c '%a %u %g' -- "$2")"
        elif [ -d "$2" ]; then now="dir $(stat -c '%a %u %g' -- "$2")"
        elif [ -e "$2" ]; then now=special
        else now=absent
        fi ;;
      esac
    }
    kind_of() { case $1 in unit | sysctl | firewall | tree) kind=$1 ;; *) kind=path ;; esac; }
    # How the run leaves what it can give back; a run without this cannot be taken back later.
    write_after() {
      rolled=$tx
      : >"$tx/.after" || return 1
      for line in $(undo_lines); do
        IFS=$US
        set -- $line
        IFS=$NL
        case $3:$7 in manifest:* | unit:keep) continue ;; esac
        kind_of "$3"
        now_of "$kind" "$4" "$tx/$1" "$2" || return 1
        printf '%s%s%s%s%s\n' "$kind" "$US" "$4" "$US" "$now" >>"$tx/.after" || return 1
      done
      sync "$tx/.after" && mv -f "$tx/.after" "$tx/after" && sync "$tx"
    }
    is_public() { # FILE: everybody on the node may read it, and it is short
      [ -f "$1" ] && [ ! -L "$1" ] && [ -n "$(find "$1" -maxdepth 0 -perm -0004 -size -129)" ]
    }
    # Sets $touch to what the run did with a unit that runs or is to run: it may only have enabled it before that.
    touch_of() { # UNIT FIRST-VERB
      touch=$(printf '%s\n' "$undone" | cut -d "$US" -f 3,4,7 | grep -xF -m1 -e "unit$US$1${US}start" -e "unit$US$1${US}restart" \
        -e "unit$US$1${US}reload" -e "unit$US$1${US}stop")
      touch=${touch##*"$US"}
      touch=${touch:-$2}
    }
    tell_history() {
      [ ! -f "$state/history.jsonl" ] || cat "$state/history.jsonl"
      mark history 0
    }
    # What taking back a run would give back, the first thing it changed first; and what stays.
    review() {
      tx=$state/tx/$transaction rolled=$state/tx/$transaction
      [ -f "$tx/order" ] || { mark review:gone 0; return; }
      [ -e "$tx/confirmed" ] || { mark review:unconfirmed 0; return; }
      [ -f "$tx/after" ] || { mark review:unknown 0; return; }
      seen= undone=$(undo_lines | tac)
      # The last line about a thing is the first that was written: how it was before the run.
      for line in $undone; do
        IFS=$US
        set -- $line
        IFS=$NL
        case $3:$7 in manifest:* | unit:keep) continue ;; esac
        kind_of "$3"
        case $seen in *"$US$kind:$4$US"*) continue ;; esac
        seen=$seen$US$kind:$4$US
        now_of "$kind" "$4" "$tx/$1" "$2" || now=unreadable
        left=$(grep -F -m1 -- "$kind$US$4$US" "$tx/after")
        left=${left#"$kind$US$4$US"}
        was=$3
        if [ "$3" = file ]; then digest_of "$tx/$1/$8" && was="file $digest $5 $6 $7"; fi
        case $3 in link) was="link $5" ;; dir) was="dir $5 $6 $7" ;; none) was=absent ;; sysctl) was=$5 ;; unit) touch_of "$4" "$7"; was="$5 $6 $touch" ;; esac
        for field in "$kind" "$4" "$was" "$now" "$left"; do printf '%s%s' "$field" "$US"; done
        mark review:item 0
        [ "$kind" = path ] || continue
        case $3:$5 in
        none:*) ! is_public "$4" || { cat -- "$4"; mark review:now 0; } ;;
        file:*[4567])
          if is_public "$4" && [ "$(stat -c %s "$tx/$1/$8")" -le 65536 ]; then
            cat -- "$tx/$1/$8"
            mark review:before 0
            cat -- "$4"
            mark review:now 0
          fi ;;
        esac
      done
      for name in $(cat "$tx/order"); do
        [ -f "$tx/$name/ops" ] || continue
        for record in $(cat "$tx/$name/ops"); do
          IFS=$US
          set -- $record
          IFS=$NL
          case $2 in
          apt-install | add-user | add-group | add-user-groups | generate-secret | request-certificate | create-authority | unpack-archive | run-step | pg-role | pg-database) ;;
          *) continue ;;
          esac
          word=
          [ ! -e "$tx/$name/result.$1" ] || IFS=' ' read -r word rest <"$tx/$name/result.$1"
          [ "$word" = done ] || continue
          printf '%s %s' "$2" "$4"
          case $2 in apt-install) shift 4; for other in "$@"; do printf ' %s' "$other"; done ;; generate-secret) printf ' %s' "$5" ;; esac
          mark review:stays 0
        done
      done
      if [ -f "$tx/manifest.before" ]; then cat "$tx/manifest.before"; mark review:manifest 0; fi
      mark review:whole 0
    }
    # Journals what is there now of all that run $1 gives back.
    remember_run() { # RUN
      rolled=$state/tx/$1 number=0 base=$index
      [ -f "$rolled/order" ] || { fail "the journal of run $1 is gone"; return 1; }
      for line in $(undo_lines | tac); do
        IFS=$US
        set -- $line
        IFS=$NL
        number=$((number + 1)) index=$base.$((number + 1))
        case $3 in
        manifest) ;;
        unit) if [ "$7" = keep ]; then ! systemctl is-active --quiet -- "$4" || remember_invocation "$4"; else remember_unit restart "$4"; fi || return 1 ;;
        sysctl) record "$index" sysctl "$4" "$(cat "$(sysctl_path "$4")" 2>/dev/null)" || return 1 ;;
        firewall) remember_firewall || return 1 ;;
        tree)
          { [ ! -e "$rolled/$1/before.$2.tar" ] || tar -tf "$rolled/$1/before.$2.tar" | sed 's|^\./||' | grep -v '/$'; } >"$batch_dir/new.$index" || :
          sort -u "$batch_dir/new.$index" "$rolled/$1/new.$2" >"$batch_dir/all.$index" && keep_tree "$4" || return 1 ;;
        *) remember "$4" || return 1 ;;
        esac
      done
      index=$base
    }

    """#
}
