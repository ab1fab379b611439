import FleetTransport

/// A reader of a subset of ssh_config(5), for machines without OpenSSH.
///
/// Known: `Host` with patterns and negation, `Match all`, `Include` with globs, quotes, and the keys of
/// `ClientConfig`; the first value wins, `IdentityFile` adds up. Other keys are skipped. What would
/// change the meaning and is not known (`Match` with conditions, `CanonicalizeHostname`) is refused.
struct ConfigFile {
  let account: LocalAccount
  /// Contents of the file at a path; nil when there is none.
  let read: (String) -> [UInt8]?
  /// Paths that match a pattern of glob(7), sorted.
  let glob: (String) -> [String]

  /// The first values found, by key in lower case.
  private struct Values {
    var single: [String: String] = [:]
    var several: [String: [String]] = [:]
    var identities: [String] = []
  }

  private struct Walk {
    let name: String
    var values = Values()
  }

  /// The folder that relative includes of a file refer to.
  private struct Place {
    let folder: String
    let depth: Int
    /// Nothing in it can apply, because the line that includes it does not.
    let isDead: Bool
  }

  /// Looks `query` up.
  func look(up query: ConfigQuery) -> Result<ClientConfig, ConfigFailure> {
    var walk = Walk(name: query.name)
    if let user = query.user { walk.values.single["user"] = user }
    if let port = query.port { walk.values.single["port"] = String(port) }
    let user = account.home + "/.ssh"
    let files: [(path: String, folder: String)] =
      switch query.source {
      case .none: []
      case .standard: [(user + "/config", user), ("/etc/ssh/ssh_config", "/etc/ssh")]
      case .file(let path): [(path, user)]
      }
    do {
      for file in files {
        guard let bytes = read(file.path) else {
          if case .file = query.source {
            throw ConfigFailure(
              message: "cannot read the file \(file.path)",
              remedy: "Name an existing file in `ssh: {config: FILE}`."
            )
          }
          continue
        }
        try text(bytes, file.path, Place(folder: file.folder, depth: 0, isDead: false), &walk)
      }
      return .success(try result(walk, query))
    } catch let failure as ConfigFailure {
      return .failure(failure)
    } catch {
      return .failure(ConfigFailure(message: "\(error)", remedy: ""))
    }
  }

  // MARK: Lines

