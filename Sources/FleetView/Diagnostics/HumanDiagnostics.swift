package import FleetDiagnostics

/// Renders findings for people: what, where with the source line, who else is involved, what to do.
///
///     error[FLT3101] port-collision: Two roles on one node claim the same port
///       --> fleet.yaml:12:9
///        |
///     11 |       - ai-stack
///        |         -------- also claimed here
///     12 |       - chromadb
///        |         ^^^^^^^^
///        |
///       Both listen on 8000/tcp of `web-1`. …
///       help: move one of them to another node
///       see: fleetctl explain port-collision
///
/// Everything is readable without colour. All text passes `displayable`.
package enum HumanDiagnostics {
  /// How many findings of one rule are shown unless a caller says otherwise.
  ///
  /// Whoever has thousands of one kind has one mistake, and a terminal that scrolls.
  package static let perRule = 50

  /// Returns the findings in their order, each followed by an empty line.
  ///
  /// `sources` hold the texts under the names of the spans; a finding without its text shows the
  /// place only. Of each rule at most `perRule` findings are shown, and below them one line a rule
  /// says how many there are beyond. The first finding of a rule names the command that explains it.
  package static func render(
    _ diagnostics: [Diagnostic],
    sources: [String: SourceText],
    colour: Bool,
    perRule: Int = perRule
  ) -> String {
    var output = ""
    var counts: [String: Int] = [:]
    for diagnostic in diagnostics {
      let count = counts[diagnostic.rule.code, default: 0]
      counts[diagnostic.rule.code] = count + 1
      guard count < perRule else { continue }
      var page = DiagnosticPage(sources: sources, ink: Ink(isOn: colour))
      page.write(diagnostic, explaining: count == 0)
      output += page.text + "\n"
    }
    return output + rest(of: diagnostics, counts, beyond: perRule)
  }

  /// The lines that count what is not shown, by code.
  private static func rest(
    of diagnostics: [Diagnostic],
    _ counts: [String: Int],
    beyond limit: Int
  ) -> String {
    let long = counts.filter { $0.value > limit }.sorted { $0.key < $1.key }
    guard !long.isEmpty else { return "" }
    let slugs = Dictionary(diagnostics.map { ($0.rule.code, $0.rule.slug) }) { first, _ in first }
    let lines = long.map { code, count in
      "... and \(grouped(count - limit)) more of \(slugs[code] ?? "") (\(code)); "
        + "fleetctl validate --format json lists all\n"
    }
    return lines.joined() + "\n"
  }

  /// Returns a number with a comma before every three digits: `9,950`.
  static func grouped(_ number: Int) -> String {
    let digits = String(number)
    var output = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { output += "," }
      output.append(digit)
    }
    return output
  }

  /// Returns "2 errors, 1 warning", or "no errors, no warnings".
  package static func summary(_ diagnostics: [Diagnostic]) -> String {
    let errors = diagnostics.count { $0.severity == .error }
    let warnings = diagnostics.count { $0.severity == .warning }
    return counted(errors, "error") + ", " + counted(warnings, "warning")
  }

  private static func counted(_ count: Int, _ noun: String) -> String {
    "\(count == 0 ? "no" : grouped(count)) \(noun)\(count == 1 ? "" : "s")"
  }
}

/// Colours by meaning.
///
/// The sequences are SGR (ECMA-48) and only ever around text that is displayable.
struct Ink {
  let isOn: Bool

  func severity(_ severity: Severity, _ text: String) -> String {
    switch severity {
    case .error: paint("1;31", text)
    case .warning: paint("1;33", text)
    case .info: paint("1;36", text)
    }
  }

  func strong(_ text: String) -> String { paint("1", text) }

  func frame(_ text: String) -> String { paint("34", text) }

  func help(_ text: String) -> String { paint("36", text) }

  private func paint(_ code: String, _ text: String) -> String {
    isOn && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
