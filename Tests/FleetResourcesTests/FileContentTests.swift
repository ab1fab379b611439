import FleetModel
import FleetRender
import FleetResources
import Testing

@Suite struct FileContentTests {
  private let id = SecretID(role: "redis", name: "password")

  @Test(arguments: [
    (SecretEncoding.env, "P=\"a b\\\"\\$c\""), (.url, "P=a%20b%22%24c"), (.json, "P=\"a b\\\"$c\""),
    (.plain, "P=a b\"$c"),
  ])
  func anAdoptedSecretIsSpelledForItsSurroundings(encoding: SecretEncoding, expected: String) {
    let content = FileContent([.text("P="), .encoded(id, encoding)])
    let bytes = content.bytes([id: Secret(Array("a b\"$c".utf8))])
    #expect(bytes.map { String(decoding: $0, as: UTF8.self) } == expected)
    #expect(content.secrets == [id])
    #expect(content.plainText == nil)
  }

  @Test func whatHasNoSpellingGivesNoFile() {
    let content = FileContent([.text("P="), .encoded(id, .env)])
    #expect(content.bytes([id: Secret([0x61, 0x0A])]) == nil)
    #expect(content.bytes([:]) == nil)
  }
}
