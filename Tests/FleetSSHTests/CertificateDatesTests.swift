import Testing

@testable import FleetSSH

@Suite(.enabled(if: SSHServer.isAvailable, "needs ssh-keygen"))
struct CertificateDatesTests {
  @Test(arguments: ["ed25519", "ecdsa", "rsa"])
  func datesAreThoseThatSSHKeygenWrote(type: String) throws {
    let folder = TemporaryFolder()
    SSHServer.makeKey(folder, "ca", "ed25519")
    SSHServer.makeKey(folder, "key", type)
    let made = Program.run(
      [
        "/usr/bin/ssh-keygen", "-q", "-s", folder.path("ca"), "-I", "me", "-n", "a,b", "-V",
        "20200101:20200103", folder.path("key"),
      ],
      in: folder
    )
    try #require(made.status == 0, "\(made.output)")
    let text = TemporaryFolder.text(of: folder.path("key-cert.pub"))
    let dates = try #require(PublicKey(line: text).flatMap { CertificateDates($0.blob) })
    #expect(dates.before - dates.after == 172_800)
    #expect(dates.state(at: dates.after).holds)
    #expect(dates.state(at: dates.after).text == "valid for 2 days")
    #expect(!dates.state(at: dates.before).holds)
    #expect(dates.state(at: dates.before + 7200).text == "expired 2 hours ago")
    #expect(dates.state(at: dates.after - 60).text == "not valid for another 1 minutes")
    #expect(PublicKey(line: text).flatMap { CertificateDates(Array($0.blob.prefix(60))) } == nil)
  }

  @Test
  func aPlainKeyHasNone() throws {
    let folder = TemporaryFolder()
    SSHServer.makeKey(folder, "key", "ed25519")
    let key = try #require(PublicKey(line: TemporaryFolder.text(of: folder.path("key.pub"))))
    #expect(CertificateDates(key.blob) == nil)
  }
}
