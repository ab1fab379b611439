extension RuntimeScript {
  /// The way back: armed before the first change, confirmed over a new login, else fired.
  ///
  /// `tx/ID/armed` is an empty token that is only ever renamed, to `confirmed` or to `fired`: rename(2)
  /// has one winner. `deadline` says on the node's own clock since boot until when nobody may fire;
  /// it moves on while operations run and while the client keeps talking. A unit of systemd watches it
  /// (docs/decisions/0040-the-way-back.md); after a reboot a second unit takes back before anything
  /// managed is started.
  static let watchdog = #"""
    load_settings() { # FILE
      launcher=systemd window= token=
      while IFS='=' read -r key value; do
        case $key in
        state) state=$value ;; run) run=$value ;; token) token=$value ;; window) window=$value ;;
        transaction) transaction=$value ;; batch) batch=$value ;; launcher) launcher=$value ;;
        esac
      done <"$1"
      tx=$state/tx/$transaction
    }
    # Nobody takes back for so many seconds from now.
    extend() {
      [ -e "$tx/armed" ] || return 0
      uptime_now
      printf '%s %s\n' "$boot" "$((seconds + $1))" >"$tx/.deadline.$$" && mv -f "$tx/.deadline.$$" "$tx/deadline"
    }
    # How long an operation may take before it counts as hung. A unit has as long as the batch will
    # wait for it.
    patience() { # VERB ARGUMENT...
      limit=120
      case $1 in
      wait-unit) limit=$(($3 + $4 + 30)) ;;
      check-command) limit=$(($3 + 30)) ;;
      run-step) limit=$(($5 + 30)) ;;
      apt-install | fetch | unpack-archive | sync-source | take-back) limit=1800 ;;
      unit)
        for other in $operations; do
          case $other in *"$US"wait-unit"$US$US$3$US"*) ;; *) continue ;; esac
          limit=${other#*"$US"wait-unit"$US$US$3$US"}
          limit=$((${limit%%"$US"*} + 30))
        done ;;
      esac
    }
    # Room and inodes for the way back, on a disk that is full by then.
    reserve_room() {
      set +f
      set -- "$batch_dir"/before.*
      set -f
      room=0
      # The last line is of all of them.
      if [ -e "$1" ]; then
        for row in $(wc -c -- "$@"); do room=$row; done
        room=${room#"${room%%[0-9]*}"}
        room=${room%% *}
      fi
      mkdir -p -m 0700 "$tx/reserve" && head -c "$((room * 2 + 262144))" /dev/zero >"$tx/reserve/room" || return 1
      # For the results that are still to be written too.
      for tens in '' 1 2 3; do
        for number in 0 1 2 3 4 5 6 7 8 9; do true >"$tx/reserve/$tens$number" || return 1; done
      done
      sync "$tx/reserve/room"
    }
    arm() {
      [ -n "$window" ] || return 0
      if [ -e "$tx/armed" ]; then extend "$window"; return; fi
      if [ -e "$tx/fired" ] || [ -e "$tx/confirmed" ]; then fail "run $transaction is over on this node"; return 1; fi
      index=arm
      cp -- "$batch_dir/runtime.sh" "$batch_dir/settings" "$tx/" || return 1
      [ "$launcher" != systemd ] || install_watchdog || return 1
      reserve_room || { rm -rf "$tx/reserve"; return 1; }
      guarded put_pending && extend "$window" &&
        sync "$tx/runtime.sh" "$tx/settings" "$tx/armed" "$tx/deadline" "$tx/order" "$tx" "$state/pending" "$state" || return 1
      case $launcher in
      systemd) systemctl start "fleetctl-watchdog@$transaction.service" ;;
      *) setsid /bin/sh "$tx/runtime.sh" watch "$tx" </dev/null >/dev/null 2>&1 & ;;
      esac
    }
    is_begun() { [ -z "$window" ] || [ -e "$tx/armed" ] || [ -e "$tx/fired" ] || [ -e "$tx/confirmed" ]; }
    # What could be armed only in part is not armed: nothing was done yet.
    disarm() {
      rm -rf "$tx/armed" "$tx/.armed" "$tx/reserve"
      guarded drop_pending "$transaction"
    }
    # Both under the guard: who asks for the lock in between would take the run for one that is over.
    put_pending() {
      printf '%s\n' "$transaction" >"$state/.pending" && mv -f "$state/.pending" "$state/pending" &&
        : >"$tx/.armed" && mv -f "$tx/.armed" "$tx/armed"
    }
    # Whoever ends a run may be slower than the next run that arms: that one's word is not taken away.
    drop_pending() { # TRANSACTION
      [ -s "$state/pending" ] || return 0
      IFS= read -r waiting <"$state/pending"
      [ "$waiting" != "$1" ] || rm -f "$state/pending"
    }
    watchdog_unit() {
      printf '%s\n' '# Written by fleetctl. Takes back a run that nobody confirmed.' '[Unit]' \
        'Description=fleetctl: take back run %i unless it is confirmed' 'StartLimitIntervalSec=0' \
        '[Service]' 'Type=exec' "ExecStart=/bin/sh $state/tx/%i/runtime.sh watch $state/tx/%i" \
        'Restart=on-failure' 'RestartSec=1' 'OOMScoreAdjust=-900' 'TimeoutStopSec=10min' 'KillMode=process'
    }
    recovery_unit() {
      printf '%s\n' '# Written by fleetctl. Takes back a run that the machine went down in.' '[Unit]' \
        'Description=fleetctl: take back what was not confirmed before the machine went down' \
        'DefaultDependencies=no' "RequiresMountsFor=$state" 'After=local-fs.target systemd-remount-fs.service' \
        'Before=sysinit.target network-pre.target ufw.service nftables.service shutdown.target' \
        'Conflicts=shutdown.target' "ConditionPathExists=$state/pending" '[Service]' 'Type=oneshot' \
        "ExecStart=/bin/sh $state/recover.sh recover $state" 'Restart=on-failure' 'RestartSec=2' \
        '[Install]' 'WantedBy=sysinit.target'
    }
    # The units are written once and again when a newer fleetctl has others.
    install_watchdog() {
      units=/etc/systemd/system moved=
      watchdog_unit >"$batch_dir/wd" && recovery_unit >"$batch_dir/rec" || return 1
      ! are_same "$batch_dir/runtime.sh" "$state/recover.sh" "$batch_dir/wd" "$units/fleetctl-watchdog@.service" \
        "$batch_dir/rec" "$units/fleetctl-recover.service" || [ ! -e "$units/sysinit.target.wants/fleetctl-recover.service" ] || return 0
      cmp -s "$batch_dir/runtime.sh" "$state/recover.sh" ||
        put_file "$state/recover.sh" 0600 '' '' "$batch_dir/runtime.sh" || return 1
      if ! cmp -s "$batch_dir/wd" "$units/fleetctl-watchdog@.service"; then
        put_file "$units/fleetctl-watchdog@.service" 0644 0 0 "$batch_dir/wd" || return 1
        moved=1
      fi
      if ! cmp -s "$batch_dir/rec" "$units/fleetctl-recover.service"; then
        put_file "$units/fleetctl-recover.service" 0644 0 0 "$batch_dir/rec" || return 1
        moved=1
      fi
      [ -z "$moved" ] || systemctl daemon-reload || return 1
      [ -e "$units/sysinit.target.wants/fleetctl-recover.service" ] || systemctl enable --quiet fleetctl-recover.service
    }
    # Whether each file has the content of the next one, in pairs; one program looks at all.
    are_same() { # FILE FILE...
      pairs=$#
      set -- $(sha256sum -- "$@" 2>/dev/null)
      [ $# = "$pairs" ] || return 1
      while [ $# -gt 0 ]; do
        [ "${1%% *}" = "${2%% *}" ] || return 1
        shift 2
      done
    }
    is_due() {
      its_boot= due=
      IFS=' ' read -r its_boot due <"$tx/deadline" || return 0
      [ "$its_boot" = "$boot" ] || return 0
      uptime_now
      [ "$seconds" -ge "$due" ]
    }
    # In this order: `armed` is renamed to one of the others.
    is_over() {
      [ -e "$tx/confirmed" ] || [ -e "$tx/rolled-back" ] || [ ! -d "$tx" ] ||
        { [ ! -e "$tx/armed" ] && [ ! -e "$tx/fired" ] && [ ! -e "$tx/confirmed" ]; }
    }
    # What the unit runs: sleeps until somebody decided or the time is over.
    watch_transaction() { # DIRECTORY
      load_settings "$1/settings" || return 1
      [ -d "$run" ] || mkdir -p -m 0700 "$run"
      while ! is_over; do
        if [ -e "$tx/fired" ] || { is_due && mv -T "$tx/armed" "$tx/fired" 2>/dev/null; }; then
          take_back "nobody confirmed run $transaction in time" || return 1
        fi
        is_over || sleep 1
      done
      return 0
    }
    recover_all() { # STATE
      set +f
      for found in "$1"/tx/*/settings; do
        set -f
        [ -f "$found" ] && load_settings "$found" || continue
        mkdir -p -m 0700 "$run"
        # What could not be restored then may be by now, unless somebody looked at it and thawed the node.
        ! is_left || rm -f "$tx/rolled-back"
        ! is_over || continue
        mv -T "$tx/armed" "$tx/fired" 2>/dev/null
        booting=1
        take_back "the machine went down before run $transaction was confirmed" || return 1
      done
      rm -f "$1/pending"
    }
    # Taken back in part, and nobody looked at it yet.
    is_left() {
      [ -s "$tx/rolled-back" ] && [ -s "$state/pending" ] || return 1
      IFS= read -r word <"$tx/rolled-back"
      IFS= read -r waiting <"$state/pending"
      [ "$word" = partial ] && [ "$waiting" = "$transaction" ]
    }
    stop_runners() {
      if [ "$launcher" = systemd ]; then
        [ -n "$booting" ] || systemctl stop "fleetctl-tx-$transaction-*.service" || :
        return
      fi
      for name in $(cat "$tx/order"); do
        its_boot= its_pid=
        [ ! -e "$tx/$name/running" ] || IFS=' ' read -r its_boot its_pid <"$tx/$name/running"
        [ "$its_boot" != "$boot" ] || [ -e "$tx/$name/done" ] || kill -9 "$its_pid" 2>/dev/null
      done
    }
    # `fired` is there: nobody else decides any more. Cut off here, it is done again from the start.
    take_back() { # REASON
      rm -rf "$tx/reserve"
      exec 7>>"$tx/rollback.lock"
      flock 7 || return 1
      [ ! -e "$tx/rolled-back" ] || return 0
      going_back=1
      keep_synced "$tx"
      # A client that was only asleep must not write any more.
      guarded lock_store "watchdog-$transaction" "fleetctl's watchdog, taking back run $transaction" - 3600
      stop_runners
      batch=watchdog index=back batch_dir=$tx/watchdog
      mkdir -p -m 0700 "$batch_dir"
      frozen_because="$1: it was taken back"
      said=$(roll_back "$transaction" 2>&1) && bad=0 || bad=1
      [ "$bad" = 0 ] || frozen_because="$1, and not all of it could be taken back"
      store_frozen "$frozen_because" && settle_back "$said" || return 1
      printf '{"at":"%s","run":"%s","by":"watchdog","result":"rolled back"}\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$transaction" \
        >"$batch_dir/line" && { [ ! -f "$state/history.jsonl" ] || cat "$state/history.jsonl"; cat "$batch_dir/line"; } >"$batch_dir/history" &&
        put_file "$state/history.jsonl" 0600 '' '' "$batch_dir/history"
      # Nobody may ever come and read it.
      forget_words "$tx"
      guarded rm -f "$run/lock"
      exec 7>&-
    }
    # Notes that the way back was gone to its end.
    settle_back() { # WHAT-COULD-NOT-BE-RESTORED
      { if [ "$bad" = 0 ]; then echo whole; else echo partial; fi; printf '%s\n' "$1"; } >"$tx/.rolled-back" &&
        keep_synced "$tx/.rolled-back" && mv -f "$tx/.rolled-back" "$tx/rolled-back" || return 1
      # Otherwise the next boot tries once more.
      [ "$bad" != 0 ] || guarded drop_pending "${tx##*/}"
      keep_synced "$tx" "$state"
    }
    # The client takes back itself: whoever comes second finds it done.
    take_back_now() { # TRANSACTION
      tx=$state/tx/$1
      [ -d "$tx" ] || { fail "there is no transaction $1"; return 1; }
      rm -rf "$tx/reserve"
      exec 7>>"$tx/rollback.lock"
      flock 7 || return 1
      if [ -e "$tx/rolled-back" ]; then cat "$tx/rolled-back" >&2; return 0; fi
      mv -T "$tx/armed" "$tx/fired" 2>/dev/null
      going_back=1
      said=$(roll_back "$1" 2>&1) && bad=0 || bad=1
      [ "$bad" = 0 ] || store_frozen "run $1 failed, and not all of it could be taken back" || return 1
      [ ! -e "$tx/fired" ] || settle_back "$said" || return 1
      exec 7>&-
      [ "$bad" = 0 ] || { fail "$said${NL}the node is frozen: it takes no changes until somebody looked at it and thawed it (fleetctl lock thaw NODE)"; return 1; }
    }
    confirm_transaction() {
      tx=$state/tx/$transaction
      if ! lock_is_ours; then mark state:fenced 0; return; fi
      # A disk that keeps nothing would not keep the word either: then the run goes back.
      if sync "$tx" && mv -T "$tx/armed" "$tx/confirmed" 2>/dev/null; then
        rm -rf "$tx/reserve"
        drop_pending "$transaction"
        sync "$tx" "$state"
        # Without this the run cannot be taken back later; it stands all the same.
        write_after || rm -f "$tx/after" "$tx/.after"
      fi
      tell_fate
    }
    # Armed, and the runner died before it could start the watch: whoever comes by does.
    keep_watch() { # RUN
      ! grep -qx launcher=systemd "$tx/settings" || systemctl start --no-block "fleetctl-watchdog@$1.service" >&2 || :
    }
    # Prints what became of a transaction: armed with its seconds left, confirmed, taken back, or none.
    tell_fate() {
      tx=$state/tx/$transaction
      if [ -e "$tx/confirmed" ]; then mark fate:confirmed 0
      elif [ -e "$tx/rolled-back" ]; then { IFS= read -r word; cat; } <"$tx/rolled-back"; mark "fate:$word" 0
      elif [ -e "$tx/fired" ]; then mark fate:going-back 0
      elif [ -e "$tx/armed" ]; then
        keep_watch "$transaction"
        IFS=' ' read -r its_boot due <"$tx/deadline"
        uptime_now
        [ "$its_boot" = "$boot" ] && [ "$due" -gt "$seconds" ] || due=$seconds
        printf '%s' "$((due - seconds))"
        mark fate:armed 0
      else mark fate:none 0
      fi
    }
    # A frozen node takes no changes until somebody thaws it.
    store_frozen() {
      printf '%s\n' "$1" >"$state/.frozen" && keep_synced "$state/.frozen" && mv -f "$state/.frozen" "$state/frozen" && keep_synced "$state"
    }
    # Somebody looked: what could not be taken back stays as it is, also at the next boot.
    thaw_node() {
      rm -f "$state/frozen" || return 1
      [ -s "$state/pending" ] || return 0
      IFS= read -r transaction <"$state/pending"
      tx=$state/tx/$transaction rolled=$state/tx/$transaction
      is_left || return 0
      for line in $(undo_lines); do
        IFS=$US
        set -- $line
        IFS=$NL
        set +f
        case $3 in file | link | none) rm -f -- "${4%/*}/.fleetctl-$transaction-"* ;; esac
        set -f
      done
      rm -f "$state/pending"
    }
    # What stands in the way of a lock besides another lock.
    find_obstacle() {
      if [ -s "$state/frozen" ]; then cat "$state/frozen"; mark frozen 0; return 1; fi
      [ -s "$state/pending" ] || return 0
      IFS= read -r waiting <"$state/pending"
      [ "$waiting" != "$transaction" ] || return 0
      tx=$state/tx/$waiting
      if is_over; then rm -f "$state/pending"; return 0; fi
      keep_watch "$waiting"
      printf 'run %s, which nobody confirmed yet' "$waiting"
      if [ -e "$tx/armed" ] && ! is_due; then printf ', %s s left' "$((due - seconds))"; fi
      mark held 0
      return 1
    }
    inspect() {
      if lock_load; then
        uptime_now
        case $lock_since in '' | *[!0-9]*) held= ;; *) held=$((seconds - lock_since)) ;; esac
        [ "$lock_deadline" -le "$seconds" ] || { printf '%s\n%s\n%s\n%s' "$lock_holder" "$lock_plan" "$((lock_deadline - seconds))" "$held"; mark lock 0; }
      fi
      [ ! -s "$state/frozen" ] || { cat "$state/frozen"; mark frozen 0; }
      if [ -s "$state/pending" ]; then
        IFS= read -r waiting <"$state/pending"
        tx=$state/tx/$waiting
        is_over || { printf '%s\n' "$waiting"; mark pending 0; }
      fi
      mark inspected 0
    }

    """#

  /// The firewall's rules before a change, and their return.
  static let firewall = #"""
    firewall_files='/etc/ufw/user.rules
    /etc/ufw/user6.rules
    /etc/ufw/ufw.conf
    /etc/default/ufw'
    remember_firewall() {
      [ ! -e "$batch_dir/before.firewall" ] || return 0
      list=
      for file in $firewall_files; do [ ! -f "$file" ] || list=$list.$file$NL; done
      set -- $list
      if [ $# = 0 ]; then : >"$batch_dir/before.firewall"; else tar -cpf "$batch_dir/before.firewall" -C / -- "$@"; fi &&
        record "$index" firewall firewall
    }
    restore_firewall() { # ARCHIVE
      if [ ! -s "$1" ]; then ufw --force disable >&2; return; fi
      mkdir -p "$batch_dir/firewall" && tar -xpf "$1" -C "$batch_dir/firewall" || return 1
      for file in $firewall_files; do
        [ -f "$batch_dir/firewall$file" ] || continue
        rights=$(stat -c '%a %u %g' -- "$batch_dir/firewall$file") || return 1
        owners=${rights#* }
        put_file "$file" "${rights%% *}" "${owners% *}" "${owners#* }" "$batch_dir/firewall$file" || return 1
      done
      rm -rf "$batch_dir/firewall"
      [ -z "$booting" ] || return 0
      if grep -q '^ENABLED=yes' /etc/ufw/ufw.conf; then ufw --force reload >&2; else ufw --force disable >&2; fi
    }

    """#
}
