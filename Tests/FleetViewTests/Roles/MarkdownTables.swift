/// The tables of a Markdown document, by the heading above them.
struct MarkdownTables {
  struct Table {
    let heading: String
    let header: [String]
    let rows: [[String]]
  }

  private(set) var tables: [Table] = []
  /// The whole text below each heading.
  private(set) var sections: [String: String] = [:]

  init(_ text: String) {
    var heading = ""
    var rows: [[String]] = []
    func finished() -> Table? {
      guard rows.count >= 2 else { return nil }
      return Table(heading: heading, header: rows[0], rows: Array(rows[2...]))
    }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("|") {
        rows.append(Self.cells(line))
        sections[heading, default: ""] += line + "\n"
        continue
      }
      if let table = finished() { tables.append(table) }
      rows = []
      if line.hasPrefix("#") {
        heading = String(line.drop { $0 == "#" || $0 == " " })
      } else {
        sections[heading, default: ""] += line + "\n"
      }
    }
    if let table = finished() { tables.append(table) }
  }

  /// The first table below a heading.
  func table(_ heading: String) -> [[String]] {
    tables.first { $0.heading == heading }?.rows ?? []
  }

  private static func cells(_ line: Substring) -> [String] {
    var cells: [String] = []
    var cell = ""
    var isEscaped = false
    for character in line.dropFirst() {
      if character == "|", !isEscaped {
        cells.append(cell.trimmed)
        cell = ""
      } else if character == "\\", !isEscaped {
        isEscaped = true
        continue
      } else {
        cell.append(character)
      }
      isEscaped = false
    }
    return cells
  }
}

extension String {
  var trimmed: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }

  /// What stands in backquotes.
  var code: [String] { matches(of: /`([^`]*)`/).map { String($0.1) } }

  /// Numbers that may be ports.
  var portNumbers: [Int] { matches(of: /\b(\d{3,5})\b/).compactMap { Int($0.1) } }
}
