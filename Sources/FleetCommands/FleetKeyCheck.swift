import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetSSH
import FleetTransport
import Glibc

/// What `fleetctl doctor -f FILE` says about the keys with which a fleet is reached.
enum FleetKeyCheck {
  /// One or more lines for each identity file, with the number of nodes that it is for.
  ///
  /// - Throws: `ExitCode` after telling why, for an unsound fleet.
  static func all(_ file: String) throws -> [OperatorCheck] {
    let loaded = try LoadedFleet.load(file, strict: false)
    guard let fleet = loaded.resolved?.fleet else {
      loaded.tell(colour: Terminal.colour(.auto))
      throw ExitStatus.failure.error
    }
    let targets = try NodeTargets.found(fleet.nodes, fleet, folder: loaded.folder)
    var users: [String: [SSHTarget]] = [:]
    for node in fleet.nodes {
      let target = targets[node]
      for path in target.identityFiles { users[path, default: []].append(target) }
    }
    guard !users.isEmpty else {
      let text = "no node names an identity file: your agent's keys and ~/.ssh/id_* are offered"
      return [OperatorCheck(state: .told, what: "fleet's keys", text: text)]
    }
    return users.sorted { $0.key < $1.key }.flatMap { checks($0.key, for: $0.value) }
  }

  private static func checks(_ path: String, for nodes: [SSHTarget]) -> [OperatorCheck] {
    let count = nodes.count == 1 ? "1 node" : "\(nodes.count) nodes"
    let key = OperatorCheck.key(path)
    var checks = [
      OperatorCheck(state: key.state, what: "fleet's key", text: "\(key.text); for \(count)")
    ]
    if let certificate = IdentityCheck.certificate(path, now: UInt64(max(0, time(nil)))) {
      checks.append(
        OperatorCheck(
          state: certificate.isUsable ? .fine : .wrong,
          what: "",
          text: "certificate \(certificate.text)"
        )
      )
    }
    let standard = Environment["SSH_AUTH_SOCK"]
    let sockets = Set(nodes.compactMap { $0.identityAgent ?? standard }).sorted()
    for socket in sockets where !socket.isEmpty {
      guard let isHeld = IdentityCheck.agent(socket, holds: path) else { continue }
      let agent = socket == standard ? "the agent" : "the agent at \(socket)"
      let variable = socket == standard ? "" : "SSH_AUTH_SOCK=\(socket) "
      let text =
        isHeld ? "\(agent) holds it" : "\(agent) does not hold it: `\(variable)ssh-add \(path)`"
      checks.append(OperatorCheck(state: isHeld ? .fine : .told, what: "", text: text))
    }
    return checks
  }
}
