internal import FleetDiagnostics
internal import FleetModel
package import FleetRender

extension Registry {
  /// Returns the names in scope for `role` when nothing is known but the registry: default parameters,
  /// `settings` of a fleet that says nothing, a node without hardware, every port on loopback.
  ///
  /// For what `fleetctl roles` shows and for tests of roles; the compiler builds the real one.
  package func defaultScope(for role: Role) -> Scope {
    var scope = Self.neutral(role)
    var ignored = Diagnostics()
    let values = ParameterValues.resolve(
      role: role,
      fleet: [:],
      node: [:],
      scope: scope,
      into: &ignored
    )
    scope["params"] = .map(values)
    scope["ports"] = .map(Self.ports(role, scope))
    scope["endpoints"] = .map(roles.mapValues { Self.absentEndpoints($0) })
    scope["targets"] = .map(roles.mapValues { Self.eachPort($0) { _ in .list([]) } })
    scope["consumers"] = Self.eachPort(role) { _ in .list([]) }
    scope["secrets"] = .map(secrets(of: role))
    scope["certificates"] = .map(Self.certificates(role, scope))
    return scope
  }

  /// Returns the names in scope for `component` as `role` uses it, with what the use passes.
  package func defaultScope(for component: Role, usedBy role: Role, _ use: ComponentUse) -> Scope {
    var scope = defaultScope(for: role)
    var ignored = Diagnostics()
    scope["with"] = TemplateValue.map(use.with).evaluate(scope, into: &ignored) ?? .map([:])
    scope["certificates"] = .map(Self.certificates(component, scope))
    return scope
  }

  private static func neutral(_ role: Role) -> Scope {
    let id = role.placement.defaultNodes.first ?? "node"
    let settings: [String: Value] = [
      "user_mode": .string("single_user"), "cloud_llm": .list([]), "firewall": .string("none"),
      "multi_user": .bool(false),
    ]
    let node: [String: Value] = [
      "id": .string(id), "address": .string("127.0.0.1"),
      "url_host": .string("127.0.0.1"), "wsl2": .bool(false),
      "reserved": .bool(false), "memory": .size(ByteCount(bytes: 0)), "cpus": .int(0),
      "roles": .list([.string(role.name)]), "gpus": .list([]), "npus": .list([]),
      "extras": .list([]),
    ]
    let fleet: [String: Value] = [
      "name": .string("fleet"), "network": .string(""), "nodes": .list([]),
      "ca": .string("/etc/autobot/certs/ca-cert.pem"),
    ]
    return [
      "role": .string(role.name), "settings": .map(settings), "node": .map(node),
      "fleet": .map(fleet), "devices": .list([]),
    ]
  }

  private static func eachPort(_ role: Role, _ body: (Port) -> Value) -> Value {
    .map(Dictionary(role.ports.map { ($0.name, body($0)) }) { first, _ in first })
  }

  private static func absentEndpoints(_ role: Role) -> Value {
    eachPort(role) { _ in
      var endpoint: [String: Value] = ["available": .bool(false)]
      for name in ["host", "url_host", "port", "address", "node", "local"] {
        endpoint[name] = .absent("no node has `\(role.name)`")
      }
      return .map(endpoint)
    }
  }

  private static func ports(_ role: Role, _ scope: Scope) -> [String: Value] {
    var result: [String: Value] = [:]
    var ignored = Diagnostics()
    for port in role.ports where port.when.holds(scope, into: &ignored) != false {
      guard let number = port.number.int(scope, into: &ignored) else { continue }
      result[port.name] = .map([
        "number": .int(number), "bind": .list([.string("127.0.0.1")]),
        "listen": .list([.string("127.0.0.1:\(number)")]),
        "listen_one": .string("127.0.0.1:\(number)"), "address": .string("127.0.0.1"),
        "exposed": .bool(port.scope != .loopback),
      ])
    }
    return result
  }

  private func secrets(of role: Role) -> [String: Value] {
    var result: [String: Value] = [:]
    for owner in sortedRoles {
      for secret in owner.content.secrets {
        let value = Value.secret(SecretRef(role: owner.name, name: secret.name), as: .plain)
        result["\(owner.name).\(secret.name)"] = value
        if owner.name == role.name { result[secret.name] = value }
      }
    }
    return result
  }

  private static func certificates(_ role: Role, _ scope: Scope) -> [String: Value] {
    var result: [String: Value] = [:]
    var ignored = Diagnostics()
    for item in role.content.certificates {
      guard let cert = item.cert.string(scope, into: &ignored),
        let key = item.key.string(scope, into: &ignored)
      else { continue }
      let ca = Value.string("/etc/autobot/certs/ca-cert.pem")
      result[item.name] = .map(["cert": .string(cert), "key": .string(key), "ca": ca])
    }
    return result
  }
}
