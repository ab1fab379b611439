internal import FleetDiagnostics
internal import FleetModel

/// How single values are spelled in unit files.
enum UnitText {
  /// The value as text, sizes and durations in systemd's dialect (systemd.time(7)).
  static func spelled(_ value: Value) throws(UnitRefusal) -> String {
    switch value {
    case .string(let text): return text
    case .int(let number): return String(number)
    case .bool(let flag): return String(flag)
    case .size(let size): return size.systemd
    case .duration(let span): return duration(span)
    case .absent(let why): throw UnitRefusal(why: "has no value: \(why).")
    case .secret:
      throw UnitRefusal(
        why:
          "holds a secret, which any local user could read in a unit. Put it in an EnvironmentFile."
      )
    case .list, .map: throw UnitRefusal(why: "is \(value.kindWithArticle) where a text is wanted.")
    }
  }

  private static func duration(_ span: TimeSpan) -> String {
    let milliseconds = span.milliseconds
    if milliseconds % 1_000 != 0 { return "\(milliseconds)ms" }
    let seconds = milliseconds / 1_000
    return seconds != 0 && seconds % 60 == 0 ? "\(seconds / 60)min" : "\(seconds)s"
  }

  /// One word of a command line (systemd.service(5), COMMAND LINES): quoted where it must be.
  static func quoted(_ word: String, doublesDollar: Bool) -> String {
    var text = word.doubled("%")
    if doublesDollar { text = text.doubled("$") }
    guard text.isEmpty || !text.utf8.allSatisfy(isPlain) else { return text }
    return inQuotes(text)
  }

  private static func inQuotes(_ text: String) -> String {
    var result = "\""
    for character in text.unicodeScalars {
      if character == "\"" || character == "\\" { result.unicodeScalars.append("\\") }
      result.unicodeScalars.append(character)
    }
    return result + "\""
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: "_-.,:/@%+=!$~^".utf8.contains(byte)
    }
  }

  /// `"NAME=value"`, quoted as one word; `$` means nothing there (systemd.exec(5)).
  static func assignment(_ text: String) throws(UnitRefusal) -> String {
    // Scalars, not characters: a value may begin with a combining mark.
    let name = text.unicodeScalars.prefix { $0 != "=" }
    let isName = Substring(name).utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
        || $0 == 0x5F
    }
    guard name.count < text.unicodeScalars.count, isName, let first = Substring(name).utf8.first,
      !(0x30...0x39).contains(first)
    else { throw UnitRefusal(why: "holds `\(text)`, which is no `NAME=value`.") }
    return inQuotes(text.doubled("%"))
  }

  /// Directives whose value may be a share, `80%`, and which know no specifiers.
  static func takesPercentages(_ name: String) -> Bool {
    sizes.contains(name)
      || ["CPUQuota", "TasksMax", "ManagedOOMMemoryPressureLimit"].contains(name)
  }

  private static let sizes: Set<String> = [
    "MemoryMin", "MemoryLow", "MemoryHigh", "MemoryMax", "MemorySwapMax", "MemoryZSwapMax",
    "StartupMemoryHigh", "StartupMemoryLow", "StartupMemoryMax", "StartupMemorySwapMax",
    "DefaultMemoryLow", "DefaultMemoryMin", "MemoryLimit",
  ]

  private static let pathLists: Set<String> = [
    "ReadWritePaths", "ReadOnlyPaths", "InaccessiblePaths", "ExecPaths", "NoExecPaths", "BindPaths",
    "BindReadOnlyPaths", "TemporaryFileSystem", "RequiresMountsFor",
  ]

  /// systemd takes such a value apart at blanks and reads quotes and escapes in it: half a path with a
  /// blank in it would be another path, which is ignored.
  static func checkPaths(_ text: String, of name: String) throws(UnitRefusal) {
    guard pathLists.contains(name) else { return }
    for word in text.utf8.split(whereSeparator: { $0 == 0x20 || $0 == 0x09 }) {
      let path = word.drop { $0 == 0x2D || $0 == 0x2B }
      guard path.first == 0x2F, !word.contains(where: { [0x22, 0x27, 0x5C].contains($0) }) else {
        throw UnitRefusal(
          why:
            "holds \(FleetDiagnostics.quoted(String(Substring(word)))), which is no absolute path; systemd takes it "
            + "apart at blanks."
        )
      }
    }
  }

  /// systemd ignores a limit it cannot read, `6GB`, and sets none.
  static func checkSize(_ text: String, of name: String) throws(UnitRefusal) {
    guard sizes.contains(name), !text.isEmpty, text != "infinity" else { return }
    var number = text[...]
    if let last = number.last, "KMGTPEB%".contains(last) { number.removeLast() }
    let digits = number.split(separator: ".", omittingEmptySubsequences: false)
    let isNumber = digits.allSatisfy { part in
      !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
    guard digits.count <= 2, isNumber else {
      throw UnitRefusal(why: "is `\(text)`, which systemd would ignore; sizes are written `6G`.")
    }
  }
}

extension String {
  /// The text with every `character` doubled.
  func doubled(_ character: Unicode.Scalar) -> String {
    guard unicodeScalars.contains(character) else { return self }
    var result = ""
    for scalar in unicodeScalars {
      result.unicodeScalars.append(scalar)
      if scalar == character { result.unicodeScalars.append(scalar) }
    }
    return result
  }

  /// The text without blanks at its ends.
  var trimmed: String {
    var view = unicodeScalars[...]
    while let first = view.first, first == " " || first == "\t" { view.removeFirst() }
    while let last = view.last, last == " " || last == "\t" { view.removeLast() }
    return String(view)
  }
}
