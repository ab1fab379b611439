/// What a command line means by `-l role=redis,zone!=a`: kubectl's selectors over nodes and roles.
///
/// Parts are joined by `,` and all must hold: `key=value` (or `==`), `key!=value`, `key in (a,b)`,
/// `key notin (a,b)`, `key`, `!key`. Keys are labels, and the words `role`, `node` and `group`; values
/// may hold `*` and `?`. As with kubectl, `!=` and `notin` also hold where there is no such label.
package struct Selector: Sendable, Hashable {
  /// One part.
  package struct Requirement: Sendable, Hashable {
    /// Label, or `role`, `node`, `group`.
    package let key: String
    /// Values as written; empty asks whether the key is there at all.
    package let values: [String]
    /// Whether the part begins with `!`, or has `!=` or `notin`.
    package let isNegated: Bool
    private let globs: [Glob]

    init(_ key: String, _ values: [String], isNegated: Bool) {
      self.key = key
      self.values = values
      self.isNegated = isNegated
      globs = values.map { Glob($0) }
    }

    /// Whether one of the values that a thing has under `key` is meant, negation aside.
    package func finds(_ given: [String]) -> Bool {
      if globs.isEmpty { return !given.isEmpty }
      return given.contains { value in globs.contains { $0.matches(value) } }
    }

    func holds(_ given: [String]) -> Bool { finds(given) != isNegated }
  }

  /// What a selector sees of a node.
  package struct Subject: Sendable, Hashable {
    /// Its id.
    package var node: String
    /// Its labels.
    package var labels: [String: String]
    /// Its groups.
    package var groups: [String]

    /// Makes a subject.
    package init(node: String, labels: [String: String] = [:], groups: [String] = []) {
      self.node = node
      self.labels = labels
      self.groups = groups
    }

    /// Sees a node of fleet.yaml.
    package init(_ node: FleetNode) {
      self.init(node: node.id.name, labels: node.labels, groups: node.groups.map(\.name))
    }

    /// What stands under `key`, the role aside.
    package func values(_ key: String) -> [String] {
      switch key {
      case "node": [node]
      case "group": groups
      default: labels[key].map { [$0] } ?? []
      }
    }
  }

  /// The keys that are no labels.
  package static let words = ["group", "node", "role"]
  /// The selector as written.
  package let text: String
  /// Its parts, in the order written.
  package let requirements: [Requirement]

  /// Reads a selector.
  ///
  /// - Throws: `SelectorError` for text that is none.
  package init(_ text: String) throws(SelectorError) {
    self.text = text
    var requirements: [Requirement] = []
    for part in try Self.parts(text) { requirements.append(try Self.requirement(part)) }
    self.requirements = requirements
  }

  /// Whether `role` on a node is meant.
  package func matches(_ subject: Subject, role: String) -> Bool {
    requirements.allSatisfy { part in
      part.holds(part.key == "role" ? [role] : subject.values(part.key))
    }
  }

  // MARK: Reading

  /// The text between commas that stand outside parentheses.
  private static func parts(_ text: String) throws(SelectorError) -> [String] {
    var parts = [""]
    var isInside = false
    for character in text {
      if character == "(" || character == ")" {
        guard isInside == (character == ")") else {
          throw SelectorError("its parentheses do not match")
        }
        isInside = character == "("
      }
      if character == ",", !isInside {
        parts.append("")
      } else {
        parts[parts.count - 1].append(character)
      }
    }
    guard !isInside else { throw SelectorError("a `(` is not closed") }
    return parts.map { trimmed($0) }
  }

  private static func requirement(_ part: String) throws(SelectorError) -> Requirement {
    if let set = part.wholeMatch(of: /([^\s!=()]+)\s+(in|notin)\s*\(([^()]*)\)/) {
      let values = set.3.split(separator: ",", omittingEmptySubsequences: false)
        .map { trimmed(String($0)) }
      for value in values { try check(value, "value") }
      return Requirement(try key(String(set.1)), values, isNegated: set.2 == "notin")
    }
    if let pair = part.wholeMatch(of: /([^\s!=()]+)\s*(!=|==|=)\s*([^\s!=()]*)/) {
      let value = String(pair.3)
      try check(value, "value")
      return Requirement(try key(String(pair.1)), [value], isNegated: pair.2 == "!=")
    }
    let isNegated = part.hasPrefix("!")
    let name = isNegated ? trimmed(String(part.dropFirst())) : part
    return Requirement(try key(name), [], isNegated: isNegated)
  }

  private static func key(_ text: String) throws(SelectorError) -> String {
    guard !text.isEmpty else { throw SelectorError("a part of it is empty") }
    try check(text, "key")
    return text
  }

  private static func check(_ text: String, _ what: String) throws(SelectorError) {
    let isFine = text.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || "._-/".utf8.contains(byte) || (what == "value" && (byte == 0x2A || byte == 0x3F))
    }
    guard isFine else { throw SelectorError("`\(text)` cannot be a \(what)") }
  }

  private static func trimmed(_ text: String) -> String {
    let start = text.drop { $0 == " " }
    let end = start.lastIndex { $0 != " " }
    return end.map { String(start[...$0]) } ?? ""
  }
}

/// Why a text is no selector.
package struct SelectorError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Words that follow "is no selector: ".
  package let description: String

  init(_ description: String) {
    self.description = description
  }
}
