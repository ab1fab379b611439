import FleetDigest
import Testing

@Suite struct DigestTests {
  @Test(arguments: [
    // FIPS 180-4 examples and the empty text.
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func knownTextsHaveTheirPublishedDigests(text: String, digest: String) {
    #expect(SHA256.hex(Array(text.utf8)) == digest)
  }

  @Test(arguments: [0, 1, 63, 64, 65, 1000])
  func piecesGiveTheDigestOfTheWhole(cut: Int) {
    let bytes = (0..<1000).map { UInt8($0 % 251) }
    var stream = SHA256.Stream()
    stream.update(Array(bytes[..<cut]))
    stream.update(Array(bytes[cut...]))
    #expect(stream.hex() == SHA256.hex(bytes))
  }

  @Test func aDroppedStreamLeavesOthersAlone() {
    var first = SHA256.Stream()
    first.update("a")
    do {
      var second = SHA256.Stream()
      second.update("b")
    }
    first.update("bc")
    #expect(first.hex() == SHA256.hex(Array("abc".utf8)))
  }

  @Test(
    arguments: [
      // RFC 4231, test cases 1, 2 and 6 (a key longer than a block); then the empty key.
      (
        [UInt8](repeating: 0x0b, count: 20), "Hi There",
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
      ),
      (
        Array("Jefe".utf8), "what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
      ),
      (
        [UInt8](repeating: 0xaa, count: 131),
        "Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
      ),
      ([], "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
    ] as [([UInt8], String, String)]
  )
  func knownKeysGiveTheirPublishedCodes(key: [UInt8], message: String, code: String) {
    #expect(HMACSHA256.hex(key: key, message: Array(message.utf8)) == code)
  }
}
