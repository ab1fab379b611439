import FleetCompile
import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetResources
import FleetTestSupport
import FleetView
import Testing

@testable import FleetCommands

/// Every folder of `examples/`, read as a user reads it.
@Suite struct ExampleTests {
  static let names = SourceTree.files(under: "examples", suffix: "fleet.yaml")
    .map { String($0.dropLast("/fleet.yaml".count)) }

  private func path(_ name: String) -> String { SourceTree.root + "/examples/\(name)/fleet.yaml" }

  @Test func thereAreFive() {
    #expect(
      Set(Self.names)
        .isSuperset(of: ["autobot-14", "gpu-pool", "homelab", "single-machine", "web-tier"])
    )
  }

  @Test(arguments: Self.names)
  func itHasNoErrorAndNoWarningThatIsNotWaived(name: String) throws {
    let loaded = try LoadedFleet.at(path(name))
    #expect(loaded.diagnostics.sorted().map { "\($0.rule.slug): \($0.detail)" } == [])
    #expect(loaded.resolved != nil)
  }

  @Test(arguments: Self.names)
  func everyNodeOfItCanBeRendered(name: String) throws {
    let scratch = Scratch()
    let (resolved, nodes) = try LoadedFleet.at(path(name)).compiled(colour: false)
    #expect(nodes.count == resolved.nodes.count)
    for node in nodes {
      let image = NodeImage(node.resources)
      #expect(!image.entries.isEmpty, "\(node.node.id)")
      try RenderCommand.write(image, to: scratch.path(node.node.id.name), force: false)
    }
  }

  @Test(arguments: Self.names, FleetGraph.Subject.allCases)
  func itCanBeDrawn(name: String, subject: FleetGraph.Subject) throws {
    let resolved = try #require(try LoadedFleet.at(path(name)).resolved)
    let graph = GraphCommand.graph(subject, resolved, allNodes: true)
    guard case .drawn(let text) = GraphCommand.text(graph, .svg) else {
      Issue.record("too large")
      return
    }
    #expect(text.hasSuffix("</svg>\n"))
  }

  @Test(arguments: Self.names)
  func itsReadmeSaysInBriefWhatItIsAndWhatToTry(name: String) throws {
    let file = SourceTree.root + "/examples/\(name)/README.md"
    let lines = try #require(SourceTree.text(at: file)).split(
      separator: "\n",
      omittingEmptySubsequences: false
    )
    #expect((10...31).contains(lines.count), "\(lines.count) lines")
    #expect(lines.first?.hasPrefix("# ") == true)
    #expect(lines.contains { $0.contains("fleetctl validate -f examples/\(name)/fleet.yaml") })
    // Commands name nodes that there are.
    let resolved = try #require(try LoadedFleet.at(path(name)).resolved)
    let known = resolved.nodes.map(\.id.name)
    for match in lines.joined(separator: "\n").matches(of: /fleetctl render (\S+)/) {
      #expect(known.contains(String(match.1)), "\(match.1)")
    }
  }

  @Test func secretsOfExamplesArePlaceholdersOnTheNodesThatUseThem() throws {
    let nodes = try LoadedFleet.at(path("web-tier")).compiled(colour: false).1
    let web = try #require(nodes.first { $0.node.id.name == "web-3" })
    let entry = try #require(NodeImage(web.resources).entries.first { $0.path == "/etc/shop.env" })
    #expect(entry.unknown == ["the secret database.shop_password"])
  }
}
