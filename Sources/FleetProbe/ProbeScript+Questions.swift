extension ProbeScript {
  /// Paths: one find(1) for everything and its parents, one sha256sum(1), one head(1) per file shown.
  static let files = #"""
    # When systemd read its units is in a file since 250, and only the manager itself is sure of it:
    # `systemd-analyze verify` touches that file, too. What the generators made is as old as the last
    # time that the manager ran them, between the reload's begin (the file's mtime) and its end (its
    # ctime). Where both agree there is nothing to ask the manager, whose answer costs 4 ms.
    look_for_stamps() {
      stamps=/run/systemd/systemd-units-load generated=
      for file in /run/systemd/generator /run/systemd/generator.early /run/systemd/generator.late; do
        [ ! -d "$file" ] || generated=$generated$file$NL
      done
      if [ -z "$generated" ] || [ ! -f "$stamps" ]; then generated= stamps=; fi
    }
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
      look_for_stamps
      uptime
      mark uptime 0
      if [ -n "$stamps" ]; then
        ask paths find /proc/self/. $all $parents "$stamps" $generated -maxdepth 0 \
          -printf '%y %m %u %g %s %C@ \0%p\0%l\0' \
          \( -path "$stamps" -fprintf /dev/stderr 'units read at %T@\n' -o -path '/run/systemd/generator*' \
          \( -newermm "$stamps" ! -newermc "$stamps" -o -fprintf /dev/stderr 'units read later\n' \) \)
        case $NL$said in
        *"${NL}units read later"* | */run/systemd/generator*) ;;
        *"${NL}units read at "*) loaded=${said##*units read at } loaded=${loaded%%"$NL"*} ;;
        esac
      else
        ask paths find /proc/self/. $all $parents -maxdepth 0 -printf '%y %m %u %g %s %C@ \0%p\0%l\0'
      fi
      [ -n "$names" ] || return 0
      # Without -z a name with a backslash is escaped.
      case $names in
      *\\*) sums=$(sha256sum -z -- $names 2>/dev/null | tr '\0' '\n') ;;
      *) sums=$(sha256sum -- $names 2>/dev/null) ;;
      esac
      out=$out$sums
      mark sums 0
      set -- $sums
      # Both lists have one order, and the sums may only lack some.
      for line in $regular; do
        expected=${line%% *}
        if [ "$1" = "$expected  ${line#"$expected "}" ]; then shift; continue; fi
        path=${line#* }
        found=
        if [ "${1#*  }" = "$path" ]; then found=${1%% *}; shift; fi
        case $expected in - | "$found") continue ;; esac
        flush
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
        out=$out${found#"$key="}
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
          flush
          sha256sum <"$issuer"
          mark "issuer:$number" 0
          break
        done
      done
    }

    """#

  /// Units, packages, accounts, kernel settings, PostgreSQL and UFW.
  static let services = #"""
    # systemd's version as its library bears it in its name; empty where that is not plain.
    version() {
      set +f
      version=
      for file in /usr/lib/*-linux-gnu*/systemd/libsystemd-shared-*.so; do
        [ -f "$file" ] || continue
        version=$version${file##*/libsystemd-shared-}
      done
      set -f
      version=${version%.so}
      case $version in *.so*) version= ;; esac
    }
    ask_manager() {
      manager=Version,UnitsLoadTimestamp,UnitsLoadTimestampMonotonic,UnitsLoadStartTimestamp,UnitsLoadStartTimestampMonotonic
      rows=$(systemctl show "$stamps" -p "$manager" 2>&1) && status=0 || status=$?
      # --timestamp= came with systemd 248; without it the monotonic stamps are used.
      if [ "$status" != 0 ]; then
        stamps=--no-pager
        rows=$(systemctl show -p "$manager" 2>&1) && status=0 || status=$?
      fi
      out=$out$rows
      mark manager "$status"
      [ "$status" = 0 ] || ask version systemctl --version
      # Before 250 systemd does not say when it reloaded, but every reload makes these folders anew.
      case $rows in *UnitsLoadTimestampMonotonic=*) return 0 ;; esac
      ask generators stat -c %.6Y /run/systemd/generator /run/systemd/generator.early /run/systemd/generator.late
    }
    look_at_units() {
      stamps=--timestamp=us+utc
      version
      if [ -n "$loaded" ] && [ -n "$version" ]; then
        out="${out}Version=$version${NL}UnitsReadAt=$loaded"
        mark manager 0
      else
        ask_manager
      fi
      [ -n "$units" ] || return 0
      tell units systemctl show "$stamps" -p "Id,Names,LoadState,ActiveState,SubState,Result,UnitFileState,FragmentPath,DropInPaths,MainPID,InvocationID,NRestarts,ExecMainStartTimestamp,ExecMainStartTimestampMonotonic,ActiveEnterTimestamp,ActiveEnterTimestampMonotonic,StateChangeTimestamp,StateChangeTimestampMonotonic,StatusText,RequiredBy,BoundBy,ConsistsOf" -- $units
    }
    # `STATE NAME VERSION` of the packages asked for into $rows, from dpkg's own list, where that is all
    # that there is: dpkg-query(1) reads every field of every package. False where dpkg has to be asked:
    # there is no such list, a run of dpkg is under way or was cut off, or a paragraph looks odd.
    installed() {
      rows= status=0
      [ -r /var/lib/dpkg/status ] || return 1
      set +f
      for file in /var/lib/dpkg/updates/*; do [ ! -e "$file" ] || status=1; done
      set -f
      [ "$status" = 0 ] || return 1
      set --
      for name in $packages; do set -- "$@" -e "Package: $name"; done
      # dpkg writes Version as the 14th field at the latest, each on one line; Package is the first.
      text=$(grep -aFx -A 20 "$@" /var/lib/dpkg/status) || [ $? = 1 ] || return 1
      name= state= found=
      for line in $text$NL--; do
        case $line in
        'Package: '* | --)
          if [ -n "$name" ]; then
            [ -n "$state" ] && [ "$state$found" != installed ] || return 1
            rows="$rows$state $name $found$NL"
          fi
          name=${line#Package: } state= found=
          case $NL$packages in *"$NL$name$NL"*) ;; *) name= ;; esac ;;
        'Status: '*) state=${line##* } ;;
        'Version: '*) found=${line#Version: } ;;
        esac
      done
    }
    look_at_packages() {
      [ -n "$packages" ] || return 0
      if ! installed; then
        rows=$(dpkg-query -W -f '${db:Status-Status} ${Package} ${Version}\n' -- $packages 2>&1) && status=0 || status=$?
      fi
      out=$out$rows
      mark packages "$status"
      [ "$status" -le 1 ] || return 0
      missing=
      for name in $packages; do
        case $NL$rows in *"${NL}installed $name "*) ;; *) missing=$missing$name$NL ;; esac
      done
      [ -z "$missing" ] || ask closure apt-get -qq --no-install-recommends -s install -- $missing
    }
    look_at_accounts() {
      [ -z "$users" ] || tell users getent passwd -- $users
      [ -n "$users$groups" ] || return 0
      tell groups getent group
      [ -z "$groups" ] || tell groups getent group -- $groups
    }
    # One line: the key, `|`, its path below /proc/sys.
    look_at_sysctls() {
      for line in $sysctls; do
        path=/proc/sys/${line#*|}
        [ -e "$path" ] || continue
        first_line "$path"
        out=$out${line%%|*}=$first$NL
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
      out=$out$said
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
