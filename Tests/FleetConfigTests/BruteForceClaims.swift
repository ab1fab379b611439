/// What collides in a random fleet, by comparing every claim with every other.
///
/// Written from the design's sentence alone: claims of two different roles on one node collide if port
/// and protocol are equal, whatever the addresses, unless both are sites of the same shared server;
/// only one role's own claims may share a number on disjoint addresses.
struct BruteForceClaims {
  let fleet: RandomFleet

  private struct Claim {
    let role: String
    let number: Int
    let transport: String
    let server: String?
    let addresses: Set<String>
  }

  /// `NODE ROLE ROLE NUMBER/PROTOCOL` with the roles sorted.
  var ports: Set<String> {
    var found: Set<String> = []
    for node in fleet.nodes {
      let claims = claims(on: node)
      for (index, left) in claims.enumerated() {
        for right in claims[(index + 1)...] where collide(left, right) {
          let roles = [left.role, right.role].sorted().joined(separator: " ")
          found.insert("\(node.id) \(roles) \(left.number)/\(left.transport)")
        }
      }
    }
    return found
  }

  private func collide(_ left: Claim, _ right: Claim) -> Bool {
    guard left.number == right.number, left.transport == right.transport else { return false }
    if let server = left.server, server == right.server { return false }
    if left.role != right.role { return true }
    if left.addresses.contains("all") { return !right.addresses.isEmpty }
    if right.addresses.contains("all") { return !left.addresses.isEmpty }
    return !left.addresses.isDisjoint(with: right.addresses)
  }

  private func isOn(_ port: RandomFleet.PortModel) -> Bool {
    port.multiUser == nil || port.multiUser == fleet.isMultiUser
  }

  private func claims(on node: RandomFleet.NodeModel) -> [Claim] {
    node.roles.flatMap { item -> [Claim] in
      let role = fleet.roles[item.role]
      return role.ports.filter(isOn).map { port in
        Claim(
          role: role.name,
          number: item.ports[port.name] ?? fleet.moved[role.name]?[port.name] ?? port.number,
          transport: port.transport,
          server: port.server,
          addresses: addresses(of: port, role.name, on: node)
        )
      }
    }
  }

  /// Loopback always, the node's address when others may connect; a proxy leaves loopback to the
  /// application; a name cannot be bound, so everything is.
  private func addresses(
    of port: RandomFleet.PortModel,
    _ role: String,
    on node: RandomFleet.NodeModel
  ) -> Set<String> {
    let isExposed = port.scope != "loopback" || hasConsumer(of: port.name, role, beyond: node)
    if port.proxyOf != nil { return isExposed ? [node.address] : [] }
    guard isExposed else { return ["127.0.0.1"] }
    return node.address.hasSuffix("example") ? ["all"] : ["127.0.0.1", node.address]
  }

  private func hasConsumer(
    of endpoint: String,
    _ role: String,
    beyond node: RandomFleet.NodeModel
  ) -> Bool {
    fleet.nodes.contains { other in
      let names = other.roles.map { fleet.roles[$0.role].name }
      // Whoever has the provider beside it uses that one.
      guard other.id != node.id, !names.contains(role) else { return false }
      return other.roles.contains { item in
        guard let need = fleet.roles[item.role].need else { return false }
        return need.role == role && need.endpoint == endpoint
      }
    }
  }

  /// `NODE NAME` of every unit and path that two roles want and cannot share.
  var things: Set<String> {
    var found: Set<String> = []
    for node in fleet.nodes {
      let roles = node.roles.map { fleet.roles[$0.role] }
      for (index, left) in roles.enumerated() {
        for right in roles[(index + 1)...] {
          for unit in left.units where right.units.contains(unit) {
            found.insert("\(node.id) \(unit)")
          }
          for path in left.paths {
            for other in right.paths where other.path == path.path {
              if path.isShared, other.isShared, path.mode == other.mode { continue }
              found.insert("\(node.id) \(path.path)")
            }
          }
        }
      }
    }
    return found
  }
}
