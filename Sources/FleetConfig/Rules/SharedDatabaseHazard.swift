internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry
internal import FleetRender

/// Finds Redis databases that two kinds of data share.
///
/// *What it does*: compares parameters named `…_db` with the databases that AutoBot's applications
/// use under fixed numbers, and with each other.
/// *Why it matters*: `FLUSHDB` by one, or eviction under memory pressure, drops the other's data; for
/// Celery's queue that means lost tasks.
/// *Example*: `broker_db: 1`, which holds the metrics too.
/// *Instead*: a free number such as 10, or a waiver with the reason.
enum SharedDatabaseHazard {
  /// The registry document's table of Redis databases.
  private static let inUse = [
    0: "main", 1: "metrics", 2: "prompts", 3: "agents", 4: "cache", 6: "sessions",
    8: "chat_history", 15: "testing",
  ]
  /// Numbers that nobody has, those that the parameters' documentation names first.
  private static let free = [10, 11, 12, 13, 14, 9, 7, 5]
  /// An edit that touches more places than these is no small one.
  private static let mostEdits = 8

  /// One parameter that names a database somebody has.
  struct Share: Hashable {
    let parameter: String
    let number: Int
    /// What else is in it, in words.
    let other: String
  }

  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    let known = resolved.profiles.map { shares($0.role, $0.parameters) }
    guard known.contains(where: { !$0.isEmpty }) else { return }
    var byNode: [[(index: Int, shares: [Share])]] = []
    for range in resolved.nodeRanges {
      var found: [(index: Int, shares: [Share])] = []
      for index in range {
        let shares = known[Int(resolved.placement.slots[index].profile)]
        if !shares.isEmpty { found.append((index, shares)) }
      }
      if !found.isEmpty { byNode.append(found) }
    }
    let edits = edits(byNode.flatMap { $0 }, resolved)
    for found in byNode { diagnostics.add(finding(found, edits, resolved)) }
  }

  private static func shares(_ role: Role, _ parameters: [String: Value]) -> [Share] {
    var first: [Int: String] = [:]
    return role.parameters.compactMap { parameter in
      guard parameter.kind == .int, parameter.name.hasSuffix("_db"),
        parameter.maximum == .int(15), case .int(let number) = parameters[parameter.name]
      else { return nil }
      let sibling = first[number]
      first[number] = sibling ?? parameter.name
      guard let other = inUse[number] ?? sibling else { return nil }
      return Share(parameter: parameter.name, number: number, other: other)
    }
  }

  /// The edits that give every such parameter a free number, the same one wherever it has one name:
  /// roles that share a queue must agree on it.
  private static func edits(
    _ found: [(index: Int, shares: [Share])],
    _ resolved: ResolvedFleet
  ) -> [Suggestion.Edit] {
    guard found.count <= mostEdits else { return [] }
    let names = Set(found.flatMap { $0.shares.map(\.parameter) }).sorted()
    let taken = Set(
      found.flatMap { entry in
        resolved.instances[entry.index].parameters.compactMap { name, value -> Int? in
          guard name.hasSuffix("_db"), !names.contains(name), case .int(let number) = value else {
            return nil
          }
          return number
        }
      }
    )
    let numbers = free.filter { !taken.contains($0) }
    guard names.count <= numbers.count else { return [] }
    let wanted = Dictionary(zip(names, numbers).map { ($0, String($1)) }) { first, _ in first }
    var all: [Suggestion.Edit] = []
    for entry in found {
      let values = entry.shares.compactMap { share in
        wanted[share.parameter].map { (name: share.parameter, value: $0) }
      }
      let instance = resolved.instances[entry.index]
      guard let edits = ParameterEdit.edits(values, of: instance, in: resolved) else { return [] }
      all += edits.filter { !all.contains($0) }
    }
    return all
  }

  private static func finding(
    _ found: [(index: Int, shares: [Share])],
    _ edits: [Suggestion.Edit],
    _ resolved: ResolvedFleet
  ) -> Diagnostic {
    let instances = found.map { resolved.instances[$0.index] }
    let instance = instances[0]
    let node = instance.node.id
    var texts: [String] = []
    var spans: [RelatedSpan] = []
    for (index, shares) in found {
      for share in shares {
        let text = "`\(share.parameter)` is \(share.number), which `\(share.other)` uses"
        if !texts.contains(text) { texts.append(text) }
        let span = ParameterEdit.span(share.parameter, of: resolved.instances[index], in: resolved)
        if let span, !spans.contains(where: { $0.span == span }) {
          spans.append(RelatedSpan("`\(share.parameter)` is set here", at: span))
        }
      }
    }
    let place = spans.first?.span ?? instance.place
    let roles = ScalarReader.words(instances.map(\.profile.role.name))
    let fields = instances.map { "`roles.\($0.profile.role.name)`" }.list
    return Diagnostic(
      .sharedDatabaseHazard,
      "\(roles) on `\(node)` share\(instances.count == 1 ? "s" : "") databases of Redis: "
        + "\(texts.joined(separator: "; ")). A `FLUSHDB` or an eviction there drops both. Set them under "
        + "\(fields) to free numbers (9 to 14), or allow `shared-database-hazard` on `\(node)` with the "
        + "reason.",
      at: place,
      related: instances.dropFirst().map {
        RelatedSpan("`\($0.profile.role.name)` uses them too", at: $0.place)
      } + spans.filter { $0.span != place },
      address: instance.address,
      path: "/nodes/\(node)/roles",
      suggestions: edits.isEmpty
        ? [] : [Suggestion("give them databases that nobody else uses", edits: edits)]
    )
  }
}
