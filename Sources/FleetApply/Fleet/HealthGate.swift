import FleetModel
import FleetResources
import FleetTransport

/// Performs the checks that need a stream through a node: HTTP, HTTPS and TCP.
struct HealthGate: Sendable {
  let notify: @Sendable (ApplyEvent) -> Void
  /// PEM of the fleet's CA, when it has one.
  let authority: String?
  let clock: RunClock
  /// All nodes that can be looked through.
  let workers: [NodeID: any NodeWorker]
  /// Wait between two tries.
  private static let pause = Duration.milliseconds(500)
  /// After so many tries the unit itself is looked at, and people are told.
  private static let triesPerLook = 10
  /// Restarts by systemd while a check waits: so many are a crash loop.
  private static let tolerableRestarts = 2
  /// A wanted check holds nobody up for longer.
  private static let wantedSeconds = 30

  /// Checks those units among `addresses` that this run touched: the required checks, then the wanted.
  ///
  /// A failed required check halts the node, a failed wanted one is a warning of its result.
  func check(_ progress: NodeProgress, _ addresses: Set<ResourceAddress>) async -> NodeProgress {
    var progress = progress
    let units = progress.task.resources.filter { addresses.contains($0.address) }
      .sorted { $0.address < $1.address }
    for isRequired in [true, false] {
      for resource in units {
        guard case .unit(let unit) = resource.spec, unit.state == .started,
          progress.touchedUnits.contains(unit.name)
        else { continue }
        for check in unit.checks where check.required == isRequired && progress.halted == nil {
          let address = resource.address.description
          guard let failure = await failure(check, unit, address, progress) else { continue }
          take(failure, of: address, isRequired, &progress)
        }
      }
    }
    return progress
  }

  private func take(
    _ failure: String,
    of address: String,
    _ isRequired: Bool,
    _ progress: inout NodeProgress
  ) {
    let node = progress.task.node
    guard isRequired else {
      return progress.result.warnings.append(.init(address: address, why: failure))
    }
    for shortfall in progress.fail(address, failure) {
      notify(.failed(node: node, address: shortfall.address, why: shortfall.why))
    }
    progress.halted = "\(address) is not healthy"
  }

  /// As `attempts`, and tells when it begins and how it ends.
  private func failure(
    _ check: HealthCheckSpec,
    _ unit: UnitSpec,
    _ address: String,
    _ progress: NodeProgress
  ) async -> String? {
    guard let request = request(check, progress) else { return nil }
    let told = ApplyEvent.Check(
      node: progress.task.node,
      address: address,
      name: check.name,
      isRequired: check.required
    )
    notify(.checking(told))
    let began = clock.now()
    let failure = await attempts(check, request, unit, progress)
    let elapsed = Int((clock.now() - began) / .milliseconds(1))
    notify(.checked(told, milliseconds: elapsed, error: failure))
    return failure
  }

  /// Tries until the check passes or the start-up budget is spent; returns what was wrong last.
  private func attempts(
    _ check: HealthCheckSpec,
    _ request: HTTPCheck.Request,
    _ unit: UnitSpec,
    _ progress: NodeProgress
  ) async -> String? {
    guard let worker = check.via.map({ workers[$0] }) ?? progress.task.worker else {
      let relay = check.via?.name ?? ""
      return "`\(unit.name)` cannot be checked: its relay `\(relay)` cannot be reached"
    }
    let budget = max(1, unit.startupBudget.seconds)
    let allowed = check.required ? budget : min(budget, Self.wantedSeconds)
    let deadline = clock.now() + .seconds(allowed)
    var tries = 0
    var restarts: Int?
    while true {
      guard let wrong = await attempt(check, request, worker) else { return nil }
      guard clock.now() < deadline else {
        let relay = check.via.map { ", seen from `\($0)`" + Self.hint(check, wrong) } ?? ""
        return "`\(unit.name)` is up, but not healthy after \(allowed) s\(relay): \(wrong.text)"
      }
      tries += 1
      if tries % Self.triesPerLook == 0 {
        // A node that took the run back while nobody was heard has the old service, which never gets so.
        if let lost = await progress.task.worker.lostHold() {
          return "`\(unit.name)` is not waited for any more: \(lost); last seen: \(wrong.text)"
        }
        let seen = await look(unit, progress)
        if let end = Self.end(of: unit, seen, &restarts) { return "\(end): \(wrong.text)" }
        let left = Int((deadline - clock.now()) / .seconds(1))
        let said = seen.map(\.statusText) ?? ""
        let status = said.isEmpty ? wrong.text : "\(wrong.text); it says: \(said)"
        notify(
          .waiting(node: progress.task.node, unit: unit.name, secondsLeft: left, status: status)
        )
      }
      try? await clock.sleep(Self.pause)
    }
  }

