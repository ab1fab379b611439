internal import FleetDiagnostics
internal import FleetModel
internal import FleetYAML

extension FleetReader {
  static let nodeKeys = [
    "address", "roles", "hardware", "wsl2", "health_via", "reserved", "labels", "ssh", "allow",
  ]

  mutating func nodes(_ node: YAMLNode, into fleet: inout Fleet) {
    guard let entries = scalars.mapping(node, "`nodes`") else {
      isIncomplete = true
      return
    }
    if entries.isEmpty, emptyNodes == nil { emptyNodes = node }
    fleet.nodes.reserveCapacity(fleet.nodes.count + entries.count)
    // Within one file YAML keys are unique already.
    if !file.isMain, nodeSpans.isEmpty {
      for node in fleet.nodes { nodeSpans[node.id] = node.span }
    }
    for entry in entries {
      guard let id = NodeID(entry.key) else {
        diagnoseName(entry, "node id")
        continue
      }
      if !file.isMain, let other = nodeSpans.updateValue(entry.keySpan, forKey: id) {
        report(twice: "The node `\(id)`", entry, other: other)
        continue
      }
      fleet.nodes.append(self.node(id, entry))
    }
  }

  mutating func diagnoseName(_ entry: YAMLEntry, _ what: String) {
    isIncomplete = true
    scalars.diagnostics.add(
      Diagnostic(
        .invalidValue,
        "`\(entry.key)` is no \(what): write 1 to 64 letters, digits, `.`, `_` or `-`, beginning "
          + "with a letter or digit.",
        at: entry.keySpan,
        path: entry.path
      )
    )
  }

  private mutating func node(_ id: NodeID, _ entry: YAMLEntry) -> FleetNode {
    var node = FleetNode(id: id, span: entry.keySpan, address: Located(""))
    let what = "The node `\(id)`"
    guard let fields = scalars.mapping(entry.value, what) else { return node }
    var hasAddress = false
    for field in fields {
      if field.key == "address" { hasAddress = true }
      if read(field, of: what, into: &node) == "address" { hasAddress = true }
    }
    if !hasAddress {
      scalars.missingKey("address", of: what, at: entry.keySpan, path: entry.path)
    }
    return node
  }

  /// Returns the key that was probably meant where there is none of that name.
  private mutating func read(
    _ field: YAMLEntry,
    of what: String,
    into node: inout FleetNode
  ) -> String? {
    let value = field.value
    switch field.key {
    case "address":
      let form = "an IPv4 or IPv6 address or a host name"
      if let text = scalars.text(value, "`address`", form: form, { HostAddress($0) != nil }) {
        node.address = Located(text, at: value.span)
      }
    case "roles": node.roles = assignments(value, of: what)
    case "hardware":
      node.hardware = hardware(value, of: what)
      node.hardware.span = field.keySpan
    case "wsl2": node.wsl2 = scalars.flag(value) ?? false
    case "health_via":
      if let name = scalars.text(value) {
        node.healthVia = Located(name, at: value.span)
      }
    case "reserved": node.reserved = scalars.flag(value) ?? false
    case "labels": node.labels = labels(value, of: what)
    case "ssh": node.ssh = ssh(value, of: "`ssh`")
    case "allow": node.allow = waivers(value)
    default: return scalars.unknownKey(field, of: what, known: Self.nodeKeys)
    }
    return nil
  }

  mutating func assignments(_ node: YAMLNode, of what: String) -> [RoleAssignment] {
    (scalars.list(node, "`roles` of \(what.lowercasedFirst)") ?? []).compactMap { item in
      guard item.isMapping else {
        return scalars.text(item).map { RoleAssignment(role: Located($0, at: item.span)) }
      }
      let entries = item.entries
      guard let entry = entries.first, entries.count == 1 else {
        scalars.report(
          .wrongType,
          item,
          "A role with parameters is one mapping of its name: `{redis: {maxmemory: 6GiB}}`; this "
            + "one has \(entries.count) keys."
        )
        return nil
      }
      let fields = scalars.mapping(entry.value, "The parameters of `\(entry.key)`") ?? []
      return RoleAssignment(
        role: Located(entry.key, at: entry.keySpan),
        parameters: parameters(fields, of: entry.key),
        span: item.span
      )
    }
  }

  private mutating func labels(_ node: YAMLNode, of what: String) -> [String: String] {
    var labels: [String: String] = [:]
    for label in labelList(node, of: what) { labels[label.key.value] = label.value.value }
    return labels
  }

  /// The entries of a `labels:` whose key and value are labels, in the order written.
  mutating func labelList(_ node: YAMLNode, of what: String) -> [LabelRequirement] {
    guard let entries = scalars.mapping(node, "`labels` of \(what.lowercasedFirst)") else {
      isIncomplete = true
      return []
    }
    return entries.compactMap { entry in
      guard Grammar.isLabelKey(entry.key) else {
        isIncomplete = true
        scalars.diagnostics.add(
          Diagnostic(
            .invalidValue,
            "`\(entry.key)` cannot be a label of \(what.lowercasedFirst); write \(Grammar.labelKeyForm).",
            at: entry.keySpan,
            path: entry.path
          )
        )
        return nil
      }
      let name = "The label `\(entry.key)`"
      let form = Grammar.labelValueForm
      guard let value = scalars.text(entry.value, name, form: form, Grammar.isLabelValue) else {
        isIncomplete = true
        return nil
      }
      return LabelRequirement(
        key: Located(entry.key, at: entry.keySpan),
        value: Located(value, at: entry.value.span)
      )
    }
  }
}

extension String {
  /// The same with a small first letter, for use inside a sentence.
  var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
