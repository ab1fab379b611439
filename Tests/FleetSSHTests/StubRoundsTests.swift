import FleetTransport
import Glibc
import Testing

@testable import FleetSSH

private func variable(_ name: String) -> String? {
  getenv(name).map { String(cString: $0) }
}

/// All nodes of `Benchmarks/ssh/stub.c` at once, twenty times; called by `Benchmarks/ssh/run.sh`.
///
/// `FLEETCTL_TEST_STUB` names a folder with `addresses`, one in each line, `known_hosts`, and the private
/// `key` that the stub lets in as `autobot`. With `FLEETCTL_TEST_REPORT` what was counted goes there as JSON.
/// Alone in its process, because descriptors and memory are counted for all of it.
@Suite(.enabled(if: variable("FLEETCTL_TEST_STUB") != nil, "FLEETCTL_TEST_STUB names no folder"))
struct StubRoundsTests {
  private let connector = SSHConnector(SSHConfiguration(homeDirectory: "/nonexistent"))
  private let targets: [SSHTarget]

  init() throws {
    // Each session has a descriptor; 1,024 are allowed unless somebody asks for more.
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    let folder = try #require(variable("FLEETCTL_TEST_STUB"))
    targets = TemporaryFolder.text(of: "\(folder)/addresses").split(separator: "\n").map {
      SSHTarget(
        node: "node-\($0)",
        host: String($0),
        port: 22,
        user: "autobot",
        identityFiles: ["\(folder)/key"],
        knownHostsFiles: ["\(folder)/known_hosts"],
        become: .none,
        connectTimeout: .seconds(120)
      )
    }
  }

  @Test
  func twentyRoundsOfAllSessionsLeaveNeitherDescriptorsNorMemory() async throws {
    try #require(!targets.isEmpty)
    let rest = ProcessUse.now
    var open = rest
    var settled = rest
    for round in 1...20 {
      let used = try await self.round()
      // All sessions open, of the first round: later ones find memory that was there before.
      if round == 1 { open = used }
      if round == 5 { settled = ProcessUse.now }
    }
    let end = ProcessUse.now
    let each = (open.bytes - rest.bytes) / targets.count
    let report = [
      "sessions": targets.count, "bytes_each": each,
      "descriptors_rest": rest.descriptors, "descriptors_open": open.descriptors,
      "descriptors_5": settled.descriptors, "descriptors_20": end.descriptors,
      "bytes_5": settled.bytes, "bytes_20": end.bytes,
    ]
    if let path = variable("FLEETCTL_TEST_REPORT"), let file = fopen(path, "w") {
      let pairs = report.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }
      fputs("{\(pairs.joined(separator: ", "))}\n", file)
      fclose(file)
    }
    #expect(open.descriptors >= rest.descriptors + targets.count)
    #expect(end.descriptors <= settled.descriptors)
    #expect(end.bytes <= settled.bytes + 1 << 20, "\(settled.bytes) bytes, then \(end.bytes)")
    #expect(each <= 1 << 20)
  }

  /// Opens all, asks each, closes all; returns what was in use while all were open.
  private func round() async throws -> ProcessUse {
    let connector = connector
    let connections = try await withThrowingTaskGroup(of: (any RemoteConnection).self) { group in
      for target in targets {
        group.addTask { try await connector.connect(to: target) }
      }
      var connections: [any RemoteConnection] = []
      for try await connection in group { connections.append(connection) }
      return connections
    }
    let used = ProcessUse.now
    let input = [UInt8](repeating: 0x78, count: 4_000)
    try await withThrowingTaskGroup(of: Int.self) { group in
      for connection in connections {
        group.addTask {
          let result = try await connection.run(RemoteCommand(program: "probe", stdin: input))
          await connection.close()
          return result.stdout.count
        }
      }
      var lengths: Set<Int> = []
      for try await length in group { lengths.insert(length) }
      // The stub says the same to everybody.
      #expect(lengths.count == 1 && !lengths.contains(0))
    }
    return used
  }
}

/// What this process holds.
struct ProcessUse {
  let descriptors: Int
  /// Of resident memory.
  let bytes: Int

  /// Counted at this moment.
  static var now: ProcessUse {
    var count = 0
    if let directory = opendir("/proc/self/fd") {
      while readdir(directory) != nil { count += 1 }
      closedir(directory)
    }
    let pages = TemporaryFolder.text(of: "/proc/self/statm").split(separator: " ")
    let resident = pages.count > 1 ? Int(pages[1]) ?? 0 : 0
    return ProcessUse(descriptors: count, bytes: resident * Int(getpagesize()))
  }
}
