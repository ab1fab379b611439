import FleetDigest
import FleetModel
import FleetResources
import FleetTransport
import Glibc
import Synchronization

@testable import FleetApply

/// A runtime of its own in a folder of its own, on this machine.
struct Bench: Sendable {
  let scratch: Scratch
  let layout: NodeLayout
  /// Whom everything belongs to, so that the tests need not be root.
  let owner = String(geteuid())
  let group = String(getegid())

  init(followSeconds: Int = 10) throws {
    scratch = try Scratch()
    layout = NodeLayout(
      stateDirectory: scratch.path + "/state",
      runDirectory: scratch.path + "/run",
      launcher: .detached,
      followSeconds: followSeconds
    )
  }

  static let counter = Atomic<Int>(0)

  /// Digits that differ each time, and between two processes of the tests.
  static let random: @Sendable () -> String = {
    let number = counter.add(1, ordering: .relaxed).newValue
    let digits = String(number + Int(getpid()) << 20, radix: 16)
    return String(repeating: "0", count: 32 - digits.count) + digits
  }

  func session(
    over connection: any RemoteConnection = LocalShell(),
    reconnect: NodeSession.Reconnect? = nil
  ) -> NodeSession {
    let again: NodeSession.Reconnect = { () async throws(TransportError) in LocalShell() }
    return NodeSession(
      over: connection,
      layout: layout,
      random: Self.random,
      pause: { _ in },
      reconnect: reconnect ?? again
    )
  }

  /// A session that holds the lock.
  func locked(over connection: any RemoteConnection = LocalShell()) async throws -> NodeSession {
    let session = session(over: connection)
    try await session.acquireLock(
      holder: "test@here pid 1",
      planDigest: "d",
      leaseSeconds: 60,
      token: "00112233445566778899aabbccddeeff"
    )
    return session
  }

  func path(_ name: String) -> String { scratch.path + "/" + name }

  func write(
    _ name: String,
    _ text: String,
    mode: String = "0640",
    before: String = "any"
  ) -> NodeOperation {
    let bytes = Array(text.utf8)
    let arguments = [path(name), mode, owner, group, SHA256.hex(bytes), before]
    return NodeOperation(.writeFile, arguments, blob: Secret(bytes), for: nil)
  }

  func operation(
    _ verb: NodeOperation.Verb,
    _ arguments: String...,
    blob: [UInt8]? = nil
  ) -> NodeOperation {
    NodeOperation(verb, arguments, blob: blob.map(Secret.init), for: nil)
  }

  /// A step that runs `program` in sh.
  func step(
    _ name: String,
    _ program: String,
    timeout: Int = 20,
    environment: [String] = []
  ) -> NodeOperation {
    let user = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "root"
    let head = [
      name, user, scratch.path, String(timeout), path("steps/" + name), "stamp of " + name,
    ]
    let words = ["sh", "-c", program, "", "word with space"]
    return NodeOperation(
      .runStep,
      head + [String(environment.count)] + environment + ["1", String(words.count)] + words,
      for: nil
    )
  }

  func mode(_ name: String) -> Int? {
    var status = stat()
    return lstat(path(name), &status) == 0 ? Int(status.st_mode & 0o7777) : nil
  }

  func exists(_ name: String) -> Bool { mode(name) != nil }

  /// Names of a folder that begin as our temporary files do.
  var leftovers: Int32 {
    Scratch.sh("[ -z \"$(find \"$1\" -name '.fleetctl-*' ! -path '*/state/*')\" ]", scratch.path)
  }
}

extension OperationResult {
  var text: String { String(decoding: output, as: UTF8.self) }
}

/// A connection that loses what it is told to lose.
final class FaultyShell: RemoteConnection {
  private let cuts: Mutex<[Cut]>

  enum Cut {
    /// Everything goes through.
    case none
    /// Only so many bytes reach the node.
    case input(Int)
    /// The node gets all, its answer does not come back.
    case answer
  }

  init(_ cuts: Cut...) { self.cuts = Mutex(cuts) }

  func run(_ command: RemoteCommand) async throws(TransportError) -> RemoteResult {
    let cut = cuts.withLock { $0.isEmpty ? Cut.none : $0.removeFirst() }
    var command = command
    if case .input(let count) = cut { command.stdin = Array(command.stdin.prefix(count)) }
    let result = try await LocalShell().run(command)
    if case .none = cut { return result }
    return RemoteResult(stdout: Array(result.stdout.prefix(10)), stderr: [], exitStatus: 0)
  }

  func exchange(_ request: StreamRequest) async throws(TransportError) -> [UInt8] { [] }
  func close() async {}
}
