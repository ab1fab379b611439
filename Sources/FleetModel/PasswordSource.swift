/// Where a password comes from; the password itself never stands in a file of the fleet.
package enum PasswordSource: Hashable, Sendable, CustomStringConvertible {
  /// A variable of the operator's environment.
  case env(String)
  /// The first line of a file that only the operator can read.
  case file(String)
  /// The first line that a shell command prints, of a password manager for instance.
  case command(String)
  /// Asked for on the terminal, once for all nodes with the same user.
  case prompt

  /// What `init(_:)` wants, for messages.
  package static let form =
    "`prompt`, `env:NAME`, `file:PATH` or `command:SHELL COMMAND`, never the password itself"

  /// Reads `prompt`, `env:NAME`, `file:PATH` or `command:TEXT`; nil when it is none.
  package init?(_ text: String) {
    if text == "prompt" {
      self = .prompt
      return
    }
    guard let colon = text.firstIndex(of: ":"), text.utf8.count <= 4096,
      !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
    else { return nil }
    let value = String(text[text.index(after: colon)...])
    guard value.contains(where: { $0 != " " }) else { return nil }
    switch text[..<colon] {
    case "env":
      guard Self.isVariable(value) else { return nil }
      self = .env(value)
    case "file": self = .file(value)
    case "command": self = .command(value)
    default: return nil
    }
  }

  private static func isVariable(_ name: String) -> Bool {
    name.utf8.first.map { !(0x30...0x39).contains($0) } ?? false
      && name.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
          || $0 == 0x5F
      }
  }

  /// As it is written in fleet.yaml.
  package var description: String {
    switch self {
    case .env(let name): "env:\(name)"
    case .file(let path): "file:\(path)"
    case .command(let text): "command:\(text)"
    case .prompt: "prompt"
    }
  }
}
