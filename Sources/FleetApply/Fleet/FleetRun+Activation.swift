import FleetModel
import FleetPlan
import FleetResources

/// What changes that which runs: files, units, firewall.
extension FleetRun {
  /// Activates first what no rollout holds, then each batch to its end, then what waited for them.
  func activate(_ nodes: [NodeProgress]) async -> [NodeProgress] {
    let schedules = nodes.map(\.task.schedule)
    guard !rollouts.isEmpty else {
      return await activate(parts(schedules), nodes)
    }
    var turns = Rollouts(rollouts, RolloutOrder(schedules.flatMap(\.changes)), down: down(nodes))
    let split = ActivationSplit(schedules, held: turns.members)
    var nodes = await activate(split.early, nodes)
    nodes = await settle(nodes, Set(split.early.filter(\.value.closes).keys))
    while let step = turns.next(nodes) {
      switch step {
      case .batch(let batch):
        notify(.rollout(batch.number, roles: batch.roles, nodes: batch.nodes, batch.isCanary))
        let members = Set(batch.nodes)
        nodes = await activate(parts(schedules.filter { members.contains($0.node) }), nodes)
        nodes = await settle(nodes, members)
      case .stop(let role, let left, let why):
        notify(.rolloutStopped(role: role, nodes: left, why: why))
        for index in nodes.indices where left.contains(nodes[index].task.node) {
          nodes[index].stop(because: why)
        }
      }
    }
    return await activate(split.late, nodes)
  }

  private func parts(_ schedules: [NodeSchedule]) -> [NodeID: ActivationPart] {
    Dictionary(
      schedules.map { ($0.node, ActivationPart.whole($0)) },
      uniquingKeysWith: { first, _ in first }
    )
  }

  private func down(_ nodes: [NodeProgress]) -> [String: Set<NodeID>] {
    let inputs = inputs(nodes)
    return Dictionary(
      rollouts.map { ($0.role, Set(RolloutPlanner.down($0.role, inputs).map(\.node))) },
      uniquingKeysWith: { first, _ in first }
    )
  }

  /// Services that go are stopped first, so that ports are free before they are claimed; then all files
  /// and one daemon-reload a node; then the waves of the dependency graph, each with its gates.
  private func activate(
    _ parts: [NodeID: ActivationPart],
    _ nodes: [NodeProgress]
  ) async -> [NodeProgress] {
    guard !parts.isEmpty else { return nodes }
    let knowledge = knowledge(nodes)
    var nodes = await batches("files", nodes) { progress in
      guard parts[progress.task.node]?.opens ?? false else { return [] }
      let schedule = progress.task.schedule
      return operations(schedule.retire + schedule.configure, progress, knowledge)
        + program(progress, knowledge).reloading(schedule)
    }
    nodes = await lookAgain(nodes, only: Set(parts.filter(\.value.opens).keys))
    for wave in parts.values.reduce(into: Set<Int>(), { $0.formUnion($1.waves) }).sorted() {
      nodes = await activate(wave: wave, parts, nodes)
    }
    let last = self.knowledge(nodes)
    return await batches("firewall", nodes) { progress in
      guard parts[progress.task.node]?.closes ?? false else { return [] }
      return operations(progress.task.schedule.firewall, progress, last)
    }
  }

  private func activate(
    wave number: Int,
    _ parts: [NodeID: ActivationPart],
    _ nodes: [NodeProgress]
  ) async -> [NodeProgress] {
    let knowledge = knowledge(nodes)
    @Sendable func wave(_ progress: NodeProgress) -> [PlannedChange] {
      guard parts[progress.task.node]?.waves.contains(number) ?? false else { return [] }
      return progress.task.schedule.activate.first { $0.number == number }?.changes ?? []
    }
    let nodes = await batches("wave \(number)", nodes) { progress in
      let changes = wave(progress)
      return operations(changes, progress, knowledge) + program(progress, knowledge).health(changes)
    }
    var authority: String?
    if case .known(let pem) = knowledge.authority { authority = pem }
    let gate = HealthGate(
      notify: notify,
      authority: authority,
      clock: clock,
      workers: relays.merging(tasks.map { ($0.node, $0.worker) }) { $1 }
    )
    return await concurrently(nodes) { progress in
      await gate.check(progress, Set(wave(progress).map(\.address)))
    }
  }
}
