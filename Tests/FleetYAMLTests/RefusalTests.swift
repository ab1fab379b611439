import FleetDiagnostics
import FleetTestSupport
import FleetYAML
import Testing

/// Rule and place of a finding, as a test names it.
private struct Found: Equatable {
  let slug: String
  let place: SourcePlace?

  init(_ rule: Rule, _ place: SourcePlace?) {
    slug = rule.slug
    self.place = place
  }
}

@Suite struct RefusalTests {
  private func findings(_ text: MarkedText) -> [Diagnostic] {
    var diagnostics = Diagnostics()
    _ = YAMLLoader.load(text.source, into: &diagnostics)
    return diagnostics.all
  }

  private func findings(bytes: [UInt8]) -> [Diagnostic] {
    var diagnostics = Diagnostics()
    let node = YAMLLoader.load(SourceText(name: "f.yaml", bytes: bytes), into: &diagnostics)
    #expect(node == nil)
    return diagnostics.all
  }

  // MARK: Syntax

  @Test(arguments: [
    ("a:\n1️⃣\tb: 1", "tab"),
    ("a: 1️⃣@x", "quotes"),
    ("a: b1️⃣: c", "`: `"),
    ("a: 1\nb1️⃣", "no `:`"),
    ("a:\n  - x\n 1️⃣y: 1", "indentation"),
    ("a: [x, y\nb1️⃣: 1\n", "`[`"),
    ("a: \"x1️⃣\n", "not closed"),
    ("a: \"1️⃣\\q\"", "escape"),
    ("- a\n1️⃣b: 1", "list"),
    ("a: &1️⃣ x", "name"),
    ("%FOO1️⃣\n---\na: 1", "directive"),
    ("a: 1️⃣*x", "`&x`"),
    ("a: &x [1️⃣*x]", "inside"),
    ("1️⃣: x", "key"),
  ])
  func brokenTextIsOneErrorWithItsPlaceAndCure(text: String, word: String) throws {
    let marked = MarkedText(text)
    let found = findings(marked)
    #expect(found.map { Found($0.rule, $0.span?.start) } == [Found(.yamlSyntax, marked.place(1))])
    #expect(try #require(found.first).detail.contains(word), "\(found.first?.detail ?? "")")
  }

  @Test func brokenListNamesWhereItWasOpened() {
    let marked = MarkedText("ä: 1️⃣[2️⃣x, y\n")
    #expect(findings(marked).first?.related.first?.span == marked.span(1, 2))
  }

  @Test func anUnknownAnchorNamesTheNearestOne() {
    let detail = findings(MarkedText("a: &hosts []\nb: *host")).first?.detail ?? ""
    #expect(detail.contains("Did you mean `hosts`?"))
  }

  // MARK: Keys

  @Test(arguments: [
    "1️⃣a2️⃣: 1\nb: 2\n3️⃣\"a\"4️⃣: 3\n",
    "x: {1️⃣é2️⃣: 1, 3️⃣\"\\u00e9\"4️⃣: 2}",
    "- 1️⃣b2️⃣: {b: 1}\n  3️⃣b4️⃣: 2\n",
    "k0: 0\nk1: 1\n1️⃣k22️⃣: 2\nk3: 3\nk4: 4\nk5: 5\nk6: 6\nk7: 7\nk8: 8\n3️⃣k24️⃣: 9",
  ])
  func repeatedKeysNameBothPlaces(text: String) {
    let marked = MarkedText(text)
    let found = findings(marked)
    #expect(found.map { Found($0.rule, nil) } == [Found(.yamlDuplicateKey, nil)])
    #expect(found.first?.span == marked.span(3, 4))
    #expect(found.first?.related.map(\.span) == [marked.span(1, 2)])
  }

  @Test func theFirstOfRepeatedKeysStaysInTheTree() throws {
    var diagnostics = Diagnostics()
    let source = SourceText(name: "f", text: "a: 1\na: 2\na: 3\nb: 4")
    let node = try #require(YAMLLoader.load(source, into: &diagnostics))
    #expect(diagnostics.count(.error) == 2)
    #expect(node.entries.map(\.key) == ["a", "b"])
    #expect(node["a"]?.text == "1")
  }

