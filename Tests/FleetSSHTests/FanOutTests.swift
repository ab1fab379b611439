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
    var settled = (descriptors: 0, bytes: 0)
    for round in 1...20 {
      try await self.round(server)
      // The first rounds fill caches and the allocator's pools.
      if round == 5 { settled = Self.used }
    }
    let used = Self.used
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

  private static var used: (descriptors: Int, bytes: Int) {
    var count = 0
    if let directory = opendir("/proc/self/fd") {
      while readdir(directory) != nil { count += 1 }
      closedir(directory)
    }
    let pages = TemporaryFolder.text(of: "/proc/self/statm").split(separator: " ")
    return (count, (pages.count > 1 ? Int(pages[1]) ?? 0 : 0) * Int(getpagesize()))
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
    target.connectTimeout = .seconds(60)
    // Somebody who never says a word has the only place.
    let hog = try #require(Self.silentGuest(server.port))
    let drops = Self.drops(server)
    let connector = server.connector(ssh: "/usr/bin/ssh")
    async let trace = connector.trace(to: target)
    for _ in 0..<1500 where Self.drops(server) <= drops {
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
    for _ in 0..<500 {
      let guest = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
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

  @Test
  func atMostTheAllowedNumberLogsInToOneServerAtATime() async throws {
    // The eleventh unauthenticated connection would be dropped for sure.
    let server = try SSHServer(["MaxStartups 10:100:10"])
    let connector = server.connector()
    let target = server.target()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<40 {
        group.addTask { await (try connector.connect(to: target)).close() }
      }
      try await group.waitForAll()
    }
    #expect(!server.log.contains("drop connection"))
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
