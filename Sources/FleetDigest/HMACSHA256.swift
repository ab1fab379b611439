internal import CLibCrypto

/// HMAC (RFC 2104) with SHA-256.
package enum HMACSHA256 {
  /// Returns the code of `message` under `key` as 64 lowercase hexadecimal digits.
  ///
  /// A key may have any length; longer than 64 bytes it is hashed first, as the RFC says.
  package static func hex(key: [UInt8], message: [UInt8]) -> String {
    Hexadecimal.text(code(key: key, message: message))
  }

  /// Returns the 32 bytes of the code of `message` under `key`.
  package static func code(key: [UInt8], message: [UInt8]) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: 32)
    // A null key pointer means "keep the previous key" to OpenSSL, so an empty key needs an address.
    let keyBytes = key.isEmpty ? [0] : key
    let result = EVP_Q_mac(
      nil,
      "HMAC",
      nil,
      "SHA256",
      nil,
      keyBytes,
      key.count,
      message,
      message.count,
      &output,
      output.count,
      nil
    )
    precondition(result != nil, "OpenSSL offers no HMAC. This is a bug in fleetctl.")
    return output
  }
}
