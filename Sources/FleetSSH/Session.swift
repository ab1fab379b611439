import CLibSSH2
import Glibc

/// Owns one `LIBSSH2_SESSION` and the socket under it; lives and dies with one connection actor.
final class Session {
  /// The session, for calls of libssh2.
  let raw: OpaquePointer
  /// The non-blocking stream.
  let wire: Wire

  /// Prepares libssh2 once for the process (`libssh2_init`); false when it cannot work.
  static let isLibraryReady: Bool = libssh2_init(0) == 0

  /// Wraps a connected stream, which is closed with the session; nil when memory is short.
  init?(owning wire: Wire) {
    guard Self.isLibraryReady, let raw = libssh2_session_init_ex(nil, nil, nil, nil) else {
      wire.discard()
      return nil
    }
    self.raw = raw
    self.wire = wire
    libssh2_session_set_blocking(raw, 0)
    fleet_ssh_acknowledge_quickly(raw)
    if wire.writing != wire.reading { fleet_ssh_send_to(raw, wire.writing) }
  }

  deinit {
    // Tried once and without waiting: the peer learns of the end from the closed socket as well.
    libssh2_session_disconnect_ex(raw, 11, "done", "")
    // Freeing may otherwise want to talk to the peer about channels that are still open.
    shutdown(wire.reading, Int32(SHUT_RDWR))
    shutdown(wire.writing, Int32(SHUT_RDWR))
    var attempts = 0
    while libssh2_session_free(raw) == LIBSSH2_ERROR_EAGAIN, attempts < 100 { attempts += 1 }
    wire.discard()
  }

  /// Key exchanges, the cheapest first.
  ///
  /// sshd computes P-256 with OpenSSL and curve25519 with portable C of its own, which costs a node 2 ms more of the
  /// 19 that a login takes there.
  static let exchanges = [
    "ecdh-sha2-nistp256", "curve25519-sha256", "curve25519-sha256@libssh.org",
  ]
  /// Ciphers.
  static let ciphers = ["aes128-ctr", "aes256-ctr"]
  /// Message authentication codes.
  static let codes = ["hmac-sha2-256", "hmac-sha2-512"]

  /// Algorithms, pinned to what is both fast and without known attack in libssh2 1.10.
  ///
  /// CTR with plain HMAC is outside of the Terrapin attack (CVE-2023-48795), for which 1.10 has no
  /// remedy; ChaCha20 and CBC are therefore never offered.
  func pinAlgorithms(hostKeys: [String]) -> Bool {
    let ciphers = Self.ciphers.joined(separator: ",")
    let codes = Self.codes.joined(separator: ",")
    let wanted: [(Int32, String)] = [
      (LIBSSH2_METHOD_KEX, Self.exchanges.joined(separator: ",")),
      (LIBSSH2_METHOD_HOSTKEY, hostKeys.joined(separator: ",")),
      (LIBSSH2_METHOD_CRYPT_CS, ciphers), (LIBSSH2_METHOD_CRYPT_SC, ciphers),
      (LIBSSH2_METHOD_MAC_CS, codes), (LIBSSH2_METHOD_MAC_SC, codes),
    ]
    return wanted.allSatisfy { libssh2_session_method_pref(raw, $0.0, $0.1) == 0 }
  }

  /// The key that the server proved to own; nil before the handshake or when it is malformed.
  var hostKey: HostKey? {
    var length = 0
    var type: Int32 = 0
    guard let bytes = libssh2_session_hostkey(raw, &length, &type), length > 0 else { return nil }
    let blob = UnsafeRawBufferPointer(start: bytes, count: length)
    return HostKey(blob: Array(blob))
  }

  /// The server's identification string; nil when none arrived.
  var banner: [UInt8]? {
    libssh2_session_banner_get(raw).map {
      Array(UnsafeRawBufferPointer(start: $0, count: strlen($0)))
    }
  }

  /// The algorithms that were agreed on, for people.
  var agreed: String {
    [LIBSSH2_METHOD_KEX, LIBSSH2_METHOD_CRYPT_CS, LIBSSH2_METHOD_MAC_CS]
      .compactMap { libssh2_session_methods(raw, $0).map { String(cString: $0) } }
      .joined(separator: ", ")
  }

  /// What libssh2 says about its last failure.
  var lastError: String {
    var text: UnsafeMutablePointer<CChar>?
    var length: Int32 = 0
    libssh2_session_last_error(raw, &text, &length, 0)
    guard let text, length > 0 else { return "no details" }
    return String(decoding: UnsafeRawBufferPointer(start: text, count: Int(length)), as: UTF8.self)
  }

  /// Whether a packet is half sent: then the same call has to be repeated before any other.
  var mustWrite: Bool {
    libssh2_session_block_directions(raw) & LIBSSH2_SESSION_BLOCK_OUTBOUND != 0
  }
}
