internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry
internal import FleetRender

enum ParameterValues {
  static func resolve(
    role: Role,
    fleet: [String: Located<RawValue>],
    node: [String: Located<RawValue>],
    scope: Scope,
    at place: SourceSpan? = nil,
    into diagnostics: inout Diagnostics
  ) -> [String: Value] {
    [:]
  }
}
