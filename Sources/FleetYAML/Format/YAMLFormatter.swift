package import FleetDiagnostics

/// The canonical layout of a YAML file (docs/decisions/0033-fmt-keeps-lines.md).
///
/// Indentation, spaces and empty lines change; words, comments, quotes, anchors, line breaks and the
/// order of keys stay.
package enum YAMLFormatter {
  /// What became of a text.
  package enum Outcome: Sendable {
    /// The formatted text, perhaps the same.
    case formatted([UInt8])
    /// The text is no YAML that fleetctl reads; the findings say why.
    case refused
    /// The formatted text would mean something else: an error of this program.
    case failed
  }

  /// Formats `source`; what is wrong with it is added to `diagnostics`.
  ///
  /// Before it comes back the result is read again and compared: the same events (values, styles,
  /// anchors, aliases, tags), the same comments in the same order.
  package static func format(
    _ source: SourceText,
    into diagnostics: inout Diagnostics
  ) -> Outcome {
    var findings = Diagnostics()
    let tree = YAMLLoader.load(source, into: &findings)
    guard tree != nil, !findings.hasErrors else {
      diagnostics.add(contentsOf: findings)
      return .refused
    }
    let bare = SourceText(
      name: source.name,
      bytes: Array(source.bytes.dropFirst(source.byteOrderMarkLength))
    )
    guard let tokens = TokenScanner.tokens(of: bare) else { return .failed }
    let output = FormatWriter.write(bare.bytes, tokens)
    let result = SourceText(name: source.name, bytes: output)
    guard let events = EventTrace.of(bare), events == EventTrace.of(result),
      let after = TokenScanner.tokens(of: result),
      comments(bare.bytes, tokens) == comments(output, after)
    else { return .failed }
    return .formatted(output)
  }

  /// The comments of a text in order, spaced as the formatter spaces them.
  static func comments(_ bytes: [UInt8], _ tokens: [YAMLToken]) -> [[UInt8]] {
    var comments: [[UInt8]] = []
    var consumed = 0
    for token in tokens where token.isVisible {
      comments += TextGap(bytes[consumed..<max(consumed, token.range.lowerBound)], startsLine: true)
        .comments.map(\.text)
      if token.isBlockScalar, let comment = ScalarLines.block(bytes[token.range], parent: 0).comment
      {
        comments.append(comment)
      }
      consumed = token.range.upperBound
    }
    return comments + TextGap(bytes[consumed...], startsLine: true).comments.map(\.text)
  }
}
