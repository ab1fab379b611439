import FleetDiagnostics
import FleetTestSupport
import FleetYAML
import Testing

/// Every way to break the reader gives one error at one place, or the value that was written.
@Suite struct HostileTests {
  private func load(_ source: SourceText) -> (node: YAMLNode?, found: [Diagnostic]) {
    var diagnostics = Diagnostics()
    let node = YAMLLoader.load(source, into: &diagnostics)
    return (node, diagnostics.all)
  }

  private func load(_ text: String) -> (node: YAMLNode?, found: [Diagnostic]) {
    load(SourceText(name: "f.yaml", text: text))
  }

  // MARK: Keys

  @Test(arguments: [
    // Every spelling of one key, at the top, nested, in brackets, behind anchors and tags.
    "1️⃣a2️⃣: 1\n3️⃣'a'4️⃣: 2", "1️⃣a2️⃣: 1\n3️⃣\"\\x61\"4️⃣: 2", "1️⃣\"\\u0061\"2️⃣: 1\n3️⃣\"\\U00000061\"4️⃣: 2",
    "x:\n  y:\n    1️⃣a2️⃣: 1\n    3️⃣a4️⃣: 2", "x: [{1️⃣a2️⃣: 1, 3️⃣a4️⃣: 2}]", "{1️⃣a2️⃣: 1, 3️⃣\"a\"4️⃣: 2}",
    "&x 1️⃣a2️⃣: 1\n&y 3️⃣a4️⃣: 2", "!!str 1️⃣a2️⃣: 1\n3️⃣a4️⃣: 2", "? 1️⃣a2️⃣\n: 1\n? 3️⃣a4️⃣\n: 2",
    "1️⃣a2️⃣: {}\n3️⃣a4️⃣: []", "1️⃣\"<<\"2️⃣: 1\n3️⃣'<<'4️⃣: 2", "1️⃣\"\"2️⃣: 1\n3️⃣''4️⃣: 2",
    // One text in two spellings of Unicode: `é`, and `e` with a combining accent; the Kelvin sign.
    "1️⃣é2️⃣: 1\n3️⃣e\u{301}4️⃣: 2", "1️⃣K2️⃣: 1\n3️⃣\u{212A}4️⃣: 2",
  ])
  func oneKeyTwiceIsAnErrorInWhateverSpelling(text: String) throws {
    let marked = MarkedText(text)
    let (_, found) = load(marked.source)
    #expect(found.map(\.rule) == [.yamlDuplicateKey], "\(found)")
    #expect(found.first?.span == marked.span(3, 4))
    #expect(found.first?.related.map(\.span) == [marked.span(1, 2)])
  }

  @Test(arguments: [
    "a: 1\nA: 2", "a: 1\n\"a \": 2", "{a: {a: 1}}", "a: 1\nb: {a: 2}", "\"<<\": 1",
    "- {a: 1}\n- {a: 2}",
  ])
  func differentKeysAreNotOne(text: String) {
    #expect(load(text).found == [])
  }

  @Test func aLongKeyIsRefusedBecauseItStandsInEveryPathBelowIt() {
    let key = String(repeating: "k", count: 256)
    #expect(load("? \(key)\n: 1").found == [])
    let marked = MarkedText("a: 1\n? 1️⃣\(key)k\n: 1")
    let (node, found) = load(marked.source)
    #expect(node == nil)
    #expect(found.map(\.rule) == [.yamlLimit])
    #expect(found.first?.span == marked.span(1, 1))
    #expect(found.first?.detail.hasPrefix("This key has 257 bytes; a key has at most 256.") == true)
  }

  // MARK: One error at one place

  struct Case: Sendable {
    let text: String
    let rule: Rule
    let word: String

    init(_ text: String, _ rule: Rule, _ word: String) {
      self.text = text
      self.rule = rule
      self.word = word
    }
  }

