internal import FleetDiagnostics
internal import FleetModel

/// Why a value cannot stand in a unit file; completes "`ExecStart` …".
struct UnitRefusal: Error {
  let why: String
}

/// Writes the lines of a unit file.
struct UnitWriter {
  let raw: Set<String>
  private(set) var lines = [UnitFile.header]
  private(set) var diagnostics = Diagnostics()

  init(raw: Set<String>) {
    self.raw = raw
  }

  mutating func write(_ section: UnitSection, isUnit: Bool) {
    guard UnitFile.sectionNames.contains(section.name) else {
      let span = section.directives.first?.span
      report("`\(section.name)` is no section of a unit.", at: span)
      return
    }
    if lines.count > 1 { lines.append("") }
    lines.append("[\(section.name)]")
    if isUnit, section.name == "Service", !section.directives.contains(where: { $0.name == "Type" })
    {
      lines.append("Type=exec")
    }
    for directive in section.directives { write(directive) }
  }

  private mutating func write(_ directive: UnitDirective) {
    do throws(UnitRefusal) {
      guard UnitFile.isDirectiveName(directive.name) else {
        throw UnitRefusal(why: "is no name of a directive.")
      }
      for text in try texts(directive) {
        let line = "\(directive.name)=\(text)"
        try check(text, line: line)
        lines.append(line)
      }
    } catch {
      report("`\(directive.name)` \(error.why)", at: directive.span)
    }
  }

  private mutating func report(_ detail: String, at span: SourceSpan?) {
    diagnostics.add(Diagnostic(.invalidValue, detail, at: span))
  }

  /// What no line may hold, however it came about.
  private func check(_ text: String, line: String) throws(UnitRefusal) {
    let isClean = text.unicodeScalars.allSatisfy {
      $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value)
    }
    guard isClean else { throw UnitRefusal(why: "holds a control character.") }
    guard text.utf8.last != 0x5C else {
      throw UnitRefusal(why: "ends with a backslash, which would join the next line to it.")
    }
    guard line.utf8.count <= UnitFile.maximumLine else {
      throw UnitRefusal(why: "is longer than \(UnitFile.maximumLine) bytes.")
    }
  }

  // MARK: values

  private func texts(_ directive: UnitDirective) throws(UnitRefusal) -> [String] {
    let isRaw = raw.contains(directive.name)
    if UnitWriter.isCommand(directive.name), !isRaw { return try commands(directive.value) }
    if directive.name == "Environment", !isRaw { return try environment(directive.value) }
    return try plain(directive.value, directive.name, isRaw: isRaw)
  }

  static func isCommand(_ name: String) -> Bool {
    let names: Set<String> = [
      "ExecCondition", "ExecStartPre", "ExecStart", "ExecStartPost", "ExecReload", "ExecStop",
      "ExecStopPre", "ExecStopPost",
    ]
    return names.contains(name)
  }

  private func plain(
    _ value: UnitValue,
    _ name: String,
    isRaw: Bool
  ) throws(UnitRefusal) -> [String] {
    switch value {
    case .map: throw UnitRefusal(why: "is no environment, so it has no named values.")
    case .list(let items):
      var result: [String] = []
      for item in items { result += try plain(item, name, isRaw: isRaw) }
      return items.isEmpty ? [""] : result
    case .one(.list(let items)):
      return try plain(.list(items.map { .one($0) }), name, isRaw: isRaw)
    case .one(let one):
      let text = try UnitText.spelled(one)
      guard text == text.trimmed else {
        throw UnitRefusal(why: "begins or ends with a blank, which systemd drops.")
      }
      if !isRaw {
        try UnitText.checkSize(text, of: name)
        try UnitText.checkPaths(text, of: name)
      }
      return [isRaw || UnitText.takesPercentages(name) ? text : text.doubled("%")]
    }
  }

  // MARK: commands

  private func commands(_ value: UnitValue) throws(UnitRefusal) -> [String] {
    switch value {
    case .map: throw UnitRefusal(why: "is a command: a list of words.")
    case .one(.list(let words)): return [try command(words)]
    case .one(.string("")): return [""]
    case .one(let word): return [try single(word)]
    case .list(let items):
      guard !items.isEmpty else { return [""] }
      let nested = items.filter { if case .list = $0 { true } else { false } }
      guard nested.count == items.count else {
        guard nested.isEmpty else {
          throw UnitRefusal(why: "mixes words and commands: write a list of lists of words.")
        }
        return [try command(words(items))]
      }
      var result: [String] = []
      for item in items { result += try commands(item) }
      return result
    }
  }

  private func single(_ word: Value) throws(UnitRefusal) -> String {
    let text = try UnitText.spelled(word)
    guard !text.unicodeScalars.contains(where: { $0 == " " || $0 == "\t" }) else {
      throw UnitRefusal(why: "is a command: write it as a list of words, `[/usr/bin/app, --flag]`.")
    }
    return try command([word])
  }

  /// The words of one command; a list-valued expression among them is spliced in.
  private func words(_ items: [UnitValue]) throws(UnitRefusal) -> [Value] {
    var result: [Value] = []
    for item in items {
      switch item {
      case .one(.list(let inner)): result += inner
      case .one(let word): result.append(word)
      case .list, .map: throw UnitRefusal(why: "is a command: a list of words.")
      }
    }
    return result
  }

  private func command(_ words: [Value]) throws(UnitRefusal) -> String {
    guard let first = words.first else { return "" }
    let program = try UnitText.spelled(first)
    // Scalars, not characters: systemd reads bytes.
    let prefix = program.unicodeScalars.prefix { "@-:+!|".unicodeScalars.contains($0) }
    guard program.unicodeScalars.count > prefix.count else {
      throw UnitRefusal(why: "has a command without a program.")
    }
    guard !program.utf8.contains(0x24) else {
      throw UnitRefusal(
        why: "has a `$` in the name of a program, where systemd knows no variables."
      )
    }
    // After `:` systemd replaces no variables, so a doubled `$` would stay double.
    let doublesDollar = !prefix.contains(":")
    guard !prefix.contains("|") else {
      throw UnitRefusal(why: "begins with `|`, which hands the command to a shell.")
    }
    var texts = [UnitText.quoted(program, doublesDollar: false)]
    for word in words.dropFirst() {
      texts.append(UnitText.quoted(try UnitText.spelled(word), doublesDollar: doublesDollar))
    }
    return texts.joined(separator: " ")
  }

  // MARK: environment

  private func environment(_ value: UnitValue) throws(UnitRefusal) -> [String] {
    var result: [String] = []
    switch value {
    case .map(let assignments):
      for assignment in assignments {
        let text = try UnitText.spelled(assignment.value)
        result.append(try UnitText.assignment("\(assignment.name)=\(text)"))
      }
    case .list(let items):
      for item in items { result += try environment(item) }
      if items.isEmpty { result = [""] }
    case .one(.list(let items)):
      for item in items { result.append(try UnitText.assignment(UnitText.spelled(item))) }
    case .one(.string("")): result = [""]
    case .one(let one): result = [try UnitText.assignment(UnitText.spelled(one))]
    }
    return result
  }
}
