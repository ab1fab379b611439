import CLibCrypto

/// Why a private key file did not become a key.
enum KeyFailure: Error, Hashable, Sendable {
  /// It is encrypted and no passphrase was given.
  case locked
  /// It is encrypted and the passphrase does not open it.
  case wrongPassphrase
  /// It is damaged; the words say where.
  case damaged(String)
  /// It is sound and of a kind that cannot be used here, such as a FIDO key.
  case unsupported(String)
}

extension PrivateKey {
  /// Reads a private key file of either format, decrypting it with `passphrase` where need be.
  static func load(
    _ identity: Identity,
    passphrase: String?
  ) throws(KeyFailure) -> PrivateKey {
    let key =
      if let envelope = identity.envelope {
        try load(envelope, passphrase)
      } else {
        try load(pem: identity.contents, identity.isEncrypted, passphrase)
      }
    // A `.pub` file beside a PEM key is only a hint and may be older than the key.
    guard identity.envelope == nil || identity.publicKey == key.publicKey else {
      throw .damaged("its private half does not belong to its public half")
    }
    return key
  }

  // MARK: PEM

  private static func load(
    pem: [UInt8],
    _ isEncrypted: Bool,
    _ passphrase: String?
  ) throws(KeyFailure) -> PrivateKey {
    if isEncrypted, passphrase == nil { throw .locked }
    ERR_clear_error()
    defer { ERR_clear_error() }
    var phrase = (passphrase ?? "").utf8CString.map { $0 }
    guard let raw = fleet_pem_private_key(pem, pem.count, &phrase) else {
      throw pemFailure(isEncrypted)
    }
    guard let key = PrivateKey(owning: raw) else {
      throw .unsupported("its algorithm is none that SSH logs in with")
    }
    return key
  }

  /// OpenSSL reports a wrong passphrase as padding or as a structure that makes no sense after
  /// decryption; damaged text is noticed before.
  private static func pemFailure(_ isEncrypted: Bool) -> KeyFailure {
    let code = ERR_peek_error()
    let library = Int32(truncatingIfNeeded: (code >> 23) & 0xFF)
    let reason = Int32(truncatingIfNeeded: code & 0x7F_FFFF)
    let words = ERR_reason_error_string(code).map { String(cString: $0) } ?? "no details"
    let isText = library == ERR_LIB_PEM && reason != PEM_R_BAD_DECRYPT
    return isEncrypted && !isText ? .wrongPassphrase : .damaged(words)
  }

  // MARK: OpenSSH

  private static func load(
    _ envelope: KeyEnvelope,
    _ passphrase: String?
  ) throws(KeyFailure) -> PrivateKey {
    var reader = WireReader(try envelope.opened(with: passphrase))
    guard let first = reader.number(), first == reader.number() else {
      // The two numbers are there to notice a wrong passphrase (PROTOCOL.key section 3).
      throw envelope.isEncrypted ? .wrongPassphrase : .damaged("its check numbers differ")
    }
    guard let type = reader.text() else { throw .damaged("it holds no key") }
    let raw: OpaquePointer?
    switch type {
    case "ssh-ed25519": raw = ed25519(&reader)
    case "ssh-rsa": raw = rsa(&reader)
    case "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521": raw = ecdsa(&reader)
    default: throw .unsupported("keys of type \(type) are not used by fleetctl itself")
    }
    ERR_clear_error()
    guard let raw, let key = PrivateKey(owning: raw) else {
      throw .damaged("its \(type) numbers make no key")
    }
    return key
  }

  private static func ed25519(_ reader: inout WireReader) -> OpaquePointer? {
    guard reader.string() != nil, let pair = reader.string(), pair.count == 64 else { return nil }
    return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, pair, 32)
  }

  /// PKCS #1 (RFC 8017 appendix A.1.2), which OpenSSL reads.
  private static func rsa(_ reader: inout WireReader) -> OpaquePointer? {
    guard let n = reader.string(), let e = reader.string(), let d = reader.string(),
      let inverse = reader.string(), let p = reader.string(), let q = reader.string(),
      let dp = BigNumber.exponent(d, for: p), let dq = BigNumber.exponent(d, for: q)
    else { return nil }
    let numbers = [[], n, e, d, p, q, dp, dq, inverse].map(DER.integer)
    return key(from: DER.sequence(numbers))
  }

  /// SEC 1 (RFC 5915), which OpenSSL reads.
  private static func ecdsa(_ reader: inout WireReader) -> OpaquePointer? {
    let curves: [String: (size: Int, oid: [UInt8])] = [
      "nistp256": (32, [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]),
      "nistp384": (48, [0x2B, 0x81, 0x04, 0x00, 0x22]),
      "nistp521": (66, [0x2B, 0x81, 0x04, 0x00, 0x23]),
    ]
    guard let name = reader.text(), let curve = curves[name], let point = reader.string(),
      let scalar = reader.string()?.drop(while: { $0 == 0 }), scalar.count <= curve.size
    else { return nil }
    let padded = [UInt8](repeating: 0, count: curve.size - scalar.count) + scalar
    return key(
      from: DER.sequence([
        DER.integer([1]), DER.value(0x04, padded), DER.value(0xA0, DER.value(0x06, curve.oid)),
        DER.value(0xA1, DER.value(0x03, [0] + point)),
      ])
    )
  }

  private static func key(from der: [UInt8]) -> OpaquePointer? {
    der.withUnsafeBufferPointer { bytes in
      var next = bytes.baseAddress
      return d2i_AutoPrivateKey(nil, &next, der.count)
    }
  }
}

/// The little of ASN.1's distinguished encoding (X.690) that private keys need.
enum DER {
  /// One value with its tag and length.
  static func value(_ tag: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    guard bytes.count >= 0x80 else { return [tag, UInt8(bytes.count)] + bytes }
    let length = Array(WireReader.number(UInt32(bytes.count)).drop { $0 == 0 })
    return [tag, 0x80 | UInt8(length.count)] + length + bytes
  }

  /// A SEQUENCE.
  static func sequence(_ parts: [[UInt8]]) -> [UInt8] { value(0x30, parts.flatMap { $0 }) }

  /// An INTEGER that is not negative, from its big-endian bytes.
  static func integer(_ bytes: [UInt8]) -> [UInt8] {
    let significant = Array(bytes.drop { $0 == 0 })
    let needsZero = (significant.first ?? 0x80) >= 0x80
    return value(0x02, (needsZero ? [0] : []) + significant)
  }
}
