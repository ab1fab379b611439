import FleetApply
import FleetModel
import FleetPlan
import FleetProbe
import FleetResources
import FleetSSH
import FleetTransport

extension TransportError {
  /// Whether it says that another machine is there than the one that fleet.lock pins.
  func isForeign(_ target: SSHTarget) -> Bool {
    switch code {
    case .identityRefused: true
    case .hostKeyChanged, .hostKeyRevoked:
      step == "jump" ? target.hasPinnedJumpHost : step == "host key" && target.pin != nil
    default: false
    }
  }
}

extension SSHTarget {
  /// Whether fleet.lock pins a jump host on the way to it.
  fileprivate var hasPinnedJumpHost: Bool {
    guard case .jumps(let chain) = route else { return false }
    return chain.contains { !$0.hostKeys.isEmpty }
  }
}

extension ApplyError {
  /// Whether another machine was there than the one that fleet.lock pins.
  var isForeign: Bool {
    if case .transport(let error) = code { error.code == .identityRefused } else { false }
  }
}

extension ObservedNode {
  /// What the node says it is.
  var identity: NodeIdentity { NodeIdentity(machineID: system.machineID, nodeID: system.nodeID) }
}

extension FleetConnections {
  /// Takes the nodes out that are one machine or copies of one image, whatever is pinned.
  static func withoutClones(
    _ links: [Link],
    _ progress: (String) -> Void,
    _ withdraw: (Link) -> Void
  ) async -> [Link] {
    var links = links
    let identities = links.map { $0.observation.node?.identity }
    for (what, indices) in shared(identities) {
      let names = indices.map { "`\(links[$0].target.node)`" }.joined(separator: ", ")
      for index in indices {
        let connection = links[index].connection
        await connection?.close()
        links[index] = Link(
          resources: links[index].resources,
          target: links[index].target,
          connection: nil,
          observation: .unreachable(
            step: "identity",
            cause: "nodes \(names) have one \(what): they are one machine, or copies of one image",
            remedy: cloneCure
          ),
          isForeign: true
        )
        withdraw(links[index])
        if case .unreachable(let step, let cause, _) = links[index].observation {
          progress("\(links[index].target.node): \(step): \(cause)")
        }
      }
    }
    return links
  }

  /// How a copy becomes a machine of its own.
  static let cloneCure = """
    Make the copy a machine of its own:
      rm /etc/machine-id /var/lib/dbus/machine-id /var/lib/fleetctl/node-id; systemd-machine-id-setup
      rm /etc/ssh/ssh_host_*; ssh-keygen -A; systemctl restart ssh
    """

  /// Values that several of `identities` have, with their places, in a constant order.
  static func shared(_ identities: [NodeIdentity?]) -> [(what: String, indices: [Int])] {
    var owners: [String: [Int]] = [:]
    for (index, identity) in identities.enumerated() {
      guard let identity else { continue }
      if !identity.machineID.isEmpty {
        owners["machine-id \(identity.machineID)", default: []].append(index)
      }
      if !identity.nodeID.isEmpty {
        owners["node id \(identity.nodeID)", default: []].append(index)
      }
    }
    return owners.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }.map { ($0, $1) }
  }

  /// Reads the identities of `targets`, side by side and in their order; gives an id to nodes that have
  /// none.
  ///
  /// Asks for the sudo password, once, when a node wants one and a terminal is there.
  func enrol(_ targets: [SSHTarget]) async -> [Result<NodeIdentity, TransportError>] {
    var answers = await identities(targets)
    let waiting = answers.indices.filter {
      if case .failure(let error) = answers[$0] {
        error.code == .sudoPasswordRequired
      } else {
        false
      }
    }
    guard !waiting.isEmpty, let password = askForSudo(waiting.map { targets[$0] }) else {
      return answers
    }
    use(sudoPassword: password)
    let again = await identities(waiting.map { targets[$0] })
    for (index, answer) in zip(waiting, again) { answers[index] = answer }
    return answers
  }

  private func identities(
    _ targets: [SSHTarget]
  ) async -> [Result<NodeIdentity, TransportError>] {
    await withTaskGroup(of: (Int, Result<NodeIdentity, TransportError>).self) { group in
      for (index, target) in targets.enumerated() {
        group.addTask { (index, await identity(of: target)) }
      }
      var answers: [(Int, Result<NodeIdentity, TransportError>)] = []
      for await answer in group { answers.append(answer) }
      return answers.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  private func identity(of target: SSHTarget) async -> Result<NodeIdentity, TransportError> {
    do throws(TransportError) {
      let connection = try await connect(to: target)
      let answer: Result<NodeIdentity, TransportError>
      do throws(TransportError) {
        answer = .success(
          try await NodeIdentity.read(
            over: connection,
            nonce: Nonce.make(),
            newNodeID: Nonce.make()
          )
        )
      } catch {
        answer = .failure(error)
      }
      await connection.close()
      return answer
    } catch {
      return .failure(error)
    }
  }
}
