package import FleetRender

extension Registry {
  /// Returns the names in scope of `role`'s expressions and their types (docs/role-format.md).
  ///
  /// A component sees the parameters, ports, secrets and certificates of whichever role uses it, so
  /// that those names are open there.
  package func scopeTypes(of role: Role) -> ScopeTypes {
    let isRole = role.kind == .role
    var types = Self.common
    types["params"] = isRole ? .record(role.parameterTypes) : .any
    types["ports"] = isRole ? role.eachPort(Self.port) : .any
    types["consumers"] = isRole ? role.eachPort(.list(.string)) : .any
    types["secrets"] = isRole ? .record(secretTypes(of: role)) : .any
    types["certificates"] = isRole ? role.certificateTypes : .any
    types["endpoints"] = .record(roles.mapValues { $0.eachPort(Self.endpoint) })
    types["targets"] = .record(roles.mapValues { $0.eachPort(.list(Self.target)) })
    return types
  }

  private func secretTypes(of role: Role) -> [String: ValueType] {
    var result: [String: ValueType] = [:]
    for other in roles.values {
      for secret in other.content.secrets { result["\(other.name).\(secret.name)"] = .secret }
    }
    for secret in role.content.secrets { result[secret.name] = .secret }
    return result
  }

  private static let device = ValueType.record([
    "id": .string, "kind": .string, "vendor": .string, "model": .string, "uuid": .string,
    "vram": .size, "index": .int, "peers": .int, "shared": .bool, "others": .size,
  ])

  private static let port = ValueType.record([
    "number": .int, "bind": .list(.string), "listen": .list(.string), "listen_one": .string,
    "address": .string, "exposed": .bool,
  ])

  private static let endpoint = ValueType.record([
    "available": .bool, "host": .string, "url_host": .string, "port": .int, "address": .string,
    "node": .string,
    "local": .bool,
  ])

  private static let target = ValueType.record([
    "node": .string, "host": .string, "url_host": .string, "port": .int, "address": .string,
  ])

  private static let common: ScopeTypes = [
    "role": .string,
    "node": .record([
      "id": .string, "address": .string, "url_host": .string, "wsl2": .bool, "reserved": .bool,
      "memory": .size,
      "cpus": .int, "roles": .list(.string), "gpus": .list(device), "npus": .list(device),
      "extras": .list(.string), "labels": .map(.string),
    ]),
    "fleet": .record([
      "name": .string, "network": .string, "ca": .string,
      "nodes": .list(
        .record(["id": .string, "address": .string, "roles": .list(.string)])
      ),
    ]),
    "settings": .record([
      "user_mode": .string, "multi_user": .bool, "cloud_llm": .list(.string),
      "firewall": .string, "hardware_policy": .string,
    ]),
    "devices": .list(device),
    "with": .any,
  ]
}

extension Role {
  fileprivate var parameterTypes: [String: ValueType] {
    Dictionary(parameters.map { ($0.name, $0.kind.type) }) { first, _ in first }
  }

  fileprivate var certificateTypes: ValueType {
    let one = ValueType.record(["cert": .string, "key": .string, "ca": .string])
    return .record(Dictionary(content.certificates.map { ($0.name, one) }) { first, _ in first })
  }

  fileprivate func eachPort(_ type: ValueType) -> ValueType {
    .record(Dictionary(ports.map { ($0.name, type) }) { first, _ in first })
  }
}

extension Parameter.Kind {
  /// The type of the parameter's value in expressions.
  var type: ValueType {
    switch self {
    case .string, .path, .url, .enum: .string
    case .int, .port: .int
    case .bool: .bool
    case .size: .size
    case .duration: .duration
    case .list: .list(.string)
    }
  }
}
