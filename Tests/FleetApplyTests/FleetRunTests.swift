import FleetApply
import FleetModel
import FleetPlan
import FleetResources
import FleetTransport
import Synchronization
import Testing

/// The order of an apply over the fleet, with nodes that only write down what they are told.
@Suite struct FleetRunTests {
  @Test func aFailingNodeHaltsAloneAndNamesWhatItSkipped() async throws {
    let log = Log()
    let good = try task("good", [file("good", "/etc/a"), unit("good", "a.service", wave: 0)], log)
    let bad = try task(
      "bad",
      [file("bad", "/etc/a"), unit("bad", "a.service", wave: 0)],
      log,
      failing: .writeFile
    )
    let results = await run([good, bad])
    #expect(results[0].outcome == .changed)
    #expect(results[0].failed.isEmpty)
    #expect(results[1].outcome == .rolledBack)
    #expect(results[1].failed.map(\.address) == ["node.bad/file:/etc/a"])
    #expect(log.entries.contains("good start a.service"))
    #expect(!log.entries.contains("bad start a.service"))
  }

  @Test(arguments: FailurePolicy.allCases)
  func aFailureDoesToTheOthersWhatWasAskedFor(policy: FailurePolicy) async throws {
    let log = Log()
    let bad = try task("bad", [file("bad", "/etc/a")], log, failing: .writeFile)
    let begun = try task(
      "begun",
      [file("begun", "/etc/a"), unit("begun", "a.service", wave: 1)],
      log
    )
    let later = try task("later", [unit("later", "a.service", wave: 1)], log)
    let results = await run([bad, begun, later], policy)
    #expect(results[0].outcome == .rolledBack)
    let wanted: [NodeResult.Outcome] =
      switch policy {
      case .continue: [.changed, .changed]
      case .stop: [.changed, .unchanged]
      case .rollback: [.rolledBack, .unchanged]
      }
    #expect(results.dropFirst().map(\.outcome) == wanted)
    #expect(log.entries.contains("begun start a.service") == (policy != .rollback))
    #expect(log.entries.contains("later start a.service") == (policy == .continue))
    #expect(log.entries.contains("begun roll back") == (policy == .rollback))
    if policy == .rollback {
      let why = "taken back with the run, because node.bad failed"
      #expect(results[1].failed == [.init(address: "node.begun", why: why)])
    }
    guard policy != .continue else { return }
    let skipped = NodeResult.Shortfall(
      address: "node.later/unit:a.service",
      why: "node.bad failed"
    )
    #expect(results[2].skipped == [skipped])
  }

  @Test func aNodeThatCannotBeConfirmedTakesTheConfirmedOnesWithIt() async throws {
    let log = Log()
    let good = try task("good", [file("good", "/etc/a")], log)
    let lost = try task("lost", [file("lost", "/etc/a")], log, isLockedOut: true)
    let results = await run([good, lost], .rollback)
    #expect(results.map(\.outcome) == [.rolledBack, .rolledBack])
    #expect(log.entries.filter { $0 == "good roll back" }.count == 1)
    #expect(!log.entries.contains("lost roll back"))
    let others = await run([good, lost], .continue)
    #expect(others.map(\.outcome) == [.changed, .rolledBack])
  }

  @Test func whatIsOwnedIsWrittenOnceAndBeforeTheRunIsConfirmed() async throws {
    let log = Log()
    _ = await run([try task("a", [unit("a", "a.service", wave: 0)], log)])
    #expect(log.entries.suffix(2) == ["a write the manifest", "a confirm"])
    #expect(log.entries.count { $0 == "a write the manifest" } == 1)
  }

  @Test func providersStartInAnEarlierWaveThanTheirConsumers() async throws {
    let log = Log()
    let database = try task("db", [unit("db", "db.service", wave: 0)], log)
    let web = try task("web", [unit("web", "web.service", wave: 1)], log)
    _ = await run([web, database])
    let entries = log.entries
    let first = try #require(entries.firstIndex(of: "db start db.service"))
    let second = try #require(entries.firstIndex(of: "web start web.service"))
    #expect(first < second)
  }

  @Test func aCertificateIsRequestedSignedAndInstalled() async throws {
    let log = Log()
    let authority = ResourceAddress(try node("ca"), .certificate, "authority")
    let ca = try task(
      "ca",
      [
        Resource(
          authority,
          role: "ca",
          spec: .authority(AuthoritySpec(directory: "/etc/ca", commonName: "CA")),
          origin: "test"
        )
      ],
      log
    )
    let spec = CertificateSpec(
      certPath: "/etc/web.crt",
      keyPath: "/etc/web.key",
      keyOwnership: Ownership(owner: "root", group: "root", mode: 0o640),
      commonName: "web",
      names: ["IP:10.0.0.1"],
      authority: try node("ca"),
      authorityDirectory: "/etc/ca"
    )
    let address = ResourceAddress(try node("web"), .certificate, "/etc/web.crt")
    let web = try task(
      "web",
      [Resource(address, role: "web", spec: .certificate(spec), origin: "test")],
      log
    )
    let results = await run([ca, web])
    #expect(results.allSatisfy { $0.failed.isEmpty })
    let entries = log.entries
    let request = try #require(entries.firstIndex(of: "web request-certificate"))
    let sign = try #require(entries.firstIndex(of: "ca sign-certificate"))
    let install = try #require(entries.firstIndex(of: "web write-file /etc/web.crt"))
    #expect(request < sign && sign < install)
  }

  @Test func onlyWhatWasApprovedIsTouched() async throws {
    let log = Log()
    let resources = [file("n", "/etc/a"), file("n", "/etc/b")]
    let task = try task("n", resources, log, approved: [resources[0].address])
    _ = await run([task])
    #expect(log.entries.contains("n write-file /etc/a"))
    #expect(!log.entries.contains("n write-file /etc/b"))
  }

