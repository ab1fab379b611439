package import FleetDiagnostics
package import FleetModel
internal import FleetYAML

/// Reads `fleet.lock`: every value is checked, because what it says is believed over the network.
package struct FleetLockReader {
  private var scalars = ScalarReader()
  /// Who pinned a value first, and where.
  private var owners: [String: (node: NodeID, line: Int)] = [:]

  private static let keys = ["version", "jump_hosts", "nodes"]
  private static let nodeKeys = ["host_keys", "machine_id", "node_id"]

  /// Returns the pins of `source`, or nil after reporting what is wrong; a lock is never read in part.
  package static func decode(
    _ source: SourceText,
    into diagnostics: inout Diagnostics
  ) -> FleetLock? {
    var reader = FleetLockReader()
    guard let root = YAMLLoader.load(source, into: &reader.scalars.diagnostics) else {
      diagnostics.add(contentsOf: reader.scalars.diagnostics)
      return nil
    }
    let lock = reader.lock(root)
    let findings = reader.scalars.findings(about: root)
    diagnostics.add(contentsOf: findings)
    return findings.hasErrors ? nil : lock
  }

  private mutating func lock(_ root: YAMLNode) -> FleetLock? {
    guard let entries = scalars.mapping(root, "A fleet.lock") else { return nil }
    guard let version = entries.first(where: { $0.key == "version" }) else {
      scalars.missingKey(
        "version",
        of: "A fleet.lock",
        at: root.span,
        path: root.path,
        example: "version: \(FleetLock.version)"
      )
      return nil
    }
    guard version.value.text == String(FleetLock.version) else {
      scalars.report(
        .unsupportedVersion,
        version.value,
        "fleet.lock has version \(quoted(version.value.text ?? "")); this fleetctl reads version "
          + "\(FleetLock.version). Use the fleetctl that wrote it, or a newer one."
      )
      return nil
    }
    var lock = FleetLock()
    for entry in entries {
      switch entry.key {
      case "version": break
      case "jump_hosts":
        for hop in scalars.mapping(entry.value, "`jump_hosts`") ?? [] { readHop(hop, into: &lock) }
      case "nodes":
        for node in scalars.mapping(entry.value, "`nodes`") ?? [] { read(node, into: &lock) }
      default: scalars.unknownKey(entry, of: "A fleet.lock", known: Self.keys)
      }
    }
    return lock
  }

  private mutating func readHop(_ entry: YAMLEntry, into lock: inout FleetLock) {
    guard FleetLock.isJumpHost(entry.key) else {
      scalars.report(
        .invalidValue,
        entry.value,
        "\(quoted(entry.key)) is no name of a jump host; it must be as in known_hosts: "
          + "`bastion.example.org` or `[10.0.0.9]:2222`."
      )
      return
    }
    for field in scalars.mapping(entry.value, "The pin of a jump host") ?? [] {
      switch field.key {
      // One machine may be a jump host under several names, and a node too: no copies are looked for.
      case "host_keys": lock.jumpHosts[entry.key] = hostKeys(field.value, nil)
      default: scalars.unknownKey(field, of: "The pin of a jump host", known: ["host_keys"])
      }
    }
  }

  private mutating func read(_ entry: YAMLEntry, into lock: inout FleetLock) {
    guard let id = NodeID(entry.key) else {
      scalars.report(.invalidValue, entry.value, "\(quoted(entry.key)) is no name of a node.")
      return
    }
    var pin = NodePin()
    for field in scalars.mapping(entry.value, "The pin of a node") ?? [] {
      switch field.key {
      case "host_keys": pin.hostKeys = hostKeys(field.value, id)
      case "machine_id": pin.machineID = identifier(field, id)
      case "node_id": pin.nodeID = identifier(field, id)
      default: scalars.unknownKey(field, of: "The pin of a node", known: Self.nodeKeys)
      }
    }
    lock.nodes[id] = pin
  }

  private mutating func hostKeys(_ node: YAMLNode, _ id: NodeID?) -> [String] {
    (scalars.list(node, "`host_keys`") ?? []).compactMap { item in
      let form = "a key type and the key in base64, as in known_hosts: `ssh-ed25519 AAAA…`"
      guard let key = scalars.text(item, "A host key", form: form, Self.isKey) else { return nil }
      if let id { claim(key, "the host key", id, item) }
      return key
    }
  }

  private mutating func identifier(_ field: YAMLEntry, _ id: NodeID) -> String? {
    let form = "32 lower case hexadecimal digits"
    guard
      let text = scalars.text(field.value, "`\(field.key)`", form: form, NodePin.isID)
    else { return nil }
    claim(text, "`\(field.key)`", id, field.value)
    return text
  }

  /// Two nodes with one identity are one machine, or copies of one image.
  private mutating func claim(_ value: String, _ what: String, _ id: NodeID, _ node: YAMLNode) {
    guard let (owner, line) = owners[value] else {
      owners[value] = (id, node.span.start.line)
      return
    }
    guard owner != id else { return }
    scalars.report(
      .invalidValue,
      node,
      "The nodes \(quoted(owner.name)) (line \(line)) and \(quoted(id.name)) have the same value as "
        + "\(what): they would be one machine, or copies of one image. Give the copy an identity of its "
        + "own, remove its entry here, then run `fleetctl hosts trust \(id.name)`."
    )
  }

  /// Whether `text` is a key type and a key blob that begins with the same type (RFC 4253, 6.6).
  static func isKey(_ text: String) -> Bool {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 2, !words[0].isEmpty, words[1].utf8.count >= 40,
      words[1].utf8.count <= 8192, words[1].utf8.count.isMultiple(of: 4)
    else { return false }
    let padding = words[1].utf8.reversed().prefix { $0 == UInt8(ascii: "=") }.count
    let body = words[1].utf8.dropLast(padding)
    guard padding <= 2, body.allSatisfy({ sextet($0) != nil }) else { return false }
    let type = Array(words[0].utf8)
    let wanted = [0, 0, 0, UInt8(truncatingIfNeeded: type.count)] + type
    return type.count < 64 && bytes(body).starts(with: wanted)
  }

  private static func bytes(_ base64: some Sequence<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    var bits: UInt32 = 0
    var held = 0
    for byte in base64 {
      bits = bits << 6 | UInt32(sextet(byte) ?? 0)
      held += 6
      if held >= 8 {
        held -= 8
        out.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
      }
    }
    return out
  }

  private static func sextet(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - 65
    case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 71
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte + 4
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
