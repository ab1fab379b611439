import FleetTransport
import Testing

@testable import FleetSSH

struct KnownHostsEditTests {
  private static let old =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGmjhYHAXJcrY1dBpBWTgdpbXyVqbgPaLVi3W0l0lLJg"
  private static let fresh =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIH+K5GIu1OE0DC8V8WMZwSRwzeL3Q1WKJwLj/SMSUht"

  private func key(_ text: String) throws -> HostKey {
    let blob = try #require(Digests.base64Decoded(Array(text.split(separator: " ")[1].utf8)))
    return try #require(HostKey(blob: blob))
  }

  private func rotated(_ text: String, port: Int = 22) throws -> (text: String, left: [Int]) {
    let name = KnownHosts.name(host: "web-1", port: port)
    var edit = KnownHostsEdit(Array(text.utf8))
    edit.forget(Array(name.utf8), except: try key(Self.fresh))
    edit.add("\(name) \(Self.fresh)")
    return (String(decoding: edit.contents, as: UTF8.self), edit.left)
  }

  @Test
  func onlyTheLineOfTheHostGoes() throws {
    let text = "# mine\nweb-1 \(Self.old) me\nweb-2 \(Self.old)\n"
    #expect(try rotated(text).text == "# mine\nweb-2 \(Self.old)\nweb-1 \(Self.fresh)\n")
  }

  @Test
  func otherNamesOfTheLineKeepTheirPin() throws {
    let text = " web-2,WEB-1,10.0.0.1\t\(Self.old) me\r\n"
    #expect(
      try rotated(text).text == " web-2,10.0.0.1\t\(Self.old) me\r\nweb-1 \(Self.fresh)\n"
    )
  }

  @Test
  func hashedLineOfTheHostGoes() throws {
    let salt = [UInt8](repeating: 7, count: 20)
    let hash = Digests.hmacSHA1(key: salt, Array("web-1".utf8))
    let text = "|1|\(Digests.base64(salt))|\(Digests.base64(hash)) \(Self.old)\n"
    #expect(try rotated(text).text == "web-1 \(Self.fresh)\n")
  }

  @Test
  func marksOtherPortsAndTheNewKeyStay() throws {
    let text =
      "@revoked web-1 \(Self.old)\n[web-1]:2222 \(Self.old)\nweb-1 \(Self.fresh)\n"
    #expect(try rotated(text).text == text)
  }

  @Test
  func patternThatCoversMoreIsLeftToAPerson() throws {
    let text = "web-1 \(Self.old)\nweb-* \(Self.old)\n"
    let outcome = try rotated(text)
    #expect(outcome.text == "web-* \(Self.old)\nweb-1 \(Self.fresh)\n")
    #expect(outcome.left == [1])
  }

  @Test
  func everyFileForgetsTheOldKeyAndTheFirstLearnsTheNew() throws {
    let folder = TemporaryFolder()
    let files = [folder.path("missing"), folder.write("second", "web-1 \(Self.old)\n")]
    var target = SSHTarget(node: "web-1", host: "web-1", user: "root")
    target.knownHostsFiles = files
    #expect(
      HostKeyState(try key(Self.fresh), of: target)
        == .changed(["ssh-ed25519 \(try key(Self.old).fingerprint)"])
    )
    #expect(try KnownHosts.rotate(target, to: try key(Self.fresh)) == [])
    #expect(TemporaryFolder.text(of: files[0]) == "web-1 \(Self.fresh)\n")
    #expect(TemporaryFolder.text(of: files[1]) == "")
    #expect(HostKeyState(try key(Self.fresh), of: target) == .pinned)
  }
}
