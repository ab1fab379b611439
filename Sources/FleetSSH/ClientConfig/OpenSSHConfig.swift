import FleetTransport
import Glibc

/// Asks `ssh -G`, the one authority on what ssh_config means.
struct OpenSSHConfig {
  /// Path of `ssh`.
  let program: String
  let account: LocalAccount

  /// The command that answers `query`.
  func command(_ query: ConfigQuery) -> [String] {
    var words = [program, "-G"]
    switch query.source {
    case .standard: break
    case .none: words += ["-F", "none"]
    case .file(let path): words += ["-F", path]
    }
    if let user = query.user { words += ["-l", user] }
    if let port = query.port { words += ["-p", String(port)] }
    return words + ["--", query.name]
  }

  /// Reads the answer to `query`.
  ///
  /// `defaults` are the lines that ssh answers when no file says anything: it does not tell that from a
  /// configuration that says the same, and neither do we.
  func read(
    _ outcome: ChildBatch.Outcome,
    to query: ConfigQuery,
    defaults: [Line]
  ) -> Result<ClientConfig, ConfigFailure> {
    guard outcome.status == 0 else { return .failure(refusal(outcome, query)) }
    let lines = Self.lines(outcome.output)
    func last(_ key: String) -> String? { lines.last { $0.key == key }?.value }
    if let file = last("revokedhostkeys"), file != "none" {
      return .failure(ConfigFailure(revokedHostKeys: file, of: query.name))
    }
    let host = last("hostname") ?? query.name
    let port = last("port").flatMap { Int($0) } ?? 22
    let user = last("user") ?? account.name
    let alias = last("hostkeyalias")
    let tokens = ConfigTokens(
      account: account,
      name: query.name,
      host: host,
      port: port,
      user: user,
      hostKeyAlias: alias
    )
    let written = Self.identities(in: lines)
    let command = last("proxycommand").flatMap { $0 == "none" ? nil : $0 }
    do {
      var config = ClientConfig(
        hostName: host,
        user: user == account.name ? nil : user,
        port: port,
        identityFiles: try Self.identities(written, Self.identities(in: defaults), tokens),
        userKnownHosts: Self.paths(last("userknownhostsfile") ?? ""),
        globalKnownHosts: Self.paths(last("globalknownhostsfile") ?? "")
      )
      config.identityAgent = try Self.agent(last("identityagent"), tokens)
      config.hashesKnownHosts = last("hashknownhosts") == "yes"
      config.identitiesOnly = last("identitiesonly") == "yes"
      config.proxyJump = last("proxyjump").flatMap { $0 == "none" ? nil : $0 }
      config.proxyCommand = try command.map { word throws(ConfigTokens.Unknown) in
        try tokens.proxy(word)
      }
      config.hostKeyAlias = alias
      config.sshOptions = try Self.options(lines, defaults, tokens)
      config.connectTimeout = last("connecttimeout").flatMap { Int($0) }
      return .success(config)
    } catch {
      return .failure(.init(token: error.token, name: query.name))
    }
  }

  /// What is left to `ssh`: these settings, where they are not its defaults.
  static let leftToSSH = [
    "addressfamily": "AddressFamily", "bindaddress": "BindAddress",
    "bindinterface": "BindInterface", "certificatefile": "CertificateFile", "ciphers": "Ciphers",
    "macs": "MACs", "kexalgorithms": "KexAlgorithms", "hostkeyalgorithms": "HostKeyAlgorithms",
    "pubkeyacceptedalgorithms": "PubkeyAcceptedAlgorithms",
    "casignaturealgorithms": "CASignatureAlgorithms",
  ]

  private static func options(
    _ lines: [Line],
    _ defaults: [Line],
    _ tokens: ConfigTokens
  ) throws(ConfigTokens.Unknown) -> [String] {
    var options: [String] = []
    for line in lines {
      guard let key = leftToSSH[line.key], line.value != "none",
        !defaults.contains(line)
      else { continue }
      switch key {
      case "CertificateFile":
        options.append("\(key)=\(SSHOption.path(try tokens.path(line.value)))")
      // An address is of the family that it is of.
      case "AddressFamily" where isNumeric(tokens.host, line.value): continue
      default: options.append("\(key)=\(line.value)")
      }
    }
    return options
  }

