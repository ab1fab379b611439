/// What the ports of one node may bind.
struct PortBindings {
  private static let loopback = ["127.0.0.1"]
  private let address: String
  private let isName: Bool

  init(_ address: String, isName: Bool) {
    self.address = address
    self.isName = isName
  }

  /// Loopback always, the fleet address where others may connect.
  ///
  /// A proxy leaves loopback to the application behind it. `public` binds like `fleet`: the
  /// difference is the firewall's. A host name cannot be bound before it is resolved (and Debian
  /// resolves the own name to 127.0.1.1): such a node binds all addresses.
  func bind(exposed isExposed: Bool, isProxy: Bool) -> [String] {
    if isProxy { return isExposed ? [address] : [] }
    guard isExposed else { return Self.loopback }
    if isName { return ["0.0.0.0"] }
    return address == "127.0.0.1" ? [address] : ["127.0.0.1", address]
  }
}

extension ResolvedPort {
  /// `address:port`, an IPv6 address in brackets.
  static func join(_ address: String, _ port: Int) -> String {
    address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
  }
}
