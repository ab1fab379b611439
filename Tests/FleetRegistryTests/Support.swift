import FleetDiagnostics

@testable import FleetRegistry

/// The findings, one a line, with place and suggestion.
func described(_ diagnostics: Diagnostics) -> String {
  diagnostics.sorted().map { finding in
    let place = finding.span.map { "\($0.description) " } ?? ""
    let cure = finding.suggestions.first.map { " \($0.message)" } ?? ""
    return "\(place)\(finding.rule.slug) \(finding.detail)\(cure)"
  }.joined(separator: "\n")
}

/// Loads one role called `x` whose role.yaml goes on with `body`.
func role(_ body: String, files: [String: String] = [:]) -> (role: Role?, findings: String) {
  let yaml = "name: x\nsummary: X.\nlayer: shared\n" + body
  var sources = [SourceText(name: "x/role.yaml", text: yaml)]
  for (name, text) in files { sources.append(SourceText(name: "x/files/\(name)", text: text)) }
  let (registry, diagnostics) = Registry.load(files: sources, over: nil)
  return (registry.role("x"), described(diagnostics))
}
