extension RuntimeScript {
  /// What is somebody else's: copies of it before it is taken over; and how we leave a machine.
  static let ownership = #"""
    # The newest copy has the path's own name below `adopted`; older ones have `.~1~` behind.
    keep_copy() { # PATH
      [ -e "$1" ] || [ -L "$1" ] || return 0
      if [ -d "$1" ] && [ ! -L "$1" ]; then fail "$1 is a folder"; return 1; fi
      copy=$state/adopted$1
      mkdir -p -m 0700 -- "$state/adopted" "${copy%/*}" || return 1
      if [ -f "$copy" ] && [ ! -L "$1" ] && cmp -s -- "$1" "$copy"; then return 0; fi
      cp -aT --backup=numbered -- "$1" "$copy" || return 1
      [ -L "$copy" ] || sync "$copy"
      sync "${copy%/*}"
    }
    purge_folder() { # PATH
      check_parents "$1" || return 1
      case $1/ in
      /usr/* | /bin/* | /sbin/* | /lib* | /boot/* | /dev/* | /proc/* | /sys/* | /run/* | /root/ | /home/ | /etc/ | \
        /var/lib/ | /var/log/ | /var/cache/ | /var/spool/ | /etc/ssh/ | /etc/systemd/* | /var/lib/dpkg/* | /var/lib/fleetctl/*)
        fail "$1 belongs to the system; it is not deleted whole"
        return 1 ;;
      /*/*/*) ;;
      *) fail "$1 is too high up to be deleted whole"; return 1 ;;
      esac
      if [ -L "$1" ]; then fail "$1 is a symbolic link"; return 1; fi
      [ -d "$1" ] || return 0
      rm -rf --one-file-system --preserve-root=all -- "$1" && sync "${1%/*}"
    }
    # The machine is nobody's again: our units and records go; what was kept of others' stays.
    leave_machine() {
      if ! lock_is_ours; then mark state:fenced 0; return; fi
      if [ -s "$state/pending" ] || [ -s "$state/frozen" ]; then mark state:busy 0; return; fi
      units=/etc/systemd/system
      systemctl disable --quiet fleetctl-recover.service >/dev/null 2>&1 || :
      systemctl stop 'fleetctl-watchdog@*.service' >/dev/null 2>&1 || :
      rm -f -- "$units/fleetctl-watchdog@.service" "$units/fleetctl-recover.service" \
        "$units/sysinit.target.wants/fleetctl-recover.service" && systemctl daemon-reload || { mark state:failed 0; return; }
      if [ -d "$state/adopted" ]; then
        find "$state" -mindepth 1 -maxdepth 1 ! -name adopted -exec rm -rf -- {} +
        printf '%s' "$state/adopted"
      else
        rm -rf -- "$state"
      fi
      rm -f "$run/lock"
      mark left 0
    }

    """#
}
