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

  /// The text as it is sent: without comments and indentation, a quarter less to send and to parse.
  static let bytes = Array(
    text.split(separator: "\n").map { $0.drop { $0 == " " } }.filter { !$0.hasPrefix("#") }
      .joined(separator: "\n").utf8
  )

  private static let head = #"""
    # What the script itself says waits in $out for the next program that prints: every write wakes sshd.
    flush() { printf '%s' "$out"; out=; }
    mark() {
      out="$out$NL@@$nonce $1 $2$NL"
      sections=$((sections + 1))
    }
    # ask NAME COMMAND...: its output as section NAME, what it said on standard error as NAME.err.
    ask() {
      asked=$1
      shift
      flush
      { said=$("$@" 2>&1 >&3 3>&-) && status=0 || status=$?; } 3>&1
      mark "$asked" "$status"
      [ -z "$said" ] || { out=$out$said; mark "$asked.err" 0; }
    }
    # tell NAME COMMAND...: the same without a subshell, for what is cheap and hardly ever fails: only then it
    # runs once more to hear why.
    tell() {
      asked=$1
      shift
      flush
      "$@" 2>/dev/null && status=0 || status=$?
      mark "$asked" "$status"
      [ "$status" != 0 ] || return 0
      said=$("$@" 2>&1 >/dev/null) || :
      [ -z "$said" ] || { out=$out$said; mark "$asked.err" 0; }
    }
    take() {
      value=${1#??}
      case $1 in
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
    }
    begin() {
      PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
      export PATH LC_ALL
      cd /
      NL='
    '
      set -f
      blanks=$IFS
      sections=0 package_files= past= loaded= out=
      IFS= read -r length || return 1
      # A shell reads lines byte by byte: up to here that costs less than head(1).
      if [ "$length" -lt 2500 ]; then
        while IFS= read -r line && [ "$line" != E ]; do take "$line"; done
        IFS=$NL
      else
        request=$(head -c "$length")
        IFS=$NL
        for line in $request; do take "$line"; done
      fi
      mark begin 0
    }
    first_line() { first=; [ ! -r "$1" ] || IFS= read -r first <"$1" || :; }

    """#

  private static let system = #"""
    os_release() {
      for file in /etc/os-release /usr/lib/os-release; do
        [ -r "$file" ] || continue
        while IFS= read -r line; do
          case $line in ID=* | VERSION_ID=*) out=${out}os_$line$NL ;; esac
        done <"$file"
        return
      done
    }
    # The kernel says it since 6.1; what a personality such as linux32 makes of it only uname(1) knows.
    machine() {
      first_line /proc/self/personality; text=$first
      first_line /proc/sys/kernel/arch
      case $text in
      ??????00) ;;
      *) first= ;;
      esac
      [ -n "$first" ] || first=$(uname -m)
      out=${out}machine=$first$NL
    }
    # The environment of the login shell has SSH_CONNECTION; sudo drops it, its own process keeps it.
    client() {
      if [ -n "$SSH_CONNECTION" ]; then out=${out}client=$SSH_CONNECTION$NL; return; fi
      # As a rule the parent is sudo. read(1) drops the NUL between two variables; where the name is there
      # once, what follows up to the first space is the address.
      text= row= found=
      if [ -r "/proc/$PPID/environ" ]; then
        while IFS= read -r line || [ -n "$line" ]; do text=$text$line$NL; done <"/proc/$PPID/environ"
      fi
      IFS==
      for line in $text; do
        case $row in *SSH_CONNECTION) found=$found${line%% *}$NL ;; esac
        row=$line
      done
      IFS=$NL
      found=${found%"$NL"}
      case $found in
      '' | *[!A-Za-z0-9.:%_-]*) ;;
      *) out=${out}client=$found$NL; return ;;
      esac
      process=$PPID environs=
      for step in 1 2 3 4 5 6 7 8; do
        [ "${process:-0}" -gt 1 ] || break
        environs=$environs/proc/$process/environ$NL
        first_line "/proc/$process/stat"
        rest=${first##*) }
        rest=${rest#* }
        process=${rest%% *}
      done
      [ -z "$environs" ] || { flush; grep -azhs '^SSH_CONNECTION=' $environs; }
    }
    facts() {
      os_release
      first_line /proc/sys/kernel/osrelease; out=${out}kernel=$first$NL
      first_line /proc/sys/kernel/hostname; out=${out}hostname=$first$NL
      first_line /etc/machine-id; out=${out}machine_id=$first$NL
      first_line /var/lib/fleetctl/node-id; out=${out}node_id=$first$NL
      first_line /proc/sys/kernel/random/boot_id; out=${out}boot_id=$first$NL
      first_line /proc/meminfo; out=${out}memory=$first$NL
      machine
      client
      flush
      stat -f -c 'disk=%a %S' /
    }
    # Two clocks at one moment. With paths to look at find(1) brings the second: the folder of its own process
    # is as old as its first look there.
    uptime() { first_line /proc/uptime; out=${out}uptime=$first$NL; }
    clock() {
      uptime
      flush
      date +clock=%s%6N
    }
    interpreters() {
      set +f
      for file in /usr/local/bin/python3* /usr/bin/python3* /usr/local/bin/node /usr/bin/node /usr/bin/nodejs /usr/local/bin/ansible /usr/bin/ansible; do
        case ${file##*/} in
        python3 | python3.[0-9] | python3.[0-9][0-9] | node | nodejs | ansible)
          [ ! -x "$file" ] || out=${out}program=$file$NL ;;
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
        if grep -qsF -e "$first" -- $admitted; then out=${out}door=$file$NL; fi
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
          out="${out}pci=${file##*/} $class $vendor $first$NL" ;;
        esac
      done
      for file in /dev/nvidia[0-9]* /dev/accel[0-9]* /dev/accel/accel* /dev/dri/renderD* /dev/dxg; do
        [ ! -e "$file" ] || out=${out}device=$file$NL
      done
      set -f
      for file in /usr/bin/nvidia-smi /usr/local/bin/nvidia-smi /usr/lib/wsl/lib/nvidia-smi; do
        [ -x "$file" ] || continue
        flush
        timeout 10 "$file" -L 2>/dev/null
        break
      done
    }
    listeners() {
      sockets=$(ss -H -ltunp 2>&1) && status=0 || status=$?
      out=$out$sockets
      mark listeners "$status"
      groups_of= text=
      for line in $sockets; do
        case $line in *,pid=*) ;; *) continue ;; esac
        rest=${line#*,pid=}
        file=/proc/${rest%%[!0-9]*}/cgroup
        case $NL$groups_of in *"$NL$file$NL"*) continue ;; esac
        groups_of=$groups_of$file$NL
        # The process may be gone.
        [ ! -r "$file" ] || while IFS= read -r row; do
          case $row in 0::* | *:name=systemd:*) text=$text$file:$row$NL ;; esac
        done <"$file"
      done
      out=$out$text
      mark cgroups 0
    }
    # Whether accounts are two files and nothing else.
    accounts_are_files() {
      [ -n "$users$groups" ] && [ -r /etc/nsswitch.conf ] || return 1
      text=
      while IFS=$blanks read -r key value; do
        case $key in passwd:* | group:*) text=$text$key$value$NL ;; esac
      done </etc/nsswitch.conf
      case $text in
      "passwd:files${NL}group:files$NL" | "group:files${NL}passwd:files$NL") ;;
      *) return 1 ;;
      esac
    }
    # One cat(1) for accounts and manifest: section `parts`, with a line that names it behind each part. False
    # where that did not work: then everything is asked for again.
    records_at_once() {
      accounts_are_files || return 1
      set --
      [ ! -e /var/lib/fleetctl/manifest.json ] || set -- /var/lib/fleetctl/manifest.json /dev/fd/5
      part="$NL@@$nonce+"
      flush
      cat /etc/passwd /dev/fd/3 /etc/group /dev/fd/4 "$@" 2>/dev/null 3<<USERS 4<<GROUPS 5<<MANIFEST && status=0 || status=$?
    ${part}users
    USERS
    ${part}groups
    GROUPS
    ${part}manifest
    MANIFEST
      mark parts "$status"
      return "$status"
    }
    records() {
      if ! records_at_once; then
        look_at_accounts
        if [ -e /var/lib/fleetctl/manifest.json ]; then
          tell manifest cat /var/lib/fleetctl/manifest.json
        fi
      fi
      if [ -e /run/fleetctl/lock ]; then tell lock cat /run/fleetctl/lock; fi
    }

    """#

  private static let last = #"""
    look() {
      interpreters; doors; facts
      [ -n "$paths" ] || clock
      mark system 0
      devices; mark devices 0
      look_at_paths
      look_at_units
      listeners
      look_at_packages
      look_at_sysctls
      look_at_secrets
      look_at_certificates
      [ -z "$authority" ] || ask authority cat "$authority/ca-cert.pem"
      [ -z "$postgres" ] || look_at_postgres
      [ -z "$firewall" ] || look_at_firewall
      [ -z "$package_files" ] || look_at_package_files
      [ -z "$past" ] || look_at_past
      records
      out="$out$NL@@$nonce end $sections$NL"
      flush
    }
    probe() {
      begin || return 1
      look </dev/null
    }
    probe
    """#
}
