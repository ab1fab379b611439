/// What one node is known by: pinned once, compared on every connection.
package struct NodePin: Hashable, Sendable {
  /// Host keys as known_hosts writes them, `ssh-ed25519 AAAA…`; empty where none is pinned.
  package var hostKeys: [String]
  /// `/etc/machine-id`: 32 lower case hexadecimal digits.
  package var machineID: String?
  /// The random id in `/var/lib/fleetctl/node-id`: 32 lower case hexadecimal digits.
  package var nodeID: String?

  /// Makes a pin that says nothing unless told otherwise.
  package init(hostKeys: [String] = [], machineID: String? = nil, nodeID: String? = nil) {
    self.hostKeys = hostKeys
    self.machineID = machineID
    self.nodeID = nodeID
  }

  /// Whether `text` is what `machineID` and `nodeID` hold.
  package static func isID(_ text: String) -> Bool {
    text.utf8.count == 32
      && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }
}

/// The pins of a fleet: the content of `fleet.lock`.
package struct FleetLock: Hashable, Sendable {
  /// The version of the format that this program writes and reads.
  package static let version = 1
  /// The file's name; it stands beside fleet.yaml.
  package static let fileName = "fleet.lock"

  /// The pins by node.
  package var nodes: [NodeID: NodePin]
  /// Host keys of jump hosts, by their names in known_hosts: `bastion.example.org`, `[10.0.0.9]:2222`.
  ///
  /// A jump host that is not named here is pinned in known_hosts alone.
  package var jumpHosts: [String: [String]]

  /// Makes a lock; empty unless told otherwise.
  package init(nodes: [NodeID: NodePin] = [:], jumpHosts: [String: [String]] = [:]) {
    self.nodes = nodes
    self.jumpHosts = jumpHosts
  }

  /// Whether `text` can be a jump host's name: at most 300 printable ASCII characters, none of them with
  /// a meaning of its own to YAML's quotes or to known_hosts.
  package static func isJumpHost(_ text: String) -> Bool {
    (1...300).contains(text.utf8.count)
      && text.utf8.allSatisfy { (0x21...0x7e).contains($0) && !"\"\\,*?!|#@".utf8.contains($0) }
  }

  /// The file's text: equal locks give equal bytes, sorted by node, one value a line.
  package var text: String {
    var lines = [
      "# What the fleet's machines are known by. `fleetctl hosts trust` writes this file; commit it, and",
      "# review its changes: whoever adds a key here decides which machines are trusted.",
      "version: \(Self.version)",
    ]
    if !jumpHosts.isEmpty { lines.append("jump_hosts:") }
    for (name, keys) in jumpHosts.sorted(by: { $0.key < $1.key }) {
      lines.append("  \"\(name)\":")
      lines.append(keys.isEmpty ? "    host_keys: []" : "    host_keys:")
      lines += keys.sorted().map { "      - \($0)" }
    }
    lines.append(nodes.isEmpty ? "nodes: {}" : "nodes:")
    for (node, pin) in nodes.sorted(by: { $0.key < $1.key }) {
      lines.append("  \(Self.key(node.name)):")
      lines.append(pin.hostKeys.isEmpty ? "    host_keys: []" : "    host_keys:")
      lines += pin.hostKeys.sorted().map { "      - \($0)" }
      if let id = pin.machineID { lines.append("    machine_id: \"\(id)\"") }
      if let id = pin.nodeID { lines.append("    node_id: \"\(id)\"") }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A node's id as a key: in quotes where another reader of YAML might take it for no text.
  private static func key(_ name: String) -> String {
    let words = ["true", "false", "yes", "no", "on", "off", "y", "n", "null"]
    let first = name.utf8.first ?? 0x30
    let isPlain = !(0x30...0x39).contains(first) && !words.contains(name.lowercased())
    return isPlain ? name : "\"\(name)\""
  }

  // MARK: Clones

  /// Nodes that share a value, each pair of what and who once, sorted.
  package var clones: [(what: String, nodes: [NodeID])] {
    var owners: [String: Set<NodeID>] = [:]
    for (node, pin) in nodes {
      for key in pin.hostKeys { owners["host key \(key)", default: []].insert(node) }
      if let id = pin.machineID { owners["machine-id \(id)", default: []].insert(node) }
      if let id = pin.nodeID { owners["node id \(id)", default: []].insert(node) }
    }
    return owners.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }
      .map { ($0.key, $0.value.sorted()) }
  }
}
