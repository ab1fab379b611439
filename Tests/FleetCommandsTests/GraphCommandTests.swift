import FleetConfig
import FleetTestSupport
import FleetView
import Testing

@testable import FleetCommands

@Suite struct GraphCommandTests {
  @Test func whatIsTooLargeForAPictureNamesTheCure() {
    var graph = FleetGraph(subject: .nodes, fleet: "f")
    graph.vertices = (0..<151).map { .init(id: "\($0)", title: "n", lines: [], tone: .mixed) }
    #expect(
      GraphCommand.text(graph, .svg)
        == .tooLarge(
          "151 boxes and 0 arrows are more than a picture can show (150 and 600). Leave out --all-nodes, "
            + "draw `--of roles`, or let Graphviz draw it: `--format dot`."
        )
    )
    guard case .drawn = GraphCommand.text(graph, .dot) else { return #expect(Bool(false)) }
  }

  @Test(arguments: GraphCommand.Format.allCases)
  func whatNoFormatIsForIsRefusedInAll(format: GraphCommand.Format) {
    var graph = FleetGraph(subject: .nodes, fleet: "f")
    graph.isTooLarge = true
    #expect(
      GraphCommand.text(graph, format)
        == .tooLarge(
          "0 boxes have more than 50000 arrows between them, which no format is for. Leave out "
            + "--all-nodes, or draw `--of roles`."
        )
    )
  }

  @Test(arguments: FleetGraph.Subject.allCases)
  func theFleetOfThisRepositoryIsDrawnInEveryFormat(subject: FleetGraph.Subject) throws {
    let resolved = try #require(try LoadedFleet.at(SourceTree.root + "/fleet.yaml").resolved)
    let graph = GraphCommand.graph(subject, resolved, allNodes: false)
    for format in GraphCommand.Format.allCases {
      guard case .drawn(let text) = GraphCommand.text(graph, format) else {
        Issue.record("\(format)")
        continue
      }
      #expect(text.contains("backend"))
      #expect(text.hasSuffix("\n"))
    }
  }
}
