package import FleetDiagnostics

/// The known entries of a mapping with fixed keys (`YAMLReader.requireMapping`).
///
/// Each reading function returns nothing if the key is absent, and reports and returns nothing if
/// its value does not fit. A key that stands without a value counts as absent only for `node(_:)`
/// callers that ask `isNull`; the typed functions report it.
package struct YAMLFields: Sendable {
  /// The mapping.
  package let node: YAMLNode
  /// Reads and reports.
  package let reader: YAMLReader
  private let known: [String: YAMLEntry]

  init(node: YAMLNode, reader: YAMLReader, known: [String: YAMLEntry]) {
    self.node = node
    self.reader = reader
    self.known = known
  }

  /// The entry with `key`, if there is one.
  package func entry(_ key: String) -> YAMLEntry? { known[key] }

  /// The value under `key`, if there is one.
  package subscript(_ key: String) -> YAMLNode? { known[key]?.value }

  /// Returns the text under `key`.
  package func string(_ key: String, into diagnostics: inout Diagnostics) -> String? {
    self[key].flatMap { reader.string($0, into: &diagnostics) }
  }

  /// Returns the whole number under `key`, within `range`.
  package func int(
    _ key: String,
    in range: ClosedRange<Int> = .min ... .max,
    into diagnostics: inout Diagnostics
  ) -> Int? {
    self[key].flatMap { reader.int($0, in: range, into: &diagnostics) }
  }

  /// Returns the truth value under `key`.
  package func bool(_ key: String, into diagnostics: inout Diagnostics) -> Bool? {
    self[key].flatMap { reader.bool($0, into: &diagnostics) }
  }

  /// Returns the word under `key`, which must be one of `words`.
  package func word(
    _ key: String,
    of words: [String],
    into diagnostics: inout Diagnostics
  ) -> String? {
    self[key].flatMap { reader.word($0, of: words, into: &diagnostics) }
  }

  /// Returns the items of the list under `key`.
  package func list(_ key: String, into diagnostics: inout Diagnostics) -> [YAMLNode]? {
    self[key].flatMap { reader.list($0, into: &diagnostics) }
  }

  /// Returns the texts of the list under `key`.
  package func stringList(_ key: String, into diagnostics: inout Diagnostics) -> [String]? {
    self[key].flatMap { reader.stringList($0, into: &diagnostics) }
  }

  /// Returns the entries of the mapping under `key`, whose keys are the user's own.
  package func entries(_ key: String, into diagnostics: inout Diagnostics) -> [YAMLEntry]? {
    self[key].flatMap { reader.entries($0, into: &diagnostics) }
  }

  /// Returns the fields of the mapping under `key` (see `YAMLReader.requireMapping`).
  package func mapping(
    _ key: String,
    of what: String,
    allowedKeys: [String],
    required: [String] = [],
    into diagnostics: inout Diagnostics
  ) -> YAMLFields? {
    self[key].flatMap {
      reader.requireMapping(
        $0,
        of: what,
        allowedKeys: allowedKeys,
        required: required,
        into: &diagnostics
      )
    }
  }
}