  @Test(arguments: [
    // Indentation.
    Case("a:\n1️⃣\tb: 1", .yamlSyntax, "tab"), Case("a:\n  b: 1\n1️⃣\tc: 2", .yamlSyntax, "tab"),
    Case("a:\n  b: 1\n 1️⃣c: 2", .yamlSyntax, "indentation"),
    Case("a: |\n   x\n  1️⃣y: z\n", .yamlSyntax, ""),
    Case("a: |01️⃣\n x", .yamlSyntax, "1 to 9"), Case("a: |x1️⃣\n", .yamlSyntax, ""),
    // Brackets and quotes.
    Case("a: [b1️⃣", .yamlSyntax, ""), Case("a: {b: 11️⃣", .yamlSyntax, ""),
    Case("a: ]", .yamlSyntax, ""),
    Case("a: 'b1️⃣", .yamlSyntax, "closed"), Case("a: \"\\x4\"", .yamlSyntax, "hexadecimal"),
    Case("a: \"\\ud800\"", .yamlSyntax, "Unicode"), Case("a: \"\\U00110000\"", .yamlSyntax, ""),
    // Aliases.
    Case("a: 1️⃣*b\nb: &b 1", .yamlSyntax, "stands before"), Case("&a [1️⃣*a]", .yamlSyntax, "inside"),
    Case("a: &x {b: {c: 1️⃣*x}}", .yamlSyntax, "inside"), Case("1️⃣*a : 1", .yamlUnsupported, "alias"),
    // Features that other readers have.
    Case("a: &x {b: 1}\nc: {1️⃣<<: *x}", .yamlUnsupported, "groups"),
    Case("a: !!binary 1️⃣aGk=", .yamlUnsupported, "!!binary"),
    Case("a: !!python/object:os.system 1️⃣x", .yamlUnsupported, "python/object"),
    Case("a: !!timestamp 1️⃣2024-01-01", .yamlUnsupported, "!!timestamp"),
    Case("a: !mine 1️⃣{b: 1}", .yamlUnsupported, "!mine"),
    Case("%TAG !e! tag:x,2000:\n---\na: !e!t 1️⃣b", .yamlUnsupported, "tag:x,2000:t"),
    Case("? 1️⃣[a, b]\n: c", .yamlUnsupported, "list"),
    Case("? 1️⃣{a: b}\n: c", .yamlUnsupported, "mapping"),
    Case("a: {1️⃣{ b }}", .yamlUnsupported, "quotes"),
    // Documents and directives.
    Case("a\n1️⃣---\nb", .yamlMultipleDocuments, "second"),
    Case("a: 1\n...\n1️⃣---\nb: 2", .yamlMultipleDocuments, "second"),
    Case("%YAML 1.1\n%YAML 1.11️⃣\n---\na", .yamlSyntax, ""),
    Case("%YAML 3.01️⃣\n---\na", .yamlSyntax, ""),
    Case("%X1️⃣\na", .yamlSyntax, "directive"),
  ])
  func isOneErrorWithAWordOfCure(_ given: Case) throws {
    let marked = MarkedText(given.text)
    let (_, found) = load(marked.source)
    #expect(found.map(\.rule) == [given.rule], "\(found)")
    let detail = try #require(found.first).detail
    #expect(given.word.isEmpty || detail.contains(given.word), "\(detail)")
    if given.rule != .yamlSyntax || !given.word.isEmpty, given.text.contains("1️⃣") {
      let start = found.first?.span?.start
      let isNear = given.rule != .yamlSyntax || start?.line == marked.place(1).line
      #expect(isNear && (given.rule == .yamlSyntax || start == marked.place(1)), "\(found)")
    }
  }

  // MARK: Bytes

