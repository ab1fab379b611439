internal import FleetDiagnostics
internal import FleetModel
package import FleetRegistry
package import FleetRender

/// A role with one set of parameter values, shared by all instances that have the same values.
///
/// Ten thousand agents have one profile: expressions are evaluated once, not ten thousand times.
package final class RoleProfile: Sendable {
  /// A port as these parameters make it, before any node is known.
  struct PortState: Sendable {
    let port: Port
    /// Nil when the port is switched off by its `when:`.
    let number: Int?
    let holder: String?
    /// Where a parameter of fleet.yaml that sets the number stands.
    let span: SourceSpan?
    /// Name of the parameter that moves the port, for advice.
    let parameter: String?
  }

  /// Its position in `ResolvedFleet.profiles`.
  let number: Int
  /// The role.
  package let role: Role
  /// Typed values of all its parameters.
  package let parameters: [String: Value]
  /// Where fleet.yaml sets a parameter.
  let parameterSpans: [String: SourceSpan]
  /// All ports, in the order of the role.
  let ports: [Boxed<PortState>]
  /// Needs whose `when:` holds, in the order of the role.
  let needs: [Boxed<Need>]
  /// Hardware needs whose `when:` holds.
  let hardware: [HardwareNeed]
  /// Whether something could not be evaluated; it has been reported, consequences are not.
  let isBroken: Bool
  /// `params` as expressions see it.
  let parameterScope: Value

  init(
    number: Int,
    role: Role,
    parameters: [String: Value],
    parameterSpans: [String: SourceSpan],
    ports: [PortState],
    needs: [Need],
    hardware: [HardwareNeed],
    isBroken: Bool
  ) {
    self.number = number
    self.role = role
    self.parameters = parameters
    self.parameterSpans = parameterSpans
    self.ports = ports.map { Boxed($0) }
    self.needs = needs.map { Boxed($0) }
    self.hardware = hardware
    self.isBroken = isBroken
    parameterScope = .map(parameters)
  }

  /// The state of the port called `name`.
  func port(_ name: String) -> PortState? {
    ports.first { $0.value.port.name == name }?.value
  }

  /// Whether the port called `name` exists and is switched on.
  func offers(_ name: String) -> Bool { port(name)?.number != nil }
}
