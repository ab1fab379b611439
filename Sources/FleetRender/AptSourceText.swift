package import FleetDiagnostics

/// Renders package sources of apt in deb822 style (sources.list(5)).
package enum AptSourceText {
  /// Returns the content of a `.sources` file, or nil after reporting `invalid-value` at `span`.
  ///
  /// `signedBy` is the path of the key on the node. A suite that ends in `/` is a flat repository and
  /// has no components; all others need at least one.
  package static func render(
    uris: [String],
    suites: [String],
    components: [String],
    signedBy: String?,
    at span: SourceSpan?,
    into diagnostics: inout Diagnostics
  ) -> String? {
    guard
      let why = refusal(uris: uris, suites: suites, components: components, signedBy: signedBy)
    else {
      var lines = [UnitFile.header, "Types: deb"]
      lines.append("URIs: \(uris.joined(separator: " "))")
      lines.append("Suites: \(suites.joined(separator: " "))")
      if !components.isEmpty { lines.append("Components: \(components.joined(separator: " "))") }
      if let signedBy { lines.append("Signed-By: \(signedBy)") }
      return lines.joined(separator: "\n") + "\n"
    }
    diagnostics.add(Diagnostic(.invalidValue, why, at: span))
    return nil
  }

  private static func refusal(
    uris: [String],
    suites: [String],
    components: [String],
    signedBy: String?
  ) -> String? {
    for (words, what) in [(uris, "URI"), (suites, "suite")] where words.isEmpty {
      return "A package source needs at least one \(what)."
    }
    for word in uris + suites + components + [signedBy].compactMap({ $0 }) {
      let isWord =
        !word.isEmpty && word.unicodeScalars.allSatisfy { $0.value > 0x20 && $0 != "\u{7F}" }
      guard isWord else { return "`\(displayable(word))` holds a blank or a control character." }
    }
    if let uri = uris.first(where: { !$0.utf8.contains(0x3A) }) { return "`\(uri)` is no URI." }
    let flat = suites.filter { $0.utf8.last == 0x2F }
    if !flat.isEmpty, flat.count < suites.count || !components.isEmpty {
      return "`\(flat[0])` is a flat repository: no other suite and no component stands beside it."
    }
    return flat.isEmpty && components.isEmpty ? "A package source needs a component." : nil
  }
}
