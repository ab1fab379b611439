extension ProbeScript {
  /// Paths: one find(1) for everything and its parents, one sha256sum(1), one head(1) per file shown.
  static let files = #"""
    # Lines of $paths are `EXPECTED PATH`; EXPECTED is a digest, `-` (none) or `*` (show it always).
    look_at_paths() {
      all= parents= regular= names=
      for line in $paths; do
        path=${line#* }
        all=$all$path$NL
        if [ -f "$path" ] && [ ! -L "$path" ]; then
          regular=$regular$line$NL
          names=$names$path$NL
        fi
        folder=${path%/*}
        while [ -n "$folder" ]; do
          case $NL$parents in *"$NL$folder$NL"*) break ;; esac
          parents=$parents$folder$NL
          folder=${folder%/*}
        done
      done
      [ -n "$all" ] || return 0
      ask paths find $all $parents -maxdepth 0 -printf '%y %m %u %g %s %C@ \0%p\0%l\0'
      [ -n "$names" ] || return 0
      sums=$(sha256sum -z -- $names 2>/dev/null | tr '\0' '\n')
      printf '%s' "$sums"
      mark sums 0
      set -- $sums
      # Both lists have one order, and the sums may only lack some.
      for line in $regular; do
        expected=${line%% *}
        path=${line#* }
        found=
        if [ "${1#*  }" = "$path" ]; then found=${1%% *}; shift; fi
        case $expected in - | "$found") continue ;; esac
        head -c 262145 -- "$path" 2>/dev/null && status=0 || status=$?
        mark "content:$path" "$status"
      done
    }
    # One line: a number, the key, the file.
    look_at_secrets() {
      for line in $secrets; do
        number=${line%%|*}
        file=${line#*|}
        key=${file%%|*}
        file=${file#*|}
        [ -r "$file" ] && [ -f "$file" ] || continue
        found=
        while IFS= read -r text || [ -n "$text" ]; do
          case $text in "$key="*) found=$text ;; esac
        done <"$file"
        [ -n "$found" ] || continue
        printf '%s' "${found#"$key="}"
        mark "secret:$number" 0
      done
    }
    # One line: the certificate, `|`, its key.
    look_at_certificates() {
      [ -n "$certificates" ] || return 0
      number=0
      for line in $certificates; do
        file=${line%%|*} key=${line#*|}
        number=$((number + 1))
        [ -e "$file" ] || { mark "cert:$number:absent" 0; continue; }
        ask "cert:$number" openssl x509 -in "$file" -noout -enddate -issuer -nameopt sep_multiline,utf8 -ext subjectAltName -pubkey
        [ -e "$key" ] && ask "key:$number" openssl pkey -in "$key" -pubout -passin pass:
        folder=${file%/*}
        for issuer in "$authority/ca-cert.pem" "$folder/ca-cert.pem" "$folder/ca.pem" /etc/fleetctl/ca.pem; do
          [ -r "$issuer" ] && [ "$issuer" != "$file" ] || continue
          SSL_CERT_DIR=/nonexistent SSL_CERT_FILE=/nonexistent openssl verify -CAfile "$issuer" "$file" >/dev/null 2>&1 </dev/null || continue
          sha256sum <"$issuer"
          mark "issuer:$number" 0
          break
        done
      done
    }

    """#

  /// Units, packages, accounts, kernel settings, PostgreSQL and UFW.
  static let services = #"""
    look_at_units() {
      manager=Version,UnitsLoadTimestamp,UnitsLoadTimestampMonotonic,UnitsLoadStartTimestamp,UnitsLoadStartTimestampMonotonic
      ask manager systemctl show --timestamp=us+utc -p "$manager"
      # --timestamp= came with systemd 248; without it the monotonic stamps are used.
      stamps=--timestamp=us+utc
      [ "$status" = 0 ] || { stamps=--no-pager; ask manager systemctl show -p "$manager"; }
      [ "$status" = 0 ] || ask version systemctl --version
      # Before 250 systemd does not say when it reloaded, but every reload makes these folders anew.
      ask generators stat -c %.6Y /run/systemd/generator /run/systemd/generator.early /run/systemd/generator.late
      [ -n "$units" ] || return 0
      ask units systemctl show "$stamps" -p "Id,Names,LoadState,ActiveState,SubState,Result,UnitFileState,FragmentPath,DropInPaths,MainPID,InvocationID,NRestarts,ExecMainStartTimestamp,ExecMainStartTimestampMonotonic,ActiveEnterTimestamp,ActiveEnterTimestampMonotonic,StateChangeTimestamp,StateChangeTimestampMonotonic,StatusText,RequiredBy,BoundBy,ConsistsOf" -- $units
    }
    look_at_packages() {
      [ -n "$packages" ] || return 0
      rows=$(dpkg-query -W -f '${db:Status-Status} ${Package} ${Version}\n' -- $packages 2>&1) && status=0 || status=$?
      printf '%s' "$rows"
      mark packages "$status"
      [ "$status" -le 1 ] || return 0
      missing=
      for name in $packages; do
        case $NL$rows in *"${NL}installed $name "*) ;; *) missing=$missing$name$NL ;; esac
      done
      [ -z "$missing" ] || ask closure apt-get -qq --no-install-recommends -s install -- $missing
    }
    look_at_accounts() {
      [ -z "$users" ] || ask users getent passwd -- $users
      [ -n "$users$groups" ] || return 0
      ask groups getent group
      [ -z "$groups" ] || ask groups getent group -- $groups
    }
    # One line: the key, `|`, its path below /proc/sys.
    look_at_sysctls() {
      for line in $sysctls; do
        path=/proc/sys/${line#*|}
        [ -e "$path" ] || continue
        printf '%s=' "${line%%|*}"
        IFS= read -r first <"$path" || first=
        printf '%s\n' "$first"
      done
      mark sysctls 0
    }
    look_at_postgres() {
      command -v psql >/dev/null || return 0
      said=$(runuser -u postgres -- env LC_ALL=C psql -AtXwq -F '|' -v ON_ERROR_STOP=1 -d postgres 2>&1 <<'SQL'
    select 'role', rolname from pg_roles where rolcanlogin order by 2;
    select 'database', pg_get_userbyid(datdba), datname from pg_database where not datistemplate order by 3;
    SQL
      ) && status=0 || status=$?
      printf '%s' "$said"
      mark postgres "$status"
    }
    # The rules are read where ufw(8) keeps them: the program itself takes 0.2 s of CPU a question.
    look_at_firewall() {
      [ -e /usr/sbin/ufw ] || [ -e /usr/bin/ufw ] || return 0
      ask ufw cat /etc/ufw/ufw.conf
      for file in /etc/ufw/user.rules /etc/ufw/user6.rules; do
        [ ! -e "$file" ] || ask rules grep -s '^### tuple ###' "$file"
      done
      ask chains iptables -S ufw-user-input
    }

    """#
}
