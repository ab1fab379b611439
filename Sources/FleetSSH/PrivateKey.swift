import CLibCrypto

/// A private key in memory, decrypted once and ready to sign; OpenSSL does the arithmetic.
// An EVP_PKEY may be used by several threads at once as long as nobody changes it (openssl-threads(7));
// nobody does, and it is freed with the last reference.
final class PrivateKey: @unchecked Sendable {
  /// Its public half.
  let publicKey: PublicKey
  private let key: OpaquePointer

  /// Takes an `EVP_PKEY` over; nil, and the key freed, when it is of a kind that SSH does not know.
  init?(owning key: OpaquePointer) {
    guard let publicKey = Self.publicKey(of: key) else {
      EVP_PKEY_free(key)
      return nil
    }
    self.key = key
    self.publicKey = publicKey
  }

  deinit {
    EVP_PKEY_free(key)
  }

  /// Signs `data`; returns the signature as SSH writes it, without its type name.
  ///
  /// `algorithm` decides the hash of RSA (RFC 8332) and is otherwise the key's own.
  func sign(_ data: [UInt8], as algorithm: String) -> [UInt8]? {
    let hash: OpaquePointer? =
      switch algorithm {
      case "rsa-sha2-512": EVP_sha512()
      case "rsa-sha2-256": EVP_sha256()
      case let name where name.hasPrefix("ecdsa-sha2-nistp256"): EVP_sha256()
      case let name where name.hasPrefix("ecdsa-sha2-nistp384"): EVP_sha384()
      case let name where name.hasPrefix("ecdsa-sha2-nistp521"): EVP_sha512()
      default: nil
      }
    defer { ERR_clear_error() }
    guard let context = EVP_MD_CTX_new() else { return nil }
    defer { EVP_MD_CTX_free(context) }
    var length = 0
    guard EVP_DigestSignInit(context, nil, hash, nil, key) == 1,
      EVP_DigestSign(context, nil, &length, data, data.count) == 1
    else { return nil }
    var signature = [UInt8](repeating: 0, count: length)
    guard EVP_DigestSign(context, &signature, &length, data, data.count) == 1 else { return nil }
    signature.removeLast(signature.count - length)
    return algorithm.hasPrefix("ecdsa-") ? Self.pair(signature) : signature
  }

  /// The two numbers of an ECDSA signature as SSH writes them (RFC 5656 section 3.1.2).
  private static func pair(_ der: [UInt8]) -> [UInt8]? {
    der.withUnsafeBufferPointer { bytes in
      var next = bytes.baseAddress
      guard let pair = d2i_ECDSA_SIG(nil, &next, der.count) else { return nil }
      defer { ECDSA_SIG_free(pair) }
      guard let r = ECDSA_SIG_get0_r(pair), let s = ECDSA_SIG_get0_s(pair) else { return nil }
      return BigNumber.wire(r) + BigNumber.wire(s)
    }
  }

  // MARK: Public half

  private static func publicKey(of key: OpaquePointer) -> PublicKey? {
    switch EVP_PKEY_get_base_id(key) {
    case EVP_PKEY_RSA:
      guard let e = BigNumber.parameter("e", of: key), let n = BigNumber.parameter("n", of: key)
      else { return nil }
      return PublicKey(blob: name("ssh-rsa") + e + n)
    case EVP_PKEY_EC:
      guard let curve = curve(of: key), let point = point(of: key) else { return nil }
      return PublicKey(
        blob: name("ecdsa-sha2-\(curve)") + name(curve) + WireReader.string(point)
      )
    case EVP_PKEY_ED25519:
      var bytes = [UInt8](repeating: 0, count: 32)
      var length = 32
      guard EVP_PKEY_get_raw_public_key(key, &bytes, &length) == 1, length == 32 else {
        return nil
      }
      return PublicKey(blob: name("ssh-ed25519") + WireReader.string(bytes))
    default: return nil
    }
  }

  private static func name(_ text: String) -> [UInt8] { WireReader.string(Array(text.utf8)) }

  private static func curve(of key: OpaquePointer) -> String? {
    var name = [CChar](repeating: 0, count: 64)
    var length = 0
    guard EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1 else { return nil }
    let text = String(decoding: name.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return ["prime256v1": "nistp256", "secp384r1": "nistp384", "secp521r1": "nistp521"][text]
  }

  private static func point(of key: OpaquePointer) -> [UInt8]? {
    var bytes: UnsafeMutablePointer<UInt8>?
    let length = EVP_PKEY_get1_encoded_public_key(key, &bytes)
    guard length > 0, let bytes else { return nil }
    defer { fleet_free(bytes) }
    return Array(UnsafeBufferPointer(start: bytes, count: length))
  }
}

/// OpenSSL's big numbers as SSH writes them.
enum BigNumber {
  /// `number` as an `mpint` (RFC 4251 section 5); never negative here.
  static func wire(_ number: OpaquePointer) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: (Int(BN_num_bits(number)) + 7) / 8)
    BN_bn2bin(number, &bytes)
    if let first = bytes.first, first >= 0x80 { bytes.insert(0, at: 0) }
    return WireReader.string(bytes)
  }

  /// The parameter `name` of an RSA key as an `mpint`.
  static func parameter(_ name: String, of key: OpaquePointer) -> [UInt8]? {
    var number: OpaquePointer?
    guard EVP_PKEY_get_bn_param(key, name, &number) == 1, let number else { return nil }
    defer { BN_free(number) }
    return wire(number)
  }

  /// `value` modulo (`prime` - 1), both big-endian, as RSA's shortcuts need it.
  static func exponent(_ value: [UInt8], for prime: [UInt8]) -> [UInt8]? {
    guard let context = BN_CTX_new() else { return nil }
    defer { BN_CTX_free(context) }
    guard let number = BN_bin2bn(value, Int32(value.count), nil) else { return nil }
    defer { BN_clear_free(number) }
    guard let modulus = BN_bin2bn(prime, Int32(prime.count), nil) else { return nil }
    defer { BN_clear_free(modulus) }
    guard BN_sub_word(modulus, 1) == 1, BN_is_zero(modulus) == 0,
      BN_div(nil, number, number, modulus, context) == 1
    else { return nil }
    var bytes = [UInt8](repeating: 0, count: (Int(BN_num_bits(number)) + 7) / 8)
    BN_bn2bin(number, &bytes)
    return bytes
  }
}
