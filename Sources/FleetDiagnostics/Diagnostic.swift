/// How grave a finding is.
///
/// Only an error makes a command fail.
package enum Severity: String, Hashable, Sendable, Comparable, CaseIterable {
  case error, warning, info

  /// Orders errors before warnings before notes.
  package static func < (left: Severity, right: Severity) -> Bool {
    left.rank < right.rank
  }

  private var rank: Int {
    switch self {
    case .error: 0
    case .warning: 1
    case .info: 2
    }
  }
}

/// A place that takes part in a finding besides its subject: the other claimant, an edge of a cycle.
package struct RelatedSpan: Hashable, Sendable {
  /// What this place contributes, in a few words: "also claimed here by `chromadb`".
  package let message: String
  /// Where; absent when the cause is a default of the built-in registry.
  package let span: SourceSpan?

  /// Makes a related place.
  package init(_ message: String, at span: SourceSpan?) {
    self.message = message
    self.span = span
  }
}

/// A cure, with the edits that would make it where it is mechanical.
package struct Suggestion: Hashable, Sendable {
  /// One replacement of the text of a span.
  package struct Edit: Hashable, Sendable {
    /// The text to replace.
    package let span: SourceSpan
    /// What to put there.
    package let text: String

    /// Makes an edit.
    package init(replace span: SourceSpan, with text: String) {
      self.span = span
      self.text = text
    }
  }

  /// What to do, as a sentence.
  package let message: String
  /// The edits that do it; empty when it needs thought.
  package let edits: [Edit]

  /// Makes a suggestion.
  package init(_ message: String, edits: [Edit] = []) {
    self.message = message
    self.edits = edits
  }
}

/// One finding: what is wrong, where, who is involved and what to do (DESIGN section 5).
///
/// Handed on as one reference: ten thousand of them are sorted, filtered and rendered.
package struct Diagnostic: Hashable, Sendable {
  private struct Content: Hashable, Sendable {
    let rule: Rule
    let detail: String
    let span: SourceSpan?
    let related: [RelatedSpan]
    let address: String?
    let path: String?
    let suggestions: [Suggestion]
  }

  private final class Storage: Sendable {
    let content: Content

    init(_ content: Content) { self.content = content }
  }

  private let storage: Storage

  /// The rule that found it: slug, number and fixed summary.
  package var rule: Rule { storage.content.rule }
  /// How grave it is in this run (a flag or a waiver may change the rule's own severity).
  package var severity: Severity
  /// Sentences that say what, why and what to do.
  ///
  /// Names in backticks; a command alone on an indented line.
  package var detail: String { storage.content.detail }
  /// Where; absent for findings about a machine or about the command line.
  package var span: SourceSpan? { storage.content.span }
  /// Further places, labelled.
  package var related: [RelatedSpan] { storage.content.related }
  /// Address of the resource or node it is about, `node.web-1/unit:x.service`.
  package var address: String? { storage.content.address }
  /// Path in the document, `/nodes/web-1/roles/0`.
  package var path: String? { storage.content.path }
  /// Cures.
  package var suggestions: [Suggestion] { storage.content.suggestions }

  /// Makes a finding of `rule` with the rule's own severity unless one is given.
  package init(
    _ rule: Rule,
    _ detail: String,
    at span: SourceSpan? = nil,
    related: [RelatedSpan] = [],
    address: String? = nil,
    path: String? = nil,
    suggestions: [Suggestion] = [],
    severity: Severity? = nil
  ) {
    self.severity = severity ?? rule.severity
    storage = Storage(
      Content(
        rule: rule,
        detail: detail,
        span: span,
        related: related,
        address: address,
        path: path,
        suggestions: suggestions
      )
    )
  }

  /// Equal in all that they say.
  package static func == (left: Self, right: Self) -> Bool {
    left.severity == right.severity
      && (left.storage === right.storage || left.storage.content == right.storage.content)
  }

  /// Hashes all that it says.
  package func hash(into hasher: inout Hasher) {
    hasher.combine(severity)
    hasher.combine(storage.content)
  }
}
