import CLibCrypto
import FleetTransport

/// The client side of one TLS connection, entirely in memory: bytes in, bytes out.
final class TLSClient {
  private let context: OpaquePointer
  private let ssl: OpaquePointer
  // Both belong to `ssl`.
  private let incoming: OpaquePointer
  private let outgoing: OpaquePointer
  private var unsent: [UInt8]
  private let name: String

  /// Everything that the peer said, decrypted.
  private(set) var output: [UInt8] = []
  /// Whether the peer has been verified.
  private(set) var isConnected = false
  /// Whether the peer ended the conversation.
  private(set) var isFinished = false

  /// Prepares a conversation that verifies the peer against `settings` and then sends `request`.
  ///
  /// Trust is the given authority alone; the name or address must stand among the subject alternative
  /// names (X509_check_host(3), X509_check_ip_asc(3)); TLS 1.2 at least.
  init(_ settings: StreamRequest.TLS, request: [UInt8]) throws(TransportError) {
    name = settings.serverName
    unsent = request
    ERR_clear_error()
    guard let context = SSL_CTX_new(TLS_client_method()) else { throw Self.failure("no memory") }
    guard let ssl = SSL_new(context), let incoming = BIO_new(BIO_s_mem()),
      let outgoing = BIO_new(BIO_s_mem())
    else {
      SSL_CTX_free(context)
      throw Self.failure("no memory")
    }
    (self.context, self.ssl, self.incoming, self.outgoing) = (context, ssl, incoming, outgoing)
    SSL_set_bio(ssl, incoming, outgoing)
    SSL_set_connect_state(ssl)
    SSL_set_verify(ssl, SSL_VERIFY_PEER, nil)
    fleet_tls_require_1_2(ssl)
    try trust(settings.authority)
    try demand(name: settings.serverName)
  }

  deinit {
    SSL_free(ssl)
    SSL_CTX_free(context)
  }

  private func trust(_ authority: String) throws(TransportError) {
    let bytes = Array(authority.utf8)
    let store = SSL_CTX_get_cert_store(context)
    guard let bio = BIO_new_mem_buf(bytes, Int32(bytes.count)) else {
      throw Self.failure("no memory")
    }
    defer { BIO_free(bio) }
    var count = 0
    while let certificate = PEM_read_bio_X509(bio, nil, nil, nil) {
      X509_STORE_add_cert(store, certificate)
      X509_free(certificate)
      count += 1
    }
    ERR_clear_error()
    guard count > 0 else { throw Self.failure("the authority is not a PEM certificate") }
  }

  private func demand(name: String) throws(TransportError) {
    let parameters = SSL_get0_param(ssl)
    // An address must stand in the certificate as an address; a name is announced (SNI) as well.
    if X509_VERIFY_PARAM_set1_ip_asc(parameters, name) == 1 { return }
    ERR_clear_error()
    X509_VERIFY_PARAM_set_hostflags(
      parameters,
      UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS)
    )
    guard SSL_set1_host(ssl, name) == 1, fleet_tls_announce_name(ssl, name) == 1 else {
      throw Self.failure("`\(name)` is not a host name")
    }
  }

  /// Takes what came from the peer.
  func receive(_ bytes: ArraySlice<UInt8>) throws(TransportError) {
    bytes.withUnsafeBytes { _ = BIO_write(incoming, $0.baseAddress, Int32($0.count)) }
    try advance()
  }

  /// Encrypted bytes for the peer; empties the store.
  func takeOutgoing() -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count = BIO_read(outgoing, &buffer, Int32(buffer.count))
      guard count > 0 else { return bytes }
      bytes += buffer[..<Int(count)]
    }
  }

  /// Goes as far as the bytes at hand allow: handshake, request, answer.
  func advance() throws(TransportError) {
    ERR_clear_error()
    if !isConnected {
      let code = SSL_do_handshake(ssl)
      guard code == 1 else { return try settle(code) }
      isConnected = true
    }
    if !unsent.isEmpty {
      let code = SSL_write(ssl, unsent, Int32(unsent.count))
      guard code > 0 else { return try settle(code) }
      unsent = []
    }
    try read()
  }

  /// Tells a result that only asks for more bytes from a real failure.
  private func settle(_ code: Int32) throws(TransportError) {
    switch SSL_get_error(ssl, code) {
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return
    case SSL_ERROR_ZERO_RETURN: isFinished = true
    default:
      let verification = SSL_get_verify_result(ssl)
      guard verification != Int(X509_V_OK) else { throw Self.failure(Self.libraryError) }
      let reason = X509_verify_cert_error_string(verification).map { String(cString: $0) }
      throw TransportError(
        .tlsFailed,
        step: "exchange",
        "the certificate for `\(name)` does not verify: \(reason ?? "error \(verification)")",
        remedy: "Check that the certificate is signed by the fleet's authority, has not expired and"
          + " names `\(name)` among its subject alternative names."
      )
    }
  }

  private static var libraryError: String {
    let code = ERR_get_error()
    let text = ERR_reason_error_string(code).map { String(cString: $0) } ?? "the peer hung up"
    ERR_clear_error()
    return text
  }

  private static func failure(_ text: String) -> TransportError {
    TransportError(.tlsFailed, step: "exchange", "TLS failed: \(text)")
  }

  private func read() throws(TransportError) {
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
      let code = SSL_read(ssl, &buffer, Int32(buffer.count))
      guard code > 0 else { return try settle(code) }
      output += buffer[..<Int(code)]
    }
  }
}
