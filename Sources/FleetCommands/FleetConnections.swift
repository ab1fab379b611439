import FleetCompile
import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetPlan
import FleetProbe
import FleetResources
import FleetSSH
import FleetTransport
import FleetView

/// The connections of one run: opened side by side, kept from plan to apply.
struct FleetConnections: Sendable {
  private let connector: SSHConnector
  /// Whether more is said to the nodes after the first look, so that the conversation is kept.
  var goesOn = false
  /// Takes the events of connecting and looking; nil where nobody reads them.
  var stream: RunStream?

  /// Reads passphrase and agent from the environment, never from arguments.
  init() {
    if let phrase = Environment["FLEETCTL_KEY_PASSPHRASE"] { Redactor.learn(phrase, as: "key") }
    if let password = Environment["FLEETCTL_SUDO_PASSWORD"] { Redactor.learn(password, as: "sudo") }
    connector = SSHConnector(
      SSHConfiguration(
        passphrase: Environment["FLEETCTL_KEY_PASSPHRASE"],
        sudoPassword: Environment["FLEETCTL_SUDO_PASSWORD"],
        agentSocket: Environment["SSH_AUTH_SOCK"],
        homeDirectory: Environment.home,
        sshProgram: Programs.find("ssh")
      )
    )
  }

  /// One node as connected and observed.
  struct Link: Sendable {
    let resources: NodeResources
    let target: SSHTarget
    /// Nil when the node could not be reached.
    let connection: (any RemoteConnection)?
    let observation: NodeObservation
    /// Whether it failed only because sudo wants a password that nobody gave.
    var wantsSudoPassword = false
    /// Whether another machine answered than the one that is pinned, or one that is two nodes.
    var isForeign = false

    /// The same without what was seen there, but for who it is and what is ours there.
    var withoutSight: Link {
      guard let all = observation.node else { return self }
      var seen = ObservedNode()
      seen.system.machineID = all.system.machineID
      seen.system.nodeID = all.system.nodeID
      seen.manifest = all.manifest
      return Link(
        resources: resources,
        target: target,
        connection: connection,
        observation: .observed(seen)
      )
    }
  }

  /// Takes what nodes say as soon as they say it.
  struct Listener {
    /// The first answer of a node that is no question for a password.
    let hears: (Link) -> Void
    /// What a node is whose answer does not count any more.
    let withdraws: (Link) -> Void
    /// Whether the links still hold what was seen.
    let keepsSight: Bool
  }

  /// Gets what the logins to `targets` need, once each, before anything connects: the passphrases of
  /// keys, and sudo's passwords where fleet.yaml says where they are.
  ///
  /// Without a terminal no passphrase is asked for; the login then says what is missing.
  /// - Throws: `ExitCode` after telling why a password that fleet.yaml names cannot be had.
  func unlock(_ targets: [SSHTarget]) throws {
    for (node, password) in try SudoPasswords.found(for: targets) {
      connector.useSudoPassword(password, for: node)
    }
    guard Terminal.canAsk, Environment["FLEETCTL_KEY_PASSPHRASE"] == nil else { return }
    for path in connector.lockedIdentities(of: targets) {
      for _ in 0..<3 {
        let question = "Passphrase of \(displayable(path)) (empty to go on without it): "
        guard let phrase = Terminal.askSecret(question), !phrase.isEmpty else { break }
        Redactor.learn(phrase, as: "key")
        guard let error = connector.unlock(path, with: phrase) else { break }
        Terminal.note("\(displayable(error.message))\n")
      }
    }
  }

  /// Connects to every node and looks at it, in one round trip each; a node that does not answer is
  /// a normal result.
  ///
  /// The order is that of `nodes`; `listener` hears each while others are still under way.
  func observe(
    _ nodes: [NodeResources],
    listener: Listener,
    target: @escaping @Sendable (NodeResources) -> SSHTarget,
    progress: @escaping @Sendable (String) -> Void
  ) async throws -> [Link] {
    try unlock(nodes.map(target))
    var links = await look(at: nodes, listener, target: target, progress: progress)
    let waiting = links.indices.filter { links[$0].wantsSudoPassword }
    if !waiting.isEmpty, let password = askForSudo(waiting.map { links[$0].target }) {
      use(sudoPassword: password)
      let again = await look(
        at: waiting.map { nodes[$0] },
        listener,
        target: target,
        progress: progress
      )
      for (index, link) in zip(waiting, again) { links[index] = link }
    }
    // Nobody was asked, or gave a wrong answer: the refusal stands.
    for link in links where link.wantsSudoPassword { listener.hears(link) }
    return await Self.withoutClones(links, progress, listener.withdraws)
  }

  /// Asks for the sudo password of `targets`; nil when nobody can be asked.
  func askForSudo(_ targets: [SSHTarget]) -> String? {
    guard Terminal.canAsk else { return nil }
    let users = Set(targets.map(\.user)).sorted().joined(separator: ", ")
    return Terminal.askSecret(
      "Password of \(displayable(users)) for sudo on \(targets.count)"
        + (targets.count == 1 ? " node: " : " nodes: ")
    )
  }

