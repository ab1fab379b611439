import FleetModel
import FleetPlan
import FleetResources
import FleetTransport

/// The state of one node while an apply goes on: a value that each stage takes and gives back.
struct NodeProgress: Sendable {
  let task: NodeTask
  /// The newest look at the node.
  var observed: ObservedNode {
    didSet { isStale = false }
  }
  /// Whether anything was done there since the last look.
  var isStale = false
  var result: NodeResult
  /// Set when no further stage may touch the node; the reason is what later work is skipped with.
  var halted: String?
  /// Certificate requests that wait for a signature, by address.
  var requests: [ResourceAddress: [UInt8]] = [:]
  /// Units that this run started, restarted, reloaded, enabled or stopped.
  var touchedUnits: Set<String> = []
  /// Units of which systemd said that it restarted them.
  private var restartedUnits: Set<String> = []
  /// Milliseconds until healthy of the units that this run started.
  var startups: [String: Int] = [:]

  /// Units that were found healthy: how often systemd had started them anew, and until when they soak.
  var soaking: [String: Soak] = [:]

  /// Whether files of services were touched: from here on a failure is undone.
  var hasActivated = false
  /// Whether the run was taken back here, or tried to be.
  var wentBack = false
  /// Whether the manifest of this run was written while the way back was armed.
  var isRecorded = false
  /// Whether an interrupt left some of the planned work undone.
  var isInterrupted = false
  /// Whether the node took the run back without being told: its lock is gone, its records stand.
  var tookItselfBack = false
  /// Whether a new login has told the node that its changes stay.
  var isConfirmed = false
  /// Paths that did not exist before this run: what packages bring meanwhile may be replaced.
  let absentBefore: Set<String>

  init(_ task: NodeTask) {
    self.task = task
    observed = task.observed
    result = NodeResult(node: task.node)
    absentBefore = Set(task.observed.paths.filter { $0.value == .absent }.keys)
  }

  private static let unknownOutcome = "outcome unknown: "

  /// Takes the results of a batch: what was done, what failed, what is skipped with which blocker; `now` is
  /// the time of the run.
  ///
  /// - Returns: The failures, for events.
  mutating func take(
    _ operations: [NodeOperation],
    _ outcome: BatchOutcome,
    at now: Duration
  ) -> [NodeResult.Shortfall] {
    switch outcome {
    case .refused(let why):
      result.outcome = .failed
      halted = why
      return fail(Self.addresses(operations).first ?? "node.\(task.node)", why)
    case .moved(let why), .notAllowed(let why):
      stop(because: why)
      let failures = fail("node.\(task.node)", why)
      if case .moved = outcome { result.outcome = .moved } else { result.outcome = .unreachable }
      return failures
    case .unknown(let why):
      result.outcome = .unknown
      halted = why
      return fail(
        Self.addresses(operations).first ?? "node.\(task.node)",
        Self.unknownOutcome + why
      )
    case .results(let results):
      return take(operations, results, at: now)
    case .rejected(let results):
      let refused = zip(operations, results).first { $0.1.status == .failed }
      let address = refused?.0.address?.description ?? "node.\(task.node)"
      halted = "the rehearsal refused \(address)"
      let failures = take(operations, results, at: now)
      halted = "the rehearsal refused \(address)"
      if !hasActivated { result.outcome = .refused }
      return failures
    }
  }

  private mutating func take(
    _ operations: [NodeOperation],
    _ results: [OperationResult],
    at now: Duration
  ) -> [NodeResult.Shortfall] {
    var failures: [NodeResult.Shortfall] = []
    for (operation, result) in zip(operations, results) {
      let address = operation.address?.description ?? "node.\(task.node)/\(operation.verb.rawValue)"
      switch result.status {
      case .done:
        if operation.verb == .requestCertificate, let resource = operation.address {
          requests[resource] = result.output
        }
        note(operation, address)
        if operation.verb == .waitUnit, let unit = operation.arguments.first {
          startups[unit] = result.milliseconds
          soaking[unit] = soak(unit, result.output, at: now)
          failures += failIfStillThere(unit, result.output, address)
        }
        if self.result.outcome == .unchanged, !operation.verb.isCheck {
          self.result.outcome = .changed
        }
      case .failed:
        failures += fail(address, String(decoding: result.output, as: UTF8.self))
        halted = "\(address) failed"
      case .skipped:
        self.result.skipped.append(
          NodeResult.Shortfall(address: address, why: halted ?? "an earlier step failed")
        )
      }
    }
    return failures
  }

