import FleetTransport
import Glibc
import Testing

@testable import FleetSSH

/// Private keys as `ssh-keygen` writes them, without a server.
@Suite(.enabled(if: SSHServer.isAvailable, "needs openssh-server"))
struct KeyTests {
  private let folder = TemporaryFolder()

  private func make(_ options: [String], phrase: String = "") throws -> Identity {
    let path = folder.path("key")
    for name in [path, path + ".pub"] { unlink(name) }
    _ = Program.run(
      ["/usr/bin/ssh-keygen", "-q", "-N", phrase, "-C", "key", "-f", path] + options,
      in: folder
    )
    return try IdentityStore().identity(at: path)
  }

  private func failure(_ identity: Identity, _ phrase: String?) -> KeyFailure? {
    do throws(KeyFailure) {
      _ = try PrivateKey.load(identity, passphrase: phrase)
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [
    ["-t", "rsa", "-b", "2048"], ["-t", "ecdsa", "-b", "384"], ["-t", "ed25519"],
    ["-t", "rsa", "-b", "2048", "-m", "PEM"], ["-t", "ecdsa", "-m", "PKCS8"],
  ])
  func publicHalfOfAKeyIsWhatSSHKeygenPrints(options: [String]) throws {
    let identity = try make(options)
    let key = try PrivateKey.load(identity, passphrase: nil)
    let line = TemporaryFolder.text(of: identity.path + ".pub")
    #expect(key.publicKey == PublicKey(line: line))
    let listed = Program.run(
      ["/usr/bin/ssh-keygen", "-l", "-f", identity.path + ".pub"],
      in: folder
    )
    #expect(listed.output.contains(key.publicKey.fingerprint))
  }

  @Test(arguments: [1, 2, 16, 40])
  func bcryptDerivesWhatSSHKeygenDerives(rounds: Int) throws {
    let identity = try make(["-t", "ed25519", "-a", "\(rounds)"], phrase: "pass phräse")
    #expect(failure(identity, "pass phräse") == nil)
    #expect(failure(identity, "pass phrase") == .wrongPassphrase)
  }

  @Test(arguments: [
    ["-t", "ed25519"], ["-t", "ed25519", "-Z", "aes128-gcm@openssh.com"],
    ["-t", "ecdsa", "-Z", "aes256-cbc"], ["-t", "rsa", "-m", "PEM"],
    ["-t", "ecdsa", "-m", "PKCS8"],
  ])
  func wrongPassphraseIsToldFromNoneAndFromADamagedFile(options: [String]) throws {
    let identity = try make(options, phrase: "right one")
    #expect(identity.isEncrypted)
    #expect(failure(identity, "right one") == nil)
    #expect(failure(identity, "wrong") == .wrongPassphrase)
    #expect(failure(identity, nil) == .locked)
  }

  @Test
  func damagedKeyIsNotTakenForAWrongPassphrase() throws {
    let identity = try make(["-t", "ed25519"], phrase: "secret")
    let envelope = try #require(identity.envelope)
    // The options of bcrypt are 16 bytes of salt and the rounds; a length that cannot be is damage.
    var text = String(decoding: identity.contents, as: UTF8.self)
    let body = text.split(separator: "\n").dropFirst().dropLast().joined()
    var bytes = try #require(Digests.base64Decoded(Array(body.utf8)))
    let salt = try #require(bytes.firstRange(of: [0, 0, 0, 0x10]))
    bytes[salt.upperBound - 1] = 0xFF
    text =
      "-----BEGIN OPENSSH PRIVATE KEY-----\n" + Digests.base64(bytes)
      + "\n-----END OPENSSH PRIVATE KEY-----\n"
    let broken = try #require(Identity(path: "/k", contents: Array(text.utf8)))
    #expect(broken.envelope?.publicBlob == envelope.publicBlob)
    #expect(failure(broken, "secret") == .damaged("its bcrypt options make no sense"))
  }

  @Test
  func keyIsDecryptedOnceForEverybody() throws {
    let identity = try make(["-t", "ed25519"], phrase: "secret")
    let store = IdentityStore()
    let first = try store.key(of: identity, passphrase: "secret").get()
    let second = try store.key(of: identity, passphrase: nil).get()
    #expect(first === second)
  }

  @Test
  func laterPassphraseIsTriedAfterAWrongOne() throws {
    let identity = try make(["-t", "ed25519"], phrase: "secret")
    let store = IdentityStore()
    #expect(throws: KeyFailure.wrongPassphrase) {
      try store.key(of: identity, passphrase: "guess").get()
    }
    #expect(throws: KeyFailure.wrongPassphrase) {
      try store.key(of: identity, passphrase: "secret").get()
    }
    _ = try store.key(of: identity, passphrase: "secret", again: true).get()
  }

  @Test
  func halfThatBelongsToAnotherKeyIsDamage() throws {
    let first = try make(["-t", "ed25519"])
    let other = try make(["-t", "ed25519"])
    var bytes = first.contents
    let mixed = try #require(other.publicKey)
    #expect(first.publicKey != mixed)
    // The public half stands near the front of the file, the private one at its end.
    let text = String(decoding: bytes, as: UTF8.self)
    let body = text.split(separator: "\n").dropFirst().dropLast().joined()
    bytes = try #require(Digests.base64Decoded(Array(body.utf8)))
    let place = try #require(bytes.firstRange(of: first.publicKey?.blob ?? []))
    bytes.replaceSubrange(place, with: mixed.blob)
    let broken = Identity(
      path: "/k",
      contents: Array(
        ("-----BEGIN OPENSSH PRIVATE KEY-----\n" + Digests.base64(bytes)
          + "\n-----END OPENSSH PRIVATE KEY-----\n").utf8
      )
    )
    #expect(
      failure(try #require(broken), nil)
        == .damaged("its private half does not belong to its public half")
    )
  }
}
