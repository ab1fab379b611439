import FleetDiagnostics
import FleetYAML
import Testing

@Suite struct FormatTests {
  @Test(arguments: [
    ("a:   1\nb :2x\n", "a:   1\nb :2x\n", false),
    ("a:   1  \nbc : x\n", "a: 1\nbc: x\n", true),
    ("  a: 1\n  b: 2", "a: 1\nb: 2\n", true),
    ("a:\r\n    b: 1\r\n", "a:\n  b: 1\n", true),
    ("\u{FEFF}a: 1\n", "a: 1\n", true),
    ("a:\n- x\n-   y\n", "a:\n  - x\n  - y\n", true),
    ("-   a: 1\n    b: 2\n-  - x\n   - y\n", "- a: 1\n  b: 2\n- - x\n  - y\n", true),
    ("\n\n\na: 1\n\n\n\nb: 2\n\n", "a: 1\n\nb: 2\n", true),
    ("a: { b : 1,c: [ x,y ] , d }\n", "a: {b: 1, c: [x, y], d}\n", true),
    ("a: {b: , c: }\n", "a: {b: , c: }\n", true),
    ("a: [ ! , ! ]\nb: {c: !!str }\n", "a: [! , ! ]\nb: {c: !!str }\n", true),
    ("a: [\nx,\ny\n]\n", "a: [\n  x,\n  y\n  ]\n", true),
    ("- [\n  x]\n", "- [\n    x]\n", true),
    ("{\na: 1\n}\n", "{\n  a: 1\n}\n", true),
    ("a:\n    text\n", "a:\n  text\n", true),
    ("a:   &x   1\nb:  *x\n", "a: &x 1\nb: *x\n", true),
    ("a: &x\n    b: !!str   1\n", "a: &x\n  b: !!str 1\n", true),
    ("? a\n:   - x\n", "? a\n: - x\n", true),
    ("---   \na: 1\n...   \n", "---\na: 1\n...\n", true),
    ("", "", true),
    ("\n \n", "", true),
  ])
  func whiteSpaceIsCanonical(text: String, expected: String, isYAML: Bool) throws {
    #expect(try formatted(text) == (isYAML ? expected : nil))
  }

  @Test(arguments: [
    // Behind something: two spaces before it, one behind the `#`.
    ("a: 1 #x\nb: [1,#y\n2]\n", "a: 1  # x\nb: [1,  # y\n  2]\n"),
    ("a:   # x\n  b: 1\n", "a:  # x\n  b: 1\n"),
    // No text behind the `#`.
    ("#!x\n##\n#---\n#\n#- y\na: 1\n", "#!x\n##\n#---\n#\n# - y\na: 1\n"),
    // Alone: with what follows, or with the block that it is indented for.
    ("a:\n# x\n    b: 1\n", "a:\n  # x\n  b: 1\n"),
    ("a:\n    b: 1\n    # x\n# y\nc: 1\n", "a:\n  b: 1\n  # x\n# y\nc: 1\n"),
    ("a:\n    b:\n        c: 1\n      # x\nd: 1\n", "a:\n  b:\n    c: 1\n  # x\nd: 1\n"),
    ("a:\n    # was: 1\nb: 1\n", "a:\n  # was: 1\nb: 1\n"),
    ("a:\n- x\n# y\nb: 1\n", "a:\n  - x\n# y\nb: 1\n"),
    ("a: 1\n      # x\n", "a: 1\n# x\n"),
    ("# only\n\n\n#\tthis\t\n", "# only\n\n#\tthis\n"),
    ("a: \"x # no\"\nb: x#y\nc: 'it''s # no'\n", "a: \"x # no\"\nb: x#y\nc: 'it''s # no'\n"),
  ])
  func commentsStay(text: String, expected: String) throws {
    #expect(try formatted(text) == expected)
  }

  @Test(arguments: [
    ("a: |\n     x\n       y\n\n\n\nb: 1\n", "a: |\n  x\n    y\n\nb: 1\n"),
    ("a: |+  #c\n   x\n\n\nb: 1\n", "a: |+  # c\n  x\n\n\nb: 1\n"),
    ("a: |+#c\n   x\n\n", "a: |+  # c\n  x\n\n"),
    ("a: |+\n   x\n\n\n", "a: |+\n  x\n\n\n"),
    ("- a:   |2\n        x  \n", "- a: |2\n        x  \n"),
    (
      "a: >1-\n  x\n\n    \n # no comment\n#c\nb: 1\n",
      "a: >1-\n  x\n\n    \n # no comment\n# c\nb: 1\n"
    ),
    // Without the last line feed the text has none either, and must not get one.
    ("a: |\n    x", "a: |\n  x"),
    ("a: |-\n    x", "a: |-\n  x\n"),
    ("a: |\n\n\nb: 1\n", "a: |\n\nb: 1\n"),
    ("a: \"x\n          y\n\n\n   z\"\n", "a: \"x\n  y\n\n\n  z\"\n"),
    ("a: \"x\\ \n   y\"\n", "a: \"x\\ \n  y\"\n"),
    ("a: 'x  \n\n  y'\n", "a: 'x\n\n  y'\n"),
    ("- one\n     two\n", "- one\n  two\n"),
    ("one\n   --- two\n", "one\n  --- two\n"),
  ])
  func textOverSeveralLinesKeepsItsContent(text: String, expected: String) throws {
    #expect(try formatted(text) == expected)
  }

  @Test(arguments: ["a: [1\n", "a: 1\n\tb: 2\n", "a: 1\na: 2\n", "a: 1\n---\nb: 2\n", "a: \u{1}\n"])
  func whatIsNoYAMLOfOursIsRefusedWithTheFinding(text: String) {
    var diagnostics = Diagnostics()
    let outcome = YAMLFormatter.format(SourceText(name: "f.yaml", text: text), into: &diagnostics)
    guard case .refused = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(diagnostics.hasErrors)
  }
}
