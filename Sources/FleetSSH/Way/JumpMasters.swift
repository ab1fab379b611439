import FleetTransport
import Glibc
import Synchronization

/// The jump hosts of one run: one login each, shared by all nodes behind them.
actor JumpMasters {
  private typealias Start = Task<Result<JumpMaster, TransportError>, Never>

  private var starts: [[SSHHop]: Start] = [:]
  private var folder: SocketFolder?

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
    guard let ssh = ChildProcess.find("ssh") else {
      throw JumpMaster.failure(hop, .internalFailure, "OpenSSH's `ssh` is not installed here")
    }
    if folder == nil { folder = SocketFolder() }
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

/// A folder that only we may enter; it goes with the last reference.
final class SocketFolder: Sendable {
  let path: String
  private let count = Mutex(0)

  /// Short, because the path of a socket may have only 107 bytes.
  init?() {
    var template = Array("/tmp/fleetctl-jump-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { return nil }
    path = String(cString: made)
  }

  /// A path that was not given before.
  func nextPath() -> String {
    let number = count.withLock { count in
      count += 1
      return count
    }
    return "\(path)/\(number)"
  }

  deinit {
    rmdir(path)
  }
}
