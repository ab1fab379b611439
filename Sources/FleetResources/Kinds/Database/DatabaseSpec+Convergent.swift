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
    return .differs(Gap([.update], [Difference("owner", before: present, after: owner)]))
  }

  func operations(_ look: Look) -> [NodeOperation] {
    guard compare(look).gap != nil else { return [] }
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
