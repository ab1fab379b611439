internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry
internal import FleetRender

/// Finds Redis databases that two kinds of data share.
///
/// *What it does*: compares parameters named `…_db` with the databases that AutoBot's applications
/// use under fixed numbers.
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

  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    var known: [ObjectIdentifier: [(key: String, text: String)]] = [:]
    for range in resolved.nodeRanges {
      var reported: Set<String> = []
      for index in range {
        let profile = resolved.instances[index].profile
        let all = known[ObjectIdentifier(profile)] ?? profile.sharedDatabases
        known[ObjectIdentifier(profile)] = all
        guard !all.isEmpty else { continue }
        let instance = resolved.instances[index]
        let shared = all.filter { reported.insert($0.key).inserted }
        guard !shared.isEmpty else { continue }
        diagnostics.add(finding(shared, instance))
      }
    }
  }

  fileprivate static func shared(
    _ role: Role,
    _ parameters: [String: Value]
  ) -> [(key: String, text: String)] {
    role.parameters.compactMap { parameter in
      guard parameter.kind == .int, parameter.name.hasSuffix("_db"),
        parameter.maximum == .int(15), case .int(let number) = parameters[parameter.name],
        let other = inUse[number]
      else { return nil }
      let key = "\(parameter.name)=\(number)"
      return (key, "`\(parameter.name)` is \(number), which `\(other)` uses")
    }
  }

  private static func finding(
    _ shared: [(key: String, text: String)],
    _ instance: RoleInstance
  ) -> Diagnostic {
    let role = instance.profile.role.name
    let text = shared.map(\.text).joined(separator: "; ")
    let names = shared.compactMap { $0.key.split(separator: "=").first.map(String.init) }
    let spans = names.compactMap { instance.profile.parameterSpans[$0] }
    return Diagnostic(
      .sharedDatabaseHazard,
      "`\(role)` on `\(instance.node.id)` shares databases of Redis: \(text). A `FLUSHDB` or an "
        + "eviction there drops both. Set them under `roles.\(role)` to free numbers (9 to 14), or "
        + "allow `shared-database-hazard` on `\(instance.node.id)` with the reason.",
      at: spans.first ?? instance.place,
      address: instance.address,
      path: "/nodes/\(instance.node.id)/roles"
    )
  }
}

extension RoleProfile {
  fileprivate var sharedDatabases: [(key: String, text: String)] {
    SharedDatabaseHazard.shared(role, parameters)
  }
}
