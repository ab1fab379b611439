internal import FleetModel

extension DatabaseSpec: Convergent {
  func request(into request: inout ProbeRequest) {
    request.postgres = true
  }

  func compare(_ look: Look) -> Comparison {
    let gap = Gap([.create], [Difference("owner", before: "absent", after: owner)])
    let (seen, verdict) = look.postgres(gap)
    guard let seen else { return verdict }
    guard let present = seen.databases[name] else { return .differs(gap) }
    if present == owner { return .inSync }
    let change = Gap([.update], [Difference("owner", before: present, after: owner)])
    // Nobody records databases: they are data. One of another owner was made by somebody else.
    return look.owned == nil
      ? look.takeover("the database is here already and belongs to \(present)", change)
      : .differs(change)
  }

  /// Also while the server could not be asked: it is started just before, and the step is idempotent.
  func operations(_ look: Look) -> [NodeOperation] {
    switch compare(look) {
    case .inSync, .foreign: return []
    default: break
    }
    return [NodeOperation(.postgresDatabase, [name, owner], for: look.address)]
  }

  func desiredState(_ context: CompareContext) -> String? { "owner \(owner)" }

  func observedState(_ look: Look) -> String? {
    switch look.observed.postgres {
    case .value(let seen): seen.databases[name].map { "owner \($0)" } ?? "absent"
    case .absent: "absent"
    case .unknown: nil
    }
  }
}
