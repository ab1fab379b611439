internal import FleetModel

extension GroupSpec: Convergent {
  func request(into request: inout ProbeRequest) {
    request.groups.append(name)
  }

  func compare(_ look: Look) -> Comparison {
    switch look.observed.groups[name] ?? .unknown("nobody looked at the group \(name)") {
    case .unknown(let why): .unknown(why)
    case .value(true): .inSync
    case .value(false), .absent:
      .differs(Gap([.create], [Difference("state", before: "absent", after: "present")]))
    }
  }

  func operations(_ look: Look) -> [NodeOperation] {
    guard compare(look).gap != nil else { return [] }
    return [NodeOperation(.addGroup, [name, system ? "1" : "0"], for: look.address)]
  }

  func desiredState(_ context: CompareContext) -> String? { "present" }

  func observedState(_ look: Look) -> String? {
    switch look.observed.groups[name] {
    case .value(true): "present"
    case .value(false), .absent: "absent"
    case .unknown, nil: nil
    }
  }
}
