extension RuntimeScript {
  /// What is somebody else's: copies of it before it is taken over.
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

    """#
}
