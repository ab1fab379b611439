import FleetDiagnostics
import FleetTestSupport
import FleetYAML
import Testing

@Suite struct ReaderTests {
  private let reader = YAMLReader.schema

  /// Reads the value of `a` with `read` and returns what came of it.
  private func reading<Value>(
    _ text: String,
    _ read: (YAMLNode, inout Diagnostics) -> Value?
  ) throws -> (value: Value?, found: [Diagnostic]) {
    var diagnostics = Diagnostics()
    let root = YAMLLoader.load(SourceText(name: "f", text: text), into: &diagnostics)
    let node = try #require(root?["a"])
    let value = read(node, &diagnostics)
    return (value, diagnostics.all)
  }

  @Test(arguments: ["no", "0644", "1.10", "12:30:45", "true"])
  func textThatOthersReadDifferentlyStaysTextWithAWarning(written: String) throws {
    let result = try reading("a: \(written)") { reader.string($0, into: &$1) }
    #expect(result.found.map(\.rule) == [.yamlAmbiguousScalar])
    #expect(result.value == written)
    #expect(try reading("a: \(written)") { reader.anyText($0, into: &$1) }.found == [])
  }

  @Test(arguments: ["web", "'no'", "'~'", "\"\"", "5", "'0644'"])
  func textStaysText(written: String) throws {
    let result = try reading("a: \(written)") { reader.string($0, into: &$1) }
    #expect(result.found == [])
    #expect(result.value == written.filter { $0 != "'" && $0 != "\"" })
  }

  @Test(arguments: [
    ("a:", "nothing"), ("a: ~", "nothing"), ("a: [x]", "a list"), ("a: {x: y}", "a mapping"),
  ])
  func whatIsNoTextIsRefused(text: String, kind: String) throws {
    let result = try reading(text) { reader.string($0, into: &$1) }
    #expect(result.value == nil)
    #expect(result.found.map(\.rule) == [.wrongType])
    #expect(result.found.first?.detail == "`a` must be text, but \(kind) stands here.")
    #expect(result.found.first?.path == "/a")
  }

  @Test(arguments: [("0", 0), ("-12", -12), ("65535", 65535)])
  func wholeNumbersAreDecimal(written: String, number: Int) throws {
    let result = try reading("a: \(written)") { reader.int($0, into: &$1) }
    #expect(result.value == number)
    #expect(result.found == [])
  }

  @Test(arguments: [
    ("0644", Rule.invalidValue, "leading zero"), ("99999", .invalidValue, "between 1 and 65535"),
    ("99999999999999999999", .invalidValue, "too large"), ("0", .invalidValue, "between"),
    ("x", .wrongType, "`x`"), ("1.5", .wrongType, "`1.5`"), ("1_0", .wrongType, "`1_0`"),
    ("+1", .wrongType, "`+1`"), ("\"80\"", .wrongType, "quotes"), ("[1]", .wrongType, "a list"),
    ("-", .wrongType, "a list"), ("", .wrongType, "nothing"),
  ])
  func otherNumbersAreRefused(written: String, rule: Rule, word: String) throws {
    let result = try reading("a:\n  \(written)") { reader.int($0, in: 1...65535, into: &$1) }
    #expect(result.value == nil)
    #expect(result.found.map(\.rule) == [rule])
    #expect(result.found.first?.detail.contains(word) == true)
  }

  @Test(arguments: [("true", true), ("false", false)])
  func truthIsWrittenOneWay(written: String, value: Bool) throws {
    #expect(try reading("a: \(written)") { reader.bool($0, into: &$1) }.value == value)
  }

  @Test(
    arguments: [
      ("yes", Rule.invalidValue, "true"), ("Off", .invalidValue, "false"),
      ("\"true\"", .wrongType, nil), ("maybe", .wrongType, nil), ("", .wrongType, nil),
    ] as [(String, Rule, String?)]
  )
  func otherTruthIsRefusedWithTheCure(written: String, rule: Rule, cure: String?) throws {
    let result = try reading("a: \(written)") { reader.bool($0, into: &$1) }
    #expect(result.value == nil)
    #expect(result.found.map(\.rule) == [rule])
    #expect(result.found.first?.suggestions.first?.edits.first?.text == cure)
  }

