import FleetModel
import Testing

@testable import FleetCommands

/// What a program prints of its own secrets, on its way to people.
@Suite struct RedactorTests {
  func redaction(_ values: (String, String)...) -> Redaction {
    var redaction = Redaction()
    for (value, name) in values { redaction.add(Secret(Array(value.utf8)), as: name) }
    return redaction
  }

  @Test func `a value is named instead of shown, as often as it stands there`() {
    let redaction = redaction(("hunter2hunter2", "redis.password"))
    #expect(
      redaction.applied(to: "requirepass hunter2hunter2; again hunter2hunter2!")
        == "requirepass (secret redis.password); again (secret redis.password)!"
    )
    #expect(redaction.applied(to: "hunter2 alone is nobody's") == "hunter2 alone is nobody's")
  }

  @Test func `it is known as JSON, URLs and base64 write it`() {
    let redaction = redaction(("p@ss \"word\"/1", "x.y"))
    #expect(redaction.applied(to: #"{"p":"p@ss \"word\"/1"}"#) == #"{"p":"(secret x.y)"}"#)
    #expect(
      redaction.applied(to: "redis://:p%40ss%20%22word%22%2F1@h") == "redis://:(secret x.y)@h"
    )
    #expect(redaction.applied(to: "cEBzcyAid29yZCIvMQ==").hasPrefix("(secret x.y)"))
  }

  @Test func `of two values the longer wins, and short ones are words`() {
    let redaction = redaction(
      ("abcdefgh", "a.short"),
      ("abcdefghijkl", "a.long"),
      ("1234567", "a.word")
    )
    #expect(
      redaction.applied(to: "abcdefghijkl abcdefgh 1234567")
        == "(secret a.long) (secret a.short) 1234567"
    )
  }

  @Test func `the rest of a value that was cut is hidden too`() {
    let redaction = redaction(("abcdefghijkl", "a.b"))
    let tail = redaction.applied(toTail: Array("fghijkl\nnext abcdefghijkl".utf8))
    #expect(String(decoding: tail, as: UTF8.self) == "(secret a.b)\nnext (secret a.b)")
    let other = Array("xijkl\n".utf8)
    #expect(redaction.applied(toTail: other) == other)
  }
}
