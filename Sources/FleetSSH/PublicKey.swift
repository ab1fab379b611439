/// A public key or certificate that a user logs in with (RFC 4253 section 6.6, PROTOCOL.certkeys).
///
/// Host keys are `HostKey`, which is stricter about their structure.
struct PublicKey: Hashable, Sendable {
  /// Name of the format, such as `ssh-rsa` or `ssh-ed25519-cert-v01@openssh.com`.
  let type: String
  /// The key in wire format.
  let blob: [UInt8]

  /// Reads a key in wire format; nil when it does not begin with a sensible name.
  init?(blob: [UInt8]) {
    var reader = WireReader(blob)
    guard let type = reader.text(), (1...64).contains(type.utf8.count), !reader.isAtEnd,
      type.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else { return nil }
    self.type = type
    self.blob = blob
  }

  /// Reads a line of a `.pub` file: type, base64, comment.
  init?(line: String) {
    let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0.isNewline })
    guard words.count >= 2, let blob = Digests.base64Decoded(Array(words[1].utf8)),
      let key = PublicKey(blob: blob), key.type == words[0]
    else { return nil }
    self = key
  }

  /// `SHA256:` and unpadded base64, as `ssh-keygen -l` prints it for a plain key.
  var fingerprint: String {
    "SHA256:" + Digests.base64(Digests.sha256(blob)).prefix { $0 != "=" }
  }

  /// Whether it is a certificate rather than a key.
  var isCertificate: Bool { type.hasSuffix("-cert-v01@openssh.com") }

  /// The algorithms under which libssh2 1.10 can offer it, best first; empty when it cannot.
  ///
  /// libssh2 writes the name from the blob both into the request and into the signature. For RSA that
  /// name has to be the signature's (RFC 8332), so the blob is renamed; OpenSSH since 7.2 takes it. A
  /// certificate's signature bears the plain key's name, which 1.10 manages only for ECDSA.
  var algorithms: [String] {
    switch type {
    case "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256"]
    case "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
      "ecdsa-sha2-nistp256-cert-v01@openssh.com", "ecdsa-sha2-nistp384-cert-v01@openssh.com",
      "ecdsa-sha2-nistp521-cert-v01@openssh.com":
      [type]
    default: []
    }
  }

  /// The key in wire format under the name `algorithm`.
  func blob(named algorithm: String) -> [UInt8] {
    guard algorithm != type else { return blob }
    return WireReader.string(Array(algorithm.utf8)) + blob.dropFirst(4 + type.utf8.count)
  }
}