  private func text(
    _ bytes: [UInt8],
    _ path: String,
    _ place: Place,
    _ walk: inout Walk
  ) throws(ConfigFailure) {
    var isActive = !place.isDead
    var number = 0
    for raw in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      number += 1
      guard let line = ConfigLine(String(decoding: raw, as: UTF8.self)) else { continue }
      guard let words = line.words else {
        throw refusal(path, number, "has a quotation mark without its partner")
      }
      switch line.key {
      case "host": isActive = !place.isDead && Self.host(words, accepts: walk.name)
      case "match":
        guard words.count == 1, words[0].lowercased() == "all" else {
          throw refusal(path, number, "has a `Match` with conditions")
        }
        isActive = !place.isDead
      case "include":
        guard place.depth < 16 else { throw refusal(path, number, "includes too deeply") }
        let below = Place(folder: place.folder, depth: place.depth + 1, isDead: !isActive)
        for word in words { try include(word, below, &walk) }
      case "canonicalizehostname":
        guard isActive, words.first != "no" else { continue }
        throw refusal(path, number, "has `CanonicalizeHostname`")
      case let key where OpenSSHConfig.leftToSSH[key] != nil:
        guard isActive, !["any", "none"].contains(words.first) else { continue }
        throw refusal(path, number, "has `\(OpenSSHConfig.leftToSSH[key] ?? key)`")
      default:
        guard isActive else { continue }
        guard !words.isEmpty else { throw refusal(path, number, "has a key without a value") }
        keep(line, words, &walk.values)
      }
    }
  }

  private func include(
    _ pattern: String,
    _ place: Place,
    _ walk: inout Walk
  ) throws(ConfigFailure) {
    let path =
      pattern.hasPrefix("~/")
      ? account.home + pattern.dropFirst()
      : pattern.hasPrefix("/") ? pattern : place.folder + "/" + pattern
    for file in glob(path) {
      if let bytes = read(file) { try text(bytes, file, place, &walk) }
    }
  }

  /// Whether the patterns of a `Host` line accept `name`.
  private static func host(_ patterns: [String], accepts name: String) -> Bool {
    var isAccepted = false
    let name = Array(name.utf8)
    for pattern in patterns {
      let isNegated = pattern.hasPrefix("!")
      let bytes = Array(isNegated ? pattern.utf8.dropFirst() : pattern.utf8[...])
      guard HostPattern.match(bytes, name) else { continue }
      if isNegated { return false }
      isAccepted = true
    }
    return isAccepted
  }

  private func keep(_ line: ConfigLine, _ words: [String], _ values: inout Values) {
    switch line.key {
    case "identityfile":
      if !values.identities.contains(words[0]) { values.identities.append(words[0]) }
    case "userknownhostsfile", "globalknownhostsfile":
      if values.several[line.key] == nil { values.several[line.key] = words }
    case "proxycommand", "proxyjump":
      // One of the two, whichever stands first; but a command may follow `ProxyJump none`.
      guard values.single["proxycommand"] == nil else { return }
      let jump = values.single["proxyjump"]
      guard jump == nil || (line.key == "proxycommand" && jump?.lowercased() == "none") else {
        return
      }
      values.single[line.key] = line.rest
    case "hostname", "user", "port", "identityagent", "identitiesonly", "hostkeyalias",
      "connecttimeout", "hashknownhosts", "revokedhostkeys":
      // To ssh `none` is a time that was not given.
      if line.key == "connecttimeout", words[0] == "none" { return }
      if values.single[line.key] == nil { values.single[line.key] = words[0] }
    default: break
    }
  }

  private func refusal(_ path: String, _ number: Int, _ what: String) -> ConfigFailure {
    ConfigFailure(
      message: "\(path):\(number) \(what), which only OpenSSH itself can read",
      remedy: "Install OpenSSH's client, or switch ssh_config off with `ssh: {config: none}`."
    )
  }

  // MARK: Result

  private func result(_ walk: Walk, _ query: ConfigQuery) throws(ConfigFailure) -> ClientConfig {
    let values = walk.values
    if let file = values.single["revokedhostkeys"], file != "none" {
      throw ConfigFailure(revokedHostKeys: file, of: query.name)
    }
    var tokens = ConfigTokens(
      account: account,
      name: query.name,
      host: query.name,
      port: values.single["port"].flatMap { Int($0) } ?? 22,
      user: values.single["user"] ?? account.name
    )
    do {
      if let host = values.single["hostname"] { tokens.host = try tokens.hostName(host) }
      tokens.hostKeyAlias = values.single["hostkeyalias"]
      let user = values.single["user"]
      var config = ClientConfig(
        hostName: tokens.host,
        user: user == account.name ? nil : user,
        port: tokens.port,
        identityFiles: try OpenSSHConfig.identities(values.identities, [], tokens),
        userKnownHosts: try files("userknownhostsfile", values, tokens)
          ?? [account.home + "/.ssh/known_hosts", account.home + "/.ssh/known_hosts2"],
        globalKnownHosts: try files("globalknownhostsfile", values, tokens)
          ?? ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"]
      )
      config.identityAgent = try OpenSSHConfig.agent(values.single["identityagent"], tokens)
      config.hashesKnownHosts = Self.isYes(values.single["hashknownhosts"])
      config.identitiesOnly = Self.isYes(values.single["identitiesonly"])
      config.proxyJump = values.single["proxyjump"].flatMap { $0.lowercased() == "none" ? nil : $0 }
      if let command = values.single["proxycommand"], command.lowercased() != "none" {
        config.proxyCommand = try tokens.proxy(command)
      }
      config.hostKeyAlias = tokens.hostKeyAlias
      config.connectTimeout = values.single["connecttimeout"].flatMap(ConfigLine.seconds)
      return config
    } catch {
      throw ConfigFailure(token: error.token, name: query.name)
    }
  }

  private static func isYes(_ text: String?) -> Bool {
    text.map { ["yes", "true"].contains($0.lowercased()) } ?? false
  }

  private func files(
    _ key: String,
    _ values: Values,
    _ tokens: ConfigTokens
  ) throws(ConfigTokens.Unknown) -> [String]? {
    guard let words = values.several[key] else { return nil }
    var files: [String] = []
    for word in words where word.lowercased() != "none" { files.append(try tokens.path(word)) }
    return files
  }
}
