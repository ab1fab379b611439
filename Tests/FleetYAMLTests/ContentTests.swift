import FleetDiagnostics
import FleetTestSupport
import FleetYAML
import Testing

/// The tree as text, so that a test can compare it whole: `{a:[b,"c"]}`, quoted where not plain.
private func sketch(_ node: YAMLNode) -> String {
  switch node.kind {
  case .scalar(let text, let style): style == .plain ? text : "\"\(text)\""
  case .sequence(let items): "[" + items.map(sketch).joined(separator: ",") + "]"
  case .mapping(let entries):
    "{" + entries.map { "\($0.key):\(sketch($0.value))" }.joined(separator: ",") + "}"
  }
}

@Suite struct ContentTests {
  @Test(arguments: [
    ("a: no\nb: 0644\nc: 1.10\nd: 12:30:45", "{a:no,b:0644,c:1.10,d:12:30:45}"),
    ("- x\n-\n- ~\n- null", "[x,,~,null]"),
    ("a: |\n  x\n   y\nb: >\n  x\n  y\n", "{a:\"x\n y\n\",b:\"x y\n\"}"),
    ("a: one\n  two", "{a:one two}"),
    ("{a: {}, b: []}", "{a:{},b:[]}"),
    ("- &a {x: [1]}\n- *a\n- [*a]", "[{x:[1]},{x:[1]},[{x:[1]}]]"),
    ("- &a 1\n- *a\n- &a 2\n- *a", "[1,1,2,2]"),
    ("--- \na: !!str 5\nb: ! x\n...\n", "{a:\"5\",b:x}"),
    ("# only a comment\n", ""),
    ("? a\n: b", "{a:b}"),
    ("a: &x\nb: *x", "{a:,b:}"),
    ("text", "text"),
  ])
  func textBecomesTheTree(text: String, expected: String) throws {
    var diagnostics = Diagnostics()
    let node = YAMLLoader.load(SourceText(name: "f.yaml", text: text), into: &diagnostics)
    #expect(diagnostics.all == [])
    #expect(sketch(try #require(node)) == expected)
  }

  @Test func emptyFileIsNothing() throws {
    var diagnostics = Diagnostics()
    let node = YAMLLoader.load(SourceText(name: "f.yaml", text: ""), into: &diagnostics)
    #expect(diagnostics.all == [])
    #expect(try #require(node).isNull)
    #expect(node?.kindName == "nothing")
    #expect(node?.span.start == SourcePlace(line: 1, column: 1, byte: 0))
  }

  @Test func textTaggedAsTextIsNeverNothing() throws {
    var diagnostics = Diagnostics()
    let node = YAMLLoader.load(SourceText(name: "f.yaml", text: "a: !!str ~"), into: &diagnostics)
    #expect(node?["a"]?.isNull == false)
  }

  @Test func lookUpFindsWholeKeysOnly() throws {
    var diagnostics = Diagnostics()
    let source = SourceText(name: "f.yaml", text: "ab: 1\na: 2\n\"a b\": 3\n\"\\u00e9\": 4")
    let node = try #require(YAMLLoader.load(source, into: &diagnostics))
    #expect(node["a"]?.text == "2")
    #expect(node["a b"]?.text == "3")
    #expect(node["é"]?.text == "4")
    #expect(node["abc"] == nil)
    #expect(node["a"]?["x"] == nil)
    #expect(node.kindName == "a mapping")
  }
}
