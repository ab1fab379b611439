import FleetPlan
import Testing

@Suite struct UnifiedDiffTests {
  private func diff(_ before: String?, _ after: String?) -> [String]? {
    UnifiedDiff.lines(before: before.map { Array($0.utf8) }, after: after.map { Array($0.utf8) })
  }

  @Test func threeLinesOfContextSurroundAChange() {
    #expect(
      diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n") == [
        "@@ -2,7 +2,7 @@", " 2", " 3", " 4", "-5", "+five", " 6", " 7", " 8",
      ]
    )
  }

  @Test func distantChangesGetHunksOfTheirOwn() {
    let before = (1...20).map { "\($0)\n" }.joined()
    let after = before.replacing("2\n3\n", with: "2\nx\n").replacing("19\n", with: "")
    let lines = diff(before, after) ?? []
    #expect(lines.filter { $0.hasPrefix("@@") }.count == 2)
    #expect(lines.contains("@@ -16,5 +16,4 @@"))
  }

  @Test func aNewFileIsAllAdditions() {
    #expect(diff(nil, "a\nb\n") == ["@@ -0,0 +1,2 @@", "+a", "+b"])
    #expect(diff("a\n", nil) == ["@@ -1 +0,0 @@", "-a"])
  }

  @Test func aMissingLastNewlineAndACarriageReturnAreShown() {
    #expect(
      diff("a\nb", "a\nb\n") == [
        "@@ -1,2 +1,2 @@", " a", "-b", "\\ No newline at end of file", "+b",
      ]
    )
    #expect(diff("a\r\n", "a\n") == ["@@ -1 +1 @@", "-a^M", "+a"])
  }

  @Test func equalTextsDoNotDifferAndBinaryIsNotShown() {
    #expect(diff("a\n", "a\n") == [])
    #expect(UnifiedDiff.lines(before: [0, 1], after: [1]) == nil)
    #expect(UnifiedDiff.lines(before: [0xFF], after: [1]) == nil)
  }

  @Test func aHugeDiffIsBounded() {
    let lines = diff(nil, (0..<5000).map { "\($0)\n" }.joined()) ?? []
    #expect(lines.count == UnifiedDiff.lineLimit + 1)
    #expect(lines.last == "... 4601 more lines")
  }
}
