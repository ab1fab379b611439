import Glibc

/// A small ssh-agent for one child `ssh`: it signs with the keys that fleetctl has decrypted.
///
/// ssh may not ask for a passphrase here, and a plain key must not touch a disk. The socket lies in the
/// connection's private folder and the agent lasts only as long as the login. Requests for other keys
/// are passed on to the operator's agent. It lives on a thread of its own, because it blocks.
final class KeyAgent: Sendable {
  private let path: String
  private let listener: Int32
  private let keys: [PrivateKey]
  private let upstream: String?

  /// Starts to listen at `path` with `keys`; nil when there is no socket to be had.
  init?(path: String, keys: [PrivateKey], upstream: String?) {
    (self.path, self.keys, self.upstream) = (path, keys, upstream)
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    listener = socket(AF_UNIX, kind, 0)
    guard listener >= 0 else { return nil }
    guard Self.bind(listener, path), listen(listener, 4) == 0, startThread() else { return nil }
  }

  deinit {
    // Here and not on the thread: `stop()` must never meet a number that is somebody else's by now.
    if listener >= 0 { close(listener) }
  }

  private static func bind(_ listener: Int32, _ path: String) -> Bool {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let outcome = withUnsafeBytes(of: &address) { raw in
      raw.baseAddress.map {
        Glibc.bind(
          listener,
          $0.assumingMemoryBound(to: sockaddr.self),
          socklen_t(MemoryLayout<sockaddr_un>.size)
        )
      }
    }
    return outcome == 0
  }

  private func startThread() -> Bool {
    let keep = Unmanaged.passRetained(self)
    var thread = pthread_t()
    let code = pthread_create(
      &thread,
      nil,
      { argument in
        if let argument { Unmanaged<KeyAgent>.fromOpaque(argument).takeRetainedValue().serve() }
        return nil
      },
      keep.toOpaque()
    )
    guard code == 0 else {
      keep.release()
      return false
    }
    pthread_detach(thread)
    return true
  }

  /// Ends the agent: whoever connects later meets nobody.
  func stop() {
    unlink(path)
    // The thread wakes up, finds no more clients and ends.
    shutdown(listener, Int32(SHUT_RDWR))
  }

  // MARK: The thread

  private func serve() {
    while true {
      let client = accept(listener, nil, nil)
      if client < 0, errno == EINTR || errno == ECONNABORTED { continue }
      guard client >= 0 else { break }
      answerAll(of: client)
      close(client)
    }
  }

  private func answerAll(of client: Int32) {
    // ssh keeps its connection while it logs in; it may wait for a slow server between two requests.
    var limit = timeval(tv_sec: 120, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    while let head = receive(client, 4) {
      var reader = WireReader(head)
      guard let length = reader.number(), length > 0, length <= 256 << 10,
        let request = receive(client, Int(length)),
        send(WireReader.string(answer(request)), to: client)
      else { return }
    }
  }

  /// The answer to one request; 5 is the protocol's plain “no” (draft-miller-ssh-agent section 7.1).
  private func answer(_ request: [UInt8]) -> [UInt8] {
    var reader = WireReader(request)
    switch reader.byte() {
    case 11: return list()
    case 13:
      guard let blob = reader.string(), let data = reader.string(), let flags = reader.number()
      else { return [5] }
      return sign(data, blob, flags)
    default: return [5]
    }
  }

  private func list() -> [UInt8] {
    let own = keys.map { ($0.publicKey.blob, Array("fleetctl".utf8)) }
    let others = (upstream.flatMap { Agent(path: $0)?.keys() } ?? [])
      .filter { other in !keys.contains { $0.publicKey.blob == other.blob } }
      .map { ($0.blob, Array($0.comment.utf8)) }
    let all = own + others
    return [12] + WireReader.number(UInt32(all.count))
      + all.flatMap { WireReader.string($0.0) + WireReader.string($0.1) }
  }

  private func sign(_ data: [UInt8], _ blob: [UInt8], _ flags: UInt32) -> [UInt8] {
    guard let key = PublicKey(blob: blob) else { return [5] }
    // SHA-1, which RSA means without a flag, is not offered.
    let algorithm =
      key.type == "ssh-rsa"
      ? (flags & 4 != 0 ? "rsa-sha2-512" : flags & 2 != 0 ? "rsa-sha2-256" : nil) : key.type
    guard let algorithm else { return [5] }
    let own = keys.first { $0.publicKey == key }
    let signature =
      own.map { $0.sign(data, as: algorithm) }
      ?? upstream.flatMap { Agent(path: $0)?.sign(data, with: blob, as: algorithm) }
    guard let signature else { return [5] }
    let name = WireReader.string(Array(algorithm.utf8))
    return [14] + WireReader.string(name + WireReader.string(signature))
  }

  // MARK: Bytes

  private func receive(_ client: Int32, _ length: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: length)
    var got = 0
    while got < length {
      let count = bytes.withUnsafeMutableBytes {
        recv(client, $0.baseAddress?.advanced(by: got), length - got, 0)
      }
      guard count > 0 else { return nil }
      got += count
    }
    return bytes
  }

  private func send(_ bytes: [UInt8], to client: Int32) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }
}
