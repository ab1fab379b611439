/// A reader of unit files after systemd.syntax(7), systemd.service(5) and systemd.exec(5), written from
/// those pages and not from the writer under test.
struct UnitSyntax: Equatable {
  struct Assignment: Equatable {
    var section: String
    var name: String
    var value: String
  }

  private(set) var assignments: [Assignment] = []

  /// Nil when the text is no unit file.
  init?(_ text: String) {
    guard text.unicodeScalars.last == "\n" else { return nil }
    var section = ""
    var pending = ""
    for line in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false) {
      // A backslash at the end joins the next line with a blank in between.
      if line.last == "\\" {
        pending += String(line.dropLast()) + " "
        continue
      }
      let whole = Self.trimmed(pending + String(line))
      pending = ""
      guard let first = whole.unicodeScalars.first, first != "#", first != ";" else { continue }
      if first == "[" {
        guard whole.unicodeScalars.last == "]" else { return nil }
        section = String(whole.unicodeScalars.dropFirst().dropLast())
        continue
      }
      guard let equals = whole.unicodeScalars.firstIndex(of: "="), !section.isEmpty else {
        return nil
      }
      let value = String(whole.unicodeScalars[whole.unicodeScalars.index(after: equals)...])
      assignments.append(
        Assignment(
          section: section,
          name: Self.trimmed(String(whole.unicodeScalars[..<equals])),
          value: Self.trimmed(value)
        )
      )
    }
  }

  static func trimmed(_ text: String) -> String {
    func isBlank(_ scalar: Unicode.Scalar) -> Bool {
      scalar == " " || scalar == "\t" || scalar == "\r"
    }
    var view = text.unicodeScalars[...]
    while let first = view.first, isBlank(first) { view.removeFirst() }
    while let last = view.last, isBlank(last) { view.removeLast() }
    return String(view)
  }

  /// Specifiers: `%%` is one `%`; nil where any other is left.
  static func specified(_ text: String) -> String? {
    var result = String.UnicodeScalarView()
    var rest = text.unicodeScalars[...]
    while let next = rest.popFirst() {
      if next == "%", rest.popFirst() != "%" { return nil }
      result.append(next)
    }
    return String(result)
  }

  /// Words with quotes and C escapes taken away; nil where a quote is open or an escape unknown.
  ///
  /// A bare `;` separates commands and comes back as nil too: nobody here writes several.
  static func words(_ text: String) -> [String]? {
    var result: [String] = []
    var word: String.UnicodeScalarView?
    var quote: Unicode.Scalar?
    var wasQuoted = false
    var rest = text.unicodeScalars[...]
    func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" }
    func finish() -> Bool {
      guard let done = word else { return true }
      if String(done) == ";", !wasQuoted { return false }
      result.append(String(done))
      word = nil
      wasQuoted = false
      return true
    }
    while let next = rest.popFirst() {
      if next == "\\" {
        guard let escaped = rest.popFirst(), "\"'\\".unicodeScalars.contains(escaped) else {
          return nil
        }
        word = (word ?? .init()) + [escaped]
      } else if let open = quote {
        if next == open { quote = nil } else { word = (word ?? .init()) + [next] }
      } else if next == "\"" || next == "'", word == nil {
        quote = next
        wasQuoted = true
        word = .init()
      } else if isBlank(next) {
        guard finish() else { return nil }
      } else {
        word = (word ?? .init()) + [next]
      }
    }
    return quote == nil && finish() ? result : nil
  }

  /// Variables of a command line: `$$` is one `$`; nil where any other is left.
  static func variables(_ text: String) -> String? {
    var result = String.UnicodeScalarView()
    var rest = text.unicodeScalars[...]
    while let next = rest.popFirst() {
      if next == "$", rest.popFirst() != "$" { return nil }
      result.append(next)
    }
    return String(result)
  }
}
