/// Colours and strokes that are told apart on white and on black, and without colour by their names.
enum Palette {
  /// Arrows and texts beside boxes: 4.5 to 1 against white and against black.
  static let grey = "#767676"
  /// Text in boxes.
  static let ink = "#1b1b1b"
  /// Further lines in boxes.
  static let paleInk = "#3f3f3f"

  static func colours(_ tone: FleetGraph.Tone) -> (ground: String, edge: String) {
    switch tone {
    case .management: ("#f6dfc9", "#b8702a")
    case .business: ("#d9e7f7", "#3f74ad")
    case .shared: ("#dfeeda", "#5c8f4a")
    case .mixed: ("#e8e4ee", "#7d6b99")
    }
  }

  static func dash(_ strength: FleetGraph.Strength) -> String {
    switch strength {
    case .hard: ""
    case .soft: #" stroke-dasharray="7 4""#
    case .conditional: #" stroke-dasharray="2 4""#
    }
  }
}

/// Text inside XML.
package enum XMLText {
  /// `text` with the five characters of XML 1.0 escaped; control characters are the caller's to replace.
  package static func escaped(_ text: String) -> String {
    var output = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": output += "&amp;"
      case "<": output += "&lt;"
      case ">": output += "&gt;"
      case "\"": output += "&quot;"
      case "'": output += "&apos;"
      // No characters of XML 1.0 at all (section 2.2).
      case "\u{FFFE}", "\u{FFFF}": output += "\u{FFFD}"
      default: output.unicodeScalars.append(scalar)
      }
    }
    return output
  }
}

/// What the colours and strokes of one drawing mean: only those that it holds.
struct LegendSamples {
  private let tones: [FleetGraph.Tone]
  private let strengths: [FleetGraph.Strength]
  private static let words: [FleetGraph.Strength: String] = [
    .hard: "needed", .soft: "wanted", .conditional: "on a condition",
  ]

  init(_ graph: FleetGraph, _ edges: [FleetGraph.Edge]) {
    let present = Set(graph.vertices.map(\.tone))
    tones = FleetGraph.Tone.allCases.filter { present.contains($0) }
    let drawn = Set(edges.map(\.strength))
    strengths = FleetGraph.Strength.allCases.filter { drawn.contains($0) }
  }

  private static func advance(_ word: String) -> Int {
    34 + GraphSVG.width(of: word, size: GraphSVG.Metrics.small) + 20
  }

  var width: Int {
    tones.reduce(0) { $0 + Self.advance($1.rawValue) }
      + strengths.reduce(0) { $0 + Self.advance(Self.words[$1] ?? "") }
  }

  func drawn(x: Int, y: Int) -> [String] {
    var lines: [String] = []
    var x = x
    func word(_ word: String) {
      lines.append(
        #"<text class="legend" x="\#(x + 34)" y="\#(y + 4)" font-size="\#(GraphSVG.Metrics.small)" "#
          + #"fill="\#(Palette.grey)">\#(word)</text>"#
      )
      x += Self.advance(word)
    }
    for tone in tones {
      let colours = Palette.colours(tone)
      lines.append(
        #"<rect class="legend" x="\#(x)" y="\#(y - 7)" width="28" height="14" rx="3" "#
          + #"fill="\#(colours.ground)" stroke="\#(colours.edge)"/>"#
      )
      word(tone.rawValue)
    }
    for strength in strengths {
      lines.append(
        #"<path class="legend" d="M\#(x) \#(y)L\#(x + 28) \#(y)" fill="none" stroke="\#(Palette.grey)" "#
          + #"stroke-width="1.3"\#(Palette.dash(strength)) marker-end="url(#tip)"/>"#
      )
      word(Self.words[strength] ?? strength.rawValue)
    }
    return lines
  }
}
