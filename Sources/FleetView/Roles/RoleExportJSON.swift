internal import FleetConfig
package import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

extension RoleExport {
  /// The document as one JSON value; `format_version` changes its first number when a reader could break.
  package var json: JSONValue {
    .object([
      ("format_version", "1.0"), ("fleet", .string(resolved.fleet.name)),
      ("roles", RoleJSON.array(resolved.registry)),
      (
        "conflicts",
        .object([
          ("ports", .array(conflicts.ports.map(Self.port))),
          ("devices", .array(conflicts.devices.map(Self.device))),
          ("claims", .array(conflicts.claims.map(Self.claim))),
        ])
      ),
      ("nodes", .array(nodes.map(Self.node))), ("ports", .array(ports.map(Self.portRow))),
      ("dependencies", .array(dependencies.map(Self.dependency))),
      ("databases", .array(databases.map(Self.database))),
    ])
  }

  private static func port(_ conflict: RoleConflicts.Port) -> JSONValue {
    .object([
      ("roles", JSONValue(conflict.roles)), ("port", .int(conflict.number)),
      ("protocol", .string(conflict.transport)), ("uses", JSONValue(conflict.uses)),
      ("condition", JSONValue(conflict.condition)),
    ])
  }

  private static func device(_ conflict: RoleConflicts.Device) -> JSONValue {
    .object([("roles", JSONValue(conflict.roles)), ("device", .string(conflict.device))])
  }

  private static func claim(_ conflict: RoleConflicts.Claim) -> JSONValue {
    .object([("roles", JSONValue(conflict.roles)), ("detail", .string(conflict.detail))])
  }

  private static func node(_ row: NodeRow) -> JSONValue {
    .object([
      ("address", .string(row.address)), ("node", .string(row.node)),
      ("roles", JSONValue(row.roles)), ("python", JSONValue(row.python)),
      ("nodejs", JSONValue(row.nodejs)), ("reserved", .bool(row.isReserved)),
    ])
  }

  private static func portRow(_ row: PortRow) -> JSONValue {
    .object([
      ("port", .int(row.number)), ("protocol", .string(row.transport)),
      ("role", .string(row.role)), ("names", JSONValue(row.names)),
      ("nodes", JSONValue(row.nodes)), ("exposed", .string(row.exposed)),
      ("off", .bool(row.isOff)),
    ])
  }

  private static func dependency(_ row: DependencyRow) -> JSONValue {
    .object([
      ("role", .string(row.role)), ("providers", JSONValue(row.providers)),
      ("endpoint", JSONValue(row.endpoint)), ("port", JSONValue(row.port)),
      ("hard", .bool(row.isHard)), ("when", JSONValue(row.condition)), ("doc", JSONValue(row.doc)),
    ])
  }

  private static func database(_ row: DatabaseRow) -> JSONValue {
    .object([
      ("name", .string(row.name)), ("owner", .string(row.owner)), ("role", .string(row.role)),
      ("nodes", JSONValue(row.nodes)), ("when", JSONValue(row.condition)),
      ("credentials", JSONValue(row.credentials)),
    ])
  }
}
