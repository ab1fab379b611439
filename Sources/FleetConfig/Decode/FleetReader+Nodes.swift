internal import FleetDiagnostics
internal import FleetModel
internal import FleetYAML

extension FleetReader {
  static let nodeKeys = [
    "address", "roles", "hardware", "wsl2", "health_via", "reserved", "labels", "ssh", "allow",
    "protect",
  ]

  mutating func nodes(_ node: YAMLNode, into fleet: inout Fleet) {
    if file.isMain, let batches = feed?.batches(of: node) {
      fleet.nodes.reserveCapacity(batches.reduce(0) { $0 + $1.nodes.count })
      return take(batches, into: &fleet)
    }
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
      if !file.isMain, let id = NodeID(entry.key),
        let other = nodeSpans.updateValue(entry.keySpan, forKey: id)
      {
        report(twice: "The node `\(id)`", entry, other: other)
      } else if let node = self.node(entry) {
        fleet.nodes.append(node)
      }
    }
  }

  /// Nil after reporting that the key is no id.
  mutating func node(_ entry: YAMLEntry) -> FleetNode? {
    guard let id = NodeID(entry.key) else {
      diagnoseName(entry, "node id")
      return nil
    }
    return self.node(id, entry)
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
    let what = Holder(kind: "node", name: id.name)
    guard let fields = scalars.mapping(entry.value, what.atStart) else { return node }
    var hasAddress = false
    for field in fields {
      let key = field.key
      if key == "address" { hasAddress = true }
      if read(field, key, of: what, into: &node) == "address" { hasAddress = true }
    }
    if !hasAddress {
      scalars.missingKey("address", of: what.atStart, at: entry.keySpan, path: entry.path)
    }
    return node
  }

  /// Returns the key that was probably meant where there is none of that name.
  private mutating func read(
    _ field: YAMLEntry,
    _ key: String,
    of what: Holder,
    into node: inout FleetNode
  ) -> String? {
    let value = field.value
    switch key {
    case "address":
      let form = "an IPv4 or IPv6 address or a host name"
      var host: HostAddress?
      if value.style == .plain, value.text == "true" || value.text == "false" {
        YAMLReader.schema.reportKind(value, wanted: form, into: &scalars.diagnostics)
      } else if let text = scalars.text(
        value,
        "`address`",
        form: form,
        { text in
          host = HostAddress(text)
          return host != nil
        }
      ) {
        node.address = Located(text, at: value.span)
        if case .ipv4(let number) = host { node.ipv4 = number }
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
    case "protect": node.protect = protected(value, isOfNode: true)
    default: return scalars.unknownKey(field, of: what.atStart, known: Self.nodeKeys)
    }
    return nil
  }

  mutating func assignments(_ node: YAMLNode, of what: Holder) -> [RoleAssignment] {
    let items = scalars.list(node, "`roles` of \(what.inside)") ?? []
    var result: [RoleAssignment] = []
    result.reserveCapacity(items.count)
    for item in items {
      if item.isMapping {
        if let assignment = assignment(withParameters: item) { result.append(assignment) }
      } else if let name = scalars.text(item) {
        result.append(RoleAssignment(role: Located(name, at: item.span)))
      }
    }
    return result
  }

  private mutating func assignment(withParameters item: YAMLNode) -> RoleAssignment? {
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

  private mutating func labels(_ node: YAMLNode, of what: Holder) -> [String: String] {
    var labels: [String: String] = [:]
    for entry in labelEntries(node, of: what) {
      if let label = label(entry, of: what) { labels[label.key] = label.value }
    }
    return labels
  }

  /// The entries of a `labels:` whose key and value are labels, in the order written.
  mutating func labelList(_ node: YAMLNode, of what: Holder) -> [LabelRequirement] {
    labelEntries(node, of: what).compactMap { entry in
      label(entry, of: what).map { label in
        LabelRequirement(
          key: Located(label.key, at: entry.keySpan),
          value: Located(label.value, at: entry.value.span)
        )
      }
    }
  }

  private mutating func labelEntries(_ node: YAMLNode, of what: Holder) -> [YAMLEntry] {
    if let entries = scalars.mapping(node, "`labels` of \(what.inside)") { return entries }
    isIncomplete = true
    return []
  }

  private mutating func label(
    _ entry: YAMLEntry,
    of what: Holder
  ) -> (key: String, value: String)? {
    let key = entry.key
    guard Grammar.isLabelKey(key) else {
      isIncomplete = true
      scalars.diagnostics.add(
        Diagnostic(
          .invalidValue,
          "`\(key)` cannot be a label of \(what.inside); write \(Grammar.labelKeyForm).",
          at: entry.keySpan,
          path: entry.path
        )
      )
      return nil
    }
    let form = Grammar.labelValueForm
    let given = scalars.text(
      entry.value,
      "The label `\(key)`",
      form: form,
      Grammar.isLabelValue
    )
    guard let value = given else {
      isIncomplete = true
      return nil
    }
    return (key, value)
  }
}

/// Whose value is read, for messages: worded only where there is one to write.
struct Holder {
  let kind: String
  let name: String

  /// `` The node `web-1` ``.
  var atStart: String { "The \(kind) `\(name)`" }
  /// The same inside a sentence.
  var inside: String { "the \(kind) `\(name)`" }
}
