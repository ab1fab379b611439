/// A jump host as ssh(1) `-J` takes it: `[user@]host[:port]`.
package struct JumpHost: Hashable, Sendable {
  /// Login user, nil where ssh_config decides.
  package var user: String?
  /// The name that is looked up in ssh_config; IPv6 without brackets.
  package var host: String
  /// Port, nil where ssh_config decides.
  package var port: Int?

  /// What `init(_:)` wants, for messages.
  package static let form = "`[user@]host[:port]`, such as `bastion` or `ops@10.0.0.1:2222`"

  /// Reads `[user@]host[:port]`, an IPv6 address in brackets where a port follows; nil when it is
  /// none.
  ///
  /// `ssh://` may stand before it. Nothing that begins with `-` or holds blanks, quotes or control
  /// characters is accepted, because it becomes an argument of `ssh`.
  package init?(_ text: String) {
    var rest = text.hasPrefix("ssh://") ? text.dropFirst(6) : text[...]
    if let at = rest.lastIndex(of: "@") {
      guard let name = Self.word(rest[..<at]) else { return nil }
      user = name
      rest = rest[rest.index(after: at)...]
    }
    var port: Substring?
    if rest.first == "[", let end = rest.firstIndex(of: "]") {
      let after = rest[rest.index(after: end)...]
      guard after.isEmpty || after.first == ":" else { return nil }
      port = after.isEmpty ? nil : after.dropFirst()
      rest = rest[rest.index(after: rest.startIndex)..<end]
    } else if let colon = rest.lastIndex(of: ":"), rest.firstIndex(of: ":") == colon {
      port = rest[rest.index(after: colon)...]
      rest = rest[..<colon]
    }
    if let port {
      guard let number = Int(port), (1...65_535).contains(number), port.utf8.count <= 5,
        port.utf8.allSatisfy({ (0x30...0x39).contains($0) })
      else { return nil }
      self.port = number
    }
    guard let host = Self.word(rest) else { return nil }
    self.host = host
  }

  /// Whether `name` may be an argument that `ssh` looks up: no option, nothing that a shell reads.
  package static func isName(_ name: some StringProtocol) -> Bool {
    guard let first = name.utf8.first, first != UInt8(ascii: "-"), name.utf8.count <= 253 else {
      return false
    }
    return name.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
      case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"): true
      default: byte >= 0x80
      }
    }
  }

  private static func word(_ text: Substring) -> String? {
    isName(text) ? String(text) : nil
  }
}
