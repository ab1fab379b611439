import CLibCrypto

/// The outer structure of OpenSSH's own private key format, still encrypted (PROTOCOL.key of OpenSSH).
struct KeyEnvelope: Sendable {
  /// The public key, which is never encrypted.
  let publicBlob: [UInt8]
  /// Name of the cipher; `none` for a key without a passphrase.
  private let cipher: String
  private let derivation: String
  private let options: [UInt8]
  private let secret: [UInt8]
  // What stands behind the secret: the tag of the ciphers that authenticate.
  private let tag: [UInt8]

  /// Whether a passphrase is needed.
  var isEncrypted: Bool { cipher != "none" }

  /// Reads the decoded contents; nil when they are not well formed.
  init?(_ bytes: [UInt8]) {
    var reader = WireReader(bytes)
    guard reader.expect(Array("openssh-key-v1\0".utf8)), let cipher = reader.text(),
      let derivation = reader.text(), let options = reader.string(), reader.number() == 1,
      let publicBlob = reader.string(), let secret = reader.string()
    else { return nil }
    self.publicBlob = publicBlob
    self.cipher = cipher
    self.derivation = derivation
    self.options = options
    self.secret = secret
    tag = reader.rest
  }

  private struct Cipher {
    let algorithm: OpaquePointer?
    let keyLength: Int
    var vectorLength = 16
    var isAuthenticated = false
  }

  private var known: Cipher? {
    switch cipher {
    case "aes256-ctr": Cipher(algorithm: EVP_aes_256_ctr(), keyLength: 32)
    case "aes192-ctr": Cipher(algorithm: EVP_aes_192_ctr(), keyLength: 24)
    case "aes128-ctr": Cipher(algorithm: EVP_aes_128_ctr(), keyLength: 16)
    case "aes256-cbc": Cipher(algorithm: EVP_aes_256_cbc(), keyLength: 32)
    case "aes192-cbc": Cipher(algorithm: EVP_aes_192_cbc(), keyLength: 24)
    case "aes128-cbc": Cipher(algorithm: EVP_aes_128_cbc(), keyLength: 16)
    case "aes256-gcm@openssh.com":
      Cipher(
        algorithm: EVP_aes_256_gcm(),
        keyLength: 32,
        vectorLength: 12,
        isAuthenticated: true
      )
    case "aes128-gcm@openssh.com":
      Cipher(
        algorithm: EVP_aes_128_gcm(),
        keyLength: 16,
        vectorLength: 12,
        isAuthenticated: true
      )
    default: nil
    }
  }

  /// The secret part, decrypted where need be; costs the 0.1 s and more that bcrypt is meant to cost.
  func opened(with passphrase: String?) throws(KeyFailure) -> [UInt8] {
    guard isEncrypted else { return secret }
    guard let known else {
      throw .unsupported(
        "it is encrypted with \(cipher); `ssh-keygen -p -Z aes256-ctr -f KEY` writes it anew"
      )
    }
    guard derivation == "bcrypt" else {
      throw .unsupported("its passphrase goes through \(derivation)")
    }
    var reader = WireReader(options)
    guard let salt = reader.string(), !salt.isEmpty, salt.count <= 512,
      let rounds = reader.number(), rounds >= 1, reader.isAtEnd
    else { throw .damaged("its bcrypt options make no sense") }
    // ssh-keygen writes 16 to 24; a million would be minutes of work for what may be a damaged file.
    guard rounds <= 4096 else { throw .damaged("it wants \(rounds) rounds of bcrypt") }
    guard let passphrase, !passphrase.isEmpty else { throw .locked }
    var material = [UInt8](repeating: 0, count: known.keyLength + known.vectorLength)
    defer { material.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) } }
    let phrase = Array(passphrase.utf8CString)
    guard
      fleet_bcrypt_pbkdf(
        phrase,
        phrase.count - 1,
        salt,
        salt.count,
        rounds,
        &material,
        material.count
      ) == 1
    else { throw .damaged("its bcrypt options make no sense") }
    return try decrypt(known, material)
  }

  private func decrypt(_ known: Cipher, _ material: [UInt8]) throws(KeyFailure) -> [UInt8] {
    guard tag.count == (known.isAuthenticated ? 16 : 0), secret.count.isMultiple(of: 16),
      !secret.isEmpty
    else { throw .damaged("its encrypted part is cut or too long") }
    let vector = Array(material[known.keyLength...])
    var tag = tag
    var clear = [UInt8](repeating: 0, count: secret.count + 16)
    var length: Int32 = 0
    guard let context = EVP_CIPHER_CTX_new() else { throw .damaged("there is no memory") }
    defer {
      EVP_CIPHER_CTX_free(context)
      ERR_clear_error()
    }
    // The format pads by itself.
    guard EVP_DecryptInit_ex(context, known.algorithm, nil, material, vector) == 1,
      EVP_CIPHER_CTX_set_padding(context, 0) == 1,
      !known.isAuthenticated
        || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, &tag) == 1,
      EVP_DecryptUpdate(context, &clear, &length, secret, Int32(secret.count)) == 1
    else { throw .damaged("OpenSSL cannot decrypt \(cipher)") }
    var rest = [UInt8](repeating: 0, count: 32)
    var more: Int32 = 0
    guard EVP_DecryptFinal_ex(context, &rest, &more) == 1 else { throw .wrongPassphrase }
    return Array(clear.prefix(Int(length)))
  }
}
