import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import Testing

/// Many nodes: the right answer, and shared instead of copied.
@Suite struct LargeFleetTests {
  private static let registry = Registry.of([
    "exporter": """
    placement: {replicas: every-node}
    ports: [{name: metrics, number: 9100, scope: fleet}]
    """,
    "monitor": """
    placement: {replicas: many}
    needs: [{role: exporter, endpoint: metrics, hard: true}]
    """,
  ])

  private func text(nodes: Int, monitors: Int) -> String {
    "version: 1\nfleet: f\nnodes:\n"
      + (0..<nodes).map { index in
        let role = index < monitors ? "monitor" : ""
        return "  n\(index): {address: 10.0.\(index / 256).\(index % 256), roles: [\(role)]}\n"
      }.joined()
  }

  @Test func manyConsumersOfManyProvidersShareOneList() throws {
    let run = Validation(text(nodes: 600, monitors: 300), registry: Self.registry)
    #expect(run.slugs == [])
    let resolved = try #require(run.resolved)
    #expect(resolved.order.map(\.count) == [600, 300])
    let first = try #require(resolved.instances(of: "exporter").first)
    let port = try #require(first.port("metrics"))
    #expect(port.consumerNodes.count == 300)
    #expect(resolved.consumerAddresses(of: port, at: first).count == 299)
    let last = try #require(resolved.instances(of: "exporter").last)
    #expect(
      resolved.consumerAddresses(of: try #require(last.port("metrics")), at: last).count == 300
    )
  }

  @Test func dependentsAreTheSameAsBySearchingTheWholeFleet() throws {
    let run = Validation(text(nodes: 40, monitors: 20), registry: Self.registry)
    let fleets = [run, Validation(AutobotFleet.text())]
    for run in fleets {
      let resolved = try #require(run.resolved)
      for (index, instance) in resolved.instances.enumerated() {
        let expected = resolved.instances.filter { candidate in
          candidate.dependencies.contains { $0.providers.contains(index) }
        }
        #expect(resolved.dependents(of: instance).map(\.address) == expected.map(\.address))
      }
    }
  }

  @Test func instancesWithEqualParametersShareTheirProfile() throws {
    let run = Validation(text(nodes: 3, monitors: 0), registry: Self.registry)
    let instances = try #require(run.resolved).instances(of: "exporter")
    #expect(instances.count { $0.profile === instances[0].profile } == 3)
  }

  @Test func theSameErrorOnEveryNodeIsReportedOnEveryNode() {
    let fields = "roles: [slm-backend, chromadb]"
    let text =
      "version: 1\nfleet: f\nnodes:\n"
      + (0..<50).map { "  n\($0): {address: 10.0.0.\($0), \(fields)}\n" }.joined()
    #expect(Validation(text).findings(.portCollision).count == 50)
    #expect(Validation(text).findings(.layerMixing).count == 50)
  }
}
