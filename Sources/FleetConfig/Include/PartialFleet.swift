internal import FleetDiagnostics
internal import FleetModel

/// Findings about a fleet of which a part could not be read.
enum PartialFleet {
  /// Rules that say that something is nowhere in the fleet: it may be in the part that is missing.
  private static let absences: Set<Rule> = [
    .unknownNode, .requiredRoleMissing, .optionalRoleMissing, .noLLM, .dependencyMissing,
  ]

  /// Returns the findings without those of rules over `fleet` that may only follow from the missing
  /// part; that part is reported itself, among the first `decoded` findings.
  static func withoutConsequences(
    _ found: Diagnostics,
    decoded: Int,
    of fleet: Fleet
  ) -> Diagnostics {
    guard fleet.isPartial else { return found }
    var result = Diagnostics()
    for (index, finding) in found.all.enumerated() {
      let isAbsence =
        absences.contains(finding.rule) || (fleet.lacksFiles && finding.rule == .unknownRole)
      if index < decoded || !isAbsence { result.add(finding) }
    }
    return result
  }

  /// Returns the findings without those about waivers that silence nothing.
  static func withoutUnusedWaivers(_ found: Diagnostics, of fleet: Fleet) -> Diagnostics {
    guard fleet.isPartial else { return found }
    var result = Diagnostics()
    for finding in found.all where finding.rule != .unusedWaiver { result.add(finding) }
    return result
  }
}