  /// A restart that did not happen is a failure while all of the run can still be taken back: later,
  /// what nobody has tried would begin with the next start.
  private mutating func failIfStillThere(
    _ unit: String,
    _ output: [UInt8],
    _ address: String
  ) -> [NodeResult.Shortfall] {
    let words = String(decoding: output, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    guard restartedUnits.contains(unit), words.count == 2,
      let before = task.observed.units[unit]?.known?.invocation, before == words[0]
    else { return [] }
    halted = "\(address) failed"
    return fail(address, "systemd said that it restarted `\(unit)`, and what ran before still runs")
  }

  /// The node says `INVOCATION RESTARTS` of a unit that is up; nothing of one that is done by now.
  private func soak(_ unit: String, _ output: [UInt8], at now: Duration) -> Soak? {
    let words = String(decoding: output, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    guard words.count == 2, let restarts = NodeNumber.count(words[1]) else { return nil }
    for resource in task.resources {
      guard case .unit(let spec) = resource.spec, spec.name == unit else { continue }
      return Soak(
        address: resource.address,
        restarts: restarts,
        end: now + .milliseconds(spec.soak.milliseconds)
      )
    }
    return nil
  }

  /// Notes what an operation changed; one installation serves several packages.
  private mutating func note(_ operation: NodeOperation, _ address: String) {
    if operation.verb == .unit, operation.address != nil, let unit = operation.arguments.last {
      touchedUnits.insert(unit)
      if operation.arguments.first == ActionWord.restart.rawValue { restartedUnits.insert(unit) }
    }
    guard !operation.verb.isCheck, operation.address != nil else { return }
    if operation.verb == .aptInstall {
      result.changed += operation.addresses(on: task.node)
    } else if result.changed.last != address {
      result.changed.append(address)
    }
  }

  /// Whether the node still waits to be told that its changes stay.
  var isUnconfirmed: Bool {
    guard hasActivated, !isConfirmed else { return false }
    switch result.outcome {
    case .changed, .unchanged, .unknown: return true
    case .failed, .refused, .unreachable, .rolledBack, .frozen, .moved, .skipped: return false
    }
  }

  /// Whether all that was activated here stands and is about to be confirmed.
  var isRecordable: Bool {
    isUnconfirmed && halted == nil && !isInterrupted && result.failed.isEmpty
  }

  /// Notes how the run ended on the node.
  mutating func take(_ ending: WayBack) -> [NodeResult.Shortfall] {
    let address = "node.\(task.node)"
    switch ending {
    case .confirmed:
      isConfirmed = true
      // A node that was lost and confirmed all the same: what was done can be read back.
      if result.outcome == .unknown { result.outcome = .failed }
      return []
    case .takenBack(let isWhole, let why):
      tookItselfBack = true
      // What was not known then is known now.
      result.failed.removeAll { $0.why.hasPrefix(Self.unknownOutcome) }
      result.outcome = .failed
      let failures = fail(address, why)
      if isWhole { result.outcome = .rolledBack }
      return failures
    case .neverBegun(let why):
      // There is nothing to take back.
      hasActivated = false
      result.failed.removeAll { $0.why.hasPrefix(Self.unknownOutcome) }
      result.outcome = .failed
      return fail(address, why)
    case .unknown(let why):
      result.outcome = .unknown
      return fail(address, why)
    }
  }

  /// It is not known how the node stands, until it is asked.
  mutating func loseSight(_ why: String) {
    _ = fail("node.\(task.node)", why)
    result.outcome = .unknown
  }

  /// Starts nothing new; what was planned and not done is named as skipped.
  mutating func interrupt() {
    stop(because: "interrupted")
    isInterrupted = !result.skipped.isEmpty
  }

  /// Starts nothing new because of something that did not happen here.
  mutating func stop(because why: String) {
    halted = why
    let done = Set(result.changed)
    for change in task.schedule.changes where !done.contains(change.address.description) {
      result.skipped.append(
        NodeResult.Shortfall(address: change.address.description, why: why)
      )
    }
  }

  /// Whether something went wrong here, not elsewhere.
  var hasFailed: Bool {
    switch result.outcome {
    case .failed, .refused, .rolledBack, .frozen, .moved, .unknown: !result.failed.isEmpty
    case .unchanged, .changed, .unreachable, .skipped: false
    }
  }

  /// Notes a failure.
  mutating func fail(_ address: String, _ why: String) -> [NodeResult.Shortfall] {
    let shortfall = NodeResult.Shortfall(address: address, why: why)
    result.failed.append(shortfall)
    if result.outcome != .unknown { result.outcome = .failed }
    return [shortfall]
  }

  private static func addresses(_ operations: [NodeOperation]) -> [String] {
    operations.compactMap { $0.address?.description }
  }
}

/// A unit that was healthy and has to stay so for a while.
struct Soak: Sendable, Hashable {
  /// Its address.
  let address: ResourceAddress
  /// How often systemd had started it anew by then.
  let restarts: Int
  /// Until when it is watched, on the clock of the run.
  let end: Duration
}

extension NodeOperation {
  /// What it is done for; one installation serves several packages.
  func addresses(on node: NodeID) -> [String] {
    guard let address else { return [] }
    guard verb == .aptInstall else { return [address.description] }
    return arguments.map { package in
      let name = package.split(separator: "=").first.map(String.init) ?? package
      return ResourceAddress(node, .package, name).description
    }
  }
}

extension NodeOperation.Verb {
  /// Whether it only looks.
  var isCheck: Bool { self == .waitUnit || self == .checkCommand || self == .checkFile }
}