  @Test(
    arguments: [
      ([0x80], 0x80), ([0xBF], 0xBF), ([0xC0, 0xAF], 0xC0), ([0xC1, 0x81], 0xC1),
      ([0xE0, 0x80, 0xAF], 0xE0),
      ([0xF0, 0x80, 0x80, 0xAF], 0xF0), ([0xF8, 0x88, 0x80, 0x80, 0x80], 0xF8), ([0xFE], 0xFE),
      ([0xED, 0xA0, 0x80], 0xED), ([0xED, 0xBF, 0xBF], 0xED), ([0xF4, 0x90, 0x80, 0x80], 0xF4),
      ([0xC3], 0xC3), ([0xE2, 0x82], 0xE2), ([0xF0, 0x9F, 0x98], 0xF0),
    ] as [([UInt8], Int)]
  )
  func whatIsNotUTF8IsNamedWithItsByte(bytes: [UInt8], first: Int) {
    // Overlong, surrogates, beyond Unicode, cut off: at the end, before ASCII, in quotes and comments.
    for (before, after) in [("a: ", ""), ("a: ", "x\n"), ("a: \"", "\"\n"), ("# ", "\na: 1\n")] {
      let source = SourceText(name: "f", bytes: Array(before.utf8) + bytes + Array(after.utf8))
      let (node, found) = load(source)
      #expect(node == nil)
      #expect(found.map(\.rule) == [.yamlEncoding])
      #expect(found.first?.span?.start.byte == before.utf8.count)
      let name = String(first, radix: 16, uppercase: true)
      #expect(
        found.first?.detail == "The byte 0x\(name) here is not valid UTF-8. Save the file as UTF-8."
      )
    }
  }

  @Test func everyControlCharacterIsRefusedEverywhere() {
    let controls =
      Array(0x00...0x1F) + Array(0x7F...0x9F) + [0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF]
    for value in controls where ![0x09, 0x0A].contains(value) {
      guard let scalar = UnicodeScalar(UInt32(value)) else { continue }
      for before in ["a: b", "a: \"b", "# b", "a: |\n  b"] {
        let (node, found) = load(before + String(scalar) + "c")
        #expect(node == nil)
        #expect(found.map(\.rule) == [.yamlEncoding], "\(value)")
        #expect(found.first?.span?.start.byte == before.utf8.count)
      }
    }
  }

  @Test func theSameCharactersMayBeWrittenAsEscapes() throws {
    let (node, found) = load("a: \"\\0\\x01\\N\\L\\P\\uFEFF\\x7f\\e\\t\\r\\n\"")
    #expect(found == [])
    #expect(node?["a"]?.text == "\u{0}\u{1}\u{85}\u{2028}\u{2029}\u{FEFF}\u{7F}\u{1B}\t\r\n")
  }

  // MARK: Never a wrong value

  @Test(
    arguments: [
      ("\u{FEFF}a: b", "b"), ("a: b\r\n", "b"), ("a:\tb", "b"), ("a: b\t# c", "b"),
      ("a: b#c", "b#c"),
      ("a: |\r\n  b\r\n  c\r\n", "b\nc\n"), ("a: \"b\r\n  c\"", "b c"), ("a: |2\n   b\n", " b\n"),
      ("a: |\n\n\n  b\n", "\n\nb\n"), ("a: >\n  b\n   c\n  d\n", "b\n c\nd\n"),
      ("a: |-\n  b\n\n", "b"),
      ("a: |+\n  b\n\n", "b\n\n"), ("a: |\n  b\n # c\n", "b\n"), ("a: |\n  b\n  # c\n", "b\n# c\n"),
      ("a: |\n  \tb\n", nil), ("a: |2\n  \tb\n", "\tb\n"), ("a: 'b\n\n  c'", "b\nc"),
      ("a: \"b\\\n   c\"", "bc"),
      ("a: b\n\n  c", "b\nc"),
      ("a: - b", nil), ("a: b: c", nil), ("a: ? b", nil), ("a: -b", "-b"), ("a: ?b", "?b"),
      ("a: :b", ":b"),
      ("a: http://b:80/c", "http://b:80/c"), ("a: 'it''s'", "it's"), ("a: \"\\/\"", "/"),
      ("a: &x b", "b"),
      ("a: &x\n  b", "b"), ("a: !!str\n  b", "b"), ("a: &x # c\n  \"b\"", "b"), ("--- {a: b}", "b"),
      ("a: b\n...\n", "b"),
      ("%YAML 1.2\n---\na: b", "b"), ("a: %b", nil), ("a: @b", nil), ("a: `b`", nil),
      ("a: b ", "b"),
    ] as [(String, String?)]
  )
  func aValueIsWhatWasWrittenOrAnError(text: String, value: String?) {
    let (node, found) = load(text)
    #expect(node?["a"]?.text == value, "\(text.debugDescription)")
    #expect(found.isEmpty == (value != nil), "\(text.debugDescription): \(found)")
  }

  @Test func anEmptyValueWithAnAnchorStandsBehindIt() throws {
    let marked = MarkedText("a: &x1️⃣\nb: &y2️⃣ # c\nc: *x\nd: !!str3️⃣\n")
    let (node, found) = load(marked.source)
    #expect(found == [])
    #expect(node?["a"]?.span == marked.span(1, 1))
    #expect(node?["b"]?.span == marked.span(2, 2))
    #expect(node?["d"]?.span == marked.span(3, 3))
    #expect(node?["c"]?.isNull == true)
  }

  @Test func aValueBelowItsAnchorIsPlacedWhereItStands() throws {
    let marked = MarkedText("a: &x # ä\n  !!str\n  1️⃣\"b\"2️⃣\nc: &y\n  3️⃣d4️⃣\n")
    let (node, found) = load(marked.source)
    #expect(found == [])
    #expect(node?["a"]?.span == marked.span(1, 2))
    #expect(node?["c"]?.span == marked.span(3, 4))
  }

  // MARK: Bombs

  @Test func whatAliasesStandForIsCountedInBytesToo() {
    let long = String(repeating: "x", count: 100_000)
    let text = "a: &a \(long)\nb: [" + Array(repeating: "*a", count: 41).joined(separator: ", ")
    #expect(load(text + "]").found == [])
    let (node, found) = load(text + ", *a]")
    #expect(node == nil)
    #expect(found.map(\.rule) == [.yamlLimit])
    #expect(found.first?.detail.contains("4194304 bytes of text") == true)
  }

  @Test func aMillionSmallThingsAreReadOrRefused() {
    for piece in ["- a\n", "- !!str a\n", "-\n", "- ''\n", "# c\n", "\n"] {
      let (node, found) = load(String(repeating: piece, count: 300_000))
      #expect((node == nil) == !found.isEmpty)
      #expect(found.isEmpty, "\(piece) \(found)")
    }
  }

  @Test func manyAnchorsOnOneLineAreLinear() {
    // Each place used to be counted from the beginning of its line.
    for start in ["a: [", "ä: ["] {
      let most = start + String(repeating: "&a x, ", count: 20_000)
      #expect(load(most + "]").found == [])
      // The same name again counts as well: it costs as much.
      #expect(load(most + "&a x]").found.map(\.rule) == [.yamlLimit])
    }
  }

  @Test(arguments: [
    "", "\n\n", "# only\n# comments\n", "   ", "---\n", "---\n...\n", "\u{FEFF}", "\r\n",
  ])
  func nothingIsNothing(text: String) throws {
    let (node, found) = load(text)
    #expect(found == [])
    #expect(try #require(node).isNull)
  }
}
