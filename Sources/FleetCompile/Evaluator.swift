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

  /// Whether an entry applies: no condition, or a true one.
  mutating func applies(_ condition: Expression?) -> Bool {
    guard let condition else { return true }
    guard let value = condition.evaluate(scope, into: &diagnostics) else { return false }
    if case .bool(let truth) = value { return truth }
    diagnostics.add(
      Diagnostic(
        .templateError,
        "`\(condition.text)` gives a \(value.kind), but a condition must be true or false.",
        at: condition.span
      )
    )
    return false
  }

  /// A text without secrets and control characters; nil after a finding.
  mutating func string(_ template: TemplateText) -> String? {
    guard let rendered = template.render(scope, into: &diagnostics) else { return nil }
    guard let text = rendered.plain else {
      report(template, "A secret cannot stand here: only the content of files may hold one.")
      return nil
    }
    guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
      report(template, "This value holds a control character (a line break, for instance). Remove it.")
      return nil
    }
    return text
  }

  /// Several texts; those with findings are left out.
  mutating func strings(_ templates: [TemplateText]) -> [String] {
    templates.flatMap { items($0) }
  }

  /// The text or, for a whole `{{ list }}`, each of its texts.
  mutating func items(_ template: TemplateText) -> [String] {
    guard let value = template.evaluate(scope, into: &diagnostics) else { return [] }
    guard case .list(let values) = value else { return string(template).map { [$0] } ?? [] }
    return values.compactMap { item -> String? in
      switch item {
      case .string(let text): return text
      case .int(let number): return String(number)
      default:
        report(template, "A list of texts is needed here; it holds a \(item.kind).")
        return nil
      }
    }
  }

  /// A text or nil for none, empty counting as none.
  mutating func optional(_ template: TemplateText?) -> String? {
    guard let template, let text = string(template), !text.isEmpty else { return nil }
    return text
  }

  /// An absolute path without `.`, `..` and doubled slashes; nil after a finding.
  mutating func path(_ template: TemplateText) -> String? {
    guard let text = string(template) else { return nil }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    let valid = text.hasPrefix("/") && !parts.contains { $0.isEmpty || $0 == "." || $0 == ".." }
    guard valid, text.utf8.count > 1 else {
      report(template, "`\(text)` is not an absolute path in its plain form (`/a/b`, no `..`, no `//`).")
      return nil
    }
    return text
  }

  /// Content with places for secrets.
  mutating func content(_ rendered: RenderedText?) -> FileContent? {
    guard let rendered else { return nil }
    return FileContent(
      rendered.pieces.map { piece in
        switch piece {
        case .text(let text): .text(text)
        case .secret(let ref, as: _): .secret(SecretID(role: ref.role, name: ref.name))
        }
      }
    )
  }

  /// What a change means for units.
  mutating func effect(_ change: OnChange) -> ChangeEffect {
    ChangeEffect(restart: strings(change.restart), reload: strings(change.reload))
  }

  /// Adds a finding about a template's place.
  mutating func report(_ template: TemplateText, _ detail: String) {
    diagnostics.add(Diagnostic(.templateError, detail, at: template.span))
  }
}
