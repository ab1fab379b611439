package import FleetDiagnostics
internal import FleetModel
internal import FleetResources

extension Plan {
  /// The canonical form: members of every object in byte order, absent values left out.
  package var json: JSONValue {
    let diffs = diffs.sorted { $0.key < $1.key }.map { ($0.key, JSONValue($0.value)) }
    var members: [(String, JSONValue)] = [
      ("changes", .array(changes.map(\.json))),
      ("diffs", .object(diffs)),
      ("fleet", .string(fleet)),
      ("nodes", .array(nodes.map(\.json))),
      ("notes", .array(notes.map(\.json))),
      ("options", options.json),
    ]
    if !rollouts.isEmpty { members.append(("rollouts", .array(rollouts.map(\.json)))) }
    return .object(members + [("summary", summary.json)])
  }
}

/// Members of an object under construction; what is absent, empty, false or 0 is left out.
private struct Members {
  var pairs: [(String, JSONValue)] = []

  mutating func add(_ key: String, _ text: String?) {
    if let text, !text.isEmpty { pairs.append((key, .string(text))) }
  }

  mutating func add(_ key: String, _ texts: [String]) {
    if !texts.isEmpty { pairs.append((key, JSONValue(texts))) }
  }

  mutating func add(_ key: String, _ number: Int?) {
    if let number { pairs.append((key, .int(number))) }
  }

  mutating func add(_ key: String, _ flag: Bool) {
    if flag { pairs.append((key, .bool(true))) }
  }

  var object: JSONValue { .object(pairs.sorted { $0.0 < $1.0 }) }
}

extension PlannedChange {
  /// The object of `changes` in a plan document; also what events carry.
  package var json: JSONValue {
    var members = Members()
    members.add("action", action.rawValue)
    members.add("actions", actions.map(\.rawValue))
    members.add("address", address.description)
    members.add("cost", cost)
    members.add("dependents", dependents)
    members.add("diff", diff)
    members.add("hidden", hidesContent)
    members.add("interrupts", isInterrupting)
    members.add("irreversible", !isReversible)
    members.add("kind", address.kind.rawValue)
    members.add("label", label.rawValue)
    members.add("node", address.node.name)
    members.add("outage_seconds", outageSeconds)
    members.add("phase", phase.rawValue)
    members.add("producer", producer?.description)
    members.add("propagates_to", propagatesTo)
    members.add("remedy", remedy)
    members.add("requires", requires.map(\.description))
    members.add("role", role)
    members.add("unit_definition", isUnitDefinition)
    members.add("wave", wave)
    members.pairs.append(("differences", .array(differences.map(Self.json))))
    members.pairs.append(("reasons", .array(reasons.map(Self.json))))
    return members.object
  }

  private static func json(_ difference: Difference) -> JSONValue {
    .object([
      ("after", .string(difference.after)), ("attribute", .string(difference.attribute)),
      ("before", .string(difference.before)),
    ])
  }

  private static func json(_ reason: Reason) -> JSONValue {
    .object([("origin", .string(reason.origin)), ("text", .string(reason.text))])
  }
}

extension PlannedNode {
  var json: JSONValue {
    var members = Members()
    members.add("address", address)
    members.add("cause", cause)
    members.add("digest", digest)
    members.add("failed_step", failedStep)
    members.add("generation", generation)
    if !invocations.isEmpty {
      let pairs = invocations.sorted { $0.key < $1.key }.map {
        ($0.key, JSONValue.string($0.value))
      }
      members.pairs.append(("invocations", .object(pairs)))
    }
    members.add("kept", kept)
    if !labels.isEmpty {
      let pairs = labels.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) }
      members.pairs.append(("labels", .object(pairs)))
    }
    members.add("machine", machine)
    members.add("node", id.name)
    members.add("package_closure", packageClosure)
    members.add("remedy", remedy)
    members.add("roles", roles)
    members.add("system", system)
    members.add("unchanged", unchanged)
    members.pairs.append(("reachable", .bool(isReachable)))
    return members.object
  }
}

extension PlanNote {
  var json: JSONValue {
    var members = Members()
    members.add("address", address)
    members.add("node", node?.name)
    members.add("severity", severity)
    members.add("text", text)
    return members.object
  }
}

extension PlannedRollout {
  var json: JSONValue {
    var members = Members()
    members.add("batch", batch)
    members.add("canary", canary == 0 ? nil : canary)
    members.add("carriers", carriers)
    if !down.isEmpty {
      let items = down.map {
        JSONValue.object([("node", .string($0.node.name)), ("why", .string($0.why))])
      }
      members.pairs.append(("down", .array(items)))
    }
    members.add("max_failures", maxFailures)
    members.add("max_unavailable", maxUnavailable)
    members.add("nodes", nodes.map(\.name))
    members.add("role", role)
    return members.object
  }
}

extension PlanOptions {
  var json: JSONValue {
    var members = Members()
    members.add("adopt", adopt)
    members.add("maintenance", maintenance)
    members.add("purge_data", purgesData)
    members.add("selectors", selectors)
    members.add("takeover", takeover)
    members.add("targets", targets)
    return members.object
  }
}

extension PlanSummary {
  /// Counts by word, and of nodes.
  package var json: JSONValue {
    let words = ActionWord.allCases.map { ($0.rawValue, JSONValue.int(self[$0])) }
    let nodes: [(String, JSONValue)] = [
      ("changed", .int(changedNodes)), ("total", .int(self.nodes)),
      ("unreachable", .int(unreachableNodes)),
    ]
    let rest: [(String, JSONValue)] = [
      ("nodes", .object(nodes)), ("unchanged", .int(unchanged)),
    ]
    return .object((words.filter { $0.0 != "no-op" } + rest).sorted { $0.0 < $1.0 })
  }
}
