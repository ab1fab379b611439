internal import FleetModel

extension SysctlSpec: Convergent {
  func request(into request: inout ProbeRequest) {
    request.sysctls.append(key)
  }

  func compare(_ look: Look) -> Comparison {
    switch look.observed.sysctls[key] ?? .unknown("nobody looked at \(key)") {
    case .unknown(let why): return .unknown(why)
    case .absent:
      return .blocked(
        "the kernel of this node has no setting \(key)",
        remedy: "Load the module that brings it, or switch it off by the role's parameter."
      )
    case .value(let present):
      let present = Self.normal(present)
      guard present != Self.normal(value) else { return .inSync }
      return .differs(Gap([.update], [Difference("value", before: present, after: value)]))
    }
  }

  /// The kernel separates several numbers by tabs, people by spaces.
  private static func normal(_ value: String) -> String {
    value.split { $0 == " " || $0 == "\t" || $0 == "\n" }.joined(separator: " ")
  }

  func operations(_ look: Look) -> [NodeOperation] {
    guard compare(look).gap != nil else { return [] }
    return [NodeOperation(.setSysctl, [key, value], for: look.address)]
  }

  func desiredState(_ context: CompareContext) -> String? { Self.normal(value) }

  func observedState(_ look: Look) -> String? {
    look.observed.sysctls[key]?.known.map(Self.normal)
  }
}
