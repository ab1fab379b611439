import Glibc

/// The `%` tokens of ssh_config(5), section TOKENS.
struct ConfigTokens {
  let account: LocalAccount
  /// The name as given.
  let name: String
  /// The host that is connected to.
  var host: String
  var port: Int
  var user: String
  var hostKeyAlias: String?

  /// Why a text cannot be expanded.
  struct Unknown: Error, Hashable {
    let token: String
  }

  /// Expands the tokens of a path such as `IdentityFile`, `${NAME}` and a leading `~`.
  func path(_ text: String) throws(Unknown) -> String {
    let expanded = try variables(try tokens(text, "%CdhikLlnpru"))
    if expanded == "~" { return account.home }
    if expanded.hasPrefix("~/") { return account.home + expanded.dropFirst() }
    guard expanded.first == "~" else { return expanded }
    throw Unknown(token: String(expanded.prefix { $0 != "/" }))
  }

  /// Expands the tokens of `ProxyCommand` and `ProxyJump`.
  func proxy(_ text: String) throws(Unknown) -> String {
    try tokens(text, "%hnpr")
  }

  /// Expands the tokens of `HostName`.
  func hostName(_ text: String) throws(Unknown) -> String {
    try tokens(text, "%h")
  }

  private func tokens(_ text: String, _ allowed: String) throws(Unknown) -> String {
    var result = ""
    var rest = Substring(text)
    while let percent = rest.firstIndex(of: "%") {
      result += rest[..<percent]
      rest = rest[rest.index(after: percent)...]
      guard let letter = rest.popFirst(), allowed.contains(letter), let value = value(of: letter)
      else { throw Unknown(token: "%" + String(text[percent...].dropFirst().prefix(1))) }
      result += value
    }
    return result + rest
  }

  private func value(of token: Character) -> String? {
    switch token {
    case "%": "%"
    case "d": account.home
    case "h": host
    case "i": String(account.number)
    case "k": hostKeyAlias ?? host
    case "L": String(account.machine.prefix { $0 != "." })
    case "l": account.machine
    case "n": name
    case "p": String(port)
    case "r": user
    case "u": account.name
    // %C is a digest whose recipe changed between releases of OpenSSH.
    default: nil
    }
  }

  private func variables(_ text: String) throws(Unknown) -> String {
    var result = ""
    var rest = Substring(text)
    while let start = rest.firstRange(of: "${") {
      result += rest[..<start.lowerBound]
      rest = rest[start.upperBound...]
      guard let end = rest.firstIndex(of: "}"), let value = getenv(String(rest[..<end])) else {
        throw Unknown(token: "${" + rest.prefix { $0 != "}" } + "}")
      }
      result += String(cString: value)
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }
}
