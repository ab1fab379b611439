import FleetTransport
import Glibc
import Synchronization

/// A private key file, read but not decrypted.
struct Identity: Sendable {
  /// Where it was read, for messages.
  let path: String
  /// The file as it is.
  let contents: [UInt8]
  /// The structure of OpenSSH's own format; nil for PEM.
  let envelope: KeyEnvelope?
  /// The public key where the file shows it: the OpenSSH format does even when encrypted.
  let publicKey: PublicKey?
  /// Whether a passphrase is needed.
  let isEncrypted: Bool

  /// Reads what a private key file says about itself; nil when it is none.
  ///
  /// `publicHalf` is the text of the `.pub` file beside it; it serves where PEM hides the public key.
  init?(path: String, contents: [UInt8], publicHalf: String? = nil) {
    let text = String(decoding: contents.prefix(65_536), as: UTF8.self)
    guard let begin = text.firstRange(of: "-----BEGIN "),
      let label = text[begin.upperBound...].firstRange(of: "-----")
    else { return nil }
    self.path = path
    self.contents = contents
    switch text[begin.upperBound..<label.lowerBound] {
    case "OPENSSH PRIVATE KEY":
      let body = text[label.upperBound...].prefix { $0 != "-" }.utf8.filter { $0 > 0x20 }
      guard let bytes = Digests.base64Decoded(body), let envelope = KeyEnvelope(bytes) else {
        return nil
      }
      self.envelope = envelope
      publicKey = PublicKey(blob: envelope.publicBlob)
      isEncrypted = envelope.isEncrypted
    case let name where name.hasSuffix("PRIVATE KEY"):
      envelope = nil
      isEncrypted = name.hasPrefix("ENCRYPTED") || text.contains("Proc-Type: 4,ENCRYPTED")
      publicKey = isEncrypted ? publicHalf.flatMap { PublicKey(line: $0) } : nil
    default: return nil
    }
  }
}

/// Reads and decrypts each private key file once for all connections.
final class IdentityStore: Sendable {
  private struct State {
    var identities: [String: Result<Identity, TransportError>] = [:]
    var keys: [String: Result<PrivateKey, KeyFailure>] = [:]
    var publicHalves: [String: PublicKey?] = [:]
  }

  private let state = Mutex(State())

  /// The key file at `path`.
  ///
  /// - Throws: `.identityUnreadable` when it is missing, unreadable or no private key.
  func identity(at path: String) throws(TransportError) -> Identity {
    try state.withLock { state in
      if let known = state.identities[path] { return known }
      let outcome = Self.load(path)
      state.identities[path] = outcome
      return outcome
    }.get()
  }

  /// The key in `identity`, decrypted with `passphrase` where need be; the work is done once a run.
  ///
  /// Everybody else waits meanwhile, as they need the same key. A later passphrase is tried again after
  /// a wrong one.
  func key(
    of identity: Identity,
    passphrase: String?,
    again: Bool = false
  ) -> Result<PrivateKey, KeyFailure> {
    state.withLock { state in
      if let known = state.keys[identity.path] {
        if case .success = known { return known }
        if !again { return known }
      }
      let outcome: Result<PrivateKey, KeyFailure>
      do throws(KeyFailure) {
        outcome = .success(try PrivateKey.load(identity, passphrase: passphrase))
      } catch {
        outcome = .failure(error)
      }
      state.keys[identity.path] = outcome
      return outcome
    }
  }

  /// The certificate that lies beside `identity`, as ssh(1) looks for it.
  func certificate(of identity: Identity) -> PublicKey? {
    guard let text = Self.text(identity.path + "-cert.pub"), let key = PublicKey(line: text),
      key.isCertificate
    else { return nil }
    return key
  }

  /// The public key in the file at `path`; nil when it is a private key, unreadable or missing.
  func publicHalf(at path: String) -> PublicKey? {
    state.withLock { state in
      if let known = state.publicHalves[path] { return known }
      let key = Self.text(path).flatMap { PublicKey(line: $0) }
      state.publicHalves[path] = .some(key)
      return key
    }
  }

  private static func text(_ path: String) -> String? {
    guard case .success(let bytes) = LocalFile.read(path, limit: 1 << 20) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func load(_ path: String) -> Result<Identity, TransportError> {
    switch LocalFile.read(path, limit: 1 << 20) {
    case .failure(let failure):
      let remedy =
        failure.code == ENOENT
        ? "Create it with `ssh-keygen -t ed25519 -f \(path)`, or name another in `ssh.identity_file`."
        : "Make it readable for you alone: `chmod 600 \(path)`."
      return .failure(
        TransportError(
          .identityUnreadable,
          step: "login",
          "cannot read the private key \(path): \(failure.text)",
          remedy: remedy
        )
      )
    case .success(let contents):
      let publicHalf = text(path + ".pub")
      guard let identity = Identity(path: path, contents: contents, publicHalf: publicHalf) else {
        return .failure(
          TransportError(
            .identityUnreadable,
            step: "login",
            "\(path) is not a private key in OpenSSH or PEM format",
            remedy: "Name the private key in `ssh.identity_file`."
          )
        )
      }
      return .success(identity)
    }
  }
}
