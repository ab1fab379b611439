extension RuntimeScript {
  /// The runner: goes through the operations in order, stops doing at the first that fails.
  static let runner = #"""
    put_result() {
      write_result "$@" || { give_room; write_result "$@"; }
    }
    write_result() {
      {
        printf '%s %s\n' "$1" "$2" &&
          case $1 in
          done) [ ! -s "$batch_dir/out" ] || cat "$batch_dir/out" ;;
          failed) { tail -n 20 "$batch_dir/out"; tail -n 20 "$batch_dir/log.$index"; } | tail -n 20 | tail -c 8000 ;;
          esac
      } >"$batch_dir/.result" && mv -f "$batch_dir/.result" "$batch_dir/result.$index"
    }
    # A disk is full: what was set aside for the way back is given free, and nothing more is begun.
    give_room() {
      rm -rf "$tx/reserve"
      stop=${stop:-'there is no room left on the disk to note what is done'}
    }
    # One record: index, verb, whether it has a blob, arguments; each ended by a unit separator.
    execute() {
      IFS=$US
      set -- $1
      IFS=$NL
      index=$1 verb=$2 blob=$batch_dir/blob.$1
      shift 3
      uptime_now
      began=$centis
      [ -z "$failed" ] || { put_result skipped 0; return; }
      { true >"$batch_dir/out" && true >"$batch_dir/log.$index"; } 2>/dev/null || give_room
      if [ -n "$stop" ]; then
        printf '%s\n' "$stop" >"$batch_dir/log.$index"
        status=1
      elif ! lock_is_ours; then
        failed=1
        put_result fenced 0
        return
      else
        if [ -n "$window" ]; then
          patience "$verb" "$@"
          extend "$((limit + window))"
        fi
        (perform "$@") >"$batch_dir/out" 2>"$batch_dir/log.$index" </dev/null && status=0 || status=$?
      fi
      uptime_now
      if [ "$status" = 0 ]; then
        put_result done "$(((centis - began) * 10))"
      else
        failed=1
        put_result failed "$(((centis - began) * 10))"
      fi
    }
    perform() {
      case $verb in
      make-dir) make_dir "$@" ;;
      write-file) write_file "$@" ;;
      set-ownership) set_ownership "$@" ;;
      make-link) make_link "$@" ;;
      remove) remove_path "$@" ;;
      keep) keep_copy "$@" ;;
      purge) purge_folder "$@" ;;
      remove-dir) remove_dir "$@" ;;
      fetch) fetch_file "$@" ;;
      apt-update) apt_update ;;
      apt-install) apt_install "$@" ;;
      add-group) add_group "$@" ;;
      add-user) add_user "$@" ;;
      add-user-groups) add_user_groups "$@" ;;
      unpack-archive) unpack_archive "$@" ;;
      generate-secret) generate_secret "$@" ;;
      create-authority) create_authority "$@" ;;
      request-certificate) request_certificate "$@" ;;
      sign-certificate) sign_certificate "$@" ;;
      sync-source) sync_source "$@" ;;
      run-step) run_step "$@" ;;
      set-sysctl) set_sysctl "$@" ;;
      daemon-reload) systemctl daemon-reload ;;
      unit) unit_action "$@" ;;
      pg-role) postgres_role "$@" ;;
      pg-database) postgres_database "$@" ;;
      ufw) ufw "$@" >&2 ;;
      wait-unit) wait_unit "$@" ;;
      check-command) check_command "$@" ;;
      # The rehearsal ran it.
      check-file) ;;
      put-manifest) keep_manifest && put_file "$state/manifest.json" 0600 '' '' "$blob" "$(sum_of_blob)" ;;
      append-history) append_history ;;
      release-lock) guarded lock_drop ;;
      rollback) take_back_now "$@" ;;
      take-back) keeps_manifest=1; roll_back "$1" ;;
      *) fail "this runtime knows no '$verb'" ;;
      esac
    }
    # The digest that the batch came with.
    sum_of_blob() {
      while IFS=' ' read -r sum name; do [ "$name" != "blob.$index" ] || printf '%s' "$sum"; done <"$batch_dir/sums"
    }
    # How the record was before the run.
    keep_manifest() {
      [ ! -e "$state/tx/$transaction/manifest.before" ] && [ -f "$state/manifest.json" ] || return 0
      cp -- "$state/manifest.json" "$state/tx/$transaction/manifest.before"
    }
    # What a run's programs said is not kept, it may hold what they were given; nor is what was sent for
    # them. Cut off, a runner leaves more than one that ends.
    forget_words() { # TRANSACTION-DIRECTORY [BATCH-DIRECTORY THAT IS IN USE]
      gone= results=
      set +f
      for old in "$1"/*/* "$1"/.stage-*; do
        case $old in "${2:--}"/* | *'*'*) continue ;; esac
        case ${old##*/} in
        log | log.* | out | said | overdue | waiting | secret | new.key | blob.* | .stage-*) gone=$gone$old$NL ;;
        result.*) results=$results$old$NL ;;
        esac
      done
      set -f
      [ -z "$gone" ] || rm -rf -- $gone
      for old in $results; do
        more=
        { IFS=' ' read -r word rest; IFS= read -r more; } <"$old" || [ -n "$more" ] || continue
        [ "$word" != failed ] || { printf '%s %s\n' "$word" "$rest" >"$old.new" && mv -f "$old.new" "$old"; }
      done
      set +f
      # A way back that was gone to its end is not gone again.
      [ ! -e "$1/rolled-back" ] || { IFS= read -r word <"$1/rolled-back"; [ "$word" != whole ] || rm -rf -- "$1"/*/before.*; }
      set -f
    }
    # Those of runs whose client never came back; where a runner still goes on they stay.
    forget_others() {
      set +f
      for other in "$state"/tx/*/; do
        other=${other%/}
        case $other in *'*'*) continue ;; esac
        if [ -e "$other/armed" ] || [ -e "$other/fired" -a ! -e "$other/rolled-back" ]; then continue; fi
        goes_on=
        for batch_dir in "$other"/*/; do
          [ ! -e "$batch_dir/running" ] || [ -e "$batch_dir/done" ] || runner_is_dead || goes_on=1
        done
        [ -n "$goes_on" ] || forget_words "$other"
        set +f
      done
      set -f
    }
    # The last thousand lines are kept, and the last ten transactions.
    append_history() {
      forget_words "$state/tx/$transaction" "$batch_dir"
      history=$state/history.jsonl
      { [ ! -f "$history" ] || tail -n 999 "$history"; cat "$blob"; echo; } >"$batch_dir/history" || return 1
      put_file "$history" 0600 '' '' "$batch_dir/history" || return 1
      set +f
      set -- $(ls -1td "$state"/tx/*/)
      set -f
      [ $# -gt 10 ] || return 0
      shift 10
      for old in "$@"; do [ "$old" = "$state/tx/$transaction/" ] || rm -rf "$old"; done
    }
    # While an operation takes long, the lease must not run out.
    keep_lease() {
      ticks=0
      while sleep 1 && [ ! -e "$batch_dir/done" ] && kill -0 "$runner" 2>/dev/null; do
        ticks=$((ticks + 1))
        [ "$((ticks * 3))" -ge "$lock_lease" ] || continue
        ticks=0
        guarded lock_renew || return
      done
    }
    # Nothing is done: what was found is the result of the step that it is about.
    reject() {
      rejected=1
      true >"$batch_dir/rejected" || give_room
      for record in $operations; do
        index=${record%%"$US"*}
        own=$(printf '%s\n' "$findings" | sed -n "s/^$index$US//p")
        if [ -z "$own" ]; then put_result skipped 0; continue; fi
        true >"$batch_dir/out" || give_room
        printf '%s\n' "$own" >"$batch_dir/log.$index"
        put_result failed 0
      done
    }
    # What moved since the batch was staged: nothing is done, and the way back is not armed.
    set_aside() {
      [ -s "$batch_dir/expects" ] || return 1
      expects=$(cat "$batch_dir/expects")
      said=$(moved_since)
      [ -n "$said" ] || return 1
      rejected=1
      { printf '%s\n' "$said" >"$batch_dir/moved" && true >"$batch_dir/rejected"; } || give_room
    }
    run_batch() {
      batch_dir=$1 keeper= findings=
      load_settings "$batch_dir/settings"
      # Not $$: of a batch that runs within a conversation that is the conversation's.
      IFS=' ' read -r runner rest </proc/self/stat
      # Whole or not at all: of two runners one wins, and nobody reads half a line.
      printf '%s %s\n' "$boot" "$runner" >"$batch_dir/.running.$runner" &&
        ln "$batch_dir/.running.$runner" "$batch_dir/running" 2>/dev/null || return 0
      exec </dev/null >>"$batch_dir/log" 2>&1
      operations=$(cat "$batch_dir/ops")
      failed= stop= rejected=
      if lock_is_new || guarded lock_renew; then
        keep_lease &
        keeper=$!
        heal_packages
        if ! rehearse; then
          reject
        elif set_aside; then :
        elif ! { printf '%s\n' "$batch" >>"$state/tx/$transaction/order" && said=$(journal 2>&1); }; then
          findings=$(finding 0 "the way back could not be written, so nothing was changed: $said")
          reject
        elif is_begun; then
          said=$(arm 2>&1) || stop="the way back could not be armed anew, so nothing was changed: $said"
        elif ! said=$(arm 2>&1); then
          disarm
          findings=$(finding 0 "the way back could not be armed, so nothing was changed: $said")
          reject
        fi
      fi
      [ -n "$rejected" ] || for record in $operations; do execute "$record"; done
      # Nothing takes long any more: from here the client has the window and no longer.
      [ -z "$window" ] || extend "$window"
      set +f
      rm -f "$batch_dir"/blob.*
      true >"$batch_dir/done"
      [ -z "$keeper" ] || kill "$keeper" 2>/dev/null
    }

    """#

  /// The journal: what stood there before, on disk before the first change; and its replay.
  static let journal = #"""
    record() {
      for field in "$@"; do printf '%s%s' "$field" "$US"; done >>"$batch_dir/undo" && echo >>"$batch_dir/undo"
    }
    # A missing parent that the write will make goes again, after what is in it.
    remember_parents() {
      missing= folder=${1%/*}
      while [ -n "$folder" ] && [ ! -e "$folder" ]; do
        missing=$folder$NL$missing
        folder=${folder%/*}
      done
      for folder in $missing; do record "$index" none "$folder" || return 1; done
    }
    remember() {
      remember_parents "$1" || return 1
      if [ -L "$1" ]; then
        record "$index" link "$1" "$(readlink -- "$1")"
      elif [ -f "$1" ]; then
        rights=$(stat -c "%a$US%u$US%g" -- "$1") && cat -- "$1" >"$batch_dir/before.$index" &&
          record "$index" file "$1" "$rights" "before.$index"
      elif [ -d "$1" ]; then
        rights=$(stat -c "%a$US%u$US%g" -- "$1") && record "$index" dir "$1" "$rights"
      elif [ ! -e "$1" ]; then
        record "$index" none "$1"
      fi
    }
    # What fleetctl owns is known as it was: it goes back with the run.
    remember_manifest() {
      if [ ! -f "$state/manifest.json" ]; then record "$index" manifest "$state/manifest.json" ''; return; fi
      cat -- "$state/manifest.json" >"$batch_dir/before.$index" && record "$index" manifest "$state/manifest.json" "before.$index"
    }
    # What runs before the run's first change: by the time of a unit's own turn a daemon-reload, or what another unit
    # took down with it, may have ended it.
    remember_running() {
      [ -n "$window" ] && [ "$launcher" = systemd ] && [ ! -e "$tx/ran" ] || return 0
      said=$(list_running) || return 1
      for row in $said; do
        case $row in fleetctl-*) ;; *) printf '%s\n' "${row%% *}" || return 1 ;; esac
      done >"$tx/.ran" && mv -f "$tx/.ran" "$tx/ran"
    }
    list_running() {
      systemctl list-units --type=service,socket,timer,path --state=active,reloading --plain --no-legend --full --no-pager
    }
    remember_unit() { # VERB UNIT
      [ "$1" != reset-failed ] || return 0
      how=$(systemctl is-active -- "$2" 2>/dev/null)
      [ "$how" = active ] || ! grep -qsFx -- "$2" "$tx/ran" || how=active
      record "$index" unit "$2" "$(systemctl is-enabled -- "$2" 2>/dev/null)" "$how" "$1"
    }
    # A unit whose text changes and that runs: it may end without anybody saying so, or be started anew by systemd.
    remember_text() { # PATH
      case $1 in */systemd/system/*.*) ;; *) return 0 ;; esac
      [ -s "$tx/ran" ] || return 0
      text=${1#*/systemd/system/}
      case $text in
      *.d/*.conf) text=${text%.d/*} ;;
      */*) return 0 ;;
      esac
      # Of a template all that runs of it.
      while IFS= read -r name; do
        case $name in "$text" | "${text%%@.*}@"*".${text##*.}") remember_invocation "$name" || return 1 ;; esac
      done <"$tx/ran"
    }
    remember_invocation() { # UNIT
      record "$index" unit "$1" - active keep "$(systemctl show -p InvocationID --value -- "$1" 2>/dev/null)"
    }
    # The files of a source tree that will be replaced or deleted, as one tar.
    remember_tree() {
      target=$1 list=$4
      tar -tf "$blob" | grep -v -e '/$' -e '^\.fleetctl-manifest$' >"$batch_dir/new.$index"
      { [ ! -f "$list" ] || sed 's/^[^ ]* [^ ]* //' "$list"; cat "$batch_dir/new.$index"; } | sort -u >"$batch_dir/all.$index" || return 1
      keep_tree "$target" && remember "$list"
    }
    # keep_tree TARGET: what all.$index names of it goes into a tar; new.$index names what will be new.
    keep_tree() {
      target=$1
      while IFS= read -r name; do
        [ -f "$target/$name" ] || continue
        printf './%s\n' "$name"
        while :; do
          case $name in */*) name=${name%/*} ;; *) break ;; esac
          printf './%s\n' "$name"
        done
      done <"$batch_dir/all.$index" | sort -u >"$batch_dir/old.$index" || return 1
      if [ -s "$batch_dir/old.$index" ]; then
        tar -C "$target" --no-recursion -cf "$batch_dir/before.$index.tar" -T "$batch_dir/old.$index" || return 1
      fi
      record "$index" tree "$target"
    }
    journal() {
      : >"$batch_dir/undo" && remember_running || return 1
      for record in $operations; do
        IFS=$US
        set -- $record
        IFS=$NL
        index=$1 verb=$2 blob=$batch_dir/blob.$1
        shift 3
        case $verb in
        make-dir | write-file | set-ownership | make-link | remove | remove-dir) remember "$1" && remember_text "$1" || return 1 ;;
        fetch) remember "$2" || return 1 ;;
        unit) remember_unit "$1" "$2" || return 1 ;;
        ufw) remember_firewall || return 1 ;;
        set-sysctl) record "$index" sysctl "$1" "$(cat "$(sysctl_path "$1")" 2>/dev/null)" || return 1 ;;
        sync-source) remember_tree "$@" || return 1 ;;
        take-back) remember_run "$1" || return 1 ;;
        put-manifest) remember_manifest || return 1 ;;
        # Nobody takes a taking back back: a disk that keeps nothing must not stop it.
        rollback) return 0 ;;
        esac
      done
      # A record of a run that is over takes nothing back.
      [ -s "$batch_dir/undo" ] || [ -n "$window" ] || [ "$launcher" != inline ] || return 0
      # With the list of batches: one that is not in it is not taken back.
      set -- "$batch_dir" "$state/tx/$transaction/order" "$state/tx/$transaction"
      [ ! -e "$tx/ran" ] || set -- "$@" "$tx/ran"
      set +f
      for before in "$batch_dir"/before.*; do [ ! -e "$before" ] || set -- "$before" "$@"; done
      set -f
      sync "$batch_dir/undo" "$@"
    }
    # undo_one BATCH INDEX KIND PATH...
    undo_one() {
      undo_dir=$rolled/$1
      # What a write that was cut off left beside its place.
      case $3 in file | link | none) rm -f -- "${4%/*}/.fleetctl-${rolled##*/}-$1-$2" ;; esac
      case $3 in
      manifest)
        if [ -n "$keeps_manifest" ]; then :
        elif [ -n "$5" ]; then put_file "$4" 0600 '' '' "$undo_dir/$5"
        else rm -f -- "$4"
        fi ;;
      firewall) restore_firewall "$undo_dir/before.firewall" ;;
      file)
        # What was not reached needs no write, and may not take one.
        if [ -f "$4" ] && [ ! -L "$4" ] && [ "$(stat -c '%a %u %g' -- "$4")" = "$5 $6 $7" ] && cmp -s -- "$4" "$undo_dir/$8"; then :
        else put_file "$4" "$5" "$6" "$7" "$undo_dir/$8"
        fi ;;
      link) replace_link "$4" "$5" ;;
      dir)
        [ -d "$4" ] || mkdir -m 0700 -- "$4" || return 1
        chown -h -- "$6:$7" "$4" && chmod -- "$5" "$4" ;;
      none)
        if [ -d "$4" ] && [ ! -L "$4" ]; then rmdir --ignore-fail-on-non-empty -- "$4"
        else rm -f -- "$4"
        fi ;;
      sysctl) set_sysctl "$4" "$5" ;;
      tree)
        if [ -d "$4" ]; then
          (cd "$4" && tr '\n' '\0' <"$undo_dir/new.$2" | xargs -0 -r rm -f --) || return 1
        fi
        [ ! -e "$undo_dir/before.$2.tar" ] || tar -xpf "$undo_dir/before.$2.tar" -C "$4" ;;
      esac
    }
    # undo_unit UNIT ENABLED ACTIVE VERB [INVOCATION]
    undo_unit() {
      case $2 in
      # It was only its text that changed.
      -) ;;
      enabled) systemctl enable -- "$1" || return 1 ;;
      # Its file may be gone by now: then so is what enabled it.
      disabled) systemctl disable -- "$1" || ! systemctl cat -- "$1" >/dev/null 2>&1 || return 1 ;;
      # Its file went again; the links of its enabling would stay.
      '' | not-found) systemctl disable -- "$1" || : ;;
      esac
      # At boot systemd chose what to start before this ran; a unit that had no file or no link then is not among it.
      if [ -n "$booting" ]; then
        [ "$3" != active ] || systemctl start --no-block -- "$1"
        return
      fi
      # Once is enough: what several batches did with it is taken back by one restart.
      case $brought in *"$NL$1$NL"*) return 0 ;; esac
      # What failed too often in a short time may not be started any more: what it was before may.
      # And what did not run and had not failed did not fail; without its file it would be listed until the next boot.
      case $3 in active | inactive | unknown) systemctl reset-failed -- "$1" 2>/dev/null || : ;; esac
      case $3:$4 in
      active:restart | active:reload | active:stop) brought=$brought$1$NL; systemctl restart -- "$1" ;;
      active:keep) is_same "$1" "$5" || { brought=$brought$1$NL; systemctl restart -- "$1"; } ;;
      active:*) systemctl is-active --quiet -- "$1" || systemctl start -- "$1" ;;
      # It was on its way up, which may take long or never end.
      activating:*) systemctl is-active --quiet -- "$1" || systemctl start --no-block -- "$1" ;;
      esac
    }
    is_same() { # UNIT INVOCATION
      systemctl is-active --quiet -- "$1" && [ "$(systemctl show -p InvocationID --value -- "$1")" = "$2" ]
    }
    # Adds to `kin` what ran before the run, is down and goes down with one of them. Asked of those that are down: systemd
    # forgets units that do not run, and with them what hangs on others.
    widen_kin() {
      [ -n "$kin" ] && [ -s "$rolled/ran" ] || return 0
      up=$(list_running | sed 's/ .*//')
      down=$(grep -vxF -- "$up" "$rolled/ran")
      known=
      while [ "$kin" != "$known" ]; do
        known=$kin
        for name in $down; do
          case $NL$kin$NL in *"$NL$name$NL"*) continue ;; esac
          ! systemctl show -p Requires,Requisite,BindsTo,PartOf,Conflicts,ConflictedBy --value -- "$name" 2>/dev/null |
            tr ' ' '\n' | grep -qFx -- "$kin" || kin=$kin$NL$name
        done
      done
    }
    # What only went down with a unit of the run is nobody's step.
    bring_kin() {
      for name in $(printf '%s\n' "$kin" | grep -Fxf "$rolled/ran"); do
        case $brought in *"$NL$name$NL"*) continue ;; esac
        systemctl is-active --quiet -- "$name" && continue
        systemctl reset-failed -- "$name" 2>/dev/null || :
        systemctl start -- "$name" >&2 || { bad=$((bad + 1)); fail "cannot restore the state of $name"; }
      done
    }
    # What was carried out, or begun, in every batch of the transaction: the last first.
    undo_lines() {
      for name in $(tac "$rolled/order"); do
        [ -s "$rolled/$name/undo" ] && [ ! -e "$rolled/$name/rejected" ] || continue
        for line in $(tac "$rolled/$name/undo"); do
          # What a taking back journalled has numbers `0.1`, `0.2`… of its one step.
          number=${line%%"$US"*} word=
          number=${number%%.*}
          [ ! -e "$rolled/$name/untouched.$number" ] || continue
          [ ! -e "$rolled/$name/result.$number" ] || IFS=' ' read -r word rest <"$rolled/$name/result.$number"
          case $word in skipped | fenced) ;; *) printf '%s%s%s\n' "$name" "$US" "$line" ;; esac
        done
      done
    }
    roll_back() { # TRANSACTION
      rolled=$state/tx/$1 bad=0 reload= kin= brought=$NL unkept=
      [ -f "$rolled/order" ] || { fail "there is no transaction $1"; return 1; }
      lines=$(undo_lines)
      # What ran then went down since: with the texts of the run, and with those of before.
      if [ -z "$booting$keeps_manifest" ]; then
        kin=$(printf '%s\n' "$lines" | cut -d "$US" -f 3,4 | sed -n "s/^unit$US//p" | sort -u)
        widen_kin
      fi
      # What did not run before stops while its unit file is still there.
      for line in $lines; do
        IFS=$US
        set -- $line
        IFS=$NL
        [ -z "$booting" ] || continue
        case $3:$6:$7 in
        unit:active:*) ;;
        unit:*:start | unit:*:restart) systemctl stop -- "$4" >&2 || bad=$((bad + 1)) ;;
        esac
      done
      for line in $lines; do
        IFS=$US
        set -- $line
        IFS=$NL
        [ "$3" != unit ] || continue
        undo_one "$@" || { bad=$((bad + 1)); fail "cannot restore $4"; }
        case $4 in */systemd/system/*) reload=1 ;; esac
      done
      [ -z "$reload" ] || systemctl daemon-reload || bad=$((bad + 1))
      for line in $lines; do
        IFS=$US
        set -- $line
        IFS=$NL
        [ "$3" = unit ] || continue
        undo_unit "$4" "$5" "$6" "$7" "$8" >&2 || { bad=$((bad + 1)); fail "cannot restore the state of $4"; }
      done
      widen_kin
      [ -z "$kin" ] || [ ! -s "$rolled/ran" ] || bring_kin
      [ -z "$unkept" ] || { bad=$((bad + 1)); fail 'what was restored is in place, but the disk refuses to keep it (sync failed)'; }
      [ "$bad" = 0 ]
    }

    """#
}
