import Glibc

@testable import FleetSSH

/// Sockets of the tests on 127.0.0.1.
enum Loopback {
  /// A listening socket and its port.
  static func listen() throws -> (descriptor: Int32, port: Int) {
    let (descriptor, port) = try bound(isShared: false)
    guard Glibc.listen(descriptor, 64) == 0 else {
      close(descriptor)
      throw SSHServer.Failure(text: "cannot listen at \(port)")
    }
    return (descriptor, port)
  }

  /// A socket that nothing listens at yet, and the port that the kernel chose for it.
  ///
  /// `isShared` lets another socket that says so too bind the same port.
  static func bound(isShared: Bool) throws -> (descriptor: Int32, port: Int) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    var yes: Int32 = 1
    let port: UInt16? = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
        guard bind(descriptor, raw, size) == 0, getsockname(descriptor, raw, &size) == 0 else {
          return nil
        }
        return UInt16(bigEndian: pointer.pointee.sin_port)
      }
    }
    // After bind(2), so that the kernel's choice fell on a port that nobody else holds.
    let isSet =
      !isShared
      || setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        == 0
    guard let port, isSet else {
      close(descriptor)
      throw SSHServer.Failure(text: "no free port")
    }
    return (descriptor, Int(port))
  }

  /// A port at which nothing listens, now or later: its socket stays bound until the tests end.
  ///
  /// A port that was free a moment ago is not that: of hundreds of tests side by side another's server listens there.
  static func closedPort() throws -> Int { try bound(isShared: false).port }

  /// Waits until something listens at `port`, by connecting to it.
  static func awaitListener(_ port: Int, at host: String = "127.0.0.1") -> Bool {
    for _ in 0..<6000 {
      guard let address = Resolver.numeric(host, port: port)?.first else { return false }
      let descriptor = socket(
        address.family,
        Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue),
        0
      )
      defer { close(descriptor) }
      let outcome = address.bytes.withUnsafeBytes { raw in
        raw.baseAddress.map {
          connect(descriptor, $0.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
        }
      }
      if outcome == 0 { return true }
      usleep(10_000)
    }
    return false
  }
}

/// A port for a server that sets `SO_REUSEADDR` (socket(7)), as sshd and openssl do, and its holder's alone.
///
/// Neither another test's server nor an outgoing connection gets it between the choice and the server's bind(2).
final class HeldPort: Sendable {
  let port: Int
  private let descriptor: Int32

  init() throws {
    (descriptor, port) = try Loopback.bound(isShared: true)
  }

  deinit {
    close(descriptor)
  }
}
