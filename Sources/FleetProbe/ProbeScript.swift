/// The script that looks at a node: constant, POSIX sh, at most one process per kind of question.
///
/// It reads one frame of lines (`TAG VALUE`, see `ProbeRequest.lines`) and prints sections: the payload,
/// then a line `@@NONCE NAME STATUS`. The last is `end` with the number of sections before it. Values are
/// only ever quoted words and list members split at newlines with globbing off.
package enum ProbeScript {
  /// The version of the conversation; raise it when sections change their meaning.
  package static let version = 1

  /// Text of the script; all functions until the last line, so that a cut one does nothing.
  package static let text = head + system + files + services + origins + last

  /// The text as it is sent.
  static let bytes = Array(text.utf8)

  private static let head = #"""
    mark() {
      printf '\n@@%s %s %s\n' "$nonce" "$1" "$2"
      sections=$((sections + 1))
    }
    # ask NAME COMMAND...: its output as section NAME, what it said on standard error as NAME.err.
    ask() {
      asked=$1
      shift
      { said=$("$@" 2>&1 >&3 3>&-) && status=0 || status=$?; } 3>&1
      mark "$asked" "$status"
      [ -z "$said" ] || { printf '%s' "$said"; mark "$asked.err" 0; }
    }
    begin() {
      PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
      export PATH LC_ALL
      cd /
      NL='
    '
      set -f
      sections=0 package_files= past=
      IFS= read -r length || return 1
      request=$(head -c "$length")
      IFS=$NL
      for line in $request; do
        value=${line#??}
        case $line in
        'n '*) nonce=$value ;;
        'p '*) paths=$paths$value$NL ;;
        'u '*) units=$units$value$NL ;;
        'k '*) packages=$packages$value$NL ;;
        'U '*) users=$users$value$NL ;;
        'g '*) groups=$groups$value$NL ;;
        's '*) sysctls=$sysctls$value$NL ;;
        'S '*) secrets=$secrets$value$NL ;;
        'C '*) certificates=$certificates$value$NL ;;
        'A '*) authority=$value ;;
        'Q '*) postgres=1 ;;
        'F '*) firewall=1 ;;
        'f '*) package_files=$package_files$value$NL ;;
        'H '*) past=1 ;;
        esac
      done
      mark begin 0
    }
    first_line() { first=; [ ! -r "$1" ] || IFS= read -r first <"$1" || :; }

    """#

  private static let system = #"""
    os_release() {
      for file in /etc/os-release /usr/lib/os-release; do
        [ -r "$file" ] || continue
        while IFS= read -r line; do
          case $line in ID=* | VERSION_ID=*) printf 'os_%s\n' "$line" ;; esac
        done <"$file"
        return
      done
    }
    # The environment of the login shell has SSH_CONNECTION; sudo drops it, its own process keeps it.
    client() {
      if [ -n "$SSH_CONNECTION" ]; then printf 'client=%s\n' "$SSH_CONNECTION"; return; fi
      process=$PPID environs=
      for step in 1 2 3 4 5 6 7 8; do
        [ "${process:-0}" -gt 1 ] || break
        environs=$environs/proc/$process/environ$NL
        first_line "/proc/$process/stat"
        rest=${first##*) }
        rest=${rest#* }
        process=${rest%% *}
      done
      [ -z "$environs" ] || grep -azhs '^SSH_CONNECTION=' $environs | tr '\0' '\n'
    }
    facts() {
      os_release
      first_line /proc/sys/kernel/osrelease; printf 'kernel=%s\n' "$first"
      first_line /proc/sys/kernel/hostname; printf 'hostname=%s\n' "$first"
      first_line /etc/machine-id; printf 'machine_id=%s\n' "$first"
      first_line /var/lib/fleetctl/node-id; printf 'node_id=%s\n' "$first"
      first_line /proc/sys/kernel/random/boot_id; printf 'boot_id=%s\n' "$first"
      first_line /proc/meminfo; printf 'memory=%s\n' "$first"
      first_line /proc/uptime; printf 'uptime=%s\n' "$first"
      printf 'machine=%s\n' "$(uname -m)"
      printf 'disk=%s\n' "$(stat -f -c '%a %S' /)"
      client
      printf 'clock=%s\n' "$(date +%s%6N)"
    }
    interpreters() {
      set +f
      for file in /usr/local/bin/python3* /usr/bin/python3* /usr/local/bin/node /usr/bin/node /usr/bin/nodejs /usr/local/bin/ansible /usr/bin/ansible; do
        case ${file##*/} in
        python3 | python3.[0-9] | python3.[0-9][0-9] | node | nodejs | ansible)
          [ ! -x "$file" ] || printf 'program=%s\n' "$file" ;;
        esac
      done
      set -f
    }
    # Private keys that logins of this machine admit. The folders are their users': only plain files with
    # plain names are opened, and only so many.
    doors() {
      set +f
      admitted= left=64
      for file in /root/.ssh/authorized_keys /home/*/.ssh/authorized_keys; do
        [ ! -f "$file" ] || admitted=$admitted$file$NL
      done
      for file in ${admitted:+/root/.ssh/*} ${admitted:+/home/*/.ssh/*}; do
        [ "$left" -gt 0 ] || break
        left=$((left - 1))
        case $file in *[!A-Za-z0-9._/@+-]* | *.pub | */authorized_keys | */known_hosts*) continue ;; esac
        [ -f "$file" ] || continue
        first_line "$file"
        case $first in '-----BEGIN '*'PRIVATE KEY-----') ;; *) continue ;; esac
        first=
        [ ! -f "$file.pub" ] || first_line "$file.pub"
        # Through a pipe, since ssh-keygen reads no file that others may read.
        [ -n "$first" ] || first=$(head -c 20000 "$file" | ssh-keygen -y -P '' -f /dev/stdin 2>/dev/null)
        first=${first#* }
        first=${first%% *}
        [ -n "$first" ] || continue
        set -f
        if grep -qsF -e "$first" -- $admitted; then printf 'door=%s\n' "$file"; fi
        set +f
      done
      set -f
    }
    devices() {
      set +f
      for file in /sys/bus/pci/devices/*/class; do
        first_line "$file"
        case $first in
        0x0300* | 0x0302* | 0x1200*)
          class=$first
          file=${file%/class}
          first_line "$file/vendor"; vendor=$first
          first_line "$file/device"
          printf 'pci=%s %s %s %s\n' "${file##*/}" "$class" "$vendor" "$first" ;;
        esac
      done
      for file in /dev/nvidia[0-9]* /dev/accel[0-9]* /dev/accel/accel* /dev/dri/renderD* /dev/dxg; do
        [ ! -e "$file" ] || printf 'device=%s\n' "$file"
      done
      set -f
      for file in /usr/bin/nvidia-smi /usr/local/bin/nvidia-smi /usr/lib/wsl/lib/nvidia-smi; do
        [ -x "$file" ] || continue
        timeout 10 "$file" -L 2>/dev/null
        break
      done
    }
    listeners() {
      sockets=$(ss -H -ltunp 2>&1) && status=0 || status=$?
      printf '%s' "$sockets"
      mark listeners "$status"
      groups_of=
      for line in $sockets; do
        case $line in *,pid=*) ;; *) continue ;; esac
        rest=${line#*,pid=}
        file=/proc/${rest%%[!0-9]*}/cgroup
        case $NL$groups_of in *"$NL$file$NL"*) ;; *) groups_of=$groups_of$file$NL ;; esac
      done
      [ -z "$groups_of" ] || grep -sHE '^(0::|[0-9]+:name=systemd:)' $groups_of
      mark cgroups 0
    }
    own_records() {
      if [ -e /var/lib/fleetctl/manifest.json ]; then
        ask manifest cat /var/lib/fleetctl/manifest.json
      fi
      if [ -e /run/fleetctl/lock ]; then ask lock cat /run/fleetctl/lock; fi
    }

    """#

  private static let last = #"""
    look() {
      facts; interpreters; doors; mark system 0
      devices; mark devices 0
      look_at_paths
      look_at_units
      listeners
      look_at_packages
      look_at_accounts
      look_at_sysctls
      look_at_secrets
      look_at_certificates
      [ -z "$authority" ] || ask authority cat "$authority/ca-cert.pem"
      [ -z "$postgres" ] || look_at_postgres
      [ -z "$firewall" ] || look_at_firewall
      [ -z "$package_files" ] || look_at_package_files
      [ -z "$past" ] || look_at_past
      own_records
    }
    probe() {
      begin || return 1
      look </dev/null
      printf '\n@@%s end %s\n' "$nonce" "$sections"
    }
    probe
    """#
}
