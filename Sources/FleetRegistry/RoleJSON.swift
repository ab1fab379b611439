package import FleetDiagnostics
internal import FleetModel
internal import FleetRender

/// The JSON of `fleetctl roles [NAME] --format json`.
///
/// Default parameters are applied; what depends on a real fleet stands as it is written in role.yaml.
/// Keys are always there, `null` or `[]` where a role has nothing.
package enum RoleJSON {
  /// Returns one role (or component).
  package static func object(_ role: Role, in registry: Registry) -> JSONValue {
    let summary = RoleSummary(registry: registry, role: role)
    return .object(
      identity(role) + placement(role) + claims(summary) + content(summary) + running(summary)
    )
  }

  /// Returns all roles by name.
  package static func array(_ registry: Registry) -> JSONValue {
    .array(registry.sortedRoles.map { object($0, in: registry) })
  }

  private typealias Pairs = [(String, JSONValue)]

  private static func identity(_ role: Role) -> Pairs {
    [
      ("name", .string(role.name)), ("kind", .string(role.kind.rawValue)),
      ("summary", .string(role.summary)), ("layer", .string(role.layer.rawValue)),
      ("required", .bool(role.required)), ("degraded_without", JSONValue(role.degradedWithout)),
      ("notes", JSONValue(role.notes)),
    ]
  }

  private static func placement(_ role: Role) -> Pairs {
    let apart = role.placement.apartFrom.map { other in
      JSONValue.object([("role", .string(other.role)), ("because", .string(other.because))])
    }
    return [
      ("default_nodes", JSONValue(role.placement.defaultNodes)),
      ("replicas", .string(role.placement.replicas.rawValue)),
      ("portable", .bool(role.placement.portable)),
      ("separable", .bool(role.placement.separable)), ("apart_from", .array(apart)),
    ]
  }

  private static func claims(_ summary: RoleSummary) -> Pairs {
    let role = summary.role
    let ports = role.ports.map { port in
      JSONValue.object([
        ("name", .string(port.name)), ("number", JSONValue(summary.number(port))),
        ("protocol", .string(port.transport.rawValue)), ("scope", .string(port.scope.rawValue)),
        ("optional", .bool(port.optional)), ("when", JSONValue(port.when?.text)),
        ("holder", JSONValue(summary.text(port.holder))), ("doc", JSONValue(port.doc)),
      ])
    }
    let needs = role.needs.map { need in
      JSONValue.object([
        ("role", JSONValue(need.roles.first)),
        ("any_of", JSONValue(need.isAnyOf ? need.roles : [])),
        ("endpoint", JSONValue(need.endpoint)), ("port", JSONValue(summary.port(of: need))),
        ("hard", .bool(need.hard)), ("when", JSONValue(need.when?.text)),
        ("doc", JSONValue(need.doc)),
      ])
    }
    return [
      ("services", JSONValue(summary.services)), ("ports", .array(ports)),
      ("needs", .array(needs)), ("hardware", .array(role.hardware.map(hardware))),
    ]
  }

  private static func hardware(_ need: HardwareNeed) -> JSONValue {
    let choices = need.choices.map { choice in
      JSONValue.object([
        ("device", .string(choice.device)), ("vendors", JSONValue(choice.vendors)),
      ])
    }
    return .object([
      ("one_of", .array(choices)), ("exclusive", .bool(need.exclusive)),
      ("fallback", .string(need.fallback.rawValue)), ("when", JSONValue(need.when?.text)),
    ])
  }

  private static func content(_ summary: RoleSummary) -> Pairs {
    let role = summary.role
    let python = role.facts.python
    let environment: JSONValue =
      python.map {
        .object([
          ("kind", JSONValue($0.environment)), ("path", JSONValue(summary.text($0.path))),
        ])
      } ?? .null
    let secrets = role.content.secrets.map { secret in
      JSONValue.object([
        ("name", .string(secret.name)), ("file", JSONValue(summary.text(secret.file))),
        ("key", .string(secret.key)), ("mode", .string(mode(secret.mode))),
        ("owner", JSONValue(summary.text(secret.owner))),
        ("group", JSONValue(summary.text(secret.group))), ("when", JSONValue(secret.when?.text)),
      ])
    }
    return [
      ("install_dirs", JSONValue(summary.texts(role.facts.installDirectories))),
      ("python", JSONValue(summary.text(python?.version))), ("python_environment", environment),
      ("nodejs", JSONValue(summary.text(role.facts.nodejs))),
      ("packages", JSONValue(summary.packages)),
      ("key_packages", JSONValue(role.facts.keyPackages)),
      ("source", JSONValue(role.facts.source)), ("post_sync", JSONValue(role.facts.postSync)),
      ("build", JSONValue(role.facts.build)), ("playbook", JSONValue(role.facts.playbook)),
      ("databases", JSONValue(summary.databases)), ("models", JSONValue(role.facts.models)),
      ("secrets", .array(secrets)),
      ("params", .array(role.parameters.map { parameter($0, summary) })),
    ]
  }

  private static func mode(_ bits: Int) -> String {
    let digits = String(bits, radix: 8)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  private static func parameter(_ parameter: Parameter, _ summary: RoleSummary) -> JSONValue {
    .object([
      ("name", .string(parameter.name)), ("type", .string(parameter.kind.rawValue)),
      ("default", JSONValue(summary.defaultText(parameter))), ("unit", JSONValue(parameter.unit)),
      ("values", JSONValue(parameter.values)), ("doc", .string(parameter.doc)),
    ])
  }

  private static func running(_ summary: RoleSummary) -> Pairs {
    let role = summary.role
    let startup: JSONValue =
      role.startup.map {
        .object([
          ("typical_seconds", JSONValue(summary.duration($0.typical)?.seconds)),
          ("budget_seconds", JSONValue(summary.duration($0.budget)?.seconds)),
        ])
      } ?? .null
    return [
      ("startup", startup),
      (
        "restart",
        .object([
          ("policy", .string(role.restart.policy.rawValue)), ("cost", JSONValue(role.restart.cost)),
        ])
      ),
      ("update_policy", .string(role.updatePolicy.rawValue)),
      ("rollout", JSONValue(role.rollout?.words)),
      ("aliases", JSONValue(role.aliases)),
      ("supported_os", JSONValue(role.supportedOS)),
    ]
  }
}
