internal import FleetModel

/// `ssh` or `hardware`: what a node has and a group may give.
protocol GroupSettings: Sendable {
  /// The key that holds it.
  static var name: String { get }
  /// The keys that are written.
  var keys: [Located<String>] { get set }
  /// The keys that a node writes itself.
  static func keys(of node: FleetNode) -> [Located<String>]
}

extension SSHSettings: GroupSettings {
  static let name = "ssh"
  static func keys(of node: FleetNode) -> [Located<String>] { node.ssh.keys }
}

extension Hardware: GroupSettings {
  static let name = "hardware"
  static func keys(of node: FleetNode) -> [Located<String>] { node.hardware.keys }
}

/// One key of `ssh` or `hardware`: how a group's value gets into a node.
struct GroupField<Settings: Sendable>: Sendable {
  let key: String
  /// Whether two groups say the same.
  let agrees: @Sendable (Settings, Settings) -> Bool
  /// Copies the value of the first into the second.
  let copy: @Sendable (Settings, inout Settings) -> Void

  init(
    _ key: String,
    agrees: @escaping @Sendable (Settings, Settings) -> Bool,
    copy: @escaping @Sendable (Settings, inout Settings) -> Void
  ) {
    self.key = key
    self.agrees = agrees
    self.copy = copy
  }

  init<Value: Equatable & SendableMetatype>(
    _ key: String,
    _ path: any WritableKeyPath<Settings, Value> & Sendable
  ) {
    self.init(key) {
      $0[keyPath: path] == $1[keyPath: path]
    } copy: {
      $1[keyPath: path] = $0[keyPath: path]
    }
  }
}

/// The keys that a group hands on; a test compares them with the keys that the decoder reads.
package enum GroupFields {
  /// Keys of `ssh` that a group hands on.
  package static let sshKeys = ssh.map(\.key)
  /// Keys of `hardware` that a group hands on.
  package static let hardwareKeys = hardware.map(\.key)

  static let ssh: [GroupField<SSHSettings>] = [
    .init("user", \.user), .init("port", \.port), .init("identity_file", \.identityFiles),
    .init("identity_agent", \.identityAgent), .init("identities_only", \.identitiesOnly),
    .init("become", \.become), .init("become_password", \.becomePassword),
    .init("observer", \.observer), .init("observer_key", \.observerKey),
    .init("known_hosts", \.knownHosts), .init("hash_known_hosts", \.hashKnownHosts),
    .init("host_key_alias", \.hostKeyAlias),
    .init("connect_timeout", \.connectTimeout), .init("host", \.host),
    .init("config", \.config), .init("jump", \.jump), .init("proxy_command", \.proxyCommand),
    .init("transport", \.transport),
  ]

  static let hardware: [GroupField<Hardware>] =
    [
      devices("gpus", kind: "gpu"), devices("npus", kind: "npu"),
      GroupField("memory") {
        $0.memory?.value == $1.memory?.value
      } copy: {
        $1.memory = $0.memory
      },
      .init("cpus", \.cpus),
    ] + FleetReader.hardwareExtras.map(extra)

  private static func devices(_ key: String, kind: String) -> GroupField<Hardware> {
    GroupField(key) { one, other in
      one.devices.filter { $0.kind == kind }.map(\.identity)
        == other.devices.filter { $0.kind == kind }.map(\.identity)
    } copy: { group, node in
      // GPUs stand before NPUs.
      let others = node.devices.filter { $0.kind != kind }
      let given = group.devices.filter { $0.kind == kind }
      node.devices = kind == "gpu" ? given + others : others + given
    }
  }

  private static func extra(_ key: String) -> GroupField<Hardware> {
    GroupField(key) {
      $0.extras.contains(key) == $1.extras.contains(key)
    } copy: { group, node in
      guard group.extras.contains(key) else { return }
      node.extras = (node.extras + [key]).sorted()
    }
  }
}

extension Device {
  /// All that is declared, without its place.
  fileprivate var identity: [String] {
    var bare = self
    bare.span = nil
    return [String(reflecting: bare)]
  }
}
