internal import FleetModel

extension DatabaseRoleSpec: Convergent {
  func request(into request: inout ProbeRequest) {
    request.postgres = true
  }

  func compare(_ look: Look) -> Comparison {
    let gap = Gap([.create], [Difference("state", before: "absent", after: "login role")])
    let (seen, verdict) = look.postgres(gap)
    guard let seen else { return verdict }
    let password = look.context.secrets[password]
    if seen.roles.contains(name) {
      // A password cannot be read back; a new one is set.
      guard case .afterApply(let producer) = password else {
        return look.isToBeGiven(self.password)
          ? .differs(Gap([.update], [Difference("password", before: "old", after: "new")]))
          : .inSync
      }
      // Its secret is blocked for the same reason, until one of the two is adopted.
      return .knownAfterApply(
        Gap([.update], [Difference("password", before: "old", after: "new")]),
        producer: producer,
        reason: "its password \(self.password) is made first"
      )
    }
    switch password {
    case .known: return .differs(gap)
    case .afterApply(let producer):
      return .knownAfterApply(gap, producer: producer, reason: "its password is made first")
    case .unknown(let why): return .unknown("its password: \(why)")
    case nil: return .unknown("nothing in the fleet provides its password \(self.password)")
    }
  }

  /// Also while the server could not be asked, and for a role that is there: the step sets the
  /// password, which cannot be compared.
  func operations(_ look: Look) -> [NodeOperation] {
    guard case .known(let secret) = look.context.secrets[password] else { return [] }
    return [NodeOperation(.postgresRole, [name], blob: secret, for: look.address)]
  }

  func desiredState(_ context: CompareContext) -> String? { "present" }

  func observedState(_ look: Look) -> String? {
    switch look.observed.postgres {
    case .value(let seen): seen.roles.contains(name) ? "present" : "absent"
    case .absent: "absent"
    case .unknown: nil
    }
  }
}

extension Look {
  /// Whether the node is to have the secret and lacks it, while another one has it.
  fileprivate func isToBeGiven(_ id: SecretID) -> Bool {
    guard keeper(of: id) != nil, observed.secrets[id] == nil else { return false }
    return context.desired.resources.contains { other in
      if case .secret(let spec) = other.spec { spec.id == id } else { false }
    }
  }
}
