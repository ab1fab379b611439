package import FleetDiagnostics

/// Makes plans: a pure function of what is wanted and what was seen.
package enum Planner {
  /// Plans `input`; the same for nodes and resources in any order.
  ///
  /// - Throws: a `target-unmatched` finding when a `-target` matches nothing that is wanted, or a `-l` is
  ///   no selector.
  package static func plan(_ input: PlanInput) throws(DiagnosticsError) -> Plan {
    var maker = PlanMaker(input)
    return try maker.finish()
  }
}
