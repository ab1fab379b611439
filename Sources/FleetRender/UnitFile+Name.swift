extension UnitFile {
  /// The kinds of units that a role may have, as the endings of their names.
  private static let suffixes: Set<String> = [
    "service", "socket", "timer", "path", "mount", "automount", "swap", "slice", "target",
  ]

  /// Whether `name` is the full name of a unit: at most 255 bytes of letters, digits and `:-_.\@`,
  /// with the ending of a kind of unit (systemd.unit(5)).
  ///
  /// Nothing else may become the name of a file in `/etc/systemd/system`: a `/` would leave it.
  package static func isName(_ name: String) -> Bool {
    let bytes = name.utf8
    guard let dot = bytes.lastIndex(of: 0x2E), dot > bytes.startIndex, bytes.count <= 255,
      bytes.first != 0x2D, bytes.first != 0x2E, bytes.first != 0x40,
      suffixes.contains(String(name[bytes.index(after: dot)...]))
    else { return false }
    return bytes.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
      default: ":-_.\\@".utf8.contains(byte)
      }
    }
  }

  /// What is wrong with `name`, and what to write.
  package static func notAName(_ name: String) -> String {
    "`\(name)` is no full name of a unit: letters, digits and `:-_.@`, then its kind, such as "
      + "`web.service` or `backup.timer`."
  }
}
