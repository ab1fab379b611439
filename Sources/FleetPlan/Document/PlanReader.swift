internal import FleetDiagnostics
internal import FleetModel
internal import FleetResources

/// Why a document is no plan.
struct PlanReadError: Error {
  let message: String
}

/// Reads the `plan` part of a document; unknown members are ignored, unknown words are errors.
enum PlanReader {
  static func plan(_ value: JSONValue) throws(PlanReadError) -> Plan {
    var plan = Plan(
      fleet: try text(value, "fleet"),
      options: options(value["options"] ?? .null),
      nodes: [],
      changes: [],
      diffs: [:],
      notes: []
    )
    for item in try array(value, "nodes") { plan.nodes.append(try node(item)) }
    for item in try array(value, "changes") { plan.changes.append(try change(item)) }
    for item in try array(value, "notes") {
      plan.notes.append(
        PlanNote(
          severity: try text(item, "severity"),
          node: item["node"]?.string.flatMap { NodeID($0) },
          address: item["address"]?.string,
          text: try text(item, "text")
        )
      )
    }
    for item in value["rollouts"]?.array ?? [] { plan.rollouts.append(try rollout(item)) }
    for member in value["diffs"]?.members ?? [] { plan.diffs[member.key] = texts(member.value) }
    return plan
  }

  private static func options(_ value: JSONValue) -> PlanOptions {
    var options = PlanOptions()
    options.adopt = texts(value["adopt"])
    options.maintenance = texts(value["maintenance"])
    options.purgesData = value["purge_data"]?.bool ?? false
    options.takeover = value["takeover"]?.bool ?? false
    options.selectors = texts(value["selectors"])
    options.targets = texts(value["targets"])
    return options
  }

  private static func node(_ value: JSONValue) throws(PlanReadError) -> PlannedNode {
    let name = try text(value, "node")
    var node = PlannedNode(
      id: try id(name),
      address: try text(value, "address"),
      roles: texts(value["roles"])
    )
    node.failedStep = value["failed_step"]?.string
    node.cause = value["cause"]?.string
    node.remedy = value["remedy"]?.string
    node.system = value["system"]?.string ?? ""
    node.digest = value["digest"]?.string ?? ""
    node.machine = value["machine"]?.string ?? ""
    node.generation = value["generation"]?.int
    for member in value["invocations"]?.members ?? [] {
      node.invocations[member.key] = member.value.string
    }
    node.unchanged = value["unchanged"]?.int ?? 0
    node.kept = texts(value["kept"])
    node.packageClosure = texts(value["package_closure"])
    for member in value["labels"]?.members ?? [] {
      node.labels[member.key] = member.value.string
    }
    return node
  }

  private static func rollout(_ value: JSONValue) throws(PlanReadError) -> PlannedRollout {
    var rollout = PlannedRollout(
      role: try text(value, "role"),
      carriers: value["carriers"]?.int ?? 0,
      nodes: []
    )
    for name in texts(value["nodes"]) { rollout.nodes.append(try id(name)) }
    rollout.batch = value["batch"]?.int ?? 0
    rollout.canary = value["canary"]?.int ?? 0
    rollout.maxUnavailable = value["max_unavailable"]?.int
    rollout.maxFailures = value["max_failures"]?.int ?? 0
    // A batch of nobody would never end.
    guard rollout.batch > 0, rollout.canary >= 0, rollout.maxFailures >= 0 else {
      throw PlanReadError(message: "the rollout of `\(displayable(rollout.role))` has no batches")
    }
    for item in value["down"]?.array ?? [] {
      rollout.down.append(.init(node: try id(try text(item, "node")), why: try text(item, "why")))
    }
    return rollout
  }

  private static func id(_ name: String) throws(PlanReadError) -> NodeID {
    guard let id = NodeID(name) else {
      throw PlanReadError(message: "`\(displayable(name))` is no node id")
    }
    return id
  }

  private static func change(_ value: JSONValue) throws(PlanReadError) -> PlannedChange {
    var actions: [ActionWord] = []
    for name in texts(value["actions"]) { actions.append(try word(name)) }
    var change = PlannedChange(
      try address(try text(value, "address")),
      role: value["role"]?.string ?? "",
      actions: actions,
      label: try word(try text(value, "label")),
      phase: try word(try text(value, "phase"))
    )
    change.action = try word(try text(value, "action"))
    for item in try array(value, "reasons") {
      change.reasons.append(.init(try text(item, "text"), origin: item["origin"]?.string ?? ""))
    }
    for item in try array(value, "differences") {
      change.differences.append(
        Difference(
          try text(item, "attribute"),
          before: try text(item, "before"),
          after: try text(item, "after")
        )
      )
    }
    change.diff = value["diff"]?.string
    change.hidesContent = value["hidden"]?.bool ?? false
    change.remedy = value["remedy"]?.string
    if let producer = value["producer"]?.string { change.producer = try address(producer) }
    change.wave = value["wave"]?.int ?? 0
    change.isInterrupting = value["interrupts"]?.bool ?? false
    change.outageSeconds = value["outage_seconds"]?.int
    change.cost = value["cost"]?.string ?? ""
    change.dependents = texts(value["dependents"])
    change.propagatesTo = texts(value["propagates_to"])
    for name in texts(value["requires"]) { change.requires.append(try address(name)) }
    change.isUnitDefinition = value["unit_definition"]?.bool ?? false
    change.isReversible = !(value["irreversible"]?.bool ?? false)
    return change
  }

  private static func text(_ value: JSONValue, _ key: String) throws(PlanReadError) -> String {
    guard let text = value[key]?.string else { throw PlanReadError(message: "`\(key)` is missing") }
    return text
  }

  private static func array(_ value: JSONValue, _ key: String) throws(PlanReadError) -> [JSONValue]
  {
    guard let items = value[key]?.array else { throw PlanReadError(message: "`\(key)` is missing") }
    return items
  }

  private static func texts(_ value: JSONValue?) -> [String] {
    (value?.array ?? []).compactMap(\.string)
  }

  private static func word<Word: RawRepresentable>(_ text: String) throws(PlanReadError) -> Word
  where Word.RawValue == String {
    guard let word = Word(rawValue: text) else {
      throw PlanReadError(
        message: "`\(displayable(text))` is a word that this fleetctl does not know"
      )
    }
    return word
  }

  static func address(_ text: String) throws(PlanReadError) -> ResourceAddress {
    let parts = text.split(separator: "/", maxSplits: 1)
    guard parts.count == 2, parts[0].hasPrefix("node."),
      let id = NodeID(String(parts[0].dropFirst(5))),
      let address = Orphans.address(String(parts[1]), on: id)
    else { throw PlanReadError(message: "`\(displayable(text))` is no address") }
    return address
  }
}
