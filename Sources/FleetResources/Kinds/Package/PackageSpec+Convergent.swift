internal import FleetModel

extension PackageSpec: Convergent {
  func request(into request: inout ProbeRequest) {
    request.packages.append(name)
  }

  func compare(_ look: Look) -> Comparison {
    switch look.observed.packages[name] ?? .unknown("nobody looked at the package \(name)") {
    case .unknown(let why): return .unknown(why)
    case .absent:
      let after = version ?? "newest offered"
      return .differs(Gap([.create], [Difference("version", before: "absent", after: after)]))
    case .value(let present):
      guard let version, version != present else { return .inSync }
      let gap = Gap([.update], [Difference("version", before: present, after: version)])
      return look.update(gap, from: present, to: version)
    }
  }

  func operations(_ look: Look) -> [NodeOperation] {
    guard compare(look).gap != nil else { return [] }
    return [
      NodeOperation(.aptInstall, [version.map { "\(name)=\($0)" } ?? name], for: look.address)
    ]
  }

  func desiredState(_ context: CompareContext) -> String? { "package \(version ?? "any")" }

  func observedState(_ look: Look) -> String? {
    switch look.observed.packages[name] {
    case .value(let present): version == nil ? "package any" : "package \(present)"
    case .absent: "absent"
    case .unknown, nil: nil
    }
  }
}
