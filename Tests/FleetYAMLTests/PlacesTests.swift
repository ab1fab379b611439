import FleetDiagnostics
import FleetTestSupport
import FleetYAML
import Testing

@Suite struct PlacesTests {
  private func load(_ text: MarkedText) throws -> YAMLNode {
    var diagnostics = Diagnostics()
    let node = YAMLLoader.load(text.source, into: &diagnostics)
    #expect(diagnostics.all == [])
    return try #require(node)
  }

  @Test func keysAndPlainValuesEndWithTheirLastLetter() throws {
    let text = MarkedText("1️⃣höst2️⃣:   3️⃣wäb 🚀 x4️⃣   # comment\nnext: 5️⃣y6️⃣")
    let node = try load(text)
    let entry = try #require(node.entry("höst"))
    #expect(entry.keySpan == text.span(1, 2))
    #expect(entry.value.span == text.span(3, 4))
    #expect(entry.value.text == "wäb 🚀 x")
    #expect(node["next"]?.span == text.span(5, 6))
  }

  @Test func quotesBelongToTheValue() throws {
    let text = MarkedText("a: 1️⃣\"é\\n\"2️⃣\n3️⃣'k'4️⃣: 5️⃣'it''s'6️⃣ # x\n")
    let node = try load(text)
    #expect(node["a"]?.span == text.span(1, 2))
    #expect(node["a"]?.text == "é\n")
    #expect(node.entry("k")?.keySpan == text.span(3, 4))
    #expect(node["k"]?.span == text.span(5, 6))
    #expect(node["k"]?.text == "it's")
  }

  @Test func blocksEndWithTheirLastContent() throws {
    let text = MarkedText(
      """
      nodes:
        1️⃣web:
          address: 10.0.0.1
          roles:
          3️⃣- ä
          - b4️⃣
      # a comment
          #

      2️⃣other: x
      """
    )
    let node = try load(text)
    let nodes = try #require(node["nodes"])
    #expect(nodes.span.start == text.place(1))
    #expect(nodes.span.end == text.place(4))
    #expect(nodes["web"]?["roles"]?.span == text.span(3, 4))
    #expect(node.entry("other")?.keySpan.start == text.place(2))
  }

  @Test func flowCollectionsEndWithTheirBracket() throws {
    let text = MarkedText("a: 1️⃣{x: ü, y: 2️⃣[1, \"2\" ]3️⃣ }4️⃣ # c\n")
    let node = try load(text)
    #expect(node["a"]?.span == text.span(1, 4))
    #expect(node["a"]?["y"]?.span == text.span(2, 3))
  }

  @Test(arguments: ["|", ">", "|-", "|+"])
  func blockTextEndsWithItsLastLetter(indicator: String) throws {
    let text = MarkedText("a: 1️⃣\(indicator)\n  zwölf\n  x2️⃣\n\n\nb: 3️⃣y4️⃣\n")
    let node = try load(text)
    #expect(node["a"]?.span == text.span(1, 2))
    #expect(node["b"]?.span == text.span(3, 4))
  }

  @Test func nothingStandsWhereAValueWouldBegin() throws {
    let text = MarkedText("a:1️⃣\nb: 2️⃣~3️⃣\nc: [4️⃣\"\"5️⃣]\n")
    let node = try load(text)
    #expect(node["a"]?.isNull == true)
    #expect(node["a"]?.span == text.span(1, 1))
    #expect(node["b"]?.isNull == true)
    #expect(node["b"]?.span == text.span(2, 3))
    let empty = try #require(node["c"]?.items.first)
    #expect(!empty.isNull)
    #expect(empty.span == text.span(4, 5))
  }

  @Test func byteOrderMarkAndCarriageReturnsShiftNothing() throws {
    let text = MarkedText("\u{FEFF}1️⃣ä2️⃣: 3️⃣x4️⃣\r\nb: 5️⃣é6️⃣\r\n")
    let node = try load(text)
    #expect(node.entry("ä")?.keySpan == text.span(1, 2))
    #expect(node["ä"]?.span == text.span(3, 4))
    #expect(node["b"]?.span == text.span(5, 6))
  }

  @Test func asciiFileWithByteOrderMarkIsPlacedRight() throws {
    let text = MarkedText("\u{FEFF}1️⃣a2️⃣: 3️⃣x4️⃣\nb: 5️⃣y6️⃣\n")
    let node = try load(text)
    #expect(node.entry("a")?.keySpan == text.span(1, 2))
    #expect(node["a"]?.span == text.span(3, 4))
    #expect(node["b"]?.span == text.span(5, 6))
  }

  @Test func placesAreRightBeyondTheFirstCheckpoints() throws {
    let filler = String(repeating: "ä🚀x ", count: 100)
    let text = MarkedText("a: \(filler)\nb: \(filler) 1️⃣# c\nc: 2️⃣é3️⃣")
    let node = try load(text)
    #expect(node["c"]?.span == text.span(2, 3))
  }

  @Test func anAliasStandsAtTheAliasAndItsContentAtTheAnchor() throws {
    let text = MarkedText("a: &x 1️⃣[2️⃣ü3️⃣]4️⃣\nb: 5️⃣*x6️⃣\nc: &y 7️⃣t8️⃣\nd: *y\n")
    let node = try load(text)
    #expect(node["a"]?.span == text.span(1, 4))
    let alias = try #require(node["b"])
    #expect(alias.span == text.span(5, 6))
    #expect(alias.items.first?.span == text.span(2, 3))
    #expect(alias.items.first?.path == "/b/0")
    #expect(node["c"]?.span == text.span(7, 8))
    #expect(node["d"]?.text == "t")
  }

  @Test func pathsAreJSONPointers() throws {
    let text = MarkedText("nodes:\n  web-1:\n    roles: [a, {\"x/y~z\": 1}]\n")
    let node = try load(text)
    let roles = try #require(node["nodes"]?["web-1"]?["roles"])
    #expect(node.path == "")
    #expect(roles.path == "/nodes/web-1/roles")
    #expect(roles.items[0].path == "/nodes/web-1/roles/0")
    #expect(roles.items[1].entries.first?.path == "/nodes/web-1/roles/1/x~1y~0z")
    #expect(roles.items[1]["x/y~z"]?.path == "/nodes/web-1/roles/1/x~1y~0z")
  }
}
