import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetRender
import FleetResources

/// Evaluates the values of one role on one node, collecting what goes wrong.
struct Evaluator {
  /// Names in scope.
  let scope: Scope
  /// Findings.
  var diagnostics = Diagnostics()

  init(scope: Scope) {
    self.scope = scope
  }

  /// Whether an entry applies: no condition, or a true one.
  ///
  /// A broken condition was reported.
  mutating func applies(_ condition: Expression?) -> Bool {
    condition.holds(scope, into: &diagnostics) ?? false
  }

  /// A text without secrets and control characters; nil after a finding.
  mutating func string(_ template: TemplateText) -> String? {
    template.string(scope, into: &diagnostics)
  }

  /// The text or, for a whole `{{ list }}`, each of its texts.
  mutating func items(_ template: TemplateText) -> [String] {
    template.strings(scope, into: &diagnostics) ?? []
  }

  /// Several texts; a finding in one leaves none.
  mutating func strings(_ templates: [TemplateText]) -> [String] {
    templates.strings(scope, into: &diagnostics) ?? []
  }

  /// A text or nil for none, empty counting as none.
  mutating func optional(_ template: TemplateText?) -> String? {
    guard let template, let text = string(template), !text.isEmpty else { return nil }
    return text
  }

  /// An absolute path in its plain form; nil after a finding.
  mutating func path(_ template: TemplateText) -> String? {
    template.path(scope, into: &diagnostics)
  }

  /// A unit's full name; nil after a finding.
  mutating func unitName(_ template: TemplateText) -> String? {
    template.unitName(scope, into: &diagnostics)
  }

  /// Content with places for secrets.
  func content(_ rendered: RenderedText?) -> FileContent? {
    guard let rendered else { return nil }
    return FileContent(
      rendered.pieces.map { piece in
        switch piece {
        case .text(let text): .text(text)
        case .secret(let ref, as: .plain): .secret(SecretID(role: ref.role, name: ref.name))
        case .secret(let ref, as: let encoding):
          .encoded(SecretID(role: ref.role, name: ref.name), encoding)
        }
      }
    )
  }

  /// What a change means for units.
  mutating func effect(_ change: OnChange) -> ChangeEffect {
    ChangeEffect(restart: strings(change.restart), reload: strings(change.reload))
  }

  /// The values of a `with:` mapping, types kept.
  mutating func values(_ entries: [TemplateEntry]) -> [String: Value] {
    var values: [String: Value] = [:]
    for entry in entries {
      if let value = entry.value.evaluate(scope, into: &diagnostics) { values[entry.key] = value }
    }
    return values
  }
}
