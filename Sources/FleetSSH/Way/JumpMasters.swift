import FleetTransport

/// The jump hosts of one run: one login each, shared by all nodes behind them.
actor JumpMasters {
  private typealias Start = Task<Result<JumpMaster, TransportError>, Never>

  private var starts: [[SSHHop]: Start] = [:]
  private var folder: PrivateFolder?

  /// The master of the last hop of `chain`; logs in where nobody did yet.
  ///
  /// A hop that refused is not asked again for each node behind it, one whose login ended is.
  func master(
    for chain: [SSHHop],
    patience: Duration
  ) async throws(TransportError) -> JumpMaster {
    let start = try start(for: chain, patience)
    let outcome = await start.value
    if case .success(let master) = outcome, master.hasEnded, starts[chain] == start {
      starts[chain] = nil
      return try await self.start(for: chain, patience).value.get()
    }
    return try outcome.get()
  }

  private func start(
    for chain: [SSHHop],
    _ patience: Duration
  ) throws(TransportError) -> Start {
    if let known = starts[chain] { return known }
    guard let hop = chain.last else {
      throw TransportError(.internalFailure, step: "jump", "a way without jump hosts was asked for")
    }
    guard let ssh = Programs.find("ssh") else {
      throw JumpMaster.failure(hop, .internalFailure, "OpenSSH's `ssh` is not installed here")
    }
    if folder == nil { folder = PrivateFolder("jump-") }
    guard let folder else {
      throw JumpMaster.failure(hop, .internalFailure, "no private folder can be made in /tmp")
    }
    let start = Start { () async -> Result<JumpMaster, TransportError> in
      do throws(TransportError) {
        let before =
          chain.count > 1
          ? try await self.master(for: chain.dropLast(), patience: patience) : nil
        return .success(
          try await JumpMaster.start(
            hop,
            through: before,
            ssh: ssh,
            in: folder,
            patience: patience
          )
        )
      } catch {
        return .failure(error)
      }
    }
    starts[chain] = start
    return start
  }
}
