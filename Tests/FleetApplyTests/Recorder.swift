import FleetApply
import FleetModel
import FleetPlan
import FleetResources
import FleetTransport
import Synchronization
import Testing

/// What all nodes were told, in order.
final class Log: Sendable {
  private let state = Mutex<[String]>([])
  var entries: [String] { state.withLock { $0 } }
  func add(_ entry: String) { state.withLock { $0.append(entry) } }
}

struct NoSources: SourceReader {
  func content(of path: String, below folder: String) -> [UInt8]? { nil }
}

/// A node that looks the same for ever and does what it is told, except one verb.
struct Recorder: NodeWorker {
  let name: String
  let resources: [Resource]
  let log: Log
  let failing: NodeOperation.Verb?
  let isLockedOut: Bool
  /// How its units are whenever somebody looks; nil: as on a bare node.
  var unit: ObservedUnit?
  /// Says of a unit that is waited for what the runtime says: invocation and restarts.
  var waited = "PEM"
  /// What its HTTP servers answer, one after the other, the last for ever.
  var answers = [200]
  /// How its taking back ends, and what it says of itself when it is asked then.
  var rolledBack = BatchOutcome.results([])
  var settled = WayBack.unknown("not asked for here")
  /// Why it is no longer the run's, whenever it is asked.
  var lost: String?
  /// How often it was looked at.
  let looks = Counter()
  private let asked = Counter()

  init(
    name: String,
    resources: [Resource],
    log: Log,
    failing: NodeOperation.Verb?,
    isLockedOut: Bool
  ) {
    self.name = name
    self.resources = resources
    self.log = log
    self.failing = failing
    self.isLockedOut = isLockedOut
  }

  static func bare(_ resources: [Resource], _ unit: ObservedUnit? = nil) -> ObservedNode {
    var observed = ObservedNode()
    let request = ProbeRequest.covering(resources)
    for path in request.paths { observed.paths[path.path] = .absent }
    for name in request.units {
      var seen = unit ?? ObservedUnit()
      seen.loadState = "loaded"
      if unit == nil { seen.unitFileState = "disabled" }
      observed.units[name] = .value(seen)
    }
    for certificate in request.certificates {
      observed.certificates[certificate.certPath] = .absent
    }
    observed.authority = .absent
    observed.manifest = .absent
    observed.listeners = .value([])
    return observed
  }

  func observe(_ request: ProbeRequest) async -> NodeObservation {
    looks.next()
    return .observed(Self.bare(resources, unit))
  }

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
        let output = operation.verb == .waitUnit ? waited : "PEM"
        return OperationResult(status: .done, milliseconds: 1, output: Array(output.utf8))
      }
    )
  }

  func get(_ request: HTTPCheck.Request) async throws(TransportError) -> HTTPAnswer {
    let number = asked.next()
    return HTTPAnswer(status: answers[min(number, answers.count - 1)], body: [])
  }

  func lostHold() async -> String? { lost }
  func open(host: String, port: Int) async throws(TransportError) {}
  func write(_ manifest: Manifest) async -> BatchOutcome {
    log.add("\(name) write the manifest")
    return .results([])
  }
  func rollBack() async -> BatchOutcome {
    log.add("\(name) roll back")
    return rolledBack
  }
  func confirm() async -> WayBack {
    log.add("\(name) confirm")
    return isLockedOut ? .takenBack(isWhole: true, "nobody got in") : .confirmed
  }
  func settle() async -> WayBack {
    log.add("\(name) settle")
    return settled
  }
  func finish(summary: String) async {}
}

/// Counts from 0.
final class Counter: Sendable {
  private let state = Mutex(0)
  var value: Int { state.withLock { $0 } }
  @discardableResult
  func next() -> Int {
    state.withLock { number in
      defer { number += 1 }
      return number
    }
  }
}

/// Nodes, resources and tasks of tests that run an apply over `Recorder`s.
protocol RunMaterial {}

extension RunMaterial {
  func node(_ name: String) throws -> NodeID { try #require(NodeID(name)) }

  func file(_ node: String, _ path: String) -> Resource {
    let spec = FileSpec(
      path: path,
      content: FileContent(text: "x\n"),
      ownership: Ownership(owner: "root", group: "root", mode: 0o644)
    )
    return resource(node, .file, path, .file(spec), wave: 0)
  }

  func unit(_ node: String, _ name: String, wave: Int) -> Resource {
    resource(
      node,
      .unit,
      name,
      .unit(UnitSpec(name: name, enabled: true, state: .started)),
      wave: wave
    )
  }

  func resource(
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

  func task(
    _ name: String,
    _ resources: [Resource],
    _ log: Log,
    failing: NodeOperation.Verb? = nil,
    approved: Set<ResourceAddress>? = nil,
    isLockedOut: Bool = false,
    before: ObservedUnit? = nil,
    _ adjust: (inout Recorder) -> Void = { _ in }
  ) throws -> NodeTask {
    var worker = Recorder(
      name: name,
      resources: resources,
      log: log,
      failing: failing,
      isLockedOut: isLockedOut
    )
    adjust(&worker)
    let input = NodeInput(
      id: try node(name),
      address: "10.0.0.1",
      roles: ["r"],
      resources: resources,
      observation: .observed(Recorder.bare(resources, before))
    )
    return NodeTask(
      input,
      schedule: NodeSchedule(node: input.id, changes: changes(resources, approved)),
      observed: Recorder.bare(resources, before),
      worker: worker
    )
  }

  func changes(
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
