package import FleetDiagnostics

/// Renders rules for people: the list of all, or one with its four headings.
///
/// Prose is wrapped at 80 columns, listings stay as written; no line has more than 100.
package enum RuleHuman {
  private static let width = 80

  /// Returns one rule with what it does, why it matters, an example and what to do instead.
  package static func page(_ rule: Rule, colour: Bool) -> String {
    let ink = Ink(isOn: colour)
    let severity = ink.severity(rule.severity, rule.severity.rawValue)
    let explanation = rule.explanation
    return "\(ink.strong(rule.slug)) (\(rule.code)): \(rule.summary)\n"
      + "\(severity), \(waiver(rule))\n"
      + section("What it does", Passage(explanation.does), ink)
      + section("Why it matters", Passage(explanation.matters), ink)
      + section("Example", explanation.example, ink)
      + section("Instead", explanation.instead, ink)
  }

  /// Returns the table of rules, one a line.
  package static func table(_ rules: [Rule], colour: Bool) -> String {
    let ink = Ink(isOn: colour)
    let slugs = rules.map(\.slug.count).max() ?? 0
    let rows = rules.map { rule in
      let word = rule.severity.rawValue + (rule.isWaivable ? " *" : "")
      let severity = ink.severity(rule.severity, word) + spaces(9 - word.count)
      return
        "\(rule.code)  \(rule.slug)\(spaces(slugs - rule.slug.count))  \(severity)  \(rule.summary)\n"
    }
    return rows.joined() + "\n* may be waived with `allow:` and a reason.\n"
      + "`fleetctl explain RULE` says what a rule does, why it matters, and what to do instead.\n"
  }

  private static func waiver(_ rule: Rule) -> String {
    rule.isWaivable ? "may be waived with `allow:` and a reason" : "cannot be waived"
  }

  private static func section(_ title: String, _ passage: Passage, _ ink: Ink) -> String {
    var text = "\n\(ink.strong(title))\n"
    for (index, paragraph) in Prose.paragraphs(passage.text).enumerated() {
      if index > 0 { text += "\n" }
      for line in Prose.wrapped(paragraph, width: width - 2) { text += "  \(line)\n" }
    }
    for listing in passage.listings {
      text += "\n"
      if let title = listing.title { text += "  \(ink.frame("# " + title))\n" }
      for line in listing.text.split(separator: "\n", omittingEmptySubsequences: false) {
        text += line.isEmpty ? "\n" : "    \(line)\n"
      }
    }
    return text
  }

  private static func spaces(_ count: Int) -> String {
    String(repeating: " ", count: max(0, count))
  }
}

extension Passage.Listing {
  /// The file's name, and for a part of a fleet what the rest is; nil for commands.
  var title: String? {
    guard let file else { return nil }
    guard file == "fleet.yaml", !text.hasPrefix("version:") else { return file }
    return "\(file), the rest as in the AutoBot fleet"
  }
}

/// Paragraphs of documentation texts (`Explanation`).
enum Prose {
  /// Returns the paragraphs, each on one line.
  static func paragraphs(_ text: String) -> [String] {
    text.split(separator: "\n\n").map {
      $0.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
  }

  /// Returns lines of at most `width` columns, broken at spaces; a longer word has its own line.
  static func wrapped(_ paragraph: String, width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in paragraph.split(separator: " ") {
      if line.isEmpty {
        line = String(word)
      } else if cellWidth(line) + 1 + cellWidth(String(word)) <= width {
        line += " " + word
      } else {
        lines.append(line)
        line = String(word)
      }
    }
    return line.isEmpty ? lines : lines + [line]
  }
}
