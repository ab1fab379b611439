import FleetDiagnostics
import Testing

@Suite struct JSONTests {
  private let value: JSONValue = [
    "z": 1, "a": [true, nil, "é\"\\\n\u{1B}\u{9B}\u{202E}\u{E0041}/"], "e": [], "o": [:],
    "n": .int(.min),
  ]

  @Test func membersKeepTheirOrderAndTextIsSafe() {
    #expect(
      value.rendered(pretty: false)
        == #"{"z":1,"a":[true,null,"é\"\\\n\u001b\u009b\u202e\udb40\udc41/"],"e":[],"o":{},"#
        + #""n":-9223372036854775808}"#
    )
  }

  @Test func prettyTextIsIndentedByTwo() {
    let value: JSONValue = ["a": [1, ["b": nil]], "c": []]
    #expect(
      value.rendered(pretty: true) == """
        {
          "a": [
            1,
            {
              "b": null
            }
          ],
          "c": []
        }
        """
    )
  }

  @Test(arguments: [true, false])
  func whatIsWrittenIsReadAgain(pretty: Bool) throws {
    #expect(try JSONValue(parsing: Array(value.rendered(pretty: pretty).utf8)) == value)
  }

  @Test(
    arguments: [
      (#" [ 1 , -0 ] "#, [1, 0]),
      (#""\u00e9\ud83d\ude80\/\b\f\t""#, "é🚀/\u{8}\u{c}\t"),
      (#"{"a":{"a":1}}"#, ["a": ["a": 1]]),
    ] as [(String, JSONValue)]
  )
  func validTextIsRead(text: String, expected: JSONValue) throws {
    #expect(try JSONValue(parsing: Array(text.utf8)) == expected)
  }

  @Test(arguments: [
    ("", 0), (" ", 1), ("[1,]", 3), ("[1 2]", 3), ("{\"a\":1,}", 7), ("{a:1}", 1), ("{\"a\" 1}", 5),
    ("{\"a\":1,\"a\":2}", 7), ("{\"a\":1,\"\\u0061\":2}", 7), ("01", 0), ("1.5", 0), ("1e3", 0),
    ("-", 0), ("+1", 0), ("9223372036854775808", 0), ("tru", 0), ("NaN", 0), ("[1]x", 3),
    ("\"a", 0), ("\"\n\"", 1), ("\"\\x\"", 3), ("\"\\ud800\"", 7), ("\"\\ud800\\u0041\"", 13),
    ("'a'", 0), ("[", 1), ("[1", 2), ("\u{FEFF}1", 0), ("// c\n1", 0),
  ])
  func everythingElseIsRefusedWithItsPlace(text: String, byte: Int) {
    let error = #expect(throws: JSONError.self) { try JSONValue(parsing: Array(text.utf8)) }
    #expect(error?.byte == byte)
  }

  @Test func invalidUTF8IsRefused() {
    #expect(throws: JSONError("a string is not UTF-8", at: 0)) {
      try JSONValue(parsing: [0x22, 0xC0, 0x80, 0x22])
    }
  }

  @Test func depthAndSizeAreCapped() throws {
    func nested(_ depth: Int) -> [UInt8] {
      Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
    }
    #expect(throws: Never.self) { try JSONValue(parsing: nested(64)) }
    #expect(throws: JSONError("nested deeper than 64", at: 64)) {
      try JSONValue(parsing: nested(65))
    }
    #expect(throws: JSONError.self) { try JSONValue(parsing: nested(1_000_000)) }
    #expect(throws: JSONError.self) { try JSONValue(parsing: nested(4), maximumBytes: 7) }
  }

  @Test func membersAreFoundByName() {
    #expect(value["z"]?.int == 1)
    #expect(value["a"]?.array?.first?.bool == true)
    #expect(value["missing"] == nil)
    #expect(JSONValue.string("x")["z"] == nil)
  }
}