  private static func isNumeric(_ host: String, _ family: String) -> Bool {
    Resolver.numeric(host, port: 22) != nil && family == (host.contains(":") ? "inet6" : "inet")
  }

  private static func identities(in lines: [Line]) -> [String] {
    lines.filter { $0.key == "identityfile" }.map(\.value)
  }

  /// Expands key files; nil for `none` alone, empty for the defaults.
  static func identities(
    _ written: [String],
    _ defaults: [String],
    _ tokens: ConfigTokens
  ) throws(ConfigTokens.Unknown) -> [String]? {
    if written == defaults { return [] }
    if written.allSatisfy({ $0 == "none" }) { return nil }
    var files: [String] = []
    for path in written where path != "none" { files.append(try tokens.path(path)) }
    return files
  }

  /// What `IdentityAgent` means: nil for `SSH_AUTH_SOCK`, empty for none, `$NAME` a variable.
  ///
  /// A variable that is not set is no agent, to ssh(1) as well; `${NAME}` in a path is an error then.
  static func agent(
    _ text: String?,
    _ tokens: ConfigTokens
  ) throws(ConfigTokens.Unknown) -> String? {
    guard let text, text != "SSH_AUTH_SOCK" else { return nil }
    if text == "none" { return "" }
    guard text.first == "$", !text.hasPrefix("${") else { return try tokens.path(text) }
    return getenv(String(text.dropFirst())).map { String(cString: $0) } ?? ""
  }

  /// Splits a list of files: ssh prints it without quotes, so that a blank before `/` or `~` divides.
  static func paths(_ text: String) -> [String] {
    var paths: [String] = []
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      if let last = paths.last, last.hasPrefix("/"), !word.hasPrefix("/"), !word.hasPrefix("~") {
        paths[paths.count - 1] = last + " " + word
      } else if !word.isEmpty {
        paths.append(String(word))
      }
    }
    return paths.filter { $0 != "none" }
  }

  /// A line of an answer: the name of a setting in lower case, and its value.
  struct Line: Equatable, Sendable {
    let key: String
    let value: String
  }

  /// The lines of an answer.
  ///
  /// Split as bytes: as characters the hundred lines of a host took millions of instructions, and `\r\n` is one.
  static func lines(_ output: [UInt8]) -> [Line] {
    output.split(separator: UInt8(ascii: "\n")).compactMap { line in
      guard let blank = line.firstIndex(of: UInt8(ascii: " ")) else { return nil }
      return Line(
        key: String(decoding: line[..<blank], as: UTF8.self),
        value: String(decoding: line[(blank + 1)...], as: UTF8.self)
      )
    }
  }

  private func refusal(_ outcome: ChildBatch.Outcome, _ query: ConfigQuery) -> ConfigFailure {
    guard let status = outcome.status else {
      return ConfigFailure(
        message: "`ssh -G \(query.name)` gave no answer: "
          + (outcome.errors.isEmpty ? "its time was up" : PrintableText.line(outcome.errors)),
        remedy: "Run it yourself. A `Match exec` that waits is a common reason."
      )
    }
    return ConfigFailure(
      message: "ssh refuses its configuration for \(query.name) (status \(status)): "
        + PrintableText.line(outcome.errors),
      remedy: "Mend the file, or name another one with `ssh: {config: FILE}`, or none with"
        + " `ssh: {config: none}`."
    )
  }
}

extension ConfigFailure {
  /// A text with a token that cannot be expanded.
  init(token: String, name: String) {
    self.init(
      message: "ssh_config uses `\(token)` for \(name), which fleetctl cannot expand there",
      remedy: "Write the value itself, or give it in fleet.yaml's `ssh:`."
    )
  }
}
