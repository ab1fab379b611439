import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetTestSupport
import Testing

/// What one run of the validator says about a text.
struct Validation {
  let resolved: ResolvedFleet?
  let diagnostics: Diagnostics

  /// Validates `text` against the roles in the repository, or against `registry`.
  init(_ source: SourceText, registry: Registry = .repository, strict: Bool = false) {
    var diagnostics = Diagnostics()
    resolved = FleetValidator.validate(
      source: source,
      registry: registry,
      strict: strict,
      into: &diagnostics
    )
    self.diagnostics = diagnostics
  }

  /// Validates a text without marks.
  init(_ text: String, registry: Registry = .repository, strict: Bool = false) {
    self.init(SourceText(name: "fleet.yaml", text: text), registry: registry, strict: strict)
  }

  /// The findings of one rule, in the order of all output.
  func findings(_ rule: Rule) -> [Diagnostic] {
    diagnostics.sorted().filter { $0.rule == rule }
  }

  /// Slugs of all findings, in the order of all output.
  var slugs: [String] { diagnostics.sorted().map(\.rule.slug) }
}

extension Registry {
  /// The roles as they stand in the repository, not as they were last embedded.
  static let repository: Registry = {
    let files = SourceTree.files(under: "roles", suffix: "").compactMap { path in
      SourceTree.text(at: SourceTree.root + "/roles/" + path).map {
        SourceText(name: "roles/" + path, text: $0)
      }
    }
    let (registry, diagnostics) = Registry.load(files: files, over: nil)
    for finding in diagnostics.sorted() { Issue.record("\(finding.detail) \(finding.span as Any)") }
    return registry
  }()

  /// A registry of small roles, each given by the text of its `role.yaml` without `name` and `summary`;
  /// the layer is `business` unless the text says otherwise.
  static func of(_ roles: [String: String]) -> Registry {
    let files = roles.map { name, text in
      let layer = text.contains("layer:") ? "" : "layer: business\n"
      return SourceText(
        name: "roles/\(name)/role.yaml",
        text: "name: \(name)\nsummary: The \(name).\n" + layer + text
      )
    }
    let (registry, diagnostics) = Registry.load(files: files, over: nil)
    for finding in diagnostics.sorted() {
      Issue.record("\(finding.rule.slug) \(finding.detail) \(finding.span as Any)")
    }
    return registry
  }
}

/// Decodes `text`, with the findings.
func decode(_ text: String) -> (Fleet?, [Diagnostic]) { decode(MarkedText(text)) }

/// Decodes a marked text, with the findings.
func decode(_ text: MarkedText) -> (Fleet?, [Diagnostic]) {
  var diagnostics = Diagnostics()
  let fleet = FleetDecoder.decode(text.source, into: &diagnostics)
  return (fleet, diagnostics.sorted())
}
