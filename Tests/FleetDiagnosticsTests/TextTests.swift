import FleetDiagnostics
import Testing

@Suite struct TextTests {
  @Test(arguments: [
    ("plain", "plain"),
    ("\u{1B}[31m", "␛[31m"),
    ("a\u{0}\u{7F}", "a␀␡"),
    ("\u{9B}1m", "<U+009B>1m"),
    ("a\u{202E}b", "a<U+202E>b"),
    ("a\u{200B}b\u{E0041}", "a<U+200B>b<U+E0041>"),
    ("a\tb", "a    b"),
    ("a\nb\r", "a␊b␍"),
    ("größe 漢字 🚀", "größe 漢字 🚀"),
  ])
  func controlCharactersBecomeVisible(text: String, shown: String) {
    #expect(displayable(text) == shown)
  }

  @Test func lineFeedsStayWhereTheyAreWanted() {
    #expect(displayable("a\nb\r\u{1B}", keepingNewlines: true) == "a\nb␍␛")
  }

  @Test(arguments: [("abc", 3), ("e\u{301}", 1), ("漢字", 4), ("🚀", 2), ("ä", 1), ("", 0)])
  func widthsAreTerminalCells(text: String, cells: Int) {
    #expect(cellWidth(text) == cells)
  }

  @Test(arguments: [
    ("reddis", "redis"), ("Redis", "redis"), ("rdeis", "redis"), ("prometeus", "prometheus"),
    ("nginx-", "nginx"),
  ])
  func theNearestNameIsFound(word: String, name: String) {
    #expect(NearestName.of(word, in: ["prometheus", "nginx", "redis", "celery"]) == name)
  }

  @Test(arguments: ["postgresql", "x", "", "redis"])
  func nothingNearIsNothing(word: String) {
    // The word itself is no correction of itself.
    #expect(NearestName.of(word, in: ["redis", "celery"]) == nil)
  }

  @Test func equallyNearNamesDoNotDependOnTheirOrder() {
    #expect(NearestName.of("node-x", in: ["node-b", "node-a", "node-c"]) == "node-a")
    #expect(NearestName.of("node-x", in: ["node-c", "node-a", "node-b"]) == "node-a")
  }

  @Test func messagesQuoteTheBeginningOfLongText() {
    #expect(quoted("ä", length: 1) == "`ä`")
    #expect(quoted("äöü", length: 2) == "`äö…`")
    #expect(quoted(String(repeating: "x", count: 9_999)).utf8.count < 100)
  }
}
