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
///
/// Everything is readable without colour. All text passes `displayable`.
package enum HumanDiagnostics {
  /// Returns the findings in their order, each followed by an empty line.
  ///
  /// `sources` hold the texts under the names of the spans; a finding without its text shows the
  /// place only. Of more than `limit` findings the rest is counted, not shown.
  package static func render(
    _ diagnostics: [Diagnostic],
    sources: [String: SourceText],
    colour: Bool,
    limit: Int = .max
  ) -> String {
    var output = ""
    for diagnostic in diagnostics.prefix(limit) {
      var page = DiagnosticPage(sources: sources, ink: Ink(isOn: colour))
      page.write(diagnostic)
      output += page.text + "\n"
    }
    if diagnostics.count > limit {
      output += "... and \(diagnostics.count - limit) more\n"
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
    "\(count == 0 ? "no" : String(count)) \(noun)\(count == 1 ? "" : "s")"
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
