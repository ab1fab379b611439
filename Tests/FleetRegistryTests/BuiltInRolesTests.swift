import FleetDiagnostics
import Testing

@testable import FleetRegistry

@Suite struct `Built-in roles` {
  @Test func `decode without any finding`() {
    let (registry, diagnostics) = Registry.builtIn()
    for finding in diagnostics.sorted() {
      Issue.record("\(finding.span?.description ?? "-"): \(finding.detail)")
    }
    #expect(!registry.roles.isEmpty)
  }
}
