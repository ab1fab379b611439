import FleetDiagnostics
import FleetTestSupport
import Testing

@Suite struct SourceTextTests {
  @Test func everyPlaceCountsScalarsAndBytes() {
    let text = MarkedText("a1️⃣\näé2️⃣ 🚀3️⃣x\r\n\n4️⃣z5️⃣")
    for marker in 1...5 {
      let place = text.place(marker)
      #expect(text.source.place(at: place.byte) == place)
    }
  }

  @Test func aByteOrderMarkIsNoColumn() {
    let text = MarkedText("\u{FEFF}1️⃣ab2️⃣\nc3️⃣")
    #expect(text.source.place(at: 3) == SourcePlace(line: 1, column: 1, byte: 3))
    for marker in 1...3 {
      #expect(text.source.place(at: text.place(marker).byte) == text.place(marker))
    }
    #expect(text.source.lineText(1) == "ab")
  }

  @Test func linesComeWithoutTheirEnding() {
    let source = SourceText(name: "f", text: "a\r\nb\n\nc")
    #expect((0...5).map { source.lineText($0) } == ["", "a", "b", "", "c", ""])
    #expect(source.lineCount == 4)
    #expect(source.lineStarts == [0, 3, 5, 6])
  }

  @Test func placesBeyondTheTextAreClamped() {
    let source = SourceText(name: "f", text: "ab")
    #expect(source.place(at: 99) == SourcePlace(line: 1, column: 3, byte: 2))
    #expect(source.place(at: -1) == SourcePlace(line: 1, column: 1, byte: 0))
    #expect(SourceText(name: "f", text: "").place(at: 5).line == 1)
  }
}
