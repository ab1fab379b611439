package import FleetModel

/// One health check of a role.
package struct HealthCheckSpec: Sendable, Hashable {
  /// How to check.
  package enum Kind: Sendable, Hashable {
    /// HTTP(S) GET through a forwarded channel; `https` verifies against the fleet's CA.
    case http(host: String, port: Int, path: String, https: Bool, status: Int, bodyContains: String)
    /// A TCP connection is accepted.
    case tcp(host: String, port: Int)
    /// A command on the node exits 0 and prints something that contains the text.
    case command(user: String, arguments: [String], outputContains: String)
  }

  /// How to check.
  package var kind: Kind
  /// A failed required check fails the node; another only warns.
  package var required: Bool
  /// HTTP statuses that mean "still starting".
  package var startingStatuses: [Int]
  /// Node that performs it (a relay for nodes that cannot see themselves); nil: the node itself.
  package var via: NodeID?
  /// Whether the node runs under Windows (`wsl2:`), whose firewall may hide it from relays.
  package var isBehindWindows = false

  /// Makes a check.
  package init(kind: Kind, required: Bool = true, startingStatuses: [Int] = [], via: NodeID? = nil)
  {
    self.kind = kind
    self.required = required
    self.startingStatuses = startingStatuses
    self.via = via
  }
}
