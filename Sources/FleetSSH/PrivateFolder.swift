import Glibc
import Synchronization

/// A folder of this user alone for control sockets; it goes with the last reference, with all in it.
final class PrivateFolder: Sendable {
  /// Its path; short, because a socket's path has at most 107 bytes.
  let path: String
  private let count = Mutex(0)

  /// Makes `/tmp/fleetctl-` with `purpose` and random letters (mode 0700); nil with `errno` when that fails.
  init?(_ purpose: String = "") {
    var template = Array("/tmp/fleetctl-\(purpose)XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { return nil }
    path = String(cString: made)
  }

  deinit {
    remove()
  }

  /// A path in it that was not given before.
  func nextPath() -> String {
    let number = count.withLock { count in
      count += 1
      return count
    }
    return "\(path)/\(number)"
  }

  /// Removes it and what lies in it.
  func remove() {
    if let directory = opendir(path) {
      while let entry = readdir(directory) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) {
          String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        // "." and ".." are folders, which unlink(2) refuses.
        unlink("\(path)/\(name)")
      }
      closedir(directory)
    }
    rmdir(path)
  }
}
