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
      let after = "\(length) random characters as \(key) in \(file)"
      return .differs(Gap([.create], [Difference("state", before: "absent", after: after)]))
    }
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
