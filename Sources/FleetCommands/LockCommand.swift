import ArgumentParser
import FleetApply
import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetTransport
import FleetView

/// `fleetctl lock`.
struct LockCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lock",
    abstract: "See who holds a node's lock, free it, or keep everybody out.",
    discussion: """
      An apply locks each node that it changes. The lock of a client that died
      runs out by itself after two minutes. A node whose run was taken back,
      because nobody could confirm it, is frozen: it takes no changes until
      somebody who knows why thaws it.

      EXAMPLES
        fleetctl lock list
        fleetctl lock list --format json | jq '.nodes[] | select(.lock)'
        fleetctl lock release redis-1   when its holder is known to be dead
        fleetctl lock freeze redis-1 --because "disk is being replaced, ask bob"
        fleetctl lock thaw redis-1
      """,
    subcommands: [
      ListLocksCommand.self, ReleaseLockCommand.self, FreezeCommand.self, ThawCommand.self,
    ]
  )
}

/// The nodes that a `lock` command is about.
struct LockNodes: ParsableArguments {
  @OptionGroup var options: FleetOptions

  @Argument(help: "Nodes of fleet.yaml.")
  var nodes: [String] = []
}

/// `fleetctl lock list`.
struct ListLocksCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract:
      "Who holds which node's lock, and which nodes are frozen; all nodes when none is named."
  )

  @OptionGroup var named: LockNodes

  @Option(help: ArgumentHelp("Output format: human or json.", valueName: "format"))
  var format = TextOrJSON.human

  func run() async throws {
    let fleet = try LockedFleet(named, needsNodes: false)
    let answers = try await fleet.each { (session) async throws(ApplyError) in
      try await session.inspectLock()
    }
    let report = LockReport(nodes: answers) { Clock.ago($0) }
    switch format {
    case .human: try Terminal.result(report.text)
    case .json: try Terminal.result(report.json.rendered(pretty: true) + "\n")
    }
    if !report.isWhole { throw ExitStatus.unreachable.error }
  }
}

/// `fleetctl lock release`.
struct ReleaseLockCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "release",
    abstract:
      "Free the lock of nodes, whoever holds it. A holder that still lives is refused from then on."
  )

  @OptionGroup var named: LockNodes

  func run() async throws {
    let fleet = try LockedFleet(named, needsNodes: true)
    try fleet.tell(
      try await fleet.each { (session) async throws(ApplyError) in try await session.breakLock() },
      "released"
    )
  }
}

/// `fleetctl lock freeze`.
struct FreezeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "freeze",
    abstract:
      "Make nodes take no changes until they are thawed; the reason is shown to whoever tries."
  )

  @OptionGroup var named: LockNodes

  @Option(help: ArgumentHelp("Why, and whom to ask.", valueName: "reason"))
  var because: String

  func run() async throws {
    let fleet = try LockedFleet(named, needsNodes: true)
    let reason = displayable(because)
    try fleet.tell(
      try await fleet.each { (session) async throws(ApplyError) in
        try await session.freeze(because: reason)
      },
      "frozen"
    )
  }
}

/// `fleetctl lock thaw`.
struct ThawCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "thaw",
    abstract: "Let frozen nodes take changes again."
  )

  @OptionGroup var named: LockNodes

  func run() async throws {
    let fleet = try LockedFleet(named, needsNodes: true)
    try fleet.tell(
      try await fleet.each { (session) async throws(ApplyError) in try await session.thaw() },
      "thawed"
    )
  }
}

/// The nodes of a fleet that a `lock` command names, each with a session of its own.
struct LockedFleet {
  let fleet: Fleet
  let folder: String
  let nodes: [FleetNode]
  /// Takes the events of connecting; nil where nobody reads them.
  var stream: RunStream?

  init(_ named: LockNodes, needsNodes: Bool) throws {
    try self.init(named.options, named.nodes, needsNodes: needsNodes)
  }

  init(_ options: FleetOptions, _ named: [String], needsNodes: Bool) throws {
    let loaded = try LoadedFleet.load(options)
    guard let resolved = loaded.resolved else {
      loaded.tell(colour: options.colour)
      Terminal.note("\(loaded.file) is not sound; no machine was contacted.\n")
      throw ExitStatus.failure.error
    }
    fleet = resolved.fleet
    folder = loaded.folder
    if needsNodes, named.isEmpty {
      Terminal.note("error: say which nodes: fleetctl lock … NODE\n")
      throw ExitStatus.usage.error
    }
    let names = fleet.nodes.map(\.id.name)
    for name in named where !names.contains(name) {
      let near = NearestName.question(name, in: names).map { " " + $0 } ?? ""
      Terminal.note("error: there is no node \(quoted(name)) in \(loaded.file).\(near)\n")
      throw ExitStatus.usage.error
    }
    nodes = fleet.nodes.filter { named.isEmpty || named.contains($0.id.name) }
  }

  /// The same fleet, fewer nodes.
  init(_ whole: LockedFleet, only nodes: [FleetNode]) {
    (fleet, folder, stream) = (whole.fleet, whole.folder, whole.stream)
    self.nodes = nodes
  }

  /// Does `body` on all nodes side by side; answers in the order of the file.
  func each<Answer: Sendable>(
    _ body: @escaping @Sendable (NodeSession) async throws(ApplyError) -> Answer
  ) async throws -> [(String, Result<Answer, ApplyError>)] {
    var sharing = FleetConnections()
    sharing.stream = stream
    let connections = sharing
    let nodes = nodes
    let found = try NodeTargets.found(nodes, fleet, folder: folder)
    let targets = nodes.map { found[$0] }
    try connections.unlock(targets)
    return await withTaskGroup(of: (Int, Result<Answer, ApplyError>).self) { group in
      for (index, target) in targets.enumerated() {
        group.addTask { (index, await Self.answer(target, connections, body)) }
      }
      var answers: [(Int, Result<Answer, ApplyError>)] = []
      for await answer in group { answers.append(answer) }
      return answers.sorted { $0.0 < $1.0 }.map { (nodes[$0.0].id.name, $0.1) }
    }
  }

  private static func answer<Answer: Sendable>(
    _ target: SSHTarget,
    _ connections: FleetConnections,
    _ body: @Sendable (NodeSession) async throws(ApplyError) -> Answer
  ) async -> Result<Answer, ApplyError> {
    do throws(ApplyError) {
      let connection: any RemoteConnection
      do throws(TransportError) {
        connection = try await connections.connect(to: target)
      } catch {
        throw ApplyError(.transport(error), "\(error.step): \(error.message)")
      }
      let session = NodeSession(over: connection, random: { Nonce.make() }) {
        () async throws(TransportError) in
        try await connections.connect(to: target)
      }
      let answer: Result<Answer, ApplyError>
      do throws(ApplyError) {
        answer = .success(try await body(session))
      } catch {
        answer = .failure(error)
      }
      await connection.close()
      return answer
    } catch {
      return .failure(error)
    }
  }

  /// One line a node; a node where it failed makes the command fail.
  func tell(_ answers: [(String, Result<Void, ApplyError>)], _ word: String) throws {
    var failed: [ExitStatus] = []
    for (node, answer) in answers {
      switch answer {
      case .success: try Terminal.result("\(node): \(word)\n")
      case .failure(let error):
        failed.append(error.isForeign ? .identityRefused : .failure)
        Terminal.note("error: \(node): \(displayable(error.message))\n")
      }
    }
    if !failed.isEmpty { throw ExitStatus.worst(failed).error }
  }
}
