/// Random numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: Int) { state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}

/// Writes random YAML the way people do at their worst: every indentation, spacing and style.
struct RandomYAML {
  private var random: SeededGenerator
  private var text = ""
  private var anchors: [String] = []
  private var keys = 0
  private var comments = 0
  private var mayTab = true

  static func document(_ seed: Int) -> String {
    var writer = RandomYAML(random: SeededGenerator(seed))
    if writer.chance(8) { writer.text += "--- # start\n" }
    writer.between(0)
    switch writer.pick(0...5) {
    case 0: writer.sequence(writer.pick(0...2), depth: 0)
    default: writer.mapping(writer.chance(6) ? 2 : 0, depth: 0)
    }
    writer.between(writer.pick(0...4))
    if writer.chance(9) { writer.text += "...\n" }
    if writer.chance(7), writer.text.hasSuffix("\n") { writer.text.removeLast() }
    return writer.chance(9)
      ? writer.text.split(separator: "\n", omittingEmptySubsequences: false).joined(
        separator: "\r\n"
      )
      : writer.text
  }

  private init(random: SeededGenerator) { self.random = random }

  private mutating func pick(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &random)
  }

  /// True once in `n`.
  private mutating func chance(_ n: Int) -> Bool { pick(1...n) == 1 }

  private mutating func one(_ choices: [String]) -> String {
    choices[pick(0...(choices.count - 1))]
  }

  private func spaces(_ count: Int) -> String { String(repeating: " ", count: count) }

  /// White space behind a key; behind a `-` libyaml takes no tabs.
  private mutating func gap() -> String {
    one([" ", " ", "  ", "    "] + (mayTab ? [" \t", "\t "] : []))
  }

  // MARK: Between

  private mutating func comment() -> String {
    comments += 1
    let form = one(["# c", "#c", "#  c", "## c", "#- c", "# ", "#\tc", "#!c", "# é → c", "#"])
    return "\(form)\(comments)" + one(["", "", " ", "\t"])
  }

  /// Empty lines and comments, indented near `indent`.
  private mutating func between(_ indent: Int) {
    while chance(4) {
      if chance(2) {
        text += one(["", "  ", " "]) + "\n"
      } else {
        text += spaces(max(0, indent + pick(-4...4))) + comment() + "\n"
      }
    }
  }

  private mutating func endLine() {
    if chance(6) {
      text += gap() + comment()
    } else if chance(6) {
      text += one([" ", "  ", "\t"])
    }
    text += "\n"
  }

  // MARK: Blocks

  private mutating func mapping(_ indent: Int, depth: Int, startsInline: Bool = false) {
    for number in 0...pick(0...3) {
      if number > 0 || !startsInline {
        between(indent)
        text += spaces(indent)
      }
      let isExplicit = chance(14)
      if isExplicit { text += "?" + one([" ", "   "]) }
      text += key()
      if isExplicit {
        endLine()
        text += spaces(indent) + ":"
      } else {
        text += one(["", "", "", " ", "  "]) + ":"
      }
      value(indent, depth: depth, mayBeImplied: !isExplicit)
    }
  }

  private mutating func sequence(_ indent: Int, depth: Int, startsInline: Bool = false) {
    for number in 0...pick(0...3) {
      if number > 0 || !startsInline {
        between(indent)
        text += spaces(indent)
      }
      text += "-"
      if depth < 4, chance(4) {
        let width = pick(1...3)
        text += spaces(width)
        if chance(3) {
          sequence(indent + 1 + width, depth: depth + 1, startsInline: true)
        } else {
          mapping(indent + 1 + width, depth: depth + 1, startsInline: true)
        }
      } else {
        value(indent, depth: depth, mayBeImplied: false)
      }
    }
  }

  /// The value behind a `:` or `-`, up to its line end.
  private mutating func value(_ indent: Int, depth: Int, mayBeImplied: Bool) {
    mayTab = mayBeImplied
    let properties = chance(7) ? gap() + anchor() : ""
    switch pick(0...13) {
    case 0:
      text += properties
      endLine()
    case 1...3 where depth < 4:
      text += properties
      endLine()
      mapping(indent + pick(1...5), depth: depth + 1)
    case 4,
      5 where depth < 4:
      text += properties
      endLine()
      sequence(mayBeImplied && chance(2) ? indent : indent + pick(1...4), depth: depth + 1)
    case 6:
      text += properties
      block(indent)
    case 7:
      text += properties
      if chance(3) {
        endLine()
        between(indent + 2)
        text += spaces(indent + pick(1...4))
      } else {
        text += gap()
      }
      text += flow(indent, depth: 0)
      endLine()
    case 8:
      text += properties + gap() + folded(indent)
      endLine()
    case 9 where !anchors.isEmpty && properties.isEmpty:
      text += gap() + "*" + one(anchors)
      endLine()
    default:
      text += properties
      if chance(8) {
        endLine()
        between(indent + 2)
        text += spaces(indent + pick(1...5))
      } else {
        text += gap()
      }
      text += scalar()
      endLine()
    }
  }

  private mutating func anchor() -> String {
    if chance(3) { return one(["!!str", "!"]) }
    let name = "a\(pick(0...5))"
    // Known from here on, though perhaps still open: then the text is refused and not used.
    anchors.append(name)
    return "&" + name
  }

  // MARK: Scalars

  private mutating func key() -> String {
    keys += 1
    return one(["k\(keys)", "\"k \(keys)\"", "'k: \(keys)'", "k \(keys)", "é\(keys)", "k:\(keys)"])
  }

  private mutating func scalar() -> String {
    one([
      "v", "no", "0644", "12:30", "a b  c", "http://x/#y", "\"q # no comment\"", "'it''s'", "\"\"",
      "\"\\u00e9\\t\\\\\"", "x#y", "~", "-x", "é",
      "a:b",
      "\"a  b\"", "x%y", "null", "''",
    ])
  }

  /// A scalar over several lines.
  private mutating func folded(_ indent: Int) -> String {
    let inner = { (writer: inout RandomYAML) -> String in
      writer.one(["\n", " \n", "\n\n", "\t\n"]) + writer.spaces(indent + writer.pick(1...6))
    }
    let (a, b) = (inner(&self), inner(&self))
    return switch pick(0...3) {
    case 0: "one two\(a)three\(b)- four"
    case 1: "'one #two\(a)it''s\(b)--- end'"
    case 2: "\"one\\ \(a)\\ two \\\(b)three\\\\ \(a)x\""
    default: "\"a\(a)b: c\(b)\""
    }
  }

  private mutating func block(_ indent: Int) {
    let chomp = one(["", "", "-", "+"])
    let width = pick(1...4)
    let hasDigit = chance(3)
    let digit = hasDigit ? "\(width)" : ""
    text += gap() + one(["|", ">"]) + (chance(2) ? digit + chomp : chomp + digit)
    endLine()
    let column = indent + width
    if chance(6) { text += "\n" }
    for number in 0...pick(0...4) {
      if number > 0, chance(4) {
        text += one(["\n", spaces(column) + "\n", spaces(column + 2) + "\n"])
      }
      let lead = number > 0 || hasDigit ? one(["", "", "  ", "\t"]) : ""
      text +=
        spaces(column) + lead + one(["text", "# no comment", "- a: b", "x  ", "é", "a\tb "]) + "\n"
    }
    while chance(3) { text += one(["\n", spaces(indent) + "\n"]) }
  }

  // MARK: Brackets

  private mutating func flow(_ indent: Int, depth: Int) -> String {
    let isMapping = chance(2)
    var result = (isMapping ? "{" : "[") + flowGap(indent)
    let count = pick(0...3)
    for number in 0..<count {
      if isMapping {
        result += key()
        if !chance(6) {
          result += one(["", " "]) + ":" + one([" ", "  "]) + flowValue(indent, depth)
        }
      } else {
        result += flowValue(indent, depth)
      }
      result += flowGap(indent)
      if number < count - 1 || chance(5) { result += "," + flowGap(indent) }
    }
    return result + (isMapping ? "}" : "]")
  }

  private mutating func flowValue(_ indent: Int, _ depth: Int) -> String {
    if depth < 3, chance(4) { return flow(indent, depth: depth + 1) }
    if !anchors.isEmpty, chance(8) { return "*\(one(anchors)) " }
    if chance(10) { return "\"one\n\(spaces(indent + 2))two\"" }
    return one(["v", "\"q, r\"", "'x'", "a b", "1.10", "&z w", "~"])
  }

  private mutating func flowGap(_ indent: Int) -> String {
    switch pick(0...9) {
    case 0: "\n" + spaces(indent + pick(1...5))
    case 1: " \(comment())\n" + one(["", "\n"]) + spaces(indent + 1)
    case 2: "  "
    case 3, 4: " "
    default: ""
    }
  }
}
