import FleetTransport
import Glibc
import Synchronization

/// A private key file, read but not decrypted.
struct Identity: Sendable {
  /// Where it was read, for messages.
  let path: String
  /// The file as it is; libssh2 decrypts it.
  let contents: [UInt8]
  /// The public key where the file shows it: the OpenSSH format does even when encrypted.
  let publicKey: HostKey?
  /// Algorithm as far as the file shows it, such as `ssh-ed25519` or `ssh-rsa`.
  let type: String?
  /// Whether a passphrase is needed.
  let isEncrypted: Bool

  /// The key as messages name it: path, type and fingerprint.
  var text: String {
    [path, type.map { "(\($0)" + (publicKey.map { " " + $0.fingerprint } ?? "") + ")" }]
      .compactMap { $0 }.joined(separator: " ")
  }

  /// Reads what a private key file says about itself; nil when it is none.
  init?(path: String, contents: [UInt8]) {
    let text = String(decoding: contents.prefix(65_536), as: UTF8.self)
    guard let begin = text.firstRange(of: "-----BEGIN "),
      let label = text[begin.upperBound...].firstRange(of: "-----")
    else { return nil }
    self.path = path
    self.contents = contents
    switch text[begin.upperBound..<label.lowerBound] {
    case "OPENSSH PRIVATE KEY":
      guard let header = Self.header(text[label.upperBound...]) else { return nil }
      publicKey = header.key
      type = header.type
      isEncrypted = header.isEncrypted
    case let name where name.hasSuffix("PRIVATE KEY"):
      publicKey = nil
      isEncrypted = name.hasPrefix("ENCRYPTED") || text.contains("Proc-Type: 4,ENCRYPTED")
      type = ["RSA PRIVATE KEY": "ssh-rsa", "EC PRIVATE KEY": "ecdsa"][name]
    default: return nil
    }
  }

  /// The clear part of the OpenSSH format (PROTOCOL.key of OpenSSH).
  private static func header(
    _ body: Substring
  ) -> (key: HostKey?, type: String?, isEncrypted: Bool)? {
    let encoded = body.prefix { $0 != "-" }.utf8.filter { $0 > 0x20 }
    guard let bytes = Digests.base64Decoded(encoded) else { return nil }
    var reader = WireReader(bytes)
    guard reader.expect(Array("openssh-key-v1\0".utf8)), let cipher = reader.text(),
      reader.string() != nil, reader.string() != nil, reader.number() == 1,
      let blob = reader.string()
    else { return nil }
    var inner = WireReader(blob)
    return (HostKey(blob: blob), inner.text(), cipher != "none")
  }
}

/// Reads each private key file once for all connections.
final class IdentityStore: Sendable {
  private let cache = Mutex<[String: Result<Identity, TransportError>]>([:])

  /// The key in `path`.
  ///
  /// - Throws: `.identityUnreadable` when it is missing, unreadable or no private key.
  func identity(at path: String) throws(TransportError) -> Identity {
    try cache.withLock { cache in
      if let known = cache[path] { return known }
      let outcome = Self.load(path)
      cache[path] = outcome
      return outcome
    }.get()
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
      guard let identity = Identity(path: path, contents: contents) else {
        return .failure(
          TransportError(
            .identityUnreadable,
            step: "login",
            "\(path) is not a private key in OpenSSH or PEM format",
            remedy: "Name the private key in `ssh.identity_file`, not its `.pub` half."
          )
        )
      }
      return .success(identity)
    }
  }
}