  @Test func wordsSuggestTheNearest() throws {
    let words = ["warn", "strict"]
    #expect(
      try reading("a: strict") { reader.word($0, of: words, into: &$1) }.value == "strict"
    )
    let result = try reading("a: strct") { reader.word($0, of: words, into: &$1) }
    #expect(result.found.map(\.rule) == [.invalidValue])
    #expect(result.found.first?.suggestions.first?.message == "did you mean `strict`?")
  }

  @Test func wrongItemsAreReportedAndTheOthersRead() throws {
    let result = try reading("a: [x, [y], ~, z]") { reader.stringList($0, into: &$1) }
    #expect(result.value == ["x", "z"])
    #expect(result.found.map(\.path) == ["/a/1", "/a/2"])
    #expect(result.found.first?.detail.hasPrefix("An item of `a` must be text") == true)
    #expect(try reading("a: []") { reader.stringList($0, into: &$1) }.value == [])
    #expect(try reading("a: x") { reader.stringList($0, into: &$1) }.value == nil)
  }

  @Test func fieldsReportUnknownAndMissingKeysAtOnce() throws {
    let text = MarkedText("1️⃣a2️⃣:\n  adress: x\n  3️⃣zzzzz4️⃣: y\n  port: 80\n")
    var diagnostics = Diagnostics()
    let node = try #require(YAMLLoader.load(text.source, into: &diagnostics)?["a"])
    let fields = try #require(
      reader.requireMapping(
        node,
        of: "a node",
        allowedKeys: ["address", "port", "user"],
        required: ["address", "user"],
        into: &diagnostics
      )
    )
    #expect(
      diagnostics.all.map(\.rule.slug) == [
        "unknown-key", "unknown-key", "missing-key", "missing-key",
      ]
    )
    #expect(diagnostics.all[0].suggestions.first?.edits.first?.text == "address")
    #expect(diagnostics.all[0].path == "/a/adress")
    #expect(diagnostics.all[1].span == text.span(3, 4))
    #expect(diagnostics.all[1].detail.contains("`address`, `port`, `user`"))
    #expect(diagnostics.all[2].span == text.span(1, 2))
    #expect(diagnostics.all[2].detail == "`address` is missing in a node.")
    #expect(fields.int("port", into: &diagnostics) == 80)
    #expect(fields["address"] == nil)
    #expect(fields.string("user", into: &diagnostics) == nil)
    #expect(diagnostics.all.count == 4)
  }

  @Test func parametersAreAllOneRule() throws {
    var diagnostics = Diagnostics()
    let source = SourceText(name: "f", text: "a: {b: x}")
    let node = try #require(YAMLLoader.load(source, into: &diagnostics)?["a"])
    let fields = YAMLReader.parameters.requireMapping(
      node,
      of: "`redis`",
      allowedKeys: ["c", "b"],
      required: ["c"],
      into: &diagnostics
    )
    _ = fields?.int("b", into: &diagnostics)
    #expect(diagnostics.all.map(\.rule) == [.parameterInvalid, .parameterInvalid])
  }

  @Test func emptyFilesAreNoMapping() throws {
    var diagnostics = Diagnostics()
    let node = try #require(
      YAMLLoader.load(SourceText(name: "f", text: "# x\n"), into: &diagnostics)
    )
    #expect(
      reader.requireMapping(node, of: "a fleet", allowedKeys: [], into: &diagnostics) == nil
    )
    #expect(diagnostics.all.map(\.rule) == [.wrongType])
    #expect(diagnostics.all.first?.detail == "The file must be a mapping, but nothing stands here.")
  }
}
