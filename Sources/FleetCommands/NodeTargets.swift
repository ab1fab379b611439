import FleetModel
import FleetTransport

/// Where and how to log in to the fleet's nodes: the node's `ssh:`, else the fleet's, else defaults.
enum NodeTargets {
  /// The target of `node`.
  ///
  /// Relative paths in fleet.yaml are relative to `folder`, the file's own.
  static func target(_ node: FleetNode, _ fleet: Fleet, folder: String) -> SSHTarget {
    let own = node.ssh
    let all = fleet.ssh
    let identity = own.identityFile ?? all.identityFile
    let knownHosts = own.knownHosts ?? all.knownHosts
    let timeout = own.connectTimeout ?? all.connectTimeout ?? TimeSpan(milliseconds: 5000)
    return SSHTarget(
      node: node.id.name,
      host: node.address.value,
      port: own.port ?? all.port ?? 22,
      user: own.user ?? all.user ?? Environment["USER"] ?? "root",
      identityFiles: identity.map { [Files.resolve($0, in: folder)] } ?? [],
      knownHostsFiles: knownHosts.map { [Files.resolve($0, in: folder)] }
        ?? [Environment.expanded("~/.ssh/known_hosts")],
      become: (own.become ?? all.become) == "none" ? .none : .sudo,
      connectTimeout: .milliseconds(timeout.milliseconds),
      transport: (own.transport ?? all.transport).flatMap(SSHTarget.Transport.init) ?? .auto
    )
  }
}
