internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Finds two claims on one port of one node.
///
/// *What it does*: compares number and protocol of all ports of all roles on a node. Two roles
/// collide whatever addresses they bind, unless both are sites of the same shared server; one role's
/// own ports may share a number on disjoint addresses (its application behind its own proxy).
/// *Why it matters*: the second service to start fails, and which one that is changes by reboot.
/// *Example*: `slm-backend` and `chromadb` on one node, both on 8000.
/// *Instead*: move a role, or its port by a parameter.
struct PortCollision {
  /// A number that one role claims on one node.
  struct Claim {
    let instance: RoleInstance
    let port: ResolvedPort
  }

  /// Each claim is compared with this many earlier ones of its number: a hundred roles on one port
  /// are a hundred findings, not five thousand.
  private static let mostCompared = 8

  private let resolved: ResolvedFleet
  private var advice: PortAdvice

  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    var rule = PortCollision(resolved: resolved, advice: PortAdvice(resolved))
    // Equal sets of profiles claim equal numbers.
    resolved.visitNodes { rule.check($0, into: &diagnostics) }
  }

  /// Returns whether no number is claimed twice, by whichever roles.
  private mutating func check(
    _ instances: [RoleInstance],
    into diagnostics: inout Diagnostics
  ) -> Bool {
    var byNumber: [Int: [Claim]] = [:]
    // A role behind its own proxy claims its number twice: that is one finding.
    var reported: Set<String> = []
    var isClean = true
    for instance in instances {
      for port in instance.ports {
        let claim = Claim(instance: instance, port: port)
        var compared = 0
        for earlier in byNumber[port.number] ?? []
        where earlier.port.transport == port.transport {
          isClean = false
          compared += 1
          if compared > Self.mostCompared { break }
          guard Self.collide(earlier, claim) else { continue }
          let roles = "\(earlier.instance.profile.role.name) \(instance.profile.role.name)"
          let key = "\(roles) \(port.number) \(port.transport.rawValue)"
          if reported.insert(key).inserted { diagnostics.add(finding(claim, earlier)) }
        }
        byNumber[port.number, default: []].append(claim)
      }
    }
    return isClean
  }

  private static func collide(_ left: Claim, _ right: Claim) -> Bool {
    if let server = left.port.shared, server == right.port.shared { return false }
    guard left.instance.profile === right.instance.profile else { return true }
    return overlap(left.port.bind, right.port.bind)
  }

  /// Whether two lists of addresses have one in common; all addresses overlap with any.
  private static func overlap(_ left: [String], _ right: [String]) -> Bool {
    let all = ["0.0.0.0", "::"]
    if left.contains(where: { all.contains($0) }) { return !right.isEmpty }
    if right.contains(where: { all.contains($0) }) { return !left.isEmpty }
    // The one host name whose address is known without a resolver (RFC 6761).
    let names = ["localhost": "127.0.0.1"]
    return left.contains { one in
      right.contains { (names[one] ?? one) == (names[$0] ?? $0) }
    }
  }

  /// The later claim is the subject, unless only the earlier number was written into fleet.yaml.
  private mutating func finding(_ later: Claim, _ earlier: Claim) -> Diagnostic {
    let laterOrigin = ClaimOrigin(later.port.parameter, of: later.instance, in: resolved)
    let earlierOrigin = ClaimOrigin(earlier.port.parameter, of: earlier.instance, in: resolved)
    if earlierOrigin.isGiven, !laterOrigin.isGiven {
      return finding(earlier, earlierOrigin, beside: later, laterOrigin)
    }
    return finding(later, laterOrigin, beside: earlier, earlierOrigin)
  }

  private mutating func finding(
    _ claim: Claim,
    _ origin: ClaimOrigin,
    beside rival: Claim,
    _ rivalOrigin: ClaimOrigin
  ) -> Diagnostic {
    let role = claim.instance.profile.role.name
    let other = rival.instance.profile.role.name
    let node = claim.instance.node.id
    let port = claim.port
    let isOneRole = role == other
    let both =
      isOneRole
      ? "Two ports of `\(role)` (`\(rival.port.name)` and `\(port.name)`) claim"
      : "`\(other)` (port `\(rival.port.name)`) and `\(role)` (port `\(port.name)`) both claim"
    let why =
      isOneRole
      ? "`\(rival.port.name)` \(rivalOrigin.words), `\(port.name)` \(origin.words)"
      : "`\(other)` \(rivalOrigin.words), `\(role)` \(origin.words)"
    var related = [RelatedSpan("`\(other)` claims it here", at: rivalOrigin.place)]
    for (name, assignment) in [(other, rivalOrigin.assignment), (role, origin.assignment)] {
      guard let assignment else { continue }
      related.append(RelatedSpan("`\(name)` is on `\(node)` here", at: assignment))
    }
    return Diagnostic(
      .portCollision,
      "\(both) \(port.transport.rawValue) port \(port.number) of `\(node)`: \(why). One port has one "
        + "listener, whichever starts first. \(advice.cure(claim, rival))",
      at: origin.place,
      related: related,
      address: claim.instance.address,
      path: "/nodes/\(node)/roles",
      suggestions: advice.suggestions(claim, rival)
    )
  }
}
