import FleetDiagnostics
import FleetYAML
import Testing

@Suite struct LimitTests {
  private func load(_ text: String) -> (node: YAMLNode?, found: [Diagnostic]) {
    var diagnostics = Diagnostics()
    let node = YAMLLoader.load(SourceText(name: "f.yaml", text: text), into: &diagnostics)
    return (node, diagnostics.all)
  }

  private func repeating(_ text: String, _ count: Int) -> String {
    String(repeating: text, count: count)
  }

  @Test func depthIsAllowedUpToTheLimitAndRefusedBeyond() {
    let deepest = repeating("[", 64) + repeating("]", 64)
    #expect(load(deepest).found == [])
    let result = load("[" + deepest + "]")
    #expect(result.node == nil)
    #expect(result.found.map(\.rule) == [.yamlLimit])
    #expect(result.found.first?.span?.start.column == 65)
  }

  @Test(arguments: ["[", "- ", "{a: ", "[{a: "])
  func deepNestingIsRefusedWithoutReadingOn(piece: String) {
    // 200 KB of `[` would keep libyaml busy for a minute.
    let result = load(repeating(piece, 400_000 / piece.utf8.count))
    #expect(result.found.map(\.rule) == [.yamlLimit])
  }

  @Test func mappingHasAsManyKeysAsTheLimitAllowsAndNoMore() {
    let keys = (0..<20_000).map { "k\($0): x\n" }.joined()
    #expect(load(keys).found == [])
    let result = load(keys + "more: x\n")
    #expect(result.node == nil)
    #expect(result.found.map(\.rule) == [.yamlLimit])
    #expect(result.found.first?.span?.start.line == 20_001)
  }

  @Test func keysOfOtherMappingsDoNotCount() {
    #expect(load(repeating("- {a: 1, b: 2}\n", 15_000)).found == [])
  }

  @Test func anchorsAreRememberedUpToTheLimit() {
    let anchors = (0..<20_000).map { "- &a\($0) x\n" }.joined()
    #expect(load(anchors).found == [])
    let result = load(anchors + "- &more [x]\n")
    #expect(result.node == nil)
    #expect(result.found.map(\.rule) == [.yamlLimit])
    #expect(result.found.first?.span?.start.line == 20_001)
  }

  @Test func aliasesCountWhatTheyStandFor() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 {
      let items = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(items)]\n"
    }
    let result = load(text)
    #expect(result.node == nil)
    #expect(result.found.map(\.rule) == [.yamlLimit])
    #expect(result.found.first?.span?.start.line == 6)
  }

  @Test func aliasesCountTowardsTheDepth() {
    let half = repeating("[", 40) + repeating("]", 40)
    #expect(load("a: &a \(half)\nb: \(repeating("[", 22))*a\(repeating("]", 22))").found == [])
    let beyond = load("a: &a \(half)\nb: \(repeating("[", 25))*a\(repeating("]", 25))")
    #expect(beyond.found.map(\.rule) == [.yamlLimit])
  }

  @Test func tooManyEventsAreRefused() {
    #expect(load("[" + repeating("a,", 1_000_001) + "]").found.map(\.rule) == [.yamlLimit])
    #expect(load(repeating("- a\n", 900_000)).found == [])
  }

  @Test func theLargestFileIsReadAndOneByteMoreIsNot() {
    let line = "a: " + repeating("x", YAMLLimits.bytes - 4)
    #expect(load(line + "\n").found == [])
    #expect(load(line + "\n\n").found.map(\.rule) == [.yamlLimit])
  }

  @Test func manyDirectivesAreRefusedBeforeTheParserComparesThemAll() {
    let directives = (0..<100_000).map { "%TAG !a\($0)! b\n" }.joined()
    #expect(load("\n" + directives + "--- a\n").found.map(\.rule) == [.yamlLimit])
  }

  @Test func manyErrorsAreCutOff() {
    let result = load((0..<5_000).map { _ in "a: 1\n" }.joined())
    #expect(result.found.count == 1_000)
  }

  @Test func keysInTheThousandsAreComparedByContent() {
    let text = (0..<19_999).map { "key-\($0): 1\n" }.joined() + "key-777: 2\n"
    let found = load(text).found
    #expect(found.map(\.rule) == [.yamlDuplicateKey])
    #expect(found.first?.related.first?.span?.start.line == 778)
  }

  @Test func randomTextNeverTraps() {
    var state: UInt64 = 42
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let pieces = [
      "a", "é", ": ", ":", "- ", "\n", "\n  ", "[", "]", "{", "}", ", ", "\"", "'", "|\n", ">",
      "&a ",
      "*a", "!!str ", "!x ", "# c", "? ", "<<: ", "---\n", "...\n", "%TAG", "\t", "\\", "\r\n", "🚀",
      "~", "null",
    ]
    for _ in 0..<5_000 {
      let text = (0..<next(40)).map { _ in pieces[next(pieces.count)] }.joined()
      let result = load(text)
      if let node = result.node { walk(node, within: text.utf8.count) }
      #expect(result.node != nil || !result.found.isEmpty, "\(text.debugDescription)")
    }
  }

  /// Reads every place, path and text of a tree.
  private func walk(_ node: YAMLNode, within size: Int) {
    let span = node.span
    #expect(span.start.byte <= span.end.byte)
    #expect(span.end.byte <= size)
    #expect(span.start == node.source.place(at: span.start.byte), "start of \(node.path)")
    #expect(span.end == node.source.place(at: span.end.byte), "end of \(node.path)")
    for item in node.items { walk(item, within: size) }
    for entry in node.entries {
      #expect(entry.keySpan.end.byte <= size)
      walk(entry.value, within: size)
    }
  }
}