  /// How the unit is; nil when that cannot be told.
  private func look(_ unit: UnitSpec, _ progress: NodeProgress) async -> ObservedUnit? {
    var request = ProbeRequest()
    request.units = [unit.name]
    return await progress.task.worker.observe(request).node?.units[unit.name]?.known
  }

  /// Why waiting is of no use any more: the unit ended, or crashes again and again.
  private static func end(
    of unit: UnitSpec,
    _ seen: ObservedUnit?,
    _ restarts: inout Int?
  ) -> String? {
    guard let seen else { return nil }
    if seen.activeState == "failed" {
      let result = seen.result.isEmpty ? "" : " with \(seen.result)"
      return "`\(unit.name)` ended\(result) before it was healthy"
    }
    // A restart by hand counts from 0 again.
    let first = min(restarts ?? seen.restarts, seen.restarts)
    restarts = first
    guard seen.restarts - first > tolerableRestarts else { return nil }
    return "`\(unit.name)` crashed \(seen.restarts - first) times before it was healthy"
  }

  private func request(_ check: HealthCheckSpec, _ progress: NodeProgress) -> HTTPCheck.Request? {
    switch check.kind {
    case .command: return nil
    case .tcp(let host, let port):
      return HTTPCheck.Request(host: host, port: port, path: "/", deadline: .seconds(5))
    case .http(let host, let port, let path, let https, _, _):
      var tls: StreamRequest.TLS?
      if https, let authority {
        tls = StreamRequest.TLS(serverName: host, authority: authority)
      }
      return HTTPCheck.Request(host: host, port: port, path: path, tls: tls, deadline: .seconds(10))
    }
  }

  /// What was wrong with one try.
  private struct Wrong {
    var text: String
    /// Whether nothing answered at all.
    var isSilence = false
  }

  /// What people look for first when a relay sees nothing.
  private static func hint(_ check: HealthCheckSpec, _ wrong: Wrong) -> String {
    guard wrong.isSilence, check.isBehindWindows else { return "" }
    return " (is the port open in the Windows firewall of this WSL2 machine?)"
  }

  /// Returns nil when the check passed, else what was wrong.
  private func attempt(
    _ check: HealthCheckSpec,
    _ request: HTTPCheck.Request,
    _ worker: any NodeWorker
  ) async -> Wrong? {
    do {
      guard case .http(_, let port, let path, _, let wanted, let expected) = check.kind else {
        try await worker.open(host: request.host, port: request.port)
        return nil
      }
      let answer = try await worker.get(request)
      let place = ":\(port)\(path)"
      if check.startingStatuses.contains(answer.status) {
        return Wrong(text: "\(place) answers \(answer.status), still starting")
      }
      guard answer.status == wanted else {
        return Wrong(text: "\(place) answers \(answer.status), wanted \(wanted)")
      }
      let body = String(decoding: answer.body, as: UTF8.self)
      guard expected.isEmpty || body.contains(expected) else {
        return Wrong(text: "\(place) does not say `\(expected)`")
      }
      return nil
    } catch {
      return Wrong(text: "\(error.step): \(error.message)", isSilence: true)
    }
  }
}

extension HealthCheckSpec {
  /// What is asked, in a few words.
  fileprivate var name: String {
    switch kind {
    case .command: "command"
    case .tcp(_, let port): "tcp :\(port)"
    case .http(_, let port, let path, let https, _, _): "http\(https ? "s" : "") :\(port)\(path)"
    }
  }
}
