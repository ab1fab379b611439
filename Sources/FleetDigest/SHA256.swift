internal import CLibCrypto

/// SHA-256 (FIPS 180-4) over OpenSSL's EVP interface.
package enum SHA256 {
  /// Returns the digest of `bytes` as 64 lowercase hexadecimal digits.
  package static func hex(_ bytes: [UInt8]) -> String {
    Hexadecimal.text(digest(bytes))
  }

  /// Returns the 32 bytes of the digest of `bytes`.
  package static func digest(_ bytes: [UInt8]) -> [UInt8] {
    bytes.withUnsafeBytes { digest($0) }
  }

  /// Returns the 32 bytes of the digest of the memory at `bytes`.
  package static func digest(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var stream = Stream()
    stream.update(bytes)
    return stream.digest()
  }

  /// A digest that is fed piece by piece, for content that is never in memory as a whole.
  package struct Stream: ~Copyable {
    private let context: OpaquePointer

    /// Begins a digest of no bytes.
    package init() {
      // Both calls fail only without memory or with a broken OpenSSL; neither has a cure here.
      guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1
      else {
        preconditionFailure("OpenSSL offers no SHA-256. This is a bug in fleetctl.")
      }
      self.context = context
    }

    deinit {
      EVP_MD_CTX_free(context)
    }

    /// Adds `bytes`.
    package mutating func update(_ bytes: [UInt8]) {
      bytes.withUnsafeBytes { update($0) }
    }

    /// Adds the UTF-8 of `text`.
    package mutating func update(_ text: String) {
      update(Array(text.utf8))
    }

    /// Adds the memory at `bytes`, which is read during the call only.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
      guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
      let done = EVP_DigestUpdate(context, base, bytes.count)
      precondition(done == 1, "EVP_DigestUpdate failed. This is a bug in fleetctl.")
    }

    /// Ends the digest and returns its 32 bytes.
    package consuming func digest() -> [UInt8] {
      var output = [UInt8](repeating: 0, count: 32)
      let done = EVP_DigestFinal_ex(context, &output, nil)
      precondition(done == 1, "EVP_DigestFinal_ex failed. This is a bug in fleetctl.")
      return output
    }

    /// Ends the digest and returns it as 64 lowercase hexadecimal digits.
    package consuming func hex() -> String {
      Hexadecimal.text(digest())
    }
  }
}
