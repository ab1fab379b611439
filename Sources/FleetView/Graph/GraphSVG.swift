internal import FleetDiagnostics

/// Draws a graph as SVG 1.1, without Graphviz.
///
/// The background is transparent; boxes bring their own light ground and dark text, everything else is
/// a grey that can be read on white and on black. Text is set in a monospaced font, so that its width
/// is known here: 0.61 em a cell is the widest of the usual ones.
package enum GraphSVG {
  /// More boxes than this are no picture.
  package static let mostBoxes = 150
  /// More arrows than this are no picture.
  package static let mostEdges = 600

  /// Returns the drawing, ending with a line feed, or nil when there is too much to draw.
  package static func render(_ graph: FleetGraph) -> String? {
    guard graph.vertices.count <= mostBoxes, graph.drawnEdges.count <= mostEdges else { return nil }
    var drawing = SVGDrawing(graph)
    return drawing.text()
  }

  /// Width in pixels that `text` takes at most.
  package static func width(of text: String, size: Int = Metrics.size) -> Int {
    (cellWidth(text) * size * 61 + 99) / 100
  }

  /// Sizes in pixels.
  package enum Metrics {
    /// Height of letters.
    package static let size = 12
    /// Height of small letters.
    package static let small = 11
    /// Height of a line.
    package static let line = 16
    /// Between a box and its text.
    package static let padding = 10
    /// Around the drawing.
    package static let margin = 16
  }
}

/// The text of one drawing while it is made.
private struct SVGDrawing {
  private typealias Metrics = GraphSVG.Metrics

  let graph: FleetGraph
  let edges: [FleetGraph.Edge]
  let texts: [[String]]
  let layout: GraphLayout
  private var lines: [String] = []

  init(_ graph: FleetGraph) {
    self.graph = graph
    edges = graph.drawnEdges.filter { $0.from != $0.to }
    var texts = graph.vertices.map { vertex in
      ([vertex.title] + vertex.lines).map { displayable($0) }
    }
    for edge in graph.drawnEdges where edge.from == edge.to {
      texts[edge.from].append("each other " + edge.label)
    }
    self.texts = texts
    var input = GraphLayout.Input()
    // Room for the arrows on either side, so that their tips do not lie on each other.
    var leaving = Array(repeating: 0, count: texts.count)
    var reaching = leaving
    for edge in edges {
      leaving[edge.from] += 1
      reaching[edge.to] += 1
    }
    input.boxes = texts.enumerated().map { index, lines in
      var size = Self.size(of: lines)
      size.height = max(size.height, 11 * max(leaving[index], reaching[index]) + 12)
      return size
    }
    input.columns = graph.vertices.map(\.wave)
    input.edges = edges.map { edge in
      let width = edge.label.isEmpty ? 0 : GraphSVG.width(of: edge.label, size: Metrics.small) + 8
      return (edge.from, edge.to, width, edge.label.isEmpty ? 0 : Metrics.line)
    }
    layout = GraphLayout(input)
  }

  private static func size(of lines: [String]) -> (width: Int, height: Int) {
    let width = lines.map { GraphSVG.width(of: $0) }.max() ?? 0
    return (
      width + 2 * Metrics.padding, lines.count * Metrics.line + Metrics.padding + 2
    )
  }

  /// Lines below the picture: what the colours and strokes mean, and the notes.
  private var legend: [String] { graph.notes.map { displayable($0) } }

  private var heading: Int { graph.subject == .startOrder ? 28 : 0 }

