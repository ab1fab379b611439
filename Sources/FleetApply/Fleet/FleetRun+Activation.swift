import FleetModel
import FleetPlan
import FleetResources

/// What changes that which runs: files, units, firewall.
extension FleetRun {
  /// Services that go are stopped first, so that ports are free before they are claimed; then all files
  /// and one daemon-reload a node; then the waves of the dependency graph, each with its gates.
  func activate(_ nodes: [NodeProgress]) async -> [NodeProgress] {
    let knowledge = knowledge(nodes)
    var nodes = await batches("files", nodes) { progress in
      let schedule = progress.task.schedule
      return operations(schedule.retire + schedule.configure, progress, knowledge)
        + program(progress, knowledge).reloading(schedule)
    }
    nodes = await lookAgain(nodes)
    for wave in Set(nodes.flatMap { $0.task.schedule.activate.map(\.number) }).sorted() {
      nodes = await activate(wave: wave, nodes)
    }
    return await stage("firewall", nodes) { $0.firewall }
  }

  func activate(wave number: Int, _ nodes: [NodeProgress]) async -> [NodeProgress] {
    let knowledge = knowledge(nodes)
    var nodes = await batches("wave \(number)", nodes) { progress in
      guard let wave = progress.task.schedule.activate.first(where: { $0.number == number }) else {
        return []
      }
      return operations(wave.changes, progress, knowledge)
        + program(progress, knowledge).health(wave.changes)
    }
    var authority: String?
    if case .known(let pem) = knowledge.authority { authority = pem }
    let checker = HealthGate(notify: notify, authority: authority)
    let workers = Dictionary(
      tasks.map { ($0.node, $0.worker) },
      uniquingKeysWith: { first, _ in first }
    )
    nodes = await concurrently(nodes) { progress in
      await checker.check(progress, wave: number, workers: workers)
    }
    return nodes
  }
}
