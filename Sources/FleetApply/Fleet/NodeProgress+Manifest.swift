import FleetModel
import FleetPlan
import FleetResources

extension NodeProgress {
  /// What fleetctl owns on the node now, from what was done and what is there.
  func manifest(of fleet: String, _ context: CompareContext) -> Manifest {
    let before =
      observed.manifest.known
      ?? Manifest(fleet: fleet, node: task.node.name, uuid: Self.randomID())
    let failed = Set(result.failed.map(\.address) + result.skipped.map(\.address))
    let done = task.schedule.changes.filter { change in
      let address = change.address.description
      switch result.outcome {
      case .rolledBack, .moved, .skipped: return false
      // In part, too: what was written is not there any more.
      case _ where wentBack: return false
      // What came after it, and what a batch held that never arrived, was not begun.
      case .refused, .frozen, .failed:
        return result.changed.contains(address) && !failed.contains(address)
      case .unchanged, .changed, .unreachable, .unknown: return !failed.contains(address)
      }
    }
    // Where nothing was done there is nothing to note, and a sick node may not be able to.
    let isUntouched = result.outcome == .failed && result.changed.isEmpty
    guard !done.isEmpty, !isUntouched else { return before }
    return before.updated(
      applying: done,
      resources: task.resources,
      before: task.observed,
      after: observed,
      context: context,
      startups: startups
    )
  }

  private static func randomID() -> String {
    var generator = SystemRandomNumberGenerator()
    return (0..<4).map { _ in
      let word = String(generator.next() as UInt32, radix: 16)
      return String(repeating: "0", count: 8 - word.count) + word
    }.joined()
  }
}

extension NodeTask {
  /// The source tree at `address`, if that is one.
  func source(at address: ResourceAddress) -> (resource: Resource, spec: SourceSpec)? {
    guard address.kind == .source,
      let resource = resources.first(where: { $0.address == address }),
      case .source(let spec) = resource.spec
    else { return nil }
    return (resource, spec)
  }
}
