/// The public key that a server showed, or that known_hosts pins.
package struct HostKey: Hashable, Sendable {
  /// Algorithm name, such as `ssh-ed25519` (RFC 4253 section 6.6).
  package let type: String
  /// The key as known_hosts writes it.
  package let base64: String
  /// `SHA256:` and the unpadded base64 of the SHA-256 of the key, as `ssh-keygen -l` prints it.
  package let fingerprint: String
  /// The key in wire format.
  let blob: [UInt8]

  /// Reads a key in wire format; nil when it is not well formed.
  init?(blob: [UInt8]) {
    guard let type = Self.type(of: blob) else { return nil }
    self.type = type
    self.blob = blob
    base64 = Digests.base64(blob)
    let digest = Digests.base64(Digests.sha256(blob))
    fingerprint = "SHA256:" + digest.prefix { $0 != "=" }
  }

  /// Reads `TYPE BASE64` as known_hosts and `fleet.lock` write it; nil when it is not well formed.
  package init?(line: String) {
    let words = line.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 2, let blob = Digests.base64Decoded(Array(words[1].utf8)),
      let key = HostKey(blob: blob), key.type == words[0]
    else { return nil }
    self = key
  }

  /// `TYPE BASE64`, as known_hosts and `fleet.lock` write it.
  package var line: String { "\(type) \(base64)" }

  /// Key types that libssh2 1.10 verifies and that are worth offering, best first.
  ///
  /// `ssh-rsa` is left out: libssh2 1.10 knows it only with SHA-1.
  static let supportedTypes = [
    "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
  ]

  /// Checks the structure of a key blob and returns its type; nil when a field is missing or left over.
  private static func type(of blob: [UInt8]) -> String? {
    var reader = WireReader(blob)
    guard let type = reader.text() else { return nil }
    let isSound =
      switch type {
      case "ssh-ed25519": reader.string()?.count == 32
      case "sk-ssh-ed25519@openssh.com":
        reader.string()?.count == 32 && reader.string() != nil
      case "ecdsa-sha2-nistp256": isPoint(&reader, "nistp256", 65)
      case "ecdsa-sha2-nistp384": isPoint(&reader, "nistp384", 97)
      case "ecdsa-sha2-nistp521": isPoint(&reader, "nistp521", 133)
      case "sk-ecdsa-sha2-nistp256@openssh.com":
        isPoint(&reader, "nistp256", 65) && reader.string() != nil
      case "ssh-rsa": reader.string() != nil && (reader.string()?.count ?? 0) >= 128
      case "ssh-dss": (0..<4).allSatisfy { _ in reader.string() != nil }
      default: false
      }
    return isSound && reader.isAtEnd ? type : nil
  }

  private static func isPoint(_ reader: inout WireReader, _ curve: String, _ length: Int) -> Bool {
    guard reader.text() == curve, let point = reader.string() else { return false }
    // Uncompressed points only (RFC 5656 section 3.1 and OpenSSH).
    return point.count == length && point.first == 4
  }
}
