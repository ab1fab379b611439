internal import FleetModel
internal import FleetRender

extension SecretSpec: Convergent {
  func request(into request: inout ProbeRequest) {
    request.secrets.append(ProbeRequest.SecretLocation(id: id, file: file, key: key))
    request.paths.append(ProbeRequest.Path(file))
  }

  func compare(_ look: Look) -> Comparison {
    let seen = look.path(file)
    if let value = look.observed.secrets[id] {
      if let conflict = conflict(value, look) { return conflict }
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
    case .value, .absent: return look.refusal(above: file) ?? compareAbsent(look)
    }
  }

  private func compareAbsent(_ look: Look) -> Comparison {
    let keeper = look.keeper(of: id)
    let after =
      keeper.map { "the value of \($0) as \(key) in \(file)" }
      ?? "\(length) random characters as \(key) in \(file)"
    let gap = Gap([.create], [Difference("state", before: "absent", after: after)])
    if let holder = liveHolder(look), !look.isAdopted {
      return .foreign(
        gap,
        "\(holder), and a new value would lock out whoever uses the present one",
        remedy:
          "Write the present value as a line `\(key)=VALUE` into \(file) on the node, or have a "
          + "new one made with `--adopt \(look.address)`."
      )
    }
    guard let keeper else { return .differs(gap) }
    switch look.context.secrets[id] {
    case .known(let value) where Self.line(value) == nil:
      return .blocked(
        "the value of \(keeper) holds quotes, backslashes or `$`, which fleetctl does not copy",
        remedy: "Copy its line `\(key)=…` into \(file) on this node, then plan again."
      )
    case .known: return .differs(gap)
    case .afterApply:
      return .knownAfterApply(gap, producer: keeper, reason: "all nodes of the role share it")
    case .unknown(let why): return .unknown(why)
    case nil: return .unknown("nobody looked at \(keeper)")
    }
  }

  /// The verdict over a value that is not the one of the role's other nodes.
  private func conflict(_ value: Secret, _ look: Look) -> Comparison? {
    guard let keeper = look.keeper(of: id), case .known(let shared) = look.context.secrets[id],
      shared != value
    else { return nil }
    return .blocked(
      "its value is another one than that of \(keeper), which all nodes of the role share",
      remedy:
        "Take the line `\(key)=…` out of \(file) on the node whose value shall go, then plan again: "
        + "it is given the other one."
    )
  }

  /// `value` as it stands in the file; nil for what reads back as another value.
  private static func line(_ value: Secret) -> Secret? {
    value.reveal { bytes in
      guard let spelled = SecretEncoding.env.apply(bytes) else { return nil }
      let isSame = spelled == bytes || Array(spelled.dropFirst().dropLast()) == bytes
      return isSame ? Secret(spelled) : nil
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
    let words = [file, key, String(length)] + ownership.arguments
    guard look.keeper(of: id) != nil else {
      return [NodeOperation(.generateSecret, words, for: look.address)]
    }
    guard case .known(let value) = look.context.secrets[id], let line = Self.line(value) else {
      return []
    }
    return [NodeOperation(.generateSecret, words, blob: line, for: look.address)]
  }

  func desiredState(_ context: CompareContext) -> String? { "present" }

  func observedState(_ look: Look) -> String? {
    if look.observed.secrets[id] != nil { return looseMode(look) ?? "present" }
    if case .unknown = look.path(file) { return nil }
    return "absent"
  }
}

extension Look {
  /// The resource of another node whose value of the secret counts; nil where it is this node's own.
  func keeper(of id: SecretID) -> ResourceAddress? {
    guard let keeper = context.secretKeepers[id], keeper.node != address.node else { return nil }
    return keeper
  }
}
