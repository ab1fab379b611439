/// Paths on a node.
package enum AbsolutePath {
  /// Whether `path` begins with `/`, does not end with one and has no empty, `.` or `..` part; `/`
  /// itself is one too.
  ///
  /// Decided by bytes, as the kernel does: to Swift a `/` with a combining mark behind it is another
  /// character than `/`, and `..` before it would pass.
  package static func isClean(_ path: String) -> Bool {
    guard path.utf8.first == 0x2F else { return false }
    if path.utf8.count == 1 { return true }
    let parts = path.utf8.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false)
    return parts.allSatisfy { part in
      !part.isEmpty && !part.elementsEqual([0x2E]) && !part.elementsEqual([0x2E, 0x2E])
    }
  }

  /// Whether it is clean and, printed anywhere, one word: no blank, quote, bracket or `$`.
  package static func isWord(_ path: String) -> Bool {
    isClean(path) && WordText.isPlain(path)
  }
}