  private func look(
    at nodes: [NodeResources],
    _ listener: Listener,
    target: @escaping @Sendable (NodeResources) -> SSHTarget,
    progress: @escaping @Sendable (String) -> Void
  ) async -> [Link] {
    await withTaskGroup(of: (Int, Link).self) { group in
      for (index, node) in nodes.enumerated() {
        group.addTask {
          let began = ContinuousClock.now
          let link = await link(node, target(node))
          tell(link, since: began)
          if let detour = link.connection?.detour {
            progress("\(node.node.id): \(detour)")
          }
          // It is going to be asked for.
          if link.wantsSudoPassword, Terminal.canAsk { return (index, link) }
          if case .unreachable(let step, let cause, _) = link.observation {
            progress("\(node.node.id): \(step): \(cause)")
          }
          return (index, link)
        }
      }
      var links: [(Int, Link)] = []
      for await (index, link) in group {
        // It may be asked for.
        if !link.wantsSudoPassword { listener.hears(link) }
        links.append((index, listener.keepsSight ? link : link.withoutSight))
      }
      return links.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  private func link(_ node: NodeResources, _ target: SSHTarget) async -> Link {
    func failed(_ error: TransportError, _ connection: (any RemoteConnection)?) -> Link {
      Link(
        resources: node,
        target: target,
        connection: connection,
        observation: .unreachable(step: error.step, cause: error.message, remedy: error.remedy),
        wantsSudoPassword: error.code == .sudoPasswordRequired,
        isForeign: error.isForeign(target)
      )
    }
    do {
      let connection = try await login(target)
      do {
        let name = node.node.id.name
        stream?.tell(.refreshStart, "node.\(name): looking", [("node", .string(name))])
        let observed = try await look(at: node.resources, over: connection)
        if let pin = target.pin { try observed.identity.check(pin, of: target.node) }
        Redactor.learn(observed)
        return Link(
          resources: node,
          target: target,
          connection: connection,
          observation: .observed(observed)
        )
      } catch {
        await connection.close()
        return failed(error, nil)
      }
    } catch {
      return failed(error, nil)
    }
  }

  /// Logs in, and tells when that begins and how it ends.
  private func login(_ target: SSHTarget) async throws(TransportError) -> any RemoteConnection {
    let node: (String, JSONValue) = ("node", .string(target.node))
    let began = ContinuousClock.now
    func elapsed() -> (String, JSONValue) {
      ("duration_ms", .int(Int((ContinuousClock.now - began) / .milliseconds(1))))
    }
    stream?.tell(.nodeConnectStart, "node.\(target.node): connecting", [node])
    do throws(TransportError) {
      let connection = try await connector.connect(to: target)
      stream?.tell(.nodeConnectComplete, "node.\(target.node): logged in", [node, elapsed()])
      return connection
    } catch {
      stream?.tell(
        .nodeConnectErrored,
        level: "error",
        "node.\(target.node): \(error.step): \(error.message)",
        [node, ("step", .string(error.step)), ("error", .string(error.message)), elapsed()]
      )
      throw error
    }
  }

  private func tell(_ link: Link, since began: ContinuousClock.Instant) {
    // It is asked for and looked at again; or it stays so, which the plan says.
    guard !link.wantsSudoPassword else { return }
    var failed: (step: String, cause: String)?
    if case .unreachable(let step, let cause, _) = link.observation { failed = (step, cause) }
    stream?.tell(
      look: link.resources.node.id.name,
      failed: failed,
      milliseconds: Int((ContinuousClock.now - began) / .milliseconds(1))
    )
  }

  /// Looks at what is wanted; only where the manifest owns more, because a role was removed, at that too,
  /// and at where things came from that it does not own.
  private func look(
    at resources: [Resource],
    over connection: any RemoteConnection
  ) async throws(TransportError) -> ObservedNode {
    var observed = try await NodeProbe.observe(
      ProbeRequest.covering(resources),
      over: connection,
      nonce: Nonce.make(),
      lasts: goesOn
    )
    var more = ProbeRequest.origins(of: resources, seen: observed) ?? ProbeRequest()
    if let manifest = observed.manifest.known,
      let orphans = ProbeRequest.orphans(of: manifest, beside: resources)
    {
      more = more.joined(with: orphans)
    }
    guard more != ProbeRequest() else { return observed }
    observed.add(try await NodeProbe.observe(more, over: connection, nonce: Nonce.make()))
    return observed
  }

  /// Uses `password` for sudo from now on.
  func use(sudoPassword password: String) {
    Redactor.learn(password, as: "sudo")
    connector.useSudoPassword(password)
  }

  /// How many logins, channels and round trips there were.
  var traffic: Traffic { connector.traffic }

  /// Logs in and tells each step.
  func trace(to target: SSHTarget) async -> LoginTrace {
    await connector.trace(to: target)
  }

  /// Opens one more connection, to the machine that is pinned or not at all.
  ///
  /// With a pin beyond the host key this costs a round trip; a look at the node compares it for nothing.
  func connect(to target: SSHTarget) async throws(TransportError) -> any RemoteConnection {
    let connection = try await login(target)
    guard let pin = target.pin, pin.machineID != nil || pin.nodeID != nil else { return connection }
    do throws(TransportError) {
      let identity = try await NodeIdentity.read(over: connection, nonce: Nonce.make())
      try identity.check(pin, of: target.node)
    } catch {
      await connection.close()
      throw error
    }
    return connection
  }
}

/// Random identifiers.
enum Nonce {
  /// 32 hexadecimal digits from the system's generator.
  static func make() -> String {
    var generator = SystemRandomNumberGenerator()
    return (0..<2).map { _ in
      let word = String(generator.next() as UInt64, radix: 16)
      return String(repeating: "0", count: 16 - word.count) + word
    }.joined()
  }
}
