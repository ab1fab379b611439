internal import FleetDiagnostics
internal import FleetModel
internal import FleetYAML

extension FleetReader {
  static let groupKeys = ["nodes", "labels", "roles", "hardware", "ssh"]

  mutating func groups(_ node: YAMLNode, into fleet: inout Fleet) {
    for entry in scalars.mapping(node, "`groups`") ?? [] {
      guard let id = GroupID(entry.key) else {
        diagnoseName(entry, "name of a group")
        continue
      }
      if let other = groupSpans.updateValue(entry.keySpan, forKey: id) {
        report(twice: "The group `\(id)`", entry, other: other)
        continue
      }
      fleet.groups.append(group(id, entry))
    }
  }

  private mutating func group(_ id: GroupID, _ entry: YAMLEntry) -> NodeGroup {
    var group = NodeGroup(id: id, span: entry.keySpan)
    group.extent = entry.value.span
    let what = "The group `\(id)`"
    guard let fields = scalars.mapping(entry.value, what) else { return group }
    var selects = false
    for field in fields {
      switch field.key {
      case "nodes":
        selects = selects || !field.value.isNull
        group.nodes = members(field.value, of: what)
      case "labels":
        selects = selects || !field.value.isNull
        group.labels = labelList(field.value, of: what)
      case "roles": group.roles = assignments(field.value, of: what)
      case "hardware":
        group.hardware = hardware(field.value, of: what)
        group.hardware.span = field.keySpan
      case "ssh": group.ssh = ssh(field.value, of: "`ssh` of \(what.lowercasedFirst)")
      default:
        let meant = scalars.unknownKey(field, of: what, known: Self.groupKeys)
        guard meant == "nodes" || meant == "labels" else { continue }
        hasLostMembers = true
        selects = true
      }
    }
    if !selects {
      hasLostMembers = true
      scalars.missingKey(
        "nodes",
        of: what,
        at: entry.keySpan,
        path: entry.path,
        example: "nodes: [web-1, \"db-*\"]` or `labels: {zone: a}"
      )
    }
    return group
  }

  private mutating func members(_ node: YAMLNode, of what: String) -> [Located<String>] {
    let form =
      "a node id, or a pattern of one in which `*` stands for any characters and `?` for one"
    guard let items = scalars.list(node, "`nodes` of \(what.lowercasedFirst)") else {
      hasLostMembers = true
      return []
    }
    return items.compactMap { item in
      let member = scalars.text(item, "A member", form: form, Self.isMember)
      if member == nil { hasLostMembers = true }
      return member.map { Located($0, at: item.span) }
    }
  }

  private static func isMember(_ text: String) -> Bool {
    if NodeID(text) != nil { return true }
    guard Glob.isPattern(text) else { return false }
    // A pattern that, its wildcards taken for letters, is an id.
    return NodeID(text.replacing("*", with: "x").replacing("?", with: "x")) != nil
  }
}
