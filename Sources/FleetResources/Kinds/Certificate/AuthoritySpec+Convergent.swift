internal import FleetModel

extension AuthoritySpec: Convergent {
  func request(into request: inout ProbeRequest) {
    request.authorityDirectory = directory
  }

  func compare(_ look: Look) -> Comparison {
    switch look.observed.authority {
    case .value: .inSync
    case .unknown(let why): .unknown(why)
    case .absent:
      .differs(Gap([.create], [Difference("state", before: "absent", after: commonName)]))
    }
  }

  func operations(_ look: Look) -> [NodeOperation] {
    guard compare(look).gap != nil else { return [] }
    return [NodeOperation(.createAuthority, [directory, commonName], for: look.address)]
  }

  func desiredState(_ context: CompareContext) -> String? { "present" }

  func observedState(_ look: Look) -> String? {
    switch look.observed.authority {
    case .value: "present"
    case .absent: "absent"
    case .unknown: nil
    }
  }
}
