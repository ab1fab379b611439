package import FleetDiagnostics
internal import FleetRender
internal import FleetYAML

/// The JSON Schema (draft 2020-12) of role.yaml (docs/role-format.md).
///
/// It says which keys there are and what kind of value each takes. What stands in an expression is
/// checked by `RegistryLoader` alone. A test compares the keys with the decoder's.
package enum RoleSchema {
  /// The schema.
  package static let json = Shape.document(
    root,
    id: "https://fleetctl.invalid/role.schema.json",
    definitions: [
      ("text", text),
      ("texts", texts),
      ("when", Shape.text().described("Condition: a bare expression.").like("params.tls")),
      ("flag", .flag),
      ("strings", Shape.list(.text()).orNothing),
      ("mode", Shape.anyOf([.string("^[0-7]{3,4}$"), .number(0...7777)]).like("0640")),
      ("onChange", onChange),
      ("value", value),
      ("unitState", .word(UnitState.allCases.map(\.rawValue))),
      ("sections", sections),
    ] + items.map { ($0.0, $0.1) }
  )

  /// Text that may hold `{{ expression }}`.
  private static let text = Shape.text()
    .described("Text, which may hold `{{ expression }}`.")

  /// A list of texts, or one that stands alone.
  private static let texts = Shape.anyOf([.list(.ref("text")), Shape.text().orNothing])

  /// Anything made of texts.
  private static let value = Shape.anyOf([
    .text(), .list(.ref("value")), .table(.ref("value")),
  ])

  private static let onChange = Shape.mapping([
    Field("restart", "Units to restart.", .ref("texts")),
    Field("reload", "Units to reload.", .ref("texts")),
  ]).orNothing

  private static let sections = Shape.table(
    Shape.table(.ref("value"), keys: "^[A-Z][A-Za-z0-9]*$"),
    keys: "^(\(UnitFile.sectionNames.sorted().joined(separator: "|")))$"
  ).orNothing

  // MARK: Fields of several items

  static func text(_ key: String, _ doc: String) -> Field { Field(key, doc, .ref("text")) }

  static func texts(_ key: String, _ doc: String) -> Field { Field(key, doc, .ref("texts")) }

  static func strings(_ key: String, _ doc: String) -> Field { Field(key, doc, .ref("strings")) }

  static func flag(_ key: String, _ doc: String, _ value: Bool) -> Field {
    Field(key, doc, Shape.flag.otherwise(.bool(value)))
  }

  static func needed(_ key: String, _ doc: String) -> Field {
    .required(key, doc, .ref("text"))
  }

  static func word<Word: RawRepresentable & CaseIterable>(
    _ key: String,
    _ doc: String,
    _ value: Word
  ) -> Field where Word.RawValue == String {
    Field(key, doc, Shape.word(Word.allCases.map(\.rawValue)).otherwise(.string(value.rawValue)))
  }

  static func mode(_ key: String, _ value: String) -> Field {
    Field(key, "Permission bits, octal.", Shape.ref("mode").otherwise(.string(value)))
  }

  static let owner = text("owner", "Owner; root by default.")
  static let group = text("group", "Group; root by default.")
  static let changes = Field("on_change", "What is restarted or reloaded.", .ref("onChange"))

  /// An item of a list: every one may have a `when`.
  static func item(_ fields: [Field]) -> Shape {
    .mapping(fields + [Field("when", "", .ref("when"))])
  }
}
