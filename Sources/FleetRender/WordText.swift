internal import FleetDiagnostics

/// What a string may hold to be printed without a filter.
///
/// A template does not know the syntax of the file around it. Such a word means itself in all of
/// them: it ends no line, opens no quote, begins no comment, names no variable, is no pattern.
enum WordText {
  /// Whether `text` is letters, digits and `_-.,:/@%+=[]` only; letters beyond ASCII count.
  static func isPlain(_ text: String) -> Bool {
    text.utf8.allSatisfy(isPlain)
      || text.unicodeScalars.allSatisfy { scalar in
        scalar.isASCII ? isPlain(UInt8(scalar.value)) : scalar.value >= 0xA0 && !isInvisible(scalar)
      }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case 0x5F, 0x2D, 0x2E, 0x2C, 0x3A, 0x2F, 0x40, 0x25, 0x2B, 0x3D, 0x5B, 0x5D: true
    default: false
    }
  }
}

/// Single tokens of nginx's configuration (its ngx_conf_file.c).
package enum NginxText {
  /// Returns `value` as one token, or nil when nginx has no spelling for it: a control character, or a
  /// `$`, which begins a variable in quotes too.
  package static func quote(_ value: String) -> String? {
    let isSafe = value.unicodeScalars.allSatisfy {
      $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) && $0 != "$"
    }
    guard isSafe else { return nil }
    if !value.isEmpty, WordText.isPlain(value) { return value }
    var result = String.UnicodeScalarView("\"".unicodeScalars)
    for scalar in value.unicodeScalars {
      if scalar == "\"" || scalar == "\\" { result.append("\\") }
      result.append(scalar)
    }
    result.append("\"")
    return String(result)
  }
}

/// Single words of a POSIX shell (IEEE 1003.1, XCU 2.2.2).
package enum ShellText {
  /// Returns `value` as one word, in single quotes unless it is plain; nil for control characters.
  package static func quote(_ value: String) -> String? {
    let isSafe = value.unicodeScalars.allSatisfy {
      $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value)
    }
    guard isSafe else { return nil }
    if !value.isEmpty, value.utf8.first != 0x2D, WordText.isPlain(value),
      !value.utf8.contains(0x5B),
      !value.utf8.contains(0x3D)
    {
      return value
    }
    var result = String.UnicodeScalarView("'".unicodeScalars)
    for scalar in value.unicodeScalars {
      if scalar == "'" { result += "'\\'".unicodeScalars }
      result.append(scalar)
    }
    result.append("'")
    return String(result)
  }
}

/// Guards what an expression prints into a file.
struct PrintGuard {
  let evaluator: Evaluator

  /// Fails where `text`, the printed value of `node`, holds what could be more than a word and
  /// neither the author wrote it nor a filter made it safe.
  func check(_ text: String, of node: ExpressionNode) throws(TemplateFailure) {
    guard !WordText.isPlain(text) else { return }
    try check(node)
  }

  private func check(_ node: ExpressionNode) throws(TemplateFailure) {
    switch node.kind {
    case .literal: return
    case .filter(_, let name, _) where Filter.encoders.contains(name): return
    case .filter(let base, "join", let arguments):
      // The separator is the author's where it is written here.
      for argument in arguments { try check(argument) }
      guard case .list(let items) = try evaluator.evaluate(base) else { return }
      for item in items { try check(item, at: node.span) }
    case .binary(.add, let left, let right):
      try check(left)
      try check(right)
    default: try check(evaluator.evaluate(node), at: node.span)
    }
  }

  private func check(_ value: Value, at span: SourceSpan) throws(TemplateFailure) {
    guard case .string(let text) = value, !WordText.isPlain(text) else { return }
    throw TemplateFailure(
      "\(quoted(displayable(text))) is more than one plain word, so it could mean something else in "
        + "this file. Print it through the filter of the file's syntax (`|env`, `|json`, `|nginx`, "
        + "`|sh`, `|urlencode`), or through `|raw` where it may stand as it is.",
      at: span
    )
  }
}
