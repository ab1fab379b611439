extension RuntimeScript {
  /// Units: their verbs, and waiting until one is really up.
  static let units = #"""
    last_words() { journalctl -u "$1" -n 16 --no-pager -o cat >&2 2>/dev/null || :; }
    unit_action() { # VERB UNIT
      start_budget "$1" "$2"
      if [ -n "$budget" ]; then attended "$1" "$2" && return 0
      else said=$(systemctl --no-ask-password --no-pager "$1" -- "$2" 2>&1) && return 0
      fi
      case $1 in
      reset-failed) return 0 ;;
      stop | disable)
        case $(systemctl show -p LoadState --value -- "$2") in not-found) return 0 ;; esac ;;
      esac
      last_words "$2"
      if [ -n "$overdue" ]; then fail "starting: $2 is $overdue"; else fail "failed: systemctl $1 $2: $said"; fi
    }
    # How long the batch waits for a unit that it starts.
    start_budget() { # VERB UNIT
      budget= overdue=
      case $1 in start | restart | reload) ;; *) return ;; esac
      for other in $operations; do
        case $other in *"$US"wait-unit"$US$US$2$US"*) ;; *) continue ;; esac
        budget=${other#*"$US"wait-unit"$US$US$2$US"}
        budget=${budget%%"$US"*}
      done
    }
    # systemctl waits until a service says that it is ready; meanwhile somebody tells how it is.
    attended() { # VERB UNIT
      rm -f "$batch_dir/overdue"
      systemctl --no-ask-password --no-pager "$1" -- "$2" >"$batch_dir/said" 2>&1 &
      job=$!
      attend "$2" "$job" &
      attendant=$!
      wait "$job" 2>/dev/null && ended=0 || ended=$?
      kill "$attendant" 2>/dev/null
      wait "$attendant" 2>/dev/null
      rm -f "$batch_dir/waiting"
      said=$(cat "$batch_dir/said")
      [ ! -e "$batch_dir/overdue" ] || { overdue=$(cat "$batch_dir/overdue"); return 1; }
      return "$ended"
    }
    # Stopping does not count. What systemd itself allows for the start may end before the budget;
    # where that is over and the start goes on, the service had it extended.
    attend() { # UNIT PROCESS
      unit=$1 phase= span=
      uptime_now
      began=$seconds
      read_span "$(systemctl show -p TimeoutStartUSec --value -- "$unit")"
      while sleep 1 && kill -0 "$2" 2>/dev/null; do
        unit_load
        uptime_now
        case $active in active | deactivating | reloading) began=$seconds ;; esac
        if [ "$phase" != "$active $sub" ]; then phase="$active $sub" since=$seconds; fi
        left=$((budget - seconds + began)) problem="$active ($sub)"
        if [ "$left" -le 0 ]; then
          printf '%s' "$problem after $budget s${status:+; it says: $status}" >"$batch_dir/overdue"
          kill "$2"
          return
        fi
        if [ "$active" = activating ] && [ -n "$span" ]; then
          allowed=$((span - seconds + since))
          [ "$allowed" -lt 0 ] || [ "$allowed" -ge "$left" ] || left=$allowed
        fi
        tell_waiting "$left"
      done
    }
    # Sets $span to the whole seconds of a time as systemctl prints it (1min 30s); empty without an end.
    read_span() {
      span=0
      IFS=' '
      for word in $1; do
        number=${word%%[!0-9]*}
        case $word in
        *us | *ms) ;;
        *[0-9]s) span=$((span + number)) ;;
        *[0-9]min) span=$((span + number * 60)) ;;
        *[0-9]h) span=$((span + number * 3600)) ;;
        *[0-9]d) span=$((span + number * 86400)) ;;
        *) span= ; break ;;
        esac
      done
      IFS=$NL
    }
    unit_load() {
      active= sub= result= status= restarts=0 invocation= type= children= id=$unit triggered=
      for row in $(systemctl show -p Id,ActiveState,SubState,Result,NRestarts,InvocationID,Type,ConsistsOf,TriggeredBy,StatusText -- "$unit"); do
        value=${row#*=}
        case $row in
        Id=*) id=$value ;; ActiveState=*) active=$value ;; SubState=*) sub=$value ;; Result=*) result=$value ;;
        NRestarts=*) restarts=${value:-0} ;; InvocationID=*) invocation=$value ;; Type=*) type=$value ;;
        StatusText=*) status=$value ;; ConsistsOf=*) children=$value ;; TriggeredBy=*) triggered=$value ;;
        esac
      done
    }
    # Whether process $1 belongs to the unit or to one that is part of it (postgresql@15-main).
    belongs() {
      [ "$1" != 1 ] || [ -z "$triggered" ] || return 0
      [ -r "/proc/$1/cgroup" ] || return 1
      while IFS= read -r group; do
        case $group in 0::* | *:name=systemd:*) ;; *) continue ;; esac
        case $group/ in */"$id"/*) return 0 ;; esac
        IFS=' '
        for child in $children; do
          case $group/ in */"$child"/*) IFS=$NL; return 0 ;; esac
        done
        IFS=$NL
      done <"/proc/$1/cgroup"
      return 1
    }
    # Sets $missing to the first port of $ports that the unit does not hold.
    look_for_ports() {
      missing=
      [ -n "$ports" ] || return 0
      sockets=$(ss -H -ltunp)
      IFS=,
      set -- $ports
      IFS=$NL
      for port in "$@"; do
        rest=${port#* } found=
        address=${rest% *}
        missing="$port is not bound"
        for socket in $sockets; do
          IFS=' '
          set -- $socket
          IFS=$NL
          [ "$1" = "${port%% *}" ] && [ "${5##*:}" = "${port##* }" ] || continue
          host=${5%:*}
          host=${host#[}
          host=${host%]}
          case ${host%%%*} in "$address" | 0.0.0.0 | '*' | ::) ;; *) continue ;; esac
          case $socket in *,pid=*) rest=${socket#*,pid=} ;; *) rest= ;; esac
          if belongs "${rest%%[!0-9]*}"; then found=1; break; fi
          rest=${socket#*users:((\"}
          missing="$port is held by ${rest%%\"*}, not by $unit"
        done
        [ -n "$found" ] || return 0
        missing=
      done
    }
    # For those who follow the batch: how a unit is that is not up yet.
    tell_waiting() { # SECONDS-LEFT
      printf '%s\n%s\n%s\n' "$unit" "$1" "$problem${status:+; it says: $status}" >"$batch_dir/.waiting" &&
        mv -f "$batch_dir/.waiting" "$batch_dir/waiting"
    }
    # Prints INVOCATION RESTARTS of a unit that is up.
    wait_unit() { # UNIT BUDGET SOAK PORTS
      unit=$1 budget=$2 soak=$3 ports=$4 first= healthy= told=
      uptime_now
      began=$seconds
      while :; do
        unit_load
        uptime_now
        : "${first:=$restarts}"
        problem="$active ($sub)"
        case $active in
        active)
          look_for_ports
          problem=${missing:+active, but $missing} ;;
        failed) last_words "$unit"; fail "failed: $unit ended with $result"; return 1 ;;
        inactive)
          if [ "$type" = oneshot ] && [ "$result" = success ]; then return 0; fi
          if [ "$((seconds - began))" -ge 3 ]; then last_words "$unit"; fail "failed: $unit does not run"; return 1; fi ;;
        esac
        if [ "$((restarts - first))" -ge 3 ]; then
          last_words "$unit"
          fail "failed: $unit restarted $((restarts - first)) times while it was watched"
          return 1
        fi
        if [ -z "$problem" ]; then
          [ -z "$told" ] || { rm -f "$batch_dir/waiting"; told=; }
          # A new invocation or restart begins the soak anew.
          if [ "$healthy" != "$invocation $restarts" ]; then healthy="$invocation $restarts" since=$seconds; fi
          if [ "$((seconds - since))" -ge "$soak" ]; then printf '%s %s\n' "$invocation" "$restarts"; return; fi
        else
          healthy=
          if [ "$told" != "$seconds" ]; then told=$seconds; tell_waiting "$((budget - seconds + began))"; fi
          if [ "$((seconds - began))" -ge "$budget" ]; then
            last_words "$unit"
            fail "starting: $unit is $problem after $budget s"
            return 1
          fi
        fi
        sleep 0.2
      done
    }

    """#

  /// PostgreSQL, through psql as user postgres; values go in on standard input as psql variables.
  static let databases = #"""
    as_postgres() { runuser -u postgres -- env LC_ALL=C psql -XqAtw -v ON_ERROR_STOP=1 -d postgres "$@"; }
    # Status 2 is no connection: the server may still be starting.
    await_postgres() {
      tries=0
      while :; do
        said=$(as_postgres -c 'select 1' 2>&1 </dev/null) && return 0
        tries=$((tries + 1))
        [ "$tries" -lt 60 ] || { fail "PostgreSQL does not answer: $said"; return 1; }
        sleep 0.5
      done
    }
    # A psql variable: within its quotes only the quote and the backslash mean something.
    sql_variable() {
      printf '%s' "\\set $1 '"
      sed -e 's/\\/\\\\/g' -e "s/'/''/g"
      printf "'\n"
    }
    postgres_role() { # NAME; blob: password
      await_postgres || return 1
      {
        printf '%s' "$1" | sql_variable name
        sql_variable password <"$blob"
        cat <<'SQL'
    set log_statement = 'none';
    set log_min_duration_statement = -1;
    set log_min_error_statement = 'panic';
    select format('create role %I login', :'name') where not exists (select from pg_roles where rolname = :'name') \gexec
    alter role :"name" login password :'password';
    SQL
      } | as_postgres >&2
    }
    postgres_database() { # NAME OWNER
      await_postgres || return 1
      {
        printf '%s' "$1" | sql_variable name
        printf '%s' "$2" | sql_variable owner
        cat <<'SQL'
    select format('create database %I owner %I', :'name', :'owner') where not exists (select from pg_database where datname = :'name') \gexec
    alter database :"name" owner to :"owner";
    SQL
      } | as_postgres >&2
    }

    """#

  /// The fleet's CA and its certificates.
  static let certificates = #"""
    check_name() {
      case $1 in '' | *[!A-Za-z0-9\ ._@:-]*) fail "'$1' cannot stand in a certificate"; return 1 ;; esac
    }
    # The names as openssl wants them: `IP:…` and `DNS:…`, joined by commas.
    join_names() {
      joined=
      for name in "$@"; do
        case $name in
        IP:*[!0-9A-Fa-f.:]* | DNS:*[!A-Za-z0-9.*_-]*) fail "'$name' cannot stand in a certificate"; return 1 ;;
        IP:?* | DNS:?*) joined=$joined${joined:+,}$name ;;
        *) fail "'$name' is neither IP: nor DNS:"; return 1 ;;
        esac
      done
      [ -n "$joined" ] || fail 'a certificate without names'
    }
    new_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null || fail 'openssl made no key'; }
    create_authority() { # DIRECTORY COMMON-NAME
      check_parents "$1/x" && check_name "$2" || return 1
      if [ -f "$1/ca-key.pem" ] && [ -f "$1/ca-cert.pem" ]; then cat "$1/ca-cert.pem"; return; fi
      # A key without its certificate is somebody's: it is never overwritten.
      if [ -e "$1/ca-key.pem" ]; then fail "$1/ca-key.pem is there and its certificate is not"; return 1; fi
      make_dir "$1" 0700 "$(id -u)" "$(id -g)" || return 1
      printf '%s\n' '[req]' 'prompt = no' 'distinguished_name = dn' 'x509_extensions = ca' '[dn]' "CN = $2" '[ca]' \
        'basicConstraints = critical,CA:TRUE,pathlen:0' 'keyUsage = critical,keyCertSign,cRLSign' \
        'subjectKeyIdentifier = hash' >"$batch_dir/openssl.cnf"
      new_key "$batch_dir/new.key" &&
        openssl req -x509 -new -sha256 -key "$batch_dir/new.key" -config "$batch_dir/openssl.cnf" -days 3650 \
          -set_serial "0x1$(od -An -v -N 15 -tx1 /dev/urandom | tr -d ' \n')" -out "$batch_dir/new.pem" &&
        put_file "$1/ca-key.pem" 0600 "$(id -u)" "$(id -g)" "$batch_dir/new.key" &&
        put_file "$1/ca-cert.pem" 0644 "$(id -u)" "$(id -g)" "$batch_dir/new.pem" && cat "$1/ca-cert.pem" && status=0 || status=1
      rm -f "$batch_dir/new.key"
      return "$status"
    }
    request_certificate() { # KEYPATH MODE OWNER GROUP COMMON-NAME SAN...
      check_parents "$1" && check_name "$5" || return 1
      if [ -L "$1" ]; then fail "$1 is a symbolic link"; return 1; fi
      key=$1 mode=$2 owner=$3 group=$4 common=$5
      shift 5
      join_names "$@" || return 1
      if [ -e "$key" ]; then
        chown -h -- "$owner:$group" "$key" && chmod -- "$mode" "$key" || return 1
      else
        new_key "$batch_dir/new.key" && put_file "$key" "$mode" "$owner" "$group" "$batch_dir/new.key" && status=0 || status=1
        rm -f "$batch_dir/new.key"
        [ "$status" = 0 ] || return 1
      fi
      printf '%s\n' '[req]' 'prompt = no' 'distinguished_name = dn' 'req_extensions = names' '[dn]' "CN = $common" \
        '[names]' "subjectAltName = $joined" >"$batch_dir/openssl.cnf" &&
        openssl req -new -sha256 -key "$key" -config "$batch_dir/openssl.cnf"
    }
    # The names are those that were asked for here, never those of the request.
    sign_certificate() { # DIRECTORY DAYS SAN...; blob: request
      authority=$1 days=$2
      shift 2
      join_names "$@" || return 1
      printf '%s\n' 'basicConstraints = critical,CA:FALSE' 'keyUsage = critical,digitalSignature' \
        'extendedKeyUsage = serverAuth,clientAuth' 'subjectKeyIdentifier = hash' \
        'authorityKeyIdentifier = keyid' "subjectAltName = $joined" >"$batch_dir/openssl.ext" &&
        openssl x509 -req -sha256 -in "$blob" -CA "$authority/ca-cert.pem" -CAkey "$authority/ca-key.pem" -days "$days" \
          -set_serial "0x1$(od -An -v -N 15 -tx1 /dev/urandom | tr -d ' \n')" -extfile "$batch_dir/openssl.ext"
    }

    """#
}
