internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// What to do about two claims on one port.
struct PortAdvice {
  private let resolved: ResolvedFleet
  private var free: FreePorts

  init(_ resolved: ResolvedFleet) {
    self.resolved = resolved
    free = FreePorts(resolved)
  }

  /// The cures in a sentence.
  func cure(_ claim: PortCollision.Claim, _ earlier: PortCollision.Claim) -> String {
    if isProxied(claim, earlier) {
      let (inner, outer) =
        claim.port.proxyOf == earlier.port.name
        ? (earlier.port, claim.port) : (claim.port, earlier.port)
      if inner.isExposed {
        return "Keep `\(inner.name)` on loopback: what needs it from other nodes has to need "
          + "`\(outer.name)`."
      }
      return "Give the node the address by which others reach it."
    }
    let parameters = [claim, earlier].compactMap { claim in
      claim.port.parameter.map { "`roles.\(claim.instance.profile.role.name).\($0)`" }
    }
    let set = parameters.isEmpty ? nil : "set " + parameters.joined(separator: " or ")
    let movable = [claim, earlier].filter { !$0.instance.automatic }
    let chosen = movable.first { $0.instance.profile.role.placement.portable } ?? movable.first
    let isOneRole = claim.instance.profile === earlier.instance.profile
    let move =
      isOneRole ? nil : chosen.map { "move `\($0.instance.profile.role.name)` to another node" }
    let cures = [move, set].compactMap { $0 }
    guard let first = cures.first else { return "Correct the role." }
    let text = ([first.prefix(1).uppercased() + first.dropFirst()] + cures.dropFirst())
      .joined(separator: ", or ")
    return text + "."
  }

  /// An application and its own proxy, moved together by one parameter: only a node whose address is
  /// loopback, or a widened application, brings them together.
  private func isProxied(_ claim: PortCollision.Claim, _ other: PortCollision.Claim) -> Bool {
    guard claim.instance.profile === other.instance.profile,
      claim.port.parameter == other.port.parameter
    else { return false }
    let names = [claim.port.name, other.port.name]
    return [claim.port.proxyOf, other.port.proxyOf].contains { $0.map(names.contains) ?? false }
  }

  /// The parameter that moves one of the two to a free number, with the edit where fleet.yaml has a
  /// simple place for it.
  mutating func suggestions(
    _ claim: PortCollision.Claim,
    _ earlier: PortCollision.Claim
  ) -> [Suggestion] {
    if isProxied(claim, earlier) { return [] }
    for candidate in [claim, earlier] {
      guard let parameter = candidate.port.parameter else { continue }
      let role = candidate.instance.profile.role.name
      let number = candidate.port.number
      guard let port = free.next(after: number, for: "\(role).\(parameter)") else { continue }
      let edit = edit(candidate.instance, parameter, String(port))
      let text = "move `\(role)` to a free port: `\(role): {\(parameter): \(port)}`"
      return [Suggestion(text, edits: edit.map { [$0] } ?? [])]
    }
    return []
  }

  private func edit(
    _ instance: RoleInstance,
    _ parameter: String,
    _ value: String
  ) -> Suggestion.Edit? {
    let role = instance.profile.role.name
    guard
      let assignment = instance.node.roles.first(where: { $0.role.value == role }),
      instance.profile.parameterSpans[parameter] != nil
        || resolved.fleet.roleParameters[role]?[parameter] == nil
    else {
      let given = resolved.fleet.roleParameters[role]?[parameter]
      return given?.span.map { .init(replace: $0, with: value) }
    }
    return RoleEdits.parameter(parameter, value, of: assignment)
  }
}
