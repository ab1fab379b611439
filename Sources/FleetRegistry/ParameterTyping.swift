internal import FleetDiagnostics
internal import FleetModel
internal import FleetRender

/// Why a value does not fit a parameter: completes "`redis.maxmemory` …".
struct ParameterMismatch: Error {
  let why: String
  var suggestion: String?
}

extension Parameter {
  /// Returns `value` as the parameter's type; texts are read as that type.
  func typed(_ value: Value) throws(ParameterMismatch) -> Value {
    let result = try read(value)
    try checkLimits(result)
    return result
  }

  private func read(_ value: Value) throws(ParameterMismatch) -> Value {
    switch (kind, value) {
    case (.list, .list(let items)):
      return .list(try items.map { (i) throws(ParameterMismatch) in try item(i) })
    case (.list, _): throw ParameterMismatch(why: "must be a list, but \(value.shown) stands here.")
    case (_, .list), (_, .map), (_, .secret), (_, .absent): throw mismatch(value)
    case (_, .string(let text)): return try read(text)
    case (.string, .int(let number)), (.enum, .int(let number)): return try read(String(number))
    case (.int, .int), (.port, .int), (.bool, .bool), (.size, .size), (.duration, .duration):
      return value
    default: throw mismatch(value)
    }
  }

  private func mismatch(_ value: Value) -> ParameterMismatch {
    ParameterMismatch(why: "must be \(wanted), but \(value.shown) stands here.")
  }

  /// What the type looks like, for messages.
  var wanted: String {
    switch kind {
    case .string: "text"
    case .int: "a whole number"
    case .bool: "`true` or `false`"
    case .size: "a size such as `6GiB`"
    case .duration: "a duration such as `30s`"
    case .port: "a port number from 1 to 65535"
    case .path: "an absolute path"
    case .url: "a URL"
    case .enum: "one of " + values.map { "`\($0)`" }.joined(separator: ", ")
    case .list: "a list of texts"
    }
  }

  private func item(_ value: Value) throws(ParameterMismatch) -> Value {
    let text: String
    switch value {
    case .string(let item): text = item
    case .int(let number): text = String(number)
    default: throw ParameterMismatch(why: "must be a list of texts; \(value.shown) stands in it.")
    }
    try checkCharacters(text)
    guard values.isEmpty || values.contains(text) else {
      throw choice(text, "holds \(quoted(text)), which is none of")
    }
    return .string(text)
  }

  private func choice(_ text: String, _ start: String) -> ParameterMismatch {
    let list = values.map { "`\($0)`" }.joined(separator: ", ")
    return ParameterMismatch(
      why: "\(start) \(list).",
      suggestion: NearestName.question(text, in: values)
    )
  }

  private func checkCharacters(_ text: String) throws(ParameterMismatch) {
    let isClean = text.unicodeScalars.allSatisfy {
      $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value)
    }
    guard isClean else { throw ParameterMismatch(why: "holds a control character.") }
  }

  private func read(_ text: String) throws(ParameterMismatch) -> Value {
    try checkCharacters(text)
    let value: Value? =
      switch kind {
      case .string, .list: .string(text)
      case .int, .port: number(text).map { .int($0) }
      case .bool: ["true": true, "false": false][text].map { .bool($0) }
      case .size: ByteCount(text).map { .size($0) }
      case .duration: TimeSpan(text).map { .duration($0) }
      case .path: AbsolutePath.isWord(text) ? .string(text) : nil
      case .url: isURL(text) ? .string(text) : nil
      case .enum: values.contains(text) ? .string(text) : nil
      }
    if let value { return value }
    if kind == .enum { throw choice(text, "is \(quoted(text)), which is none of") }
    throw ParameterMismatch(
      why: "must be \(wanted), but \(quoted(text)) stands here.",
      suggestion: cure(text)
    )
  }

  /// What a wrong unit or word was meant to be.
  private func cure(_ text: String) -> String? {
    switch kind {
    case .size where TimeSpan(text) != nil: return "This is a duration; sizes are written `6GiB`."
    case .size:
      return "A size is a whole number with `KiB`, `MiB`, `GiB` or `TiB`, without a space."
    case .path where AbsolutePath.isClean(text):
      return "The paths of parameters hold no blank, quote, bracket, `$` or the like."
    case .duration where Int(text) != nil:
      return "Say which unit: `\(text)s` is seconds, `\(text)m` minutes."
    case .duration: return "A duration is a whole number with `ms`, `s`, `m`, `h` or `d`."
    case .bool:
      switch text.lowercased() {
      case "yes", "on", "y", "1", "true": return "Write `true`."
      case "no", "off", "n", "0", "false": return "Write `false`."
      default: return nil
      }
    case .int where text.last?.isLetter == true && ByteCount(text) != nil:
      return "This parameter has no unit."
    default: return nil
    }
  }

  private func number(_ text: String) -> Int? {
    let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      digits.count == 1 || digits.first != "0"
    else { return nil }
    return Int(text)
  }

  /// By bytes: only what RFC 3986 lets stand in a URL, without quotes.
  private func isURL(_ text: String) -> Bool {
    let schemes = ["https://", "http://", "file:///"]
    let isKnown = schemes.contains {
      text.utf8.starts(with: $0.utf8) && text.utf8.count > $0.utf8.count
    }
    return isKnown
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-._~:/?#[]@!&()*+,=%".utf8.contains(byte)
        }
      }
  }

  private func checkLimits(_ value: Value) throws(ParameterMismatch) {
    if kind == .port, case .int(let number) = value, !(1...65_535).contains(number) {
      throw ParameterMismatch(why: "must be \(wanted), but `\(number)` stands here.")
    }
    if let minimum, isLess(value, minimum) {
      throw ParameterMismatch(
        why: "must be at least \(minimum.shown), but \(value.shown) stands here."
      )
    }
    if let maximum, isLess(maximum, value) {
      throw ParameterMismatch(
        why: "must be at most \(maximum.shown), but \(value.shown) stands here."
      )
    }
  }

  private func isLess(_ left: Value, _ right: Value) -> Bool {
    switch (left, right) {
    case (.int(let a), .int(let b)): a < b
    case (.size(let a), .size(let b)): a < b
    case (.duration(let a), .duration(let b)): a < b
    default: false
    }
  }
}

extension Parameter {
  /// Where the default stands, or the parameter.
  var defaultSpan: SourceSpan {
    if case .text(let text) = defaultValue { return text.span }
    return span
  }
}

extension TemplateValue {
  /// The value when no expression is in it.
  var literal: Value? {
    switch self {
    case .text(let text): return text.literal.map { .string($0) }
    case .list(let items):
      let values = items.compactMap(\.literal)
      return values.count == items.count ? .list(values) : nil
    case .map: return nil
    }
  }
}

extension Value {
  /// The value in a message.
  var shown: String {
    switch self {
    case .string(let text): quoted(text)
    case .int(let number): "`\(number)`"
    case .bool(let flag): "`\(flag)`"
    case .size(let size): "`\(size.display)`"
    case .duration(let span): "`\(span.display)`"
    case .list: "a list"
    case .map: "a mapping"
    case .secret: "a secret"
    case .absent: "nothing"
    }
  }
}
