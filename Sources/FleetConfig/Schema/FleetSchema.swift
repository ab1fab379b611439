package import FleetDiagnostics
internal import FleetModel
package import FleetRegistry
internal import FleetYAML

/// The JSON Schema (draft 2020-12) of fleet.yaml, for editors and other people's tools.
///
/// It says what `FleetDecoder` says about keys, types and grammar, and what roles and parameters there
/// are. Meaning (ports, devices, dependencies) is `fleetctl validate`'s alone. A test compares both.
package enum FleetSchema {
  /// Which file is described.
  package enum Kind: Sendable {
    /// The file that `-f` names.
    case fleet
    /// A file that `include:` names: fewer keys, nothing required.
    case included
  }

  /// Returns the schema for the roles of `registry`.
  ///
  /// With `closed` no other role names are allowed, for a schema made for one fleet; else a name that is
  /// not known may be one of the user's own (`role_paths`), with parameters of its own.
  package static func json(_ kind: Kind, registry: Registry, closed: Bool) -> JSONValue {
    let roles = registry.sortedRoles
    let names = kind == .fleet ? "fleet" : "fleet-included"
    return Shape.document(
      root(kind, roles, closed: closed),
      id: closed ? nil : "https://fleetctl.invalid/\(names).schema.json",
      definitions: definitions(roles, closed: closed)
    )
  }

  private static func root(_ kind: Kind, _ roles: [Role], closed: Bool) -> Shape {
    let fields = rootFields(roles, closed: closed)
    guard kind == .fleet else {
      let shared: Set<String> = [
        "version", "include", "nodes", "groups", "roles", "sources", "role_paths", "allow",
        "protect",
      ]
      return Shape.mapping(fields.filter { shared.contains($0.key) }.map(\.optional))
        .described("A file that `include:` of a fleet.yaml names.")
        .titled("Part of a fleetctl fleet")
    }
    return Shape.mapping(fields)
      .with(
        "anyOf",
        [
          given("nodes", ["type": "object", "minProperties": 1]),
          given("include", ["type": "array", "minItems": 1]),
        ]
      )
      .described("The nodes of a fleet, the roles on them and their hardware.")
      .titled("fleetctl fleet")
  }

  private static func definitions(_ roles: [Role], closed: Bool) -> [(String, Shape)] {
    [
      ("name", .unsigned(ValuePatterns.name)),
      ("path", .unsigned(FleetPatterns.path)),
      ("size", .size),
      ("duration", .duration),
      ("labels", labels),
      ("ssh", ssh),
      ("hardware", hardware),
      ("gpu", gpu),
      ("npu", npu),
      ("allow", allow),
      ("role", role(roles, closed: closed)),
      ("roleList", Shape.list(.ref("role")).orNothing),
      ("node", node),
      ("group", group),
      ("rollout", RolloutReader.shape.orNothing),
    ] + roles.map { ("parameters-\($0.name)", $0.parametersShape) }
  }

  // MARK: Roles

  /// An item of `roles:`: a name, or one with parameters.
  private static func role(_ roles: [Role], closed: Bool) -> Shape {
    let known = Shape.word(roles.map(\.name))
      .with("enumDescriptions", JSONValue(roles.map(\.summary)))
      .titled("Role")
    let own = Shape.unsigned(ValuePatterns.name)
      .described(
        "A role of your own, from `role_paths`; `fleetctl schema -f FILE` knows those by name."
      )
      .titled("Role of your own")
    let configured = parameterTable(roles, closed: closed, isForNode: true)
      .with("minProperties", 1).with("maxProperties", 1)
      .titled("Role with parameters for this node")
    return .anyOf(closed ? [known, configured] : [known, own, configured])
  }

  /// The value of a parameter that is not known: no type takes a mapping or nothing.
  private static var ownParameter: Shape {
    Shape.list(.text()).with("type", ["string", "number", "boolean", "array"])
  }

  /// A mapping from role names to their parameters.
  static func parameterTable(_ roles: [Role], closed: Bool, isForNode: Bool = false) -> Shape {
    let rollout: JSONValue = isForNode ? .bool(false) : Shape.ref("rollout").json
    let own: JSONValue = .object([(RolloutReader.key, rollout)])
    let fields = roles.map { role in
      let shape = Shape.ref("parameters-\(role.name)")
      return Field(role.name, "", isForNode ? shape.with("properties", own) : shape)
    }
    let shape = Shape.mapping(fields)
    guard !closed else { return shape }
    return shape.with(
      "additionalProperties",
      Shape.table(ownParameter).with("properties", own).orNothing.json
    )
    .with("propertyNames", ["pattern": .string(ValuePatterns.name)])
  }
}

extension Field {
  /// The key where it may be left out.
  fileprivate var optional: Field { Field(key, "", shape) }
}
