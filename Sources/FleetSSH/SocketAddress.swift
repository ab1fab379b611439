import Glibc
import Synchronization

/// One IPv4 or IPv6 address with a port, as `connect(2)` takes it.
struct SocketAddress: Sendable {
  /// `AF_INET` or `AF_INET6`.
  let family: Int32
  /// The bytes of the `sockaddr`.
  let bytes: [UInt8]

  /// Starts connecting a new non-blocking socket; returns it, or the error number.
  func startConnecting() -> Result<Int32, Errno> {
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = socket(family, kind, 0)
    guard descriptor >= 0 else { return .failure(Errno(code: errno)) }
    var one: Int32 = 1
    setsockopt(
      descriptor,
      Int32(IPPROTO_TCP),
      TCP_NODELAY,
      &one,
      socklen_t(MemoryLayout<Int32>.size)
    )
    let outcome = bytes.withUnsafeBytes { raw in
      guard let address = raw.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return -1 }
      return Int(connect(descriptor, address, socklen_t(raw.count)))
    }
    let code = errno
    guard outcome == 0 || code == EINPROGRESS else {
      close(descriptor)
      return .failure(Errno(code: code))
    }
    return .success(descriptor)
  }

  /// Settings of a connected socket: a peer that vanished is noticed although no data flows.
  static func tune(_ descriptor: Int32) {
    let size = socklen_t(MemoryLayout<Int32>.size)
    func set(_ level: Int32, _ option: Int32, _ value: Int32) {
      var value = value
      setsockopt(descriptor, level, option, &value, size)
    }
    let tcp = Int32(IPPROTO_TCP)
    // Unacknowledged data ends the connection after 20 s instead of the kernel's 15 minutes.
    set(tcp, TCP_USER_TIMEOUT, 20_000)
    set(SOL_SOCKET, SO_KEEPALIVE, 1)
    set(tcp, TCP_KEEPIDLE, 15)
    set(tcp, TCP_KEEPINTVL, 5)
    set(tcp, TCP_QUICKACK, 1)
  }

  /// Closes a socket that never became a session.
  static func discard(_ descriptor: Int32) {
    close(descriptor)
  }

  /// What became of a connection attempt (`SO_ERROR`); zero when it succeeded.
  static func pendingError(_ descriptor: Int32) -> Errno {
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
    return Errno(code: code)
  }
}

/// An error number of the kernel with its text.
struct Errno: Error, Hashable, Sendable {
  /// The number, such as `ECONNREFUSED`.
  let code: Int32

  /// Whether the peer itself said no.
  var isRefusal: Bool { code == ECONNREFUSED }

  /// The kernel's words for it, such as `Connection refused`.
  var text: String {
    strerror(code).map { String(cString: $0) } ?? "error \(code)"
  }
}

/// Looks names up with `getaddrinfo(3)`.
enum Resolver {
  /// Why a name has no address, in the words of `gai_strerror(3)`.
  struct Failure: Error, Hashable, Sendable {
    let text: String
  }

  /// The addresses of `host`, in the order to try them.
  typealias Outcome = Result<[SocketAddress], Failure>

  /// The addresses of a numeric `host`, without asking anyone; nil when it is a name.
  static func numeric(_ host: String, port: Int) -> [SocketAddress]? {
    try? lookUp(host, port, flags: Int32(AI_NUMERICHOST)).get()
  }

  /// Looks `host` up on a thread of its own, because `getaddrinfo(3)` blocks, and calls `done` there.
  static func start(_ host: String, port: Int, done: @escaping @Sendable (Outcome) -> Void) {
    let work = Unmanaged.passRetained(
      Work { done(lookUp(host, port, flags: Int32(AI_ADDRCONFIG))) }
    )
    var thread = pthread_t()
    let started = pthread_create(
      &thread,
      nil,
      { argument in
        if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      },
      work.toOpaque()
    )
    if started == 0 {
      pthread_detach(thread)
    } else {
      work.release()
      done(.failure(Failure(text: Errno(code: started).text)))
    }
  }

  private final class Work: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
      self.body = body
    }
  }

  private static func lookUp(_ host: String, _ port: Int, flags: Int32) -> Outcome {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = flags | Int32(AI_NUMERICSERV)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &list)
    guard code == 0 else {
      return .failure(
        Failure(text: gai_strerror(code).map { String(cString: $0) } ?? "error \(code)")
      )
    }
    defer { freeaddrinfo(list) }
    var found: [SocketAddress] = []
    var entry = list
    while let current = entry?.pointee {
      if let address = current.ai_addr {
        let raw = UnsafeRawBufferPointer(start: address, count: Int(current.ai_addrlen))
        found.append(SocketAddress(family: current.ai_family, bytes: Array(raw)))
      }
      entry = current.ai_next
    }
    return .success(found)
  }
}