  @Test(arguments: [
    ("a: &x {b: 1}\nc:\n  1️⃣<<: *x\n  d: 1", "groups"),
    ("a: 1️⃣{b: 1}: c", "quotes"),
    ("1️⃣{a: 1}: c", "text"),
    ("? 1️⃣[a]\n: c", "list"),
    ("a: &x k\n1️⃣*x : 1", "alias"),
    ("a: !!int 1️⃣5", "!!int"),
    ("a: !include 1️⃣x.yaml", "!include"),
    ("a: !<tag:yaml.org,2002:binary> 1️⃣x", "!!binary"),
    ("a: 1️⃣!!seq\n- b", "!!seq"),
  ])
  func otherFeaturesAreRefusedByName(text: String, word: String) throws {
    let marked = MarkedText(text)
    let found = findings(marked)
    let isSyntax = found.first?.rule == .yamlSyntax
    #expect(found.count == 1)
    #expect(found.first?.rule == .yamlUnsupported || isSyntax)
    #expect(found.first?.span?.start == marked.place(1) || isSyntax)
    if !isSyntax { #expect(try #require(found.first).detail.contains(word)) }
  }

  @Test func aQuotedMergeKeyIsAKey() {
    #expect(findings(MarkedText("\"<<\": 1")) == [])
  }

  @Test(arguments: ["a: 1\n1️⃣---\nb: 2\n", "---\na: 1\n...\n1️⃣---\n"])
  func aSecondDocumentIsRefusedAndTheFirstIsRead(text: String) throws {
    let marked = MarkedText(text)
    var diagnostics = Diagnostics()
    let node = YAMLLoader.load(marked.source, into: &diagnostics)
    #expect(
      diagnostics.all.map { Found($0.rule, $0.span?.start) }
        == [Found(.yamlMultipleDocuments, marked.place(1))]
    )
    #expect(node?["a"]?.text == "1")
  }

  // MARK: Encoding

  @Test(
    arguments: [
      ("a: é\nb: ", [0xFF], "0xFF"),
      ("a: é\nb: ", [0xC0, 0x80], "0xC0"),
      ("ä: ", [0xE2, 0x82], "0xE2"),
      ("ä: ", [0xED, 0xA0, 0x80], "0xED"),
      ("ä: ", [0xF4, 0x90, 0x80, 0x80], "0xF4"),
      ("ä: ", [0x00], "U+0000"),
      ("ä: ", [0x1B, 0x5B], "U+001B"),
      ("ä: ", [0x7F], "U+007F"),
      ("ä: ", [0x0D, 0x61], "carriage return"),
      ("ä: ", [0xC2, 0x85], "U+0085"),
      ("ä: ", [0xE2, 0x80, 0xA8], "U+2028"),
      ("ä: ", [0xEF, 0xBB, 0xBF], "U+FEFF"),
      ("ä: ", [0xEF, 0xBF, 0xBF], "U+FFFF"),
    ] as [(String, [UInt8], String)]
  )
  func wrongBytesAreOneErrorWithTheirPlace(before: String, bytes: [UInt8], word: String) {
    let found = findings(bytes: Array(before.utf8) + bytes + Array("\nx: [\n\u{0}".utf8))
    let place = MarkedText(before + "1️⃣").place(1)
    #expect(found.map { Found($0.rule, $0.span?.start) } == [Found(.yamlEncoding, place)])
    #expect(found.first?.detail.contains(word) == true)
  }

  @Test(
    arguments: [
      [0xFF, 0xFE, 0x61, 0], [0xFE, 0xFF, 0, 0x61], [0x61, 0, 0x3A, 0], [0, 0x61, 0, 0x3A],
      [0xFF, 0xFE, 0, 0, 0x61, 0, 0, 0], [0, 0, 0xFE, 0xFF, 0, 0, 0, 0x61],
    ] as [[UInt8]]
  )
  func wideEncodingsAreNamed(bytes: [UInt8]) {
    let found = findings(bytes: bytes)
    #expect(found.map(\.rule) == [.yamlEncoding])
    #expect(found.first?.detail.contains("UTF-") == true)
  }
}
