package import FleetDiagnostics

/// Writes a graph in Graphviz's language (https://graphviz.org/doc/info/lang.html).
package enum GraphDOT {
  /// Returns the text, ending with a line feed.
  package static func render(_ graph: FleetGraph) -> String {
    var lines = [
      "digraph \(quoted("\(graph.fleet) \(graph.subject.rawValue)")) {",
      #"  graph [rankdir=LR, bgcolor="transparent", fontname="monospace"];"#,
      ##"  node [shape=box, style="rounded,filled", fontname="monospace", fontcolor="#1b1b1b"];"##,
      ##"  edge [color="#767676", fontcolor="#767676", fontname="monospace"];"##,
    ]
    for (index, vertex) in graph.vertices.enumerated() {
      let colours = Palette.colours(vertex.tone)
      let text = ([vertex.title] + vertex.lines).map { escaped(displayable($0)) }
      let style = vertex.isFaint ? #", style="rounded,filled,dashed""# : ""
      lines.append(
        "  n\(index) [label=\"\(text.joined(separator: "\\n"))\", fillcolor=\"\(colours.ground)\", "
          + "color=\"\(colours.edge)\"\(style), tooltip=\(quoted(vertex.id))];"
      )
    }
    let waves = Set(graph.vertices.compactMap(\.wave)).sorted()
    for wave in waves {
      let members = graph.vertices.indices.filter { graph.vertices[$0].wave == wave }
      lines.append("  { rank=same; \(members.map { "n\($0);" }.joined(separator: " ")) }")
    }
    for edge in graph.drawnEdges {
      var attributes: [String] = []
      if !edge.label.isEmpty { attributes.append("label=\(quoted(edge.label))") }
      if edge.strength != .hard {
        attributes.append("style=\(edge.strength == .soft ? "dashed" : "dotted")")
      }
      if !edge.conditions.isEmpty {
        attributes.append("tooltip=\(quoted(edge.conditions.joined(separator: "; ")))")
      }
      let list = attributes.isEmpty ? "" : " [\(attributes.joined(separator: ", "))]"
      lines.append("  n\(edge.from) -> n\(edge.to)\(list);")
    }
    if !graph.notes.isEmpty {
      let text = graph.notes.map { escaped(displayable($0)) + "\\l" }.joined()
      lines.append("  label=\"\(text)\"; labelloc=b; labeljust=l;")
    }
    return (lines + ["}"]).joined(separator: "\n") + "\n"
  }

  private static func escaped(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { output, scalar in
      switch scalar {
      case "\"", "\\": output += "\\\(scalar)"
      // Graphviz reads HTML's entities in texts.
      case "&": output += "&amp;"
      default: output.unicodeScalars.append(scalar)
      }
    }
  }

  private static func quoted(_ text: String) -> String { "\"\(escaped(displayable(text)))\"" }
}

/// Writes a graph as a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html).
package enum GraphMermaid {
  /// Returns the text, ending with a line feed.
  package static func render(_ graph: FleetGraph) -> String {
    var lines = ["flowchart LR"]
    let waves = Set(graph.vertices.compactMap(\.wave)).sorted()
    for wave in waves {
      lines.append("  subgraph wave\(wave + 1)[\"wave \(wave + 1)\"]")
      for index in graph.vertices.indices where graph.vertices[index].wave == wave {
        lines.append("  " + box(index, graph))
      }
      lines.append("  end")
    }
    for index in graph.vertices.indices where graph.vertices[index].wave == nil {
      lines.append(box(index, graph))
    }
    for edge in graph.drawnEdges {
      let arrow = edge.strength == .hard ? "-->" : "-.->"
      let words = [edge.label, edge.strength == .conditional ? "on a condition" : ""]
      let label = words.filter { !$0.isEmpty }.joined(separator: " ")
      let text = label.isEmpty ? "" : "|\"\(escaped(label))\"|"
      lines.append("  n\(edge.from) \(arrow)\(text) n\(edge.to)")
    }
    for tone in FleetGraph.Tone.allCases {
      let members = graph.vertices.indices.filter { graph.vertices[$0].tone == tone }
      guard !members.isEmpty else { continue }
      let colours = Palette.colours(tone)
      lines.append(
        "  classDef \(tone.rawValue) fill:\(colours.ground),stroke:\(colours.edge),color:\(Palette.ink)"
      )
      lines.append("  class \(members.map { "n\($0)" }.joined(separator: ",")) \(tone.rawValue)")
    }
    // Braces in a comment make Mermaid look for a directive.
    lines += graph.notes.map { "  %% " + displayable($0).filter { $0 != "{" && $0 != "}" } }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func box(_ index: Int, _ graph: FleetGraph) -> String {
    let vertex = graph.vertices[index]
    let text = ([vertex.title] + vertex.lines).map { escaped(displayable($0)) }
    return "  n\(index)[\"\(text.joined(separator: "<br/>"))\"]"
  }

  /// Entity codes for everything that Mermaid, Markdown or HTML could take for its own.
  private static func escaped(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { output, scalar in
      switch scalar {
      case "\"", "#", "&", "<", ">", "`", "\\", ";", "*", "_", "{", "}", "[", "]", "|":
        output += "#\(scalar.value);"
      default: output.unicodeScalars.append(scalar)
      }
    }
  }
}

/// Writes a graph as one JSON document (docs/graph.md).
package enum GraphJSON {
  /// Version of the document; the first number changes when a reader could break.
  package static let formatVersion = "1.0"

  /// Returns the document.
  package static func document(_ graph: FleetGraph) -> JSONValue {
    .object([
      ("format_version", .string(formatVersion)), ("fleet", .string(graph.fleet)),
      ("of", .string(graph.subject.rawValue)), ("boxes", .array(graph.vertices.map(box))),
      ("edges", .array(graph.edges.map { edge($0, graph) })), ("notes", JSONValue(graph.notes)),
    ])
  }

  private static func box(_ vertex: FleetGraph.Vertex) -> JSONValue {
    .object([
      ("id", .string(vertex.id)), ("title", .string(vertex.title)),
      ("lines", JSONValue(vertex.lines)), ("layer", .string(vertex.tone.rawValue)),
      ("nodes", JSONValue(vertex.nodes)), ("roles", JSONValue(vertex.roles)),
      ("wave", JSONValue(vertex.wave.map { $0 + 1 })),
    ])
  }

  private static func edge(_ edge: FleetGraph.Edge, _ graph: FleetGraph) -> JSONValue {
    .object([
      ("from", .string(graph.vertices[edge.from].id)), ("to", .string(graph.vertices[edge.to].id)),
      ("strength", .string(edge.strength.rawValue)),
      ("ports", .array(edge.ports.map { .int($0) })), ("conditions", JSONValue(edge.conditions)),
      ("drawn", .bool(!edge.isImplied)),
    ])
  }
}
