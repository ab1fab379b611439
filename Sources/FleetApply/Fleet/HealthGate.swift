import FleetModel
import FleetResources
import FleetTransport

/// Performs the checks that need a stream through a node: HTTP, HTTPS and TCP.
struct HealthGate: Sendable {
  let notify: @Sendable (ApplyEvent) -> Void
  /// PEM of the fleet's CA, when it has one.
  let authority: String?
  let clock: RunClock
  /// Wait between two tries.
  private static let pause = Duration.milliseconds(500)

  /// Checks the units of a wave that this run touched; a failed required check halts the node.
  func check(
    _ progress: NodeProgress,
    wave: Int,
    workers: [NodeID: any NodeWorker]
  ) async -> NodeProgress {
    var progress = progress
    for resource in progress.task.resources where resource.wave == wave {
      guard progress.halted == nil, case .unit(let unit) = resource.spec, unit.state == .started,
        progress.touchedUnits.contains(unit.name)
      else { continue }
      for check in unit.checks {
        guard let failure = await failure(check, unit, progress, workers) else { continue }
        let address = resource.address.description
        guard check.required else {
          notify(.failed(node: progress.task.node, address: address, why: "warning: \(failure)"))
          continue
        }
        for shortfall in progress.fail(address, failure) {
          notify(.failed(node: progress.task.node, address: shortfall.address, why: shortfall.why))
        }
        progress.halted = "\(address) is not healthy"
      }
    }
    return progress
  }

  /// Tries until the check passes or the start-up budget is spent; returns what was wrong last.
  private func failure(
    _ check: HealthCheckSpec,
    _ unit: UnitSpec,
    _ progress: NodeProgress,
    _ workers: [NodeID: any NodeWorker]
  ) async -> String? {
    guard let request = request(check, progress) else { return nil }
    let worker = check.via.flatMap { workers[$0] } ?? progress.task.worker
    let deadline = clock.now() + .seconds(max(10, unit.startupBudget.seconds))
    var tries = 0
    while true {
      let wrong = await attempt(check, request, worker)
      guard let wrong else { return nil }
      guard clock.now() < deadline else {
        let relay = check.via.map { ", seen from `\($0)`" } ?? ""
        return
          "`\(unit.name)` is up, but not healthy after \(unit.startupBudget.display)\(relay): \(wrong)"
      }
      tries += 1
      if tries % 10 == 0 {
        let left = Int((deadline - clock.now()) / .seconds(1))
        notify(
          .waiting(node: progress.task.node, unit: unit.name, secondsLeft: left, status: wrong)
        )
      }
      try? await clock.sleep(Self.pause)
    }
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

  /// Returns nil when the check passed, else what was wrong.
  private func attempt(
    _ check: HealthCheckSpec,
    _ request: HTTPCheck.Request,
    _ worker: any NodeWorker
  ) async -> String? {
    do {
      guard case .http(_, let port, let path, _, let wanted, let expected) = check.kind else {
        try await worker.open(host: request.host, port: request.port)
        return nil
      }
      let answer = try await worker.get(request)
      let place = ":\(port)\(path)"
      if check.startingStatuses.contains(answer.status) {
        return "\(place) answers \(answer.status), still starting"
      }
      guard answer.status == wanted else {
        return "\(place) answers \(answer.status), wanted \(wanted)"
      }
      let body = String(decoding: answer.body, as: UTF8.self)
      guard expected.isEmpty || body.contains(expected) else {
        return "\(place) does not say `\(expected)`"
      }
      return nil
    } catch {
      return "\(error.step): \(error.message)"
    }
  }
}
