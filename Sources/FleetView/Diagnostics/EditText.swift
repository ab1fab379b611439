internal import FleetDiagnostics

/// A suggested edit in words: what to replace by what, and where.
struct EditText {
  private let edit: Suggestion.Edit
  private let old: String?

  /// Takes the edit and the text that it changes, where that is at hand.
  init(_ edit: Suggestion.Edit, in source: SourceText?) {
    self.edit = edit
    old = source.flatMap { source in
      let range = edit.span.start.byte..<max(edit.span.start.byte, edit.span.end.byte)
      guard range.lowerBound >= 0, range.upperBound <= source.bytes.count else { return nil }
      return String(decoding: source.bytes[range].prefix(400), as: UTF8.self)
    }
  }

  /// ``replace `reddis` by `redis` at fleet.yaml:8:19``.
  var sentence: String {
    let place = displayable(edit.span.description)
    let new = quoted(displayable(edit.text))
    guard let old else { return "write \(new) at \(place)" }
    if old.isEmpty { return "insert \(new) at \(place)" }
    let before = quoted(displayable(old))
    return edit.text.isEmpty
      ? "remove \(before) at \(place)" : "replace \(before) by \(new) at \(place)"
  }
}
