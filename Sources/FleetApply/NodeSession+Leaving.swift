import FleetProbe

extension NodeSession {
  /// Removes fleetctl's own units and records from the node, and with them the lock that we hold.
  ///
  /// - Returns: The folder with copies of others' files that stays; nil when there is none.
  /// - Throws: `ApplyError`: `.lostLease`, or `.stagingFailed` when the node is frozen, has an open run
  ///   or refuses.
  package func leave() async throws(ApplyError) -> String? {
    let answer = try await converse(["command=leave", "token=" + (token ?? "")])
    if answer.first("state:fenced") != nil { throw Self.lostLease }
    guard let left = answer.first("left") else {
      throw ApplyError(
        .stagingFailed,
        answer.first("state:busy") != nil
          ? "the node is frozen or has a run that nobody confirmed; its records stay"
          : "fleetctl's own units could not be removed from the node"
      )
    }
    noteReleased()
    let kept = Printable.line(left.text)
    return kept.isEmpty ? nil : kept
  }
}
