package import FleetDiagnostics

extension YAMLReader {
  /// Reports `yaml-ambiguous-scalar` where `node` is a plain scalar that is text here and something
  /// else to tools that guess.
  package func warnIfAmbiguous(
    _ node: YAMLNode,
    _ text: String,
    into diagnostics: inout Diagnostics
  ) {
    guard node.style == .plain, let reading = PlainReading(text, wantsText: true) else { return }
    warn(reading, text, at: node.span, path: node.path, isAlias: node.isAlias, into: &diagnostics)
  }

  /// Reports the same of a value whose type is known only later: `true` and `false` may be meant.
  package func warnIfAmbiguous(untyped node: YAMLNode, into diagnostics: inout Diagnostics) {
    guard node.style == .plain, let text = node.text, !node.isNull,
      let reading = PlainReading(text, wantsText: false)
    else { return }
    warn(reading, text, at: node.span, path: node.path, isAlias: node.isAlias, into: &diagnostics)
  }

  /// Reports the same of the key of `entry`, a name of the user's own.
  package func warnIfAmbiguous(key entry: YAMLEntry, into diagnostics: inout Diagnostics) {
    guard entry.keyStyle == .plain, let reading = PlainReading(entry.key, wantsText: true) else {
      return
    }
    warn(reading, entry.key, at: entry.keySpan, path: entry.path, into: &diagnostics)
  }

  private func warn(
    _ reading: PlainReading,
    _ text: String,
    at span: SourceSpan,
    path: String,
    isAlias: Bool = false,
    into diagnostics: inout Diagnostics
  ) {
    guard !diagnostics.isFull else { return diagnostics.drop() }
    let edit = Suggestion.Edit(replace: span, with: "\"\(text)\"")
    let both = reading.old == reading.new
    let readers =
      both
      ? "other YAML tools read it as \(reading.old)"
      : "tools of YAML 1.1 (PyYAML) read it as \(reading.old), of YAML 1.2 as \(reading.new)"
    diagnostics.add(
      Diagnostic(
        .yamlAmbiguousScalar,
        "`\(text)` is text here; without quotes \(readers). Put it in quotes.",
        at: span,
        path: path,
        suggestions: isAlias ? [] : [Suggestion("write `\"\(text)\"`", edits: [edit])]
      )
    )
  }

  /// What a number in another spelling was meant to be, where all readers agree.
  func decimal(_ node: YAMLNode) -> [Suggestion] {
    guard node.style == .plain, let text = node.text, text.utf8.count <= 40 else { return [] }
    let number = PlainNumber(text)
    let readings = [number.old, number.new].compactMap { $0 }.map { reading in
      reading.hasSuffix(".0") ? String(reading.dropLast(2)) : reading
    }
    guard !readings.isEmpty, readings.allSatisfy({ Int($0).map(String.init) == $0 }) else {
      return []
    }
    return Set(readings).sorted().compactMap { reading in
      reading == text
        ? nil : Suggestion("write `\(reading)`", edits: [.init(replace: node.span, with: reading)])
    }
  }

  /// `~` and `null` may be meant as text.
  func quotedNull(_ node: YAMLNode, _ wanted: String) -> [Suggestion] {
    guard wanted == "text", node.isNull, let text = node.text, !text.isEmpty else { return [] }
    let edit = Suggestion.Edit(replace: node.span, with: "\"\(text)\"")
    return [Suggestion("write `\"\(text)\"` if this text is meant", edits: [edit])]
  }
}
