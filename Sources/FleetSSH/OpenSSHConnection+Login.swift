import FleetTransport

extension OpenSSHConnection {
  /// Starts the child and waits until it says that it is in.
  func logIn() async throws(TransportError) {
    let entrance = shared.entrance(of: target)
    await entrance.enter()
    defer { entrance.leave() }
    let proxy = try await proxy()
    let marker = "fleetctl-in-" + String(UInt64.random(in: 0...UInt64.max), radix: 16)
    let agent = keyAgent()
    defer { agent?.stop() }
    let socket = agent == nil ? shared.agents.socket(for: target) : folder.path + "/a"
    let child = try start(
      arguments.master(marker: marker, agent: socket, proxy: proxy, knownHosts: try pinFile())
    )
    master = child
    // ssh bounds connecting by itself; this bounds all of its steps.
    let deadline = Deadline(in: target.connectTimeout * 3)
    var flow = Flow(input: [], held: nil, cap: 65_536)
    let wanted = Array("\(marker)\n".utf8)
    while flow.output.firstRange(of: wanted) == nil {
      let arrived = try receive(&flow, child, step: "login")
      if child.hasFallenSilent {
        throw OpenSSHFailure.error(flow.errors, target, place: place)
      }
      if !arrived { try await park("login", child, deadline) }
    }
  }

  /// The file with the pins of fleet.lock, which stand for the target's own files.
  private func pinFile() throws(TransportError) -> [String] {
    guard let pins else { return target.knownHostsFiles }
    let path = folder.path + "/h"
    let text = pins.map { $0 + "\n" }.joined()
    if let failure = LocalFile.replace(path, with: Array(text.utf8)) {
      throw TransportError(
        .internalFailure,
        step: "connect",
        "a private file in /tmp could not be written: \(failure.text)"
      )
    }
    return [path]
  }

  /// The `ProxyCommand` of the target's route; a jump host is shared with all nodes behind it.
  private func proxy() async throws(TransportError) -> String? {
    switch target.route {
    case .direct: return nil
    case .command(let text): return SSHOption.literal(text)
    case .jumps(let chain):
      let master = try await shared.jumps.master(for: chain, patience: target.connectTimeout)
      jump = master
      return master.proxyCommand
    }
  }

  /// An agent with the keys that were decrypted; nil when ssh can read all of them by itself.
  private func keyAgent() -> KeyAgent? {
    guard !openedKeys.isEmpty else { return nil }
    return KeyAgent(
      path: folder.path + "/a",
      keys: openedKeys,
      upstream: shared.agents.socket(for: target)
    )
  }

  /// The key with which the server identifies itself; no login is attempted.
  func lookAtHostKey() async throws(TransportError) -> HostKey {
    let file = folder.path + "/k"
    let child = try start(arguments.hostKey(into: file, proxy: try await proxy()))
    child.endInput()
    let deadline = Deadline(in: target.connectTimeout * 2)
    var flow = Flow(input: [], held: nil, cap: 65_536)
    while !child.hasFallenSilent {
      let arrived = try receive(&flow, child, step: "handshake")
      if !arrived { try await park("handshake", child, deadline) }
    }
    // That the login is refused is expected; the file has the key or the words have the reason.
    guard case .success(let bytes) = LocalFile.read(file, limit: 65_536),
      let key = KnownHosts([bytes]).keys.first
    else { throw OpenSSHFailure.error(flow.errors, target, place: place) }
    return key
  }
}
