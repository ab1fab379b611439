internal import FleetModel

extension SecretSpec: Convergent {
  func request(into request: inout ProbeRequest) {
    request.secrets.append(ProbeRequest.SecretLocation(id: id, file: file, key: key))
    request.paths.append(ProbeRequest.Path(file))
  }

  func compare(_ look: Look) -> Comparison {
    let seen = look.path(file)
    if look.observed.secrets[id] != nil {
      guard let excess = looseMode(look) else { return .inSync }
      return .differs(
        Gap([.update], [Difference("mode", before: excess, after: ownership.modeText)])
      )
    }
    switch seen {
    case .unknown(let why): return .unknown(why)
    case .value(let path) where path.kind != .file:
      return .blocked(
        "\(file) is no plain file",
        remedy: "Move it away on the node, then plan again."
      )
    case .value, .absent:
      if let refusal = look.refusal(above: file) { return refusal }
      let after = "\(length) random characters as \(key) in \(file)"
      let gap = Gap([.create], [Difference("state", before: "absent", after: after)])
      guard let holder = liveHolder(look), !look.isAdopted else { return .differs(gap) }
      return .foreign(
        gap,
        "\(holder), and a new value would lock out whoever uses the present one",
        remedy:
          "Write the present value as a line `\(key)=VALUE` into \(file) on the node, or have a "
          + "new one made with `--adopt \(look.address)`."
      )
    }
  }

  /// What on the node lives with a value of this secret that fleetctl cannot see: a role of the
  /// database, or a file of somebody else's where the value belongs.
  private func liveHolder(_ look: Look) -> String? {
    guard look.owned == nil else { return nil }
    for resource in look.context.desired.resources.sorted(by: { $0.address < $1.address }) {
      switch resource.spec {
      case .databaseRole(let role) where role.password == id:
        if look.observed.postgres.known?.roles.contains(role.name) == true {
          return "the database role \(role.name) is here already with a password of its own"
        }
      case .file(let spec) where spec.content.secrets.contains(id) && spec.path != file:
        let other = Look(resource, look.observed, look.context)
        guard other.path(spec.path).known != nil, spec.isForeign(other) else { continue }
        return "\(spec.path) is here already and may hold a value of its own"
      default: continue
      }
    }
    return nil
  }

  /// The mode of the file when more people may read it than should; nil when that is as it should be
  /// or when a resource of its own looks after the file.
  private func looseMode(_ look: Look) -> String? {
    guard case .value(let seen) = look.path(file), look.context.desired.byPath[file] == nil,
      seen.ownership.mode & ~ownership.mode != 0
    else { return nil }
    return seen.ownership.modeText
  }

  func operations(_ look: Look) -> [NodeOperation] {
    guard let gap = compare(look).gap else { return [] }
    if gap.actions == [.update] {
      return [NodeOperation(.setOwnership, [file] + ownership.arguments, for: look.address)]
    }
    return [
      NodeOperation(
        .generateSecret,
        [file, key, String(length)] + ownership.arguments,
        for: look.address
      )
    ]
  }

  func desiredState(_ context: CompareContext) -> String? { "present" }

  func observedState(_ look: Look) -> String? {
    if look.observed.secrets[id] != nil { return looseMode(look) ?? "present" }
    if case .unknown = look.path(file) { return nil }
    return "absent"
  }
}
