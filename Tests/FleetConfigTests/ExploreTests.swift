import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import Testing

@Suite struct ExploreTests {
  @Test func dump() {
    let run = Validation(AutobotFleet.text())
    for f in run.diagnostics.sorted() {
      print(f.severity, f.rule.slug, f.span?.description ?? "-", f.detail)
      for r in f.related { print("    ", r.message, r.span?.description ?? "-") }
    }
    if let resolved = run.resolved {
      for (i, wave) in resolved.order.enumerated() {
        print(i, wave.map { "\($0.node.id)/\($0.profile.role.name)" })
      }
    }
  }
}
