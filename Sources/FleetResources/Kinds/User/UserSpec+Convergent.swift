internal import FleetModel

extension UserSpec: Convergent {
  func request(into request: inout ProbeRequest) {
    request.users.append(name)
  }

  func compare(_ look: Look) -> Comparison {
    switch look.observed.users[name] ?? .unknown("nobody looked at the user \(name)") {
    case .unknown(let why): return .unknown(why)
    case .absent:
      guard manage else {
        return .blocked(
          "the user \(name) must exist already and does not",
          remedy: "Create it on the node, or name the right user in fleet.yaml."
        )
      }
      let after = groups.isEmpty ? "present" : "in " + groups.joined(separator: ", ")
      return .differs(Gap([.create], [Difference("state", before: "absent", after: after)]))
    case .value(let present):
      let missing = missingGroups(present)
      guard !missing.isEmpty else { return .inSync }
      let text = missing.joined(separator: ", ")
      return .differs(
        Gap([.update], [Difference("groups", before: "not in \(text)", after: "in \(text)")])
      )
    }
  }

  private func missingGroups(_ present: [String]) -> [String] {
    groups.filter { !present.contains($0) }.sorted()
  }

  func operations(_ look: Look) -> [NodeOperation] {
    guard let gap = compare(look).gap else { return [] }
    if gap.actions == [.create] {
      return [
        NodeOperation(
          .addUser,
          [
            name, system ? "1" : "0", home, shell, group, groups.joined(separator: ","),
            createHome ? "1" : "0",
          ],
          for: look.address
        )
      ]
    }
    let missing = missingGroups(look.observed.users[name]?.known ?? [])
    return [
      NodeOperation(.addUserGroups, [name, missing.joined(separator: ",")], for: look.address)
    ]
  }

  func desiredState(_ context: CompareContext) -> String? {
    "user " + groups.sorted().joined(separator: ",")
  }

  func observedState(_ look: Look) -> String? {
    switch look.observed.users[name] {
    case .value(let present):
      "user " + groups.filter { present.contains($0) }.sorted().joined(separator: ",")
    case .absent: "absent"
    case .unknown, nil: nil
    }
  }
}
