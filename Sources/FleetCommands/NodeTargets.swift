import FleetDiagnostics
import FleetModel
import FleetSSH
import FleetTransport

/// Where and how to log in to the fleet's nodes.
///
/// Key by key the node's `ssh:` counts, else its group's (merged into the node by now), else the
/// fleet's, else ssh_config's, else the default. docs/ssh.md is the user's side of it.
struct NodeTargets {
  private var targets: [NodeID: SSHTarget]
  private let settings: [NodeID: NodeSSH]

  /// Puts another target in the place of that of `node`.
  mutating func replace(_ target: SSHTarget, of node: FleetNode) { targets[node.id] = target }

  /// What fleet.yaml says about logging in to `node`, one of those given to `init`.
  func settings(of node: FleetNode) -> NodeSSH? { settings[node.id] }

  /// The target of `node`, one of those given to `init`.
  subscript(node: FleetNode) -> SSHTarget {
    targets[node.id] ?? SSHTarget(node: node.id.name, host: node.address.value, user: "root")
  }

  /// Looks up `nodes` in ssh_config, all of them side by side, and their pins in `lock`.
  ///
  /// Relative paths in fleet.yaml are relative to `folder`, the file's own.
  /// - Throws: `TargetFailure` for the first node, in the order of `nodes`, that has no usable answer.
  init(
    _ nodes: [FleetNode],
    _ fleet: Fleet,
    folder: String,
    resolver: ConfigResolver? = nil,
    lock: FleetLock? = nil
  ) throws(TargetFailure) {
    let account = Self.account()
    let resolver = resolver ?? ConfigResolver(account: account)
    let settings = nodes.map { NodeSSH($0, fleet.ssh, folder: folder) }
    // All at once here, so that each look-up below finds its answer.
    _ = resolver.resolve(settings.map(\.query))
    var targets: [NodeID: SSHTarget] = [:]
    var owners: [Endpoint: String] = [:]
    for (node, settings) in zip(nodes, settings) {
      var target: SSHTarget
      do {
        target = try TargetBuilder(settings, resolver, account).target()
      } catch {
        throw TargetFailure(node: node.id.name, error)
      }
      target.route = target.route.pinned(by: lock)
      target.pin = lock.map { $0.nodes[node.id] ?? NodePin() }
      targets[node.id] = target
      let opened = node.ssh.port ?? fleet.ssh.port ?? 22
      if fleet.settings.firewall == "ufw", target.port != opened {
        throw TargetFailure(node: node.id.name, opened: opened, but: target.port)
      }
      let endpoint = Endpoint(host: target.host, port: target.port, route: target.route)
      if let other = owners.updateValue(node.id.name, forKey: endpoint) {
        throw TargetFailure(other, and: node.id.name, at: target)
      }
    }
    self.targets = targets
    self.settings = Dictionary(zip(nodes.map(\.id), settings)) { first, _ in first }
  }

  /// The targets of `nodes` with what the `fleet.lock` in `folder` pins for them; ends the command
  /// after telling why where there are none.
  static func found(_ nodes: [FleetNode], _ fleet: Fleet, folder: String) throws -> NodeTargets {
    let lock = try FleetLockFile.load(folder).lock
    do throws(TargetFailure) {
      return try NodeTargets(nodes, fleet, folder: folder, lock: lock)
    } catch {
      error.tell()
      throw error.status.error
    }
  }

  private static func account() -> LocalAccount {
    LocalAccount.current()
      ?? LocalAccount(
        name: Environment["USER"] ?? "root",
        number: 0,
        home: Environment.home,
        machine: "localhost"
      )
  }

  private struct Endpoint: Hashable {
    let host: String
    let port: Int
    let route: SSHRoute
  }
}

/// Why a node's way could not be found; nothing was contacted.
struct TargetFailure: Error {
  let message: String
  let remedy: String
  let status: ExitStatus

  init(node: String, _ failure: ConfigFailure) {
    message = "node `\(node)`: \(failure.message)"
    remedy = failure.remedy
    status = .failure
  }

  /// The firewall would shut the door through which fleetctl comes.
  init(node: String, opened: Int, but port: Int) {
    message =
      "node `\(node)`: ssh_config leads to port \(port), and the fleet's firewall would leave port"
      + " \(opened) open for ssh, so that the next login failed"
    remedy = "Give sshd's port in fleet.yaml: `ssh: {port: \(port)}`."
    status = .failure
  }

  /// Two nodes that are one machine.
  init(_ one: String, and other: String, at target: SSHTarget) {
    message =
      "nodes `\(one)` and `\(other)` both lead to \(target.host) port \(target.port), and one machine"
      + " cannot be two nodes"
    remedy = "Correct the `address`, `ssh: {host: ...}` or ssh_config of one of them."
    status = .identityRefused
  }

  /// The error and its cure on standard error.
  func tell() {
    Terminal.note("error: \(displayable(message))\n  \(displayable(remedy))\n")
  }
}
