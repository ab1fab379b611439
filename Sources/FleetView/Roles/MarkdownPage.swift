internal import FleetDiagnostics

/// A page of GitHub's Markdown while it is made.
struct MarkdownPage {
  private(set) var output = ""

  /// `a, b`, or a dash for none.
  static func list(_ items: [String]) -> String {
    items.isEmpty ? "—" : items.joined(separator: ", ")
  }

  mutating func heading(_ level: Int, _ text: String) {
    if !output.isEmpty { output += "\n" }
    output += String(repeating: "#", count: level) + " " + displayable(text) + "\n"
  }

  mutating func text(_ text: String) { output += "\n" + displayable(text) + "\n" }

  /// Lines as they are.
  mutating func block(_ lines: [String]) {
    output += "\n```\n" + lines.map { displayable($0) + "\n" }.joined() + "```\n"
  }

  /// A table; without rows a word that says so.
  mutating func table(_ header: [String], _ rows: [[String]]) {
    guard !rows.isEmpty else { return text("None.") }
    output += "\n" + row(header) + row(header.map { _ in "---" }) + rows.map(row).joined()
  }

  private func row(_ cells: [String]) -> String {
    "| " + cells.map(Self.cell).joined(separator: " | ") + " |\n"
  }

  /// A `|` ends a cell, also inside code (GitHub Flavored Markdown, section 4.10).
  private static func cell(_ text: String) -> String {
    displayable(text).replacing("|", with: "\\|")
  }
}
