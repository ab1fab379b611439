import Glibc
import Synchronization

@testable import FleetSSH

/// A TCP server on loopback that answers every connection with the same bytes and hangs up.
final class TalkingServer: Sendable {
  let port: Int
  private let descriptor: Int32
  private let answer: [UInt8]
  private let awaits: [UInt8]
  private let count = Mutex(0)
  private let heard = Mutex<[[UInt8]]>([])

  /// How many connections came.
  var accepted: Int { count.withLock { $0 } }
  /// What the clients said.
  var requests: [[UInt8]] { heard.withLock { $0 } }

  convenience init(_ answer: String, awaiting: String = "") throws {
    try self.init(Array(answer.utf8), awaiting: Array(awaiting.utf8))
  }

  /// Says `answer` after having read something that ends in `awaiting`.
  init(_ answer: [UInt8], awaiting: [UInt8] = []) throws {
    self.answer = answer
    awaits = awaiting
    (descriptor, port) = try Loopback.listen()
    let keep = Unmanaged.passRetained(Servant(descriptor, answer, awaiting, self))
    var thread = pthread_t()
    pthread_create(
      &thread,
      nil,
      { argument in
        if let argument { Unmanaged<Servant>.fromOpaque(argument).takeRetainedValue().serve() }
        return nil
      },
      keep.toOpaque()
    )
    pthread_detach(thread)
  }

  deinit {
    // Wakes the servant out of accept(2); it closes the descriptor.
    shutdown(descriptor, Int32(SHUT_RDWR))
  }

  private final class Servant {
    private let descriptor: Int32
    private let answer: [UInt8]
    private let awaits: [UInt8]
    private weak var owner: TalkingServer?

    init(_ descriptor: Int32, _ answer: [UInt8], _ awaits: [UInt8], _ owner: TalkingServer) {
      self.descriptor = descriptor
      self.answer = answer
      self.awaits = awaits
      self.owner = owner
    }

    func serve() {
      while true {
        let client = accept(descriptor, nil, nil)
        guard client >= 0 else { break }
        owner?.count.withLock { $0 += 1 }
        var request: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !request.suffix(awaits.count).elementsEqual(awaits) {
          let count = recv(client, &buffer, buffer.count, 0)
          guard count > 0 else { break }
          request += buffer[..<count]
        }
        owner?.heard.withLock { $0.append(request) }
        _ = send(client, answer, answer.count, Int32(MSG_NOSIGNAL))
        shutdown(client, Int32(SHUT_WR))
        // The client ends first, so that nothing it has not read is lost by a reset.
        while recv(client, &buffer, buffer.count, 0) > 0 {}
        close(client)
      }
      close(descriptor)
    }
  }
}
