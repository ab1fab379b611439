import FleetConfig
import FleetDiagnostics

import Testing

@testable import FleetView

@Suite struct GraphFormatTests {
  private static func graphs() throws -> [FleetGraph] {
    let autobot = try GraphFleets.autobot()
    return [
      .roles(autobot), .nodes(autobot, expanded: false), .startOrder(autobot),
      .nodes(try GraphFleets.web(40), expanded: true), hostile,
      FleetGraph(subject: .roles, fleet: "e"),
    ]
  }

  /// Names that mean something to every format.
  private static var hostile: FleetGraph {
    var graph = FleetGraph(subject: .nodes, fleet: "a\"b\\<c>&'\u{1B}[31m")
    let names = [
      "\"]; rm", "</text><script>", "a&b;", "\\\"", "#quot;", "`x`|y|", "\u{202E}\u{0}\n", "日本語",
    ]
    for name in names {
      graph.vertices.append(.init(id: name, title: name, lines: [name], tone: .mixed))
    }
    graph.edges = [
      .init(
        from: 0,
        to: 1,
        strength: .conditional,
        ports: [1, 2, 3, 4],
        conditions: ["a \"b\" <c>"]
      ),
      .init(from: 1, to: 1, strength: .hard, ports: [5]),
      .init(from: 1, to: 0, strength: .soft),
    ]
    graph.notes = ["--> %%{init}%% \" \\ & <"]
    return graph
  }

  @Test func everySVGIsWellFormed() throws {
    for graph in try Self.graphs() {
      let text = try #require(GraphSVG.render(graph))
      let elements = try XMLElements(text).all
      #expect(elements.first?.name == "svg")
      #expect(
        elements.count { $0.name == "rect" && $0.attributes["class"] == nil }
          == graph.vertices.count
      )
      if let xmllint = Tool.find("xmllint") {
        let run = Tool.run([xmllint, "--noout", "-"], input: text)
        #expect(run.status == 0, "\(run.output)")
      }
    }
  }

  @Test func everyTextFitsItsBoxAndStaysInThePicture() throws {
    for graph in try Self.graphs() {
      let elements = try XMLElements(try #require(GraphSVG.render(graph))).all
      let width = elements[0].number("width")
      var box: XMLElements.Element?
      for element in elements {
        if element.name == "rect" { box = element }
        guard element.name == "text" else { continue }
        let size = element.attributes["font-size"].flatMap { Int($0) } ?? 12
        let room = GraphSVG.width(of: element.text, size: size)
        if element.parents.last == "g", element.attributes["class"] == nil {
          let around = try #require(box)
          #expect(room <= around.number("width"), "\(element.text)")
          #expect(element.number("x") == around.number("x") + around.number("width") / 2)
          let y = element.number("y")
          #expect(
            y - 12 >= around.number("y") && y + 3 <= around.number("y") + around.number("height")
          )
        } else if element.attributes["class"] == "note" || element.attributes["class"] == "legend" {
          #expect(element.number("x") + room <= width, "\(element.text)")
        }
      }
    }
  }

  @Test func equalFleetsGiveEqualBytes() throws {
    let (first, second) = (try Self.graphs(), try Self.graphs())
    #expect(first == second)
    #expect(first.map { GraphSVG.render($0) } == second.map { GraphSVG.render($0) })
    #expect(first.map { GraphDOT.render($0) } == second.map { GraphDOT.render($0) })
  }

  @Test func noControlCharacterComesOut() throws {
    for text in [
      GraphSVG.render(Self.hostile) ?? "", GraphDOT.render(Self.hostile),
      GraphMermaid.render(Self.hostile),
    ] {
      #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && $0 != "\u{202E}" })
      #expect(!text.isEmpty)
    }
  }

  @Test func graphvizAcceptsEveryDOT() throws {
    for graph in try Self.graphs() {
      let text = GraphDOT.render(graph)
      // Quotes come in pairs when the escaped ones are taken away, and braces balance outside them.
      let bare = text.replacing(/\\./, with: "").replacing(/"[^"]*"/, with: "")
      #expect(!bare.contains("\""))
      #expect(bare.count { $0 == "{" } == bare.count { $0 == "}" })
      if let dot = Tool.find("dot") {
        let run = Tool.run([dot, "-Tplain"], input: text)
        #expect(run.status == 0 && !run.output.contains("Warning"), "\(run.output)")
        let nodes = run.output.split(separator: "\n").count { $0.hasPrefix("node ") }
        let edges = run.output.split(separator: "\n").count { $0.hasPrefix("edge ") }
        #expect(nodes == graph.vertices.count)
        #expect(edges == graph.drawnEdges.count)
      }
    }
  }

  @Test func mermaidLinesFollowItsGrammar() throws {
    let box = /\ \ +n\d+\["[^"#`|\[\]{}&;\\*_]*(?:(?:#\w+;|<br\/>)[^"#`|\[\]{}&;\\*_]*)*"\]/
    let arrow = /\ \ n\d+ (?:-->|-\.->)(?:\|"[^"|]*"\|)? n\d+/
    let rest =
      /flowchart LR|  subgraph wave\d+\["wave \d+"\]|  end|  classDef \w+ .*|  class [n0-9,]+ \w+|  %% .*/
    for graph in try Self.graphs() {
      let lines = GraphMermaid.render(graph).split(separator: "\n")
      for line in lines {
        let isKnown =
          line.wholeMatch(of: box) != nil || line.wholeMatch(of: arrow) != nil
          || line.wholeMatch(of: rest) != nil
        #expect(isKnown, "\(line)")
      }
      #expect(lines.count { $0.wholeMatch(of: box) != nil } == graph.vertices.count)
      #expect(lines.count { $0.wholeMatch(of: arrow) != nil } == graph.drawnEdges.count)
    }
  }

  @Test func jsonHoldsWhatIsNotDrawnToo() throws {
    let graph = FleetGraph.nodes(try GraphFleets.autobot(), expanded: false)
    let document = GraphJSON.document(graph)
    #expect(document["format_version"] == "1.0")
    #expect(document["of"] == "nodes")
    #expect(document["boxes"]?.array?.count == 9)
    #expect(document["edges"]?.array?.count == graph.edges.count)
    let first = document["edges"]?.array?.first {
      $0["from"] == "02-Frontend" && $0["drawn"] == true
    }
    #expect(first?["to"] == "01-Backend")
    #expect(first?["ports"] == [8443])
    #expect(first?["strength"] == "hard")
  }
}
