import FleetModel
import Testing

@Suite struct GlobTests {
  @Test(arguments: [
    ("web-*", "web-", true), ("web-*", "web-12", true), ("web-*", "we-1", false),
    ("*", "", true), ("**", "x", true), ("?", "", false), ("?", "x", true),
    ("a?c*e", "abcde", true),
    ("*-db-*", "x-db-y-db-z", true), ("*ab", "aab", true), ("*ab", "aba", false), ("", "", true),
    ("", "x", false), ("é", "é", true), ("a", "A", false),
  ])
  func starsStandForAnyTextAndQuestionMarksForOneByte(pattern: String, text: String, fits: Bool) {
    #expect(Glob(pattern).matches(text) == fits)
  }

  @Test func aPatternSaysWithWhatItsMatchesBegin() {
    #expect(Glob("web-*1").prefix == "web-")
    #expect(Glob("?x").prefix == "")
    #expect(Glob("web").prefix == "web")
    #expect(Glob.isPattern("a*") && Glob.isPattern("?") && !Glob.isPattern("a.b-c_d"))
  }

  @Test func manyStarsCostNoMoreThanTheSquareOfTheText() {
    // Would not end in this universe if each star tried all places for all others.
    let pattern = String(repeating: "*a", count: 200) + "b"
    #expect(!Glob(pattern).matches(String(repeating: "a", count: 4_000)))
  }
}
