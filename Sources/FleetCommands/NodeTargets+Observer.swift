import FleetDiagnostics
import FleetModel
import FleetTransport

extension NodeTargets {
  /// The same nodes, reached as `ssh.observer` of each.
  ///
  /// - Throws: `ExitCode` after telling which nodes have none.
  func asObserver(_ nodes: [FleetNode]) throws -> NodeTargets {
    var copy = self
    let missing = nodes.filter { settings(of: $0)?.observer == nil }.map(\.id.name)
    guard missing.isEmpty else {
      let names = missing.prefix(3).joined(separator: ", ") + (missing.count > 3 ? ", …" : "")
      Terminal.note(
        "error: --read-only: fleet.yaml names no observer for \(displayable(names)).\n  Add "
          + "`ssh: {observer: NAME}` there, then run `fleetctl bootstrap` for these nodes. No machine was "
          + "contacted.\n"
      )
      throw ExitStatus.failure.error
    }
    for node in nodes {
      guard let observer = settings(of: node)?.observer else { continue }
      var target = self[node]
      target.user = observer
      target.become = .observe
      copy.replace(target, of: node)
    }
    return copy
  }
}
