import Glibc

/// A conversation with an ssh-agent over its socket (draft-miller-ssh-agent).
///
/// Calls block; the agent is a local process that answers in a millisecond. A receive time-out keeps a
/// hung agent from stopping the event loop.
final class Agent {
  private let descriptor: Int32

  /// One key that the agent holds.
  struct Key: Sendable {
    let blob: [UInt8]
    let comment: String
  }

  /// Connects to the agent at `path`; nil when none listens there.
  init?(path: String, patience: Int = 2) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard !bytes.isEmpty, bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
      return nil
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(AF_UNIX, kind, 0)
    guard descriptor >= 0 else { return nil }
    var limit = timeval(tv_sec: patience, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    let outcome = withUnsafeBytes(of: &address) { raw in
      raw.baseAddress.map {
        connect(
          descriptor,
          $0.assumingMemoryBound(to: sockaddr.self),
          socklen_t(MemoryLayout<sockaddr_un>.size)
        )
      }
    }
    guard outcome == 0 else {
      close(descriptor)
      return nil
    }
    self.descriptor = descriptor
  }

  deinit {
    close(descriptor)
  }

  /// The keys in the order in which the agent lists them; nil when it does not answer properly.
  func keys() -> [Key]? {
    guard let answer = ask([11]) else { return nil }
    var reader = WireReader(answer)
    guard reader.byte() == 12, let count = reader.number(), count <= 1000 else { return nil }
    var keys: [Key] = []
    for _ in 0..<count {
      guard let blob = reader.string(), let comment = reader.text() else { return nil }
      keys.append(Key(blob: blob, comment: comment))
    }
    return keys
  }

  /// Signs `data` with the key `blob`; returns the signature without its type name.
  ///
  /// An RSA key signs with SHA-1 unless a flag asks for more (RFC 8332, section 4.5.1 of the draft).
  func sign(_ data: [UInt8], with blob: [UInt8], as algorithm: String) -> [UInt8]? {
    let flags: UInt32 = ["rsa-sha2-256": 2, "rsa-sha2-512": 4][algorithm] ?? 0
    let request =
      [13] + WireReader.string(blob) + WireReader.string(data) + WireReader.number(flags)
    guard let answer = ask(request) else { return nil }
    var reader = WireReader(answer)
    guard reader.byte() == 14, let signature = reader.string() else { return nil }
    var inner = WireReader(signature)
    guard let type = inner.text(), flags == 0 || type == algorithm else { return nil }
    return inner.string()
  }

  private func ask(_ request: [UInt8]) -> [UInt8]? {
    let message = WireReader.string(request)
    var sent = 0
    while sent < message.count {
      let count = message[sent...].withUnsafeBytes {
        send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return nil }
      sent += count
    }
    guard let head = receive(4) else { return nil }
    var reader = WireReader(head)
    guard let length = reader.number(), length > 0, length <= 256 << 10 else { return nil }
    return receive(Int(length))
  }

  private func receive(_ length: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: length)
    var got = 0
    while got < length {
      let count = bytes.withUnsafeMutableBytes {
        recv(descriptor, $0.baseAddress?.advanced(by: got), length - got, 0)
      }
      guard count > 0 else { return nil }
      got += count
    }
    return bytes
  }
}
