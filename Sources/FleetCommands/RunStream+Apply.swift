import FleetApply
import FleetDiagnostics
import FleetModel
import FleetView

/// What happens during an apply, as events.
extension RunStream {
  /// Tells one event of the run.
  func tell(_ event: ApplyEvent) {
    switch event {
    case .stage(let name, let nodes):
      tell(.waveStart, name, [("stage", .string(name)), ("nodes", .int(nodes))])
    case .stageEnded(let name, let nodes, let failed, let milliseconds):
      tell(
        .waveComplete,
        name,
        [
          ("stage", .string(name)), ("nodes", .int(nodes)), ("failed", .int(failed)),
          ("duration_ms", .int(milliseconds)),
        ]
      )
    case .began(_, let stage, let addresses): tell(begun: addresses, stage: stage)
    case .batch(let node, let stage, let operations, let milliseconds):
      tell(
        .applyProgress,
        "node.\(node): \(stage)",
        [
          ("node", .string(node.name)), ("stage", .string(stage)), ("steps", .int(operations)),
          ("duration_ms", .int(milliseconds)),
        ]
      )
    case .failed(let node, let address, let why):
      tell(
        .stepErrored,
        level: "error",
        "\(address) failed",
        [("node", .string(node.name)), ("address", .string(address)), ("error", .string(why))]
      )
    case .waiting(let node, let unit, let left, let status):
      tell(
        .checkProgress,
        "node.\(node): \(unit) is starting",
        [
          ("node", .string(node.name)), ("unit", .string(unit)), ("seconds_left", .int(left)),
          ("status", .string(status)),
        ]
      )
    case .rollout, .rolloutStopped: tell(rollout: event)
    case .checking, .checked: tell(check: event)
    case .takingBack, .tookBack: tell(wayBack: event)
    }
  }

  private func tell(rollout event: ApplyEvent) {
    switch event {
    case .rollout(let number, let roles, let nodes, let isCanary):
      tell(
        .rolloutBatch,
        "batch \(number) of \(roles.joined(separator: ", "))",
        [
          ("batch", .int(number)), ("roles", JSONValue(roles)),
          ("nodes", JSONValue(nodes.map(\.name))), ("canary", .bool(isCanary)),
        ]
      )
    case .rolloutStopped(let role, let nodes, let why):
      tell(
        .rolloutStopped,
        level: "error",
        why,
        [
          ("role", .string(role)), ("nodes", JSONValue(nodes.map(\.name))),
          ("error", .string(why)),
        ]
      )
    default: return
    }
  }

  private func tell(check event: ApplyEvent) {
    switch event {
    case .checking(let check):
      tell(.checkStart, "\(check.address): \(check.name)", Self.members(check))
    case .checked(let check, let milliseconds, let error):
      let time: (String, JSONValue) = ("duration_ms", .int(milliseconds))
      guard let error else {
        return tell(
          .checkComplete,
          "\(check.address): \(check.name) passed",
          Self.members(check) + [time]
        )
      }
      tell(
        .checkErrored,
        level: check.isRequired ? "error" : "warn",
        "\(check.address): \(check.name) did not pass",
        Self.members(check) + [time, ("error", .string(error))]
      )
    default: return
    }
  }

  private static func members(_ check: ApplyEvent.Check) -> [(String, JSONValue)] {
    [
      ("node", .string(check.node.name)), ("address", .string(check.address)),
      ("check", .string(check.name)), ("required", .bool(check.isRequired)),
    ]
  }

  private func tell(wayBack event: ApplyEvent) {
    switch event {
    case .takingBack(let node, let why):
      tell(
        .rollbackStart,
        level: "warn",
        "node.\(node): taking back",
        [("node", .string(node.name)), ("reason", .string(why))]
      )
    case .tookBack(let node, let byItself, let milliseconds, let error):
      var members: [(String, JSONValue)] = [
        ("node", .string(node.name)), ("by", byItself ? "node" : "fleetctl"),
      ]
      if let milliseconds { members.append(("duration_ms", .int(milliseconds))) }
      guard let error else {
        return tell(.rollbackComplete, level: "warn", "node.\(node): taken back", members)
      }
      tell(
        .rollbackErrored,
        level: "error",
        "node.\(node): not taken back as it was told",
        members + [("error", .string(error))]
      )
    default: return
    }
  }
}

extension RunStream {
  /// Takes what becomes of the lock of `node`.
  func lock(of node: String) -> @Sendable (LockNews) -> Void {
    { [self] news in
      let name: (String, JSONValue) = ("node", .string(node))
      switch news {
      case .waiting(let holder, let seconds):
        tell(
          .lockWait,
          level: "warn",
          "node.\(node): locked by \(holder); waiting",
          [name, ("holder", .string(holder)), ("seconds_left", .int(seconds))]
        )
      case .acquired: tell(.lockAcquired, "node.\(node): locked", [name])
      case .released: tell(.lockReleased, "node.\(node): lock given back", [name])
      }
    }
  }
}
