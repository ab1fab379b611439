import ArgumentParser
import FleetConfig
import FleetDiagnostics
import FleetView

/// `fleetctl graph`.
struct GraphCommand: ParsableCommand {
  /// `--format`.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case dot, mermaid, svg, json
  }

  static let configuration = CommandConfiguration(
    commandName: "graph",
    abstract: "Draw the roles, the machines or the start order of the fleet.",
    discussion: """
      roles         what each role needs: solid where it must be there, dashed where it should, dotted under
                    a condition; coloured by layer
      nodes         machines with their roles, and the ports that they connect to on each other
      start-order   the waves in which an apply starts the roles

      SVG is drawn by fleetctl itself. Machines with the same roles are one box in a fleet of more than \
      \(FleetGraph.mostSingleNodes).
      docs/graph.md describes the JSON. Exits 0; 1 when the fleet is not sound or too large to draw.

      EXAMPLES
        fleetctl graph > roles.svg
        fleetctl graph --of nodes --format dot | dot -Tpng > nodes.png
        fleetctl graph --of start-order --format mermaid
        fleetctl graph --of nodes --format json | jq '.edges[] | select(.ports[] == 6379)'
      """
  )

  @OptionGroup var options: FleetOptions

  @Option(help: ArgumentHelp("What to draw: roles, nodes or start-order.", valueName: "what"))
  var of = FleetGraph.Subject.roles

  @Option(help: ArgumentHelp("Output format: svg, dot, mermaid or json.", valueName: "format"))
  var format = Format.svg

  @Flag(help: "A box for every node, also in a large fleet.")
  var allNodes = false

  func run() throws {
    let loaded = try LoadedFleet.load(options)
    guard let resolved = loaded.resolved, !loaded.diagnostics.hasErrors else {
      loaded.tell(colour: options.colour)
      Terminal.note("\(loaded.file) is not sound; there is nothing to draw.\n")
      throw ExitStatus.failure.error
    }
    let graph = Self.graph(of, resolved, allNodes: allNodes)
    switch Self.text(graph, format) {
    case .drawn(let text): try Terminal.result(text)
    case .tooLarge(let why):
      Terminal.note("error: \(why)\n")
      throw ExitStatus.failure.error
    }
  }

  /// The graph of a fleet.
  static func graph(
    _ subject: FleetGraph.Subject,
    _ resolved: ResolvedFleet,
    allNodes: Bool
  ) -> FleetGraph {
    switch subject {
    case .roles: .roles(resolved)
    case .nodes: .nodes(resolved, expanded: allNodes)
    case .startOrder: .startOrder(resolved)
    }
  }

  /// What came of drawing.
  enum Drawing: Equatable {
    case drawn(String)
    /// Why not, and what to do.
    case tooLarge(String)
  }

  /// The graph in a format.
  static func text(_ graph: FleetGraph, _ format: Format) -> Drawing {
    guard !graph.isTooLarge else {
      return .tooLarge(
        "\(graph.vertices.count) boxes have more than \(FleetGraph.mostEdges) arrows between them, which "
          + "no format is for. Leave out --all-nodes, or draw `--of roles`."
      )
    }
    switch format {
    case .dot: return .drawn(GraphDOT.render(graph))
    case .mermaid: return .drawn(GraphMermaid.render(graph))
    case .json: return .drawn(GraphJSON.document(graph).rendered(pretty: true) + "\n")
    case .svg:
      if let text = GraphSVG.render(graph) { return .drawn(text) }
      let cure =
        graph.subject == .nodes
        ? "Leave out --all-nodes, draw `--of roles`, or let Graphviz draw it: `--format dot`."
        : "Let Graphviz draw it: `--format dot`."
      return .tooLarge(
        "\(graph.vertices.count) boxes and \(graph.drawnEdges.count) arrows are more than a picture "
          + "can show (\(GraphSVG.mostBoxes) and \(GraphSVG.mostEdges)). \(cure)"
      )
    }
  }
}

extension FleetGraph.Subject: ExpressibleByArgument {}
