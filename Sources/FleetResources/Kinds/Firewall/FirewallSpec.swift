/// `firewall:`: one UFW rule, tagged `fleetctl:ROLE:PORT`, or the switch that enables UFW.
package struct FirewallSpec: Sendable, Hashable {
  /// What it is.
  package enum Kind: Sendable, Hashable {
    /// `ufw allow from SOURCE to any port PORT proto PROTO`; empty source means anywhere.
    case allow(source: String, port: Int, transport: String)
    /// `ufw allow in on INTERFACE`.
    case allowInterface(String)
    /// UFW is enabled with incoming denied; the operator's own SSH access is allowed first.
    case enabled(sshPort: Int)
  }

  /// What it is.
  package var kind: Kind
  /// Comment that marks it as ours.
  package var tag: String

  /// Makes a rule.
  package init(kind: Kind, tag: String) {
    self.kind = kind
    self.tag = tag
  }
}
