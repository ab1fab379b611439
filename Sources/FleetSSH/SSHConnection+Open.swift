import CLibSSH2
import FleetTransport
import Synchronization

extension SSHConnection {
  /// Connects, verifies the host key, logs in.
  func establish() async throws(TransportError) {
    // Here and not in the whole of `open`: only logins that are under way count for sshd.
    let entrance = shared.entrance(of: target)
    await entrance.enter()
    defer { entrance.leave() }
    recorder?.begin()
    let offered = try await reachHostKey(preferring: try policy.preference())
    try policy.check(offered)
    recorder?.mark("host key", "\(offered.type) \(offered.fingerprint) is pinned")
    guard let credentials else {
      throw TransportError(.internalFailure, step: "login", "there is no key to log in with")
    }
    try await logIn(credentials)
    shared.traffic.count(.login)
  }

  /// Connects and exchanges keys; returns the key that the server proved to own.
  func reachHostKey(preferring types: [String]) async throws(TransportError) -> HostKey {
    var drops = Drops(target)
    while true {
      do throws(TransportError) {
        return try await shakeHands(preferring: types)
      } catch {
        guard wasDropped(error), let time = drops.next() else { throw drops.explain(error) }
        session = nil
        recorder?.mark("dropped", drops.text)
        try await pause(time)
      }
    }
  }

  /// Whether the server hung up before it said who it is: a full sshd drops connections at random, some
  /// versions with a line that is no banner.
  private func wasDropped(_ error: TransportError) -> Bool {
    guard error.code == .connectionLost, error.step == "handshake" else { return false }
    return session?.banner.map { $0.starts(with: "Exceeded MaxStartups".utf8) } ?? true
  }

  func pause(_ time: Duration) async throws(TransportError) {
    let end = Deadline(in: time)
    while !end.hasPassed {
      do throws(TransportError) {
        try await park("connect", -1, 0, end)
      } catch {
        guard error.code == .timedOut else { throw error }
      }
    }
  }

  private func shakeHands(preferring types: [String]) async throws(TransportError) -> HostKey {
    let wire = try await reach()
    guard let session = Session(owning: wire), session.pinAlgorithms(hostKeys: types) else {
      throw TransportError(.internalFailure, step: "handshake", "libssh2 cannot make a session")
    }
    self.session = session
    let deadline = Deadline(in: target.connectTimeout)
    var hasBanner = false
    let code = try await settle("handshake", deadline) {
      let code = libssh2_session_handshake($0, wire.reading)
      if !hasBanner, let banner = session.banner {
        hasBanner = true
        recorder?.mark("banner", PrintableText.line(banner, limit: 80))
      }
      return code
    }
    guard code == 0 else { throw handshakeFailure(code) }
    recorder?.mark("key exchange", session.agreed)
    guard let key = session.hostKey else {
      throw lost("handshake", "the host key is malformed")
    }
    return key
  }

  private func handshakeFailure(_ code: Int32) -> TransportError {
    let server = session?.banner.map { ", which calls itself “\(PrintableText.line($0))”," } ?? ""
    switch code {
    case LIBSSH2_ERROR_KEX_FAILURE, LIBSSH2_ERROR_METHOD_NONE:
      return TransportError(
        .noCommonAlgorithm,
        step: "handshake",
        "\(place)\(server) offers no algorithms in common with libssh2 1.10, which knows neither"
          + " RSA host keys with SHA-2 nor AES-GCM, ChaCha20 or “etm” MACs",
        remedy: "Allow on the node (sshd_config): HostKey ssh_host_ed25519_key, Ciphers aes128-ctr,"
          + " MACs hmac-sha2-256, KexAlgorithms curve25519-sha256."
      )
    case LIBSSH2_ERROR_BANNER_RECV, LIBSSH2_ERROR_PROTO:
      return lost("handshake", "no SSH server answers there" + wordsOfCommand)
    case LIBSSH2_ERROR_HOSTKEY_INIT, LIBSSH2_ERROR_HOSTKEY_SIGN:
      return TransportError(
        .hostKeyChanged,
        step: "handshake",
        "\(place)\(server) could not prove that it owns its host key",
        remedy: "Do not trust this server."
      )
    default:
      let details = session?.lastError ?? "no details"
      return lost("handshake", "\(details) (libssh2 error \(code))" + wordsOfCommand)
    }
  }

  // MARK: TCP

  func dial(_ deadline: Deadline) async throws(TransportError) -> Int32 {
    let addresses = try await addresses(deadline)
    recorder?.mark("resolve", addresses.count == 1 ? "1 address" : "\(addresses.count) addresses")
    var failure = TransportError(.unreachable, step: "connect", "\(target.host) has no address")
    for (index, address) in addresses.enumerated() {
      do throws(TransportError) {
        return try await connect(address, deadline.share(among: addresses.count - index))
      } catch {
        guard error.code != .cancelled, error.code != .closed else { throw error }
        failure = error
      }
    }
    throw failure
  }

  private func connect(
    _ address: SocketAddress,
    _ deadline: Deadline
  ) async throws(TransportError) -> Int32 {
    let descriptor: Int32
    switch address.startConnecting() {
    case .failure(let failure): throw unreachable(failure)
    case .success(let started): descriptor = started
    }
    do throws(TransportError) {
      try await park("connect", descriptor, EPOLLOUT.rawValue, deadline)
      let failure = SocketAddress.pendingError(descriptor)
      guard failure.code == 0 else { throw unreachable(failure) }
    } catch {
      SocketAddress.discard(descriptor)
      throw error
    }
    SocketAddress.tune(descriptor)
    recorder?.mark("connect", KnownHosts.name(host: target.host, port: target.port))
    return descriptor
  }

  private func unreachable(_ failure: Errno) -> TransportError {
    let place = KnownHosts.name(host: target.host, port: target.port)
    let code: TransportError.Code = failure.isRefusal ? .refused : .unreachable
    return TransportError(
      code,
      step: "connect",
      "cannot connect to \(place): \(failure.text)",
      remedy: failure.isRefusal
        ? "Start sshd on the node, or correct `address` and `ssh.port` in fleet.yaml."
        : "Check that the node is up and that this machine has a route to it:\n"
          + "  ping \(target.host)"
    )
  }

  private func addresses(_ deadline: Deadline) async throws(TransportError) -> [SocketAddress] {
    if let numeric = Resolver.numeric(target.host, port: target.port) { return numeric }
    let answer = Answer()
    Resolver.start(target.host, port: target.port) { [loop, link] outcome in
      answer.put(outcome)
      loop.wake(link)
    }
    while true {
      switch answer.taken {
      case .success(let addresses)?: return addresses
      case .failure(let failure)?:
        throw TransportError(
          .unreachable,
          step: "connect",
          "the name \(target.host) cannot be resolved: \(failure.text)",
          remedy: "Give the node's IP address in fleet.yaml, or mend the name service."
        )
      case nil: break
      }
      // The answer may come between the look and the wait, so the wait is short.
      let pause = Deadline(in: .milliseconds(20))
      do throws(TransportError) {
        try await park("connect", -1, 0, pause)
      } catch {
        guard error.code == .timedOut else { throw error }
        guard !deadline.hasPassed else { throw timedOut("connect", deadline) }
      }
    }
  }
}

/// The place where the resolver's thread leaves its answer.
private final class Answer: Sendable {
  private let outcome = Mutex<Resolver.Outcome?>(nil)

  func put(_ outcome: Resolver.Outcome) {
    self.outcome.withLock { $0 = outcome }
  }

  var taken: Resolver.Outcome? {
    outcome.withLock { $0 }
  }
}
