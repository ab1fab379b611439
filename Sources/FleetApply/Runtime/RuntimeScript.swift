import FleetDigest

/// The script that changes a node: constant, POSIX sh, sent with every conversation.
///
/// It has two halves. The *client* half runs in the session: it takes the lock, stages a batch under
/// `/var/lib/fleetctl/tx/`, starts the runner as a unit of its own and prints results as they come.
/// The *runner* half is the same text, saved beside the batch, run by systemd: it outlives the session.
/// Everything is functions until the last line, so that a cut script does nothing.
package enum RuntimeScript {
  /// The version of the conversation; raise it when records change their meaning.
  package static let version = 1

  /// SHA-256 of the text, in hex: the node checks what it saves.
  package static let digest = SHA256.hex(bytes)

  /// The text as it is sent.
  static let bytes = Array(text.utf8)

  /// The text; ends with a newline.
  package static let text =
    core + lock + fence + stage + follow + runner + journal + files + packages + sources + accounts
    + certificates + units + rehearsal + databases + watchdog + firewall + history + ownership
    + last

  static let core = #"""
    mark() {
      printf '\n@@%s %s %s\n' "$nonce" "$1" "$2"
      sections=$((sections + 1))
    }
    fail() { printf '%s\n' "$*" >&2; return 1; }
    # Never the wall clock: it jumps. Sets $seconds and $centis since the boot.
    uptime_now() {
      IFS=' ' read -r up rest </proc/uptime
      seconds=${up%.*}
      centis=${up%.*}${up#*.}
    }
    setup() {
      PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
      export PATH LC_ALL
      cd /
      umask 077
      # No core file of a step, which may hold what it was given.
      ulimit -c 0
      set -f
      NL='
    '
      US='\#u{1F}'
      IFS=$NL
      sections=0 window= launcher= booting= keeps_manifest= going_back= bad=0 asks= expects=
      IFS= read -r boot </proc/sys/kernel/random/boot_id
    }
    digest_of() { digest=$(sha256sum <"$1") && digest=${digest%% *}; }

    """#

  /// The lease: `/run/fleetctl/lock`, changed only under a lock of the kernel held for milliseconds.
  static let lock = #"""
    guarded() { { flock -w 30 9 && "$@"; } 9>>"$run/guard"; }
    # A lock of an earlier boot is none.
    lock_load() {
      lock_token= lock_holder= lock_plan= lock_lease=0 lock_deadline=0 lock_boot= lock_since=
      [ -f "$run/lock" ] || return 1
      while IFS='=' read -r key value; do
        case $key in
        token) lock_token=$value ;; holder) lock_holder=$value ;; plan) lock_plan=$value ;;
        lease) lock_lease=$value ;; deadline) lock_deadline=$value ;; boot) lock_boot=$value ;;
        since) lock_since=$value ;;
        esac
      done <"$run/lock"
      [ "$lock_boot" = "$boot" ] || { lock_token=; return 1; }
    }
    # Without $5 it is taken now; `-` is one of a fleetctl that did not write down since when.
    lock_store() {
      uptime_now
      printf 'token=%s\nholder=%s\nplan=%s\nlease=%s\ndeadline=%s\nboot=%s\nsince=%s\n' \
        "$1" "$2" "$3" "$4" "$((seconds + $4))" "$boot" "${5:-$seconds}" >"$run/.lock.new" &&
        mv -f "$run/.lock.new" "$run/lock"
    }
    lock_take() {
      find_obstacle || return 0
      uptime_now
      if lock_load && [ "$lock_deadline" -gt "$seconds" ] && [ "$lock_token" != "$token" ]; then
        printf '%s, %s s left' "$lock_holder" "$((lock_deadline - seconds))"
        mark held 0
        return 0
      fi
      [ "$lock_token" = "$token" ] || { lock_since=; forget_others; }
      lock_store "$token" "$holder" "$plan" "$lease" "$lock_since" && mark granted 0
    }
    lock_is_ours() { lock_load && [ "$lock_token" = "$token" ]; }
    lock_renew() { lock_is_ours && lock_store "$token" "$lock_holder" "$lock_plan" "$lock_lease" "${lock_since:--}"; }
    # What would be written stands there already: it was given or renewed within this second.
    lock_is_new() { lock_is_ours && uptime_now && [ "$lock_deadline" = "$((seconds + lock_lease))" ]; }
    # The client is there and goes on: neither lease nor way back runs out meanwhile.
    renew_all() {
      lock_renew || return 1
      [ -n "$window" ] && [ -n "$transaction" ] || return 0
      tx=$state/tx/$transaction
      extend "$window"
    }
    lock_drop() {
      [ "$token" = any ] || lock_is_ours || return 0
      rm -f "$run/lock"
    }

    """#

  /// Staging: everything is on the node, whole and verified, before anything starts.
  static let stage = #"""
    read_header() {
      IFS= read -r length || return 1
      header=$(head -c "$length")
      for line in $header; do
        value=${line#*=}
        case $line in
        nonce=*) nonce=$value ;; command=*) command=$value ;; state=*) state=$value ;; run=*) run=$value ;;
        token=*) token=$value ;; holder=*) holder=$value ;; plan=*) plan=$value ;; lease=*) lease=$value ;;
        transaction=*) transaction=$value ;; batch=*) batch=$value ;; launcher=*) launcher=$value ;;
        wait=*) wait=$value ;; from=*) from=$value ;; window=*) window=$value ;; reason=*) reason=$value ;; script=*) script=$value ;; operations=*) operations=$value ;;
        asks=*) asks=$value ;; expect=*) expects=$expects$value$NL ;;
        blob=*) blobs=$blobs$value$NL ;;
        esac
      done
      [ -d "$run" ] && [ -d "$state" ] || mkdir -p -m 0700 "$run" "$state" || return 1
      batch_dir=$state/tx/$transaction/$batch
      mark begin 0
    }
    receive() {
      IFS= read -r length && head -c "$length" >"$staging/ops" || return 1
      keeps_script && kept=1 || kept=
      {
        [ -z "$kept" ] || printf '%s  runtime.sh\n' "$script"
        printf '%s  ops\n' "$operations"
        for line in $blobs; do
          rest=${line#* }
          printf '%s  blob.%s\n' "${rest#* }" "${line%% *}"
        done
      } >"$staging/sums" || return 1
      for line in $blobs; do
        rest=${line#* }
        head -c "${rest%% *}" >"$staging/blob.${line%% *}" || return 1
      done
      [ -z "$kept" ] || printf '%s\n' "$s" >"$staging/runtime.sh" || return 1
      printf '%s' "$expects" >"$staging/expects" || return 1
      printf 'state=%s\nrun=%s\ntoken=%s\ntransaction=%s\nbatch=%s\nwindow=%s\nlauncher=%s\n' \
        "$state" "$run" "$token" "$transaction" "$batch" "$window" "$launcher" >"$staging/settings" || return 1
      (cd "$staging" && sha256sum --status -c sums)
    }
    # What runs here and now needs no copy of the text, unless it may have to arm.
    keeps_script() {
      [ "$launcher" != inline ] || { [ -n "$window" ] && [ ! -e "$state/tx/$transaction/armed" ]; }
    }
    # The rename decides: of two senders of one batch (a retry after a lost connection) one wins.
    stage_batch() {
      if [ -d "$batch_dir" ]; then cat >/dev/null; return 0; fi
      staging=$state/tx/$transaction/.stage-$nonce
      mkdir -p -m 0700 "$staging" || return 1
      if receive && { mv -T "$staging" "$batch_dir" 2>/dev/null || [ -d "$batch_dir" ]; }; then
        [ ! -d "$staging" ] || rm -rf "$staging"
        return 0
      fi
      rm -rf "$staging"
      return 1
    }
    launch() {
      case $launcher in
      systemd)
        unit=fleetctl-tx-$transaction-$batch.service
        systemd-run --quiet --no-block --collect --unit="$unit" \
          --description="fleetctl: $transaction/$batch" -p Type=exec \
          /bin/sh "$batch_dir/runtime.sh" run "$batch_dir" </dev/null ||
          # Already queued by an earlier try.
          [ "$(systemctl show -p LoadState --value "$unit")" = loaded ] ;;
      detached) setsid /bin/sh "$batch_dir/runtime.sh" run "$batch_dir" </dev/null >/dev/null 2>&1 & ;;
      # A process of this shell, which has parsed the text already.
      inline) (run_batch "$batch_dir") </dev/null >/dev/null 2>&1 ;;
      esac
    }
    # The plan goes beside the journal, and nothing of the node changes with it: it needs no journal and no runner of its own.
    keep_plan() {
      tx=$state/tx/$transaction
      fresh=$tx/.stage-plan-$nonce
      sum=${blobs#* }
      size=${sum%% *} sum=${sum#* }
      # Its one record says nothing more.
      IFS= read -r length && IFS= read -r record || return 1
      if said=$(put_plan 2>&1); then mark result:0:done 0
      else
        rm -f -- "$fresh"
        printf '%s' "$said"
        mark result:0:failed 0
      fi
      mark state:finished 0
    }
    put_plan() {
      { [ -d "$tx" ] || mkdir -p -m 0700 "$tx"; } && head -c "$size" >"$fresh" && digest_of "$fresh" || return 1
      [ "$digest$NL" = "$sum" ] || { fail 'it did not arrive whole'; return 1; }
      sync "$fresh" && mv -fT -- "$fresh" "$tx/plan.json" && sync "$tx/"
    }

    """#

  /// Following a batch: results from number `from` on, for at most `wait` seconds.
  static let follow = #"""
    # Whether the runner began and can no longer end: killed, or the machine was started again.
    runner_is_dead() {
      [ -e "$batch_dir/running" ] || return 1
      its_boot= its_pid=
      # Empty after a power cut: then it is of an earlier boot.
      IFS=' ' read -r its_boot its_pid <"$batch_dir/running" || return 0
      [ "$its_boot" != "$boot" ] || [ ! -d "/proc/$its_pid" ]
    }
    print_results() {
      while [ -e "$batch_dir/result.$from" ]; do
        { IFS=' ' read -r word took; cat; } <"$batch_dir/result.$from"
        mark "result:$from:$word" "$took"
        from=$((from + 1))
      done
    }
    follow_batch() {
      [ -d "$batch_dir" ] || { mark state:missing 0; return; }
      if [ ! -e "$batch_dir/running" ] && [ ! -e "$batch_dir/done" ]; then
        said=$(launch 2>&1) || [ -e "$batch_dir/running" ] || { printf '%s' "$said"; mark state:refused 0; return; }
      fi
      uptime_now
      until=$((centis + wait * 100)) naps=0
      while :; do
        dead=
        ! runner_is_dead || dead=1
        finished=
        [ ! -e "$batch_dir/done" ] || finished=1
        print_results
        if [ -n "$finished" ]; then
          # Nothing was done: the way back was not armed either.
          if [ -s "$batch_dir/moved" ]; then cat "$batch_dir/moved"; mark state:moved 0
          elif [ -e "$batch_dir/rejected" ]; then mark state:rejected 0; else mark state:finished 0; fi
          return
        fi
        if [ -n "$dead" ]; then mark state:interrupted 0; return; fi
        uptime_now
        if [ "$centis" -ge "$until" ]; then
          if [ -s "$batch_dir/waiting" ]; then cat "$batch_dir/waiting"; mark waiting 0; fi
          if [ -e "$batch_dir/running" ]; then mark state:running 0; else mark state:waiting 0; fi
          return
        fi
        naps=$((naps + 1))
        if [ "$naps" -lt 20 ]; then sleep 0.05; else sleep 0.2; fi
      done
    }

    """#

  static let last = #"""
    main() {
      setup
      case $1 in
      run) run_batch "$2"; return ;;
      watch) watch_transaction "$2"; return ;;
      recover) recover_all "$2"; return ;;
      rehearse) rehearse_apart; return ;;
      rehearse-inside) rehearse_inside; return ;;
      esac
      read_header || return 1
      case $command in
      acquire)
        if [ -n "$asks" ] && ! said=$(may_be_root); then printf '%s' "$said"; mark powerless 0; else guarded lock_take; fi ;;
      renew) guarded renew_all && mark granted 0 ;;
      release) guarded lock_drop && mark released 0 ;;
      confirm) guarded confirm_transaction ;;
      fate) tell_fate ;;
      inspect) inspect ;;
      history) tell_history ;;
      tell-plan) [ ! -f "$state/tx/$transaction/plan.json" ] || { cat "$state/tx/$transaction/plan.json"; mark plan 0; } ;;
      review) review ;;
      leave) guarded leave_machine ;;
      freeze) guarded store_frozen "$reason" && mark frozen 0 ;;
      thaw) guarded thaw_node && mark thawed 0 ;;
      batch)
        if ! lock_is_ours; then mark state:fenced 0
        elif [ "$launcher:$batch" = inline:plan ]; then keep_plan
        elif [ ! -d "$batch_dir" ] && ! may_begin; then
          cat >/dev/null
          printf '%s' "$said"
          mark "state:$doubt" 0
        elif stage_batch; then follow_batch
        else mark state:corrupt 0
        fi ;;
      follow) follow_batch ;;
      esac
      printf '\n@@%s end %s\n' "$nonce" "$sections"
    }
    main "$@"

    """#
}
