internal import FleetDiagnostics
internal import FleetModel
package import FleetRegistry
package import FleetRender

/// A role with one set of parameter values, shared by all instances that have the same values.
///
/// Ten thousand agents have one profile: expressions are evaluated once, not ten thousand times.
package final class RoleProfile: Sendable {
  /// A port as these parameters make it, before any node is known; behind a reference, because every
  /// instance hands it on.
  final class PortState: Sendable {
    let port: Port
    /// Nil when the port is switched off by its `when:`.
    let number: Int?
    let holder: String?
    /// Where a parameter of fleet.yaml that sets the number stands.
    let span: SourceSpan?
    /// Name of the parameter that moves the port, for advice.
    let parameter: String?

    init(port: Port, number: Int?, holder: String?, span: SourceSpan?, parameter: String?) {
      self.port = port
      self.number = number
      self.holder = holder
      self.span = span
      self.parameter = parameter
    }
  }

  /// A need as the role states it, behind a reference for the same reason.
  final class StatedNeed: Sendable {
    let need: Need

    init(_ need: Need) { self.need = need }
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
  let ports: [PortState]
  /// Needs whose `when:` holds, in the order of the role.
  let needs: [StatedNeed]
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
    self.ports = ports
    self.needs = needs.map { StatedNeed($0) }
    self.hardware = hardware
    self.isBroken = isBroken
    parameterScope = .map(parameters)
  }

  /// The state of the port called `name`.
  func port(_ name: String) -> PortState? {
    ports.first { $0.port.name == name }
  }

  /// Whether the port called `name` exists and is switched on.
  func offers(_ name: String) -> Bool { port(name)?.number != nil }
}