  // MARK: Material

  private func run(
    _ tasks: [NodeTask],
    _ policy: FailurePolicy = .continue
  ) async -> [NodeResult] {
    await FleetRun(
      tasks,
      fleet: "test",
      options: PlanOptions(),
      sources: NoSources(),
      onFailure: policy
    ) { _ in }
    .perform().results
  }

  private func node(_ name: String) throws -> NodeID { try #require(NodeID(name)) }

  private func file(_ node: String, _ path: String) -> Resource {
    let spec = FileSpec(
      path: path,
      content: FileContent(text: "x\n"),
      ownership: Ownership(owner: "root", group: "root", mode: 0o644)
    )
    return resource(node, .file, path, .file(spec), wave: 0)
  }

  private func unit(_ node: String, _ name: String, wave: Int) -> Resource {
    resource(
      node,
      .unit,
      name,
      .unit(UnitSpec(name: name, enabled: true, state: .started)),
      wave: wave
    )
  }

  private func resource(
    _ node: String,
    _ kind: ResourceKind,
    _ name: String,
    _ spec: ResourceSpec,
    wave: Int
  ) -> Resource {
    guard let id = NodeID(node) else { preconditionFailure("test node names are valid") }
    return Resource(
      ResourceAddress(id, kind, name),
      role: "r",
      spec: spec,
      wave: wave,
      origin: "test"
    )
  }

  private func task(
    _ name: String,
    _ resources: [Resource],
    _ log: Log,
    failing: NodeOperation.Verb? = nil,
    approved: Set<ResourceAddress>? = nil,
    isLockedOut: Bool = false
  ) throws -> NodeTask {
    let input = NodeInput(
      id: try node(name),
      address: "10.0.0.1",
      roles: ["r"],
      resources: resources,
      observation: .observed(Recorder.bare(resources))
    )
    return NodeTask(
      input,
      schedule: NodeSchedule(node: input.id, changes: changes(resources, approved)),
      observed: Recorder.bare(resources),
      worker: Recorder(
        name: name,
        resources: resources,
        log: log,
        failing: failing,
        isLockedOut: isLockedOut
      )
    )
  }

  private func changes(
    _ resources: [Resource],
    _ approved: Set<ResourceAddress>?
  ) -> [PlannedChange] {
    resources.filter { approved?.contains($0.address) ?? true }.map { resource in
      let phase: PlanPhase =
        switch resource.address.kind {
        case .unit: .activate
        case .certificate: .certificates
        default: .configure
        }
      var change = PlannedChange(
        resource.address,
        role: "r",
        actions: resource.address.kind == .unit ? [.enable, .start] : [.create],
        label: .intent,
        phase: phase
      )
      change.wave = resource.wave
      return change
    }
  }
}

/// What all nodes were told, in order.
private final class Log: Sendable {
  private let state = Mutex<[String]>([])
  var entries: [String] { state.withLock { $0 } }
  func add(_ entry: String) { state.withLock { $0.append(entry) } }
}

private struct NoSources: SourceReader {
  func content(of path: String, below folder: String) -> [UInt8]? { nil }
}

/// A node that is bare for ever and does what it is told, except one verb.
private struct Recorder: NodeWorker {
  let name: String
  let resources: [Resource]
  let log: Log
  let failing: NodeOperation.Verb?
  let isLockedOut: Bool

  static func bare(_ resources: [Resource]) -> ObservedNode {
    var observed = ObservedNode()
    let request = ProbeRequest.covering(resources)
    for path in request.paths { observed.paths[path.path] = .absent }
    for unit in request.units {
      var seen = ObservedUnit()
      seen.loadState = "loaded"
      seen.unitFileState = "disabled"
      observed.units[unit] = .value(seen)
    }
    for certificate in request.certificates {
      observed.certificates[certificate.certPath] = .absent
    }
    observed.authority = .absent
    observed.manifest = .absent
    observed.listeners = .value([])
    return observed
  }

  func observe(_ request: ProbeRequest) async -> NodeObservation { .observed(Self.bare(resources)) }

  func run(
    _ operations: [NodeOperation],
    name stage: String,
    arming: Bool
  ) async -> BatchOutcome {
    var failed = false
    return .results(
      operations.map { operation in
        if failed { return OperationResult(status: .skipped, milliseconds: 0, output: []) }
        if operation.verb == failing {
          failed = true
          return OperationResult(status: .failed, milliseconds: 1, output: Array("no".utf8))
        }
        switch operation.verb {
        case .unit: log.add("\(name) \(operation.arguments.joined(separator: " "))")
        case .writeFile: log.add("\(name) write-file \(operation.arguments.first ?? "")")
        default: log.add("\(name) \(operation.verb.rawValue)")
        }
        return OperationResult(status: .done, milliseconds: 1, output: Array("PEM".utf8))
      }
    )
  }

  func get(_ request: HTTPCheck.Request) async throws(TransportError) -> HTTPAnswer {
    HTTPAnswer(status: 200, body: [])
  }

  func open(host: String, port: Int) async throws(TransportError) {}
  func write(_ manifest: Manifest) async -> BatchOutcome {
    log.add("\(name) write the manifest")
    return .results([])
  }
  func rollBack() async -> BatchOutcome {
    log.add("\(name) roll back")
    return .results([])
  }
  func confirm() async -> WayBack {
    log.add("\(name) confirm")
    return isLockedOut ? .takenBack(isWhole: true, "nobody got in") : .confirmed
  }
  func settle() async -> WayBack { .unknown("not asked for here") }
  func finish(summary: String) async {}
}
