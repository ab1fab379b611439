import FleetCompile
import FleetConfig
import FleetModel
import FleetPlan
import FleetProbe
import FleetResources
import FleetSSH
import FleetTransport

/// The connections of one run: opened side by side, kept from plan to apply.
struct FleetConnections: Sendable {
  private let connector: SSHConnector

  /// Reads passphrase and agent from the environment, never from arguments.
  init() {
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
  }

  /// Connects to every node and looks at it, in one round trip each; a node that does not answer is
  /// a normal result.
  ///
  /// The order is that of `nodes`.
  func observe(
    _ nodes: [NodeResources],
    target: @escaping @Sendable (NodeResources) -> SSHTarget,
    progress: @escaping @Sendable (String) -> Void
  ) async -> [Link] {
    await withTaskGroup(of: (Int, Link).self) { group in
      for (index, node) in nodes.enumerated() {
        group.addTask {
          let link = await link(node, target(node))
          if let detour = link.connection?.detour {
            progress("\(node.node.id): \(detour)")
          }
          if case .unreachable(let step, let cause, _) = link.observation {
            progress("\(node.node.id): \(step): \(cause)")
          }
          return (index, link)
        }
      }
      var links: [(Int, Link)] = []
      for await link in group { links.append(link) }
      return links.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  private func link(_ node: NodeResources, _ target: SSHTarget) async -> Link {
    func failed(_ error: TransportError, _ connection: (any RemoteConnection)?) -> Link {
      Link(
        resources: node,
        target: target,
        connection: connection,
        observation: .unreachable(step: error.step, cause: error.message, remedy: error.remedy)
      )
    }
    do {
      let connection = try await connector.connect(to: target)
      do {
        let observed = try await Self.look(at: node.resources, over: connection)
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

  /// Looks at what is wanted; only where the manifest owns more, because a role was removed, at that too.
  private static func look(
    at resources: [Resource],
    over connection: any RemoteConnection
  ) async throws(TransportError) -> ObservedNode {
    var observed = try await NodeProbe.observe(
      ProbeRequest.covering(resources),
      over: connection,
      nonce: Nonce.make()
    )
    guard let manifest = observed.manifest.known,
      let orphans = ProbeRequest.orphans(of: manifest, beside: resources)
    else { return observed }
    observed.add(try await NodeProbe.observe(orphans, over: connection, nonce: Nonce.make()))
    return observed
  }

  /// Opens one more connection.
  func connect(to target: SSHTarget) async throws(TransportError) -> any RemoteConnection {
    try await connector.connect(to: target)
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
