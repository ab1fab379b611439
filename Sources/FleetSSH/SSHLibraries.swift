import CLibCrypto
import CLibSSH2
import FleetTransport
import Glibc

/// The libraries under the SSH transport, for `fleetctl doctor`.
package enum SSHLibraries {
  /// Version of the libssh2 in use, such as `1.10.0`.
  package static var libSSH2: String {
    libssh2_version(0).map { String(cString: $0) } ?? "unknown"
  }

  /// Version of the OpenSSL in use, such as `OpenSSL 3.0.11 19 Sep 2023`.
  package static var openSSL: String {
    OpenSSL_version(OPENSSL_VERSION).map { String(cString: $0) } ?? "unknown"
  }

  /// What `program -V` says, such as `OpenSSH_9.2p1, OpenSSL 3.0.11`; nil when it says nothing in 2 s.
  package static func version(ofSSH program: String) -> String? {
    let started = ChildConversation.start([program, "-V"], environment: ["PATH=/usr/bin:/bin"])
    guard case .success(let child) = started else { return nil }
    child.endInput()
    let deadline = Deadline(in: .seconds(2))
    var said: [UInt8] = []
    while !child.hasFallenSilent, !deadline.hasPassed, said.count < 4096 {
      for stream in [ChildConversation.Stream.errors, .output] { said += child.read(stream) ?? [] }
      var wait = pollfd(fd: child.watch, events: Int16(POLLIN), revents: 0)
      if !child.hasFallenSilent { poll(&wait, 1, 100) }
    }
    let text = PrintableText.line(said, limit: 100)
    return text.isEmpty ? nil : text
  }

  /// What is offered to servers, in order of preference, as pairs of a heading and names.
  package static var offered: [(kind: String, names: [String])] {
    [
      ("key exchange", Session.exchanges), ("host keys", HostKey.supportedTypes),
      ("ciphers", Session.ciphers), ("MACs", Session.codes),
      (
        "user keys",
        [
          "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
          "rsa-sha2-512", "rsa-sha2-256", "ECDSA certificates",
        ]
      ),
    ]
  }

  /// What libssh2 1.10 cannot do and `transport: auto` leaves to OpenSSH's `ssh`.
  package static let limits = [
    "ciphers AES-GCM and ChaCha20, “etm” MACs, post-quantum key exchange",
    "RSA host keys, host certificates (@cert-authority)",
    "Ed25519 and RSA certificates, FIDO keys",
  ]
}

/// What a private key file of the operator is like, for `fleetctl doctor`.
package enum IdentityCheck {
  /// One line about the key at `path`: its type and fingerprint, or why it cannot be used.
  package static func describe(_ path: String) -> (text: String, isUsable: Bool) {
    do throws(TransportError) {
      let identity = try IdentityStore().identity(at: path)
      if identity.isEncrypted {
        let key = identity.publicKey.map { "\($0.type) \($0.fingerprint)" } ?? "PEM"
        return ("\(key), encrypted", true)
      }
      switch IdentityStore().key(of: identity, passphrase: nil) {
      case .success(let key): return ("\(key.publicKey.type) \(key.publicKey.fingerprint)", true)
      case .failure(let failure): return (failure.error(path).message, false)
      }
    } catch {
      return (error.message, false)
    }
  }

  /// The public half of the key at `path`, private or public, as type and base64; nil when the file does
  /// not show it.
  package static func publicLine(_ path: String) -> String? {
    let store = IdentityStore()
    let key = store.publicHalf(at: path) ?? store.publicHalf(at: path + ".pub")
    if let key, !key.isCertificate { return "\(key.type) \(Digests.base64(key.blob))" }
    guard let identity = try? store.identity(at: path) else { return nil }
    if let key = identity.publicKey { return "\(key.type) \(Digests.base64(key.blob))" }
    guard case .success(let opened) = store.key(of: identity, passphrase: nil) else { return nil }
    return "\(opened.publicKey.type) \(Digests.base64(opened.publicKey.blob))"
  }

  /// The names of the keys that ssh(1) and fleetctl try when none is configured.
  package static let defaultNames = Credentials.defaultNames

  /// The keys in the agent at `socket`, one line each; nil when it does not answer.
  package static func agentKeys(_ socket: String) -> [String]? {
    let agent = AgentKeys(socket)
    guard agent.remark == nil else { return nil }
    return agent.keys.map { held in
      let how = held.key.algorithms.isEmpty ? ", through ssh only" : ""
      return "\(held.text) (\(held.key.type) \(held.key.fingerprint))\(how)"
    }
  }
}
