import FleetDiagnostics
import FleetYAML
import Testing

@Suite struct AmbiguousTests {
  /// What PyYAML (YAML 1.1) and a reader of YAML 1.2's core schema make of it; measured with PyYAML 6.
  @Test(arguments: [
    ("no", "false", "text"), ("No", "false", "text"), ("NO", "false", "text"),
    ("yes", "true", "text"),
    ("on", "true", "text"), ("off", "false", "text"), ("Off", "false", "text"),
    ("true", "true", "true"),
    ("False", "false", "false"), ("0644", "the number 420", "the number 644"),
    ("08", "text", "the number 8"), ("0o17", "text", "the number 15"),
    ("1_000", "the number 1000", "text"),
    ("0x1F", "the number 31", "the number 31"), ("0b11", "the number 3", "text"),
    ("12:30:45", "the number 45045", "text"), ("1:30", "the number 90", "text"),
    ("1:30.5", "the number 90.5", "text"), ("1.10", "the number 1.1", "the number 1.1"),
    ("1.", "the number 1.0", "the number 1.0"), (".5", "the number 0.5", "the number 0.5"),
    ("1e3", "text", "the number 1000.0"), ("1.5e3", "text", "the number 1500.0"),
    ("1.5e+3", "the number 1500.0", "the number 1500.0"), ("+5", "the number 5", "the number 5"),
    ("-0644", "the number -420", "the number -644"), (".inf", "infinity", "infinity"),
    ("-.INF", "-infinity", "-infinity"), (".nan", "NaN", "NaN"), ("2024-01-01", "a date", "text"),
    ("2024-01-01T10:00:00Z", "a date", "text"), ("=", "an error", "text"),
  ])
  func readersDiffer(text: String, old: String, new: String) throws {
    let reading = try #require(PlainReading(text, wantsText: true), "\(text)")
    #expect(reading.old == old)
    #expect(reading.new == new)
  }

  @Test(arguments: [
    "web", "nothing", "None", "12", "-3", "0", "1.5", "3.12", "10.0.0.1", "1.2.3", "0xZZ",
    "2024-01", "6GiB",
    "30s", "a:b", "12:99", "::1", "fe80::1", "yEs", "onward", "nO", "-", "+", ".", "..", "1-2",
    "172.16.0.0/12",
    "00-SLM-Manager", "y", "n", "node-1", "e3", "08:15", "08:15x", "2024-1-1", "1__", "",
  ])
  func readersAgree(text: String) {
    // `1__` is 1 to PyYAML: underscores may end a number.
    let isKnown = text == "1__"
    #expect((PlainReading(text, wantsText: true) != nil) == isKnown, "\(text)")
  }

  @Test func truthIsFineWhereTheTypeIsNotKnown() {
    #expect(PlainReading("true", wantsText: false) == nil)
    #expect(PlainReading("yes", wantsText: false) != nil)
    #expect(PlainReading("True", wantsText: false) != nil)
  }

  @Test func theWarningSaysWhoReadsWhatAndQuotes() throws {
    var diagnostics = Diagnostics()
    let source = SourceText(name: "f.yaml", text: "a: 0644\nb: \"0644\"\nc: &x no\nd: *x\n")
    let root = try #require(YAMLLoader.load(source, into: &diagnostics))
    for key in ["a", "b", "c", "d"] {
      let node = try #require(root[key])
      #expect(YAMLReader.schema.string(node, into: &diagnostics) != nil)
    }
    #expect(diagnostics.all.map(\.rule) == Array(repeating: .yamlAmbiguousScalar, count: 3))
    let first = try #require(diagnostics.all.first)
    #expect(
      first.detail
        == "`0644` is text here; without quotes tools of YAML 1.1 (PyYAML) read it as the number 420, "
        + "of YAML 1.2 as the number 644. Put it in quotes."
    )
    #expect(first.span?.start == SourcePlace(line: 1, column: 4, byte: 3))
    #expect(first.path == "/a")
    #expect(first.suggestions.first?.edits.map(\.text) == ["\"0644\""])
    // Quoting the alias would make it text of its own: no edit there.
    #expect(diagnostics.all[2].span?.start.line == 4)
    #expect(diagnostics.all[2].suggestions == [])
  }

  @Test(
    arguments: [
      ("0x1F", ["31"]), ("1_000", ["1000"]), ("1e3", ["1000"]), ("+5", ["5"]),
      ("0644", ["420", "644"]),
      ("12:30:45", ["45045"]), ("abc", []), ("1.5", []), ("\"80\"", []),
    ] as [(String, [String])]
  )
  func aNumberInAnotherSpellingIsAnErrorWithTheDecimal(written: String, cures: [String]) throws {
    var diagnostics = Diagnostics()
    let source = SourceText(name: "f", text: "a: \(written)")
    let node = try #require(YAMLLoader.load(source, into: &diagnostics)?["a"])
    #expect(YAMLReader.schema.int(node, into: &diagnostics) == nil)
    #expect(diagnostics.all.count == 1)
    #expect(diagnostics.all.first?.suggestions.flatMap(\.edits).map(\.text) == cures)
  }

  @Test func findingsBeyondTheLimitAreCountedOnly() {
    var diagnostics = Diagnostics(limit: 2)
    for index in 0..<5 { diagnostics.add(Diagnostic(.wrongType, "\(index)")) }
    diagnostics.drop()
    #expect(diagnostics.all.map(\.detail) == ["0", "1"])
    #expect(diagnostics.dropped == 4)
    #expect(diagnostics.isFull)
  }
}
