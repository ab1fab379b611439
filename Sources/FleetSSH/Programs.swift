import Glibc

/// Programs of this machine.
package enum Programs {
  /// The first executable `name` in the absolute folders of `PATH`; nil when there is none.
  ///
  /// A relative folder is passed over: what runs must not depend on where fleetctl was started.
  package static func find(_ name: String) -> String? {
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
    for folder in path.split(separator: ":") where folder.first == "/" {
      let candidate = "\(folder)/\(name)"
      if access(candidate, X_OK) == 0 { return candidate }
    }
    return nil
  }
}
