import FleetTransport
import Glibc
import Testing

@testable import FleetSSH

private let sessions = getenv("FLEETCTL_TEST_SESSIONS").flatMap { Int(String(cString: $0)) } ?? 0

/// Many sessions at once, again and again: `FLEETCTL_TEST_SESSIONS=64 swift test --filter FanOutTests`.
///
/// Alone in its process, because descriptors and memory are counted for all of it.
@Suite(
  .enabled(if: sessions > 0, "FLEETCTL_TEST_SESSIONS names no number"),
  .enabled(if: SSHServer.isAvailable, "needs openssh-server")
)
struct FanOutTests {
  @Test
  func twentyRoundsLeaveNeitherDescriptorsNorMemory() async throws {
    let server = try SSHServer(["MaxStartups 2000"], address: "0.0.0.0")
    var settled = ProcessUse.now
    for round in 1...20 {
      try await self.round(server)
      // The first rounds fill caches and the allocator's pools.
      if round == 5 { settled = ProcessUse.now }
    }
    let used = ProcessUse.now
    #expect(used.descriptors <= settled.descriptors)
    // The address sanitizer keeps freed memory for a while; it looks for leaks itself.
    guard getenv("ASAN_OPTIONS") == nil else { return }
    #expect(used.bytes <= settled.bytes + 1 << 20, "\(settled.bytes) bytes, then \(used.bytes)")
  }

  private func round(_ server: SSHServer) async throws {
    let connector = server.connector()
    // Made once: each call writes the known_hosts file anew.
    let made = server.target()
    let input = [UInt8](repeating: 0x78, count: 40_000)
    try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 0..<sessions {
        var changed = made
        changed.host = "127.0.\(number / 250 + 1).\(number % 250 + 1)"
        let target = changed
        group.addTask {
          let connection = try await connector.connect(to: target)
          let result = try await connection.run(RemoteCommand(program: "cat", stdin: input))
          await connection.close()
          return result.stdout.count
        }
      }
      for try await count in group { #expect(count == input.count) }
    }
  }
}