  mutating func text() -> String {
    let margin = Metrics.margin
    let samples = LegendSamples(graph, edges)
    let widest = ([samples.width] + legend.map { GraphSVG.width(of: $0, size: Metrics.small) })
      .max()
    let width = max(layout.width, widest ?? 0) + 2 * margin
    let legendTop = margin + heading + layout.height + 24
    let height = legendTop + 24 + legend.count * Metrics.line + margin
    let title = "\(graph.subject.rawValue) of the fleet \(graph.fleet)"
    lines = [
      #"<?xml version="1.0" encoding="UTF-8"?>"#,
      #"<svg xmlns="http://www.w3.org/2000/svg" width="\#(width)" height="\#(height)" "#
        + #"viewBox="0 0 \#(width) \#(height)" role="img" "#
        + #"font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="\#(Metrics.size)">"#,
      "<title>\(XMLText.escaped(displayable(title)))</title>",
    ]
    defineArrows()
    lines.append(#"<g transform="translate(\#(margin) \#(margin + heading))">"#)
    headColumns()
    for index in edges.indices { draw(edge: index) }
    for index in graph.vertices.indices { draw(box: index) }
    for index in edges.indices { label(edge: index) }
    lines.append("</g>")
    lines += samples.drawn(x: margin, y: legendTop)
    for (index, note) in legend.enumerated() {
      let y = legendTop + 32 + index * Metrics.line
      lines.append(
        #"<text class="note" x="\#(margin)" y="\#(y)" font-size="\#(Metrics.small)" fill="\#(Palette.grey)">\#(XMLText.escaped(note))</text>"#
      )
    }
    lines.append("</svg>")
    return lines.joined(separator: "\n") + "\n"
  }

  private mutating func defineArrows() {
    lines.append(
      #"<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" "#
        + #"orient="auto"><path d="M0 0L10 5L0 10z" fill="\#(Palette.grey)"/></marker></defs>"#
    )
  }

  private mutating func headColumns() {
    guard graph.subject == .startOrder, !graph.vertices.isEmpty else { return }
    for (index, column) in layout.columns.enumerated() {
      lines.append(
        #"<text class="heading" x="\#(column.x + column.width / 2)" y="-14" text-anchor="middle" "#
          + #"fill="\#(Palette.grey)">wave \#(index + 1)</text>"#
      )
    }
  }

  private mutating func draw(box index: Int) {
    let vertex = graph.vertices[index]
    let box = layout.boxes[index]
    let colours = Palette.colours(vertex.tone)
    let dash = vertex.isFaint ? #" stroke-dasharray="5 3""# : ""
    lines.append(#"<g class="box">"#)
    lines.append("<title>\(XMLText.escaped(displayable(vertex.id)))</title>")
    lines.append(
      #"<rect x="\#(box.x)" y="\#(box.y)" width="\#(box.width)" height="\#(box.height)" rx="5" "#
        + #"fill="\#(colours.ground)" stroke="\#(colours.edge)"\#(dash)/>"#
    )
    for (row, line) in texts[index].enumerated() {
      let top = (box.height - texts[index].count * Metrics.line) / 2
      let y = box.y + top + 12 + row * Metrics.line
      let weight = row == 0 ? #" font-weight="bold""# : ""
      let ink = row == 0 ? Palette.ink : Palette.paleInk
      lines.append(
        #"<text x="\#(box.x + box.width / 2)" y="\#(y)" text-anchor="middle" fill="\#(ink)"\#(weight)>\#(XMLText.escaped(line))</text>"#
      )
    }
    lines.append("</g>")
  }

  private mutating func draw(edge index: Int) {
    let edge = edges[index]
    let points = layout.paths[index].points
    var way = "M\(points[0].x) \(points[0].y)"
    for position in 1..<points.count {
      let (from, to) = (points[position - 1], points[position])
      if position % 2 == 1 {
        let middle = (from.x + to.x) / 2
        way += "C\(middle) \(from.y) \(middle) \(to.y) \(to.x) \(to.y)"
      } else {
        way += "L\(to.x) \(to.y)"
      }
    }
    let names = [graph.vertices[edge.from].id, graph.vertices[edge.to].id]
    let title = displayable(
      names.joined(separator: " to ") + (edge.label.isEmpty ? "" : " \(edge.label)")
        + ", \(edge.strength.rawValue)"
        + (edge.conditions.isEmpty ? "" : " (\(edge.conditions.joined(separator: "; ")))")
    )
    lines.append(
      #"<path class="edge" d="\#(way)" fill="none" stroke="\#(Palette.grey)" "#
        + #"stroke-width="1.3"\#(Palette.dash(edge.strength)) marker-end="url(#tip)">"#
        + "<title>\(XMLText.escaped(title))</title></path>"
    )
  }

  private mutating func label(edge index: Int) {
    let label = edges[index].label
    guard !label.isEmpty else { return }
    let place = layout.paths[index].label
    lines.append(
      #"<text class="label" x="\#(place.x)" y="\#(place.y - 3)" text-anchor="middle" "#
        + #"font-size="\#(Metrics.small)" fill="\#(Palette.grey)">\#(label)</text>"#
    )
  }
}
