import Testing

@testable import FleetResources

@Suite struct EnvironmentLinesTests {
  private func merged(_ text: String, _ wanted: String) -> String {
    let lines = EnvironmentLines(Array(text.utf8))
    return String(decoding: lines.merging(EnvironmentLines(Array(wanted.utf8))), as: UTF8.self)
  }

  struct Case: Sendable {
    var before: String
    var wanted: String
    var after: String
  }

  @Test(arguments: [
    Case(before: "", wanted: "A=1\n", after: "A=1\n"),
    Case(before: "A=0\nB=2\n", wanted: "A=1\n", after: "A=1\nB=2\n"),
    Case(before: "# A=9\nB=2", wanted: "A=1\n", after: "# A=9\nB=2\nA=1\n"),
    Case(before: "A=1\n\n  B = x \r\n", wanted: "A=1\n", after: "A=1\n\n  B = x \r\n"),
    Case(before: "A=0\nA=5\n", wanted: "A=1\n", after: "A=0\nA=1\n"),
    Case(before: "export A=0\n", wanted: "A=1\n", after: "A=1\n"),
    Case(before: "=nothing\nno key\n", wanted: "", after: "=nothing\nno key\n"),
  ])
  func onlyOurKeysAreSet(_ example: Case) {
    #expect(merged(example.before, example.wanted) == example.after)
    #expect(merged(example.after, example.wanted) == example.after, "twice changes nothing more")
  }
}