/// A sshd that takes few logins at a time, as sshd does by default.
@Suite(.enabled(if: SSHServer.isAvailable, "needs openssh-server"))
struct DroppedLoginTests {
  @Test(arguments: [SSHTarget.Transport.libssh2, .openssh])
  func loginThatAFullServerDropsIsTriedAgain(transport: SSHTarget.Transport) async throws {
    let server = try SSHServer(["MaxStartups 1:100:1", "LoginGraceTime 0"])
    var target = server.target()
    target.transport = transport
    target.connectTimeout = .seconds(900)
    // Somebody who never says a word has the only place.
    let hog = try #require(Self.silentGuest(server.port))
    let drops = Self.drops(server)
    let connector = server.connector(ssh: "/usr/bin/ssh")
    async let trace = connector.trace(to: target)
    for _ in 0..<6000 where Self.drops(server) <= drops {
      try await Task.sleep(for: .milliseconds(20))
    }
    close(hog)
    let steps = await trace.steps
    #expect(
      steps.first { $0.name == "dropped" }?.detail
        == "sshd hung up before its banner, as it does when it is full; trying again"
    )
    try await trace.outcome.get().close()
  }

  /// How many logins the server has dropped.
  ///
  /// Its lines end with CR LF, one character to Swift.
  private static func drops(_ server: SSHServer) -> Int {
    server.log.split(whereSeparator: \.isNewline).count { $0.contains("drop connection") }
  }

  /// A connection that sshd has let in: it said its banner; nil when it lets nobody in.
  private static func silentGuest(_ port: Int) -> Int32? {
    for _ in 0..<6000 {
      // Its own alone: another test's child would keep the place taken.
      let guest = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      guard let address = Resolver.numeric("127.0.0.1", port: port)?.first else { return nil }
      let outcome = address.bytes.withUnsafeBytes { raw in
        raw.baseAddress.map {
          connect(guest, $0.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
        }
      }
      var bytes = [UInt8](repeating: 0, count: 4)
      if outcome == 0, recv(guest, &bytes, 4, Int32(MSG_WAITALL)) == 4,
        bytes == Array("SSH-".utf8)
      {
        return guest
      }
      close(guest)
      usleep(10_000)
    }
    return nil
  }

  /// Nobody gets a banner before the test says so: no login can end, and so give its place to another.
  @Test(arguments: [8, 12])
  func atMostTheAllowedNumberConnectsToOneServerAtATime(limit: Int) async throws {
    let server = try HoldingServer()
    let connector = SSHConnector(
      SSHConfiguration(maximumLogins: limit, homeDirectory: "/nonexistent")
    )
    let target = SSHTarget(
      node: "web-1",
      host: "127.0.0.1",
      port: server.port,
      user: "nobody",
      connectTimeout: .seconds(300)
    )
    try await withThrowingTaskGroup(of: TransportError?.self) { group in
      for _ in 0..<3 * limit {
        group.addTask { await failure { try await connector.connect(to: target) } }
      }
      for round in 1...3 {
        for _ in 0..<6000 where server.acceptAll() < limit {
          try await Task.sleep(for: .milliseconds(10))
        }
        #expect(server.acceptAll() == limit, "round \(round)")
        // One too many needs no more than its turn on the event loop.
        for _ in 0..<20 {
          try await Task.sleep(for: .milliseconds(10))
          _ = server.acceptAll()
        }
        #expect(server.acceptAll() == limit, "round \(round)")
        // After a banner a server that hangs up is not tried again.
        server.release(saying: "SSH-2.0-away\r\n")
      }
      for try await error in group { #expect(error?.code == .connectionLost) }
    }
  }

  /// sshd looks for the key by a program that waits until the test lets it go: all who hold a place are then
  /// between key exchange and login, and each has a sshd of its own.
  @Test(arguments: [SSHTarget.Transport.libssh2, .openssh])
  func placeIsKeptUntilTheLoginIsOver(transport: SSHTarget.Transport) async throws {
    let folder = TemporaryFolder()
    let program = folder.write(
      "keys",
      """
      echo $PPID >>\(folder.path("asked"))
      # A test that is killed never says go.
      turns=0
      while [ ! -e \(folder.path("go")) ] && [ "$turns" -lt 6000 ]; do sleep 0.05; turns=$((turns + 1)); done
      cat \(folder.path("key"))
      """
    )
    folder.write("asked", "")
    let account = getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "root"
    let server = try SSHServer(
      [
        "AuthorizedKeysCommand /bin/sh \(program)", "AuthorizedKeysCommandUser \(account)",
        "LoginGraceTime 0",
      ],
      keeping: folder
    )
    folder.write("key", TemporaryFolder.text(of: server.folder.path("user.pub")))
    // Some versions of sshd look here first.
    server.folder.write("authorized_keys", "")
    let connector = server.connector(ssh: "/usr/bin/ssh")
    var made = server.target()
    made.transport = transport
    made.connectTimeout = .seconds(300)
    let target = made
    let asking = {
      Set(TemporaryFolder.text(of: folder.path("asked")).split(separator: "\n")).count
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<24 {
        group.addTask { await (try connector.connect(to: target)).close() }
      }
      for _ in 0..<6000 where asking() < 8 { try await Task.sleep(for: .milliseconds(10)) }
      // A ninth would need about as long as each of the eight did.
      try await Task.sleep(for: .milliseconds(500))
      #expect(asking() == 8)
      folder.write("go", "")
      try await group.waitForAll()
    }
    #expect(asking() == 24)
  }

  @Test
  func uploadsGiveTheirPlacesBack() async throws {
    let server = try SSHServer()
    var configuration = SSHConfiguration(homeDirectory: server.folder.root)
    configuration.maximumUploads = 1
    let connector = SSHConnector(configuration)
    let target = server.target()
    let input = [UInt8](repeating: 1, count: 300_000)
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<4 {
        group.addTask {
          let connection = try await connector.connect(to: target)
          let first = try await connection.run(RemoteCommand(program: "cat", stdin: input))
          let second = try await connection.run(RemoteCommand(program: "cat", stdin: input))
          await connection.close()
          return first.stdout.count + second.stdout.count
        }
      }
      for try await count in group { #expect(count == 2 * input.count) }
    }
  }
}

/// Takes connections and says nothing to them until it is told to; used by one test at a time.
private final class HoldingServer {
  let port: Int
  private let listener: Int32
  private var held: [Int32] = []
  private var released: [Int32] = []

  init() throws {
    (listener, port) = try Loopback.listen()
    _ = fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK)
  }

  deinit {
    for guest in held + released { close(guest) }
    close(listener)
  }

  /// Takes who waits; returns how many are held.
  func acceptAll() -> Int {
    while true {
      let guest = accept(listener, nil, nil)
      guard guest >= 0 else { return held.count }
      held.append(guest)
    }
  }

  /// Says `text` to all who are held, and that nothing follows.
  func release(saying text: String) {
    let bytes = Array(text.utf8)
    for guest in held {
      _ = send(guest, bytes, bytes.count, Int32(MSG_NOSIGNAL))
      shutdown(guest, Int32(SHUT_WR))
    }
    // Closed only with the server: a reset would overtake what was said.
    released += held
    held = []
  }
}
