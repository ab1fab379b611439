import FleetDigest
import FleetModel
import FleetResources

extension NodeProgress {
  /// PEM of the fleet's CA as this node has it.
  var fleetAuthority: String? {
    guard let content = observed.paths["/etc/fleetctl/ca.pem"]?.known?.content else { return nil }
    return content.reveal { String(decoding: $0, as: UTF8.self) }
  }

  /// What fleetctl owns on the node now: what is there and as it should be, and what it owned before.
  func manifest(_ context: CompareContext) -> Manifest {
    var manifest =
      observed.manifest.known
      ?? Manifest(fleet: "", node: task.node.name, uuid: Self.randomID())
    let wanted = Set(task.resources.map(\.manifestKey))
    for key in manifest.owned.keys where !wanted.contains(key) && removed.contains(key) {
      manifest.owned[key] = nil
    }
    for resource in task.resources where resource.compare(observed, context) == .inSync {
      manifest.owned[resource.manifestKey] = resource.manifestEntry(context)
    }
    for unit in touchedUnits.sorted() { recordLoaded(unit, in: &manifest, context) }
    for (unit, milliseconds) in startups { manifest.startups[unit] = milliseconds }
    if !result.changed.isEmpty { manifest.generation += 1 }
    return manifest
  }

  /// Keys of what was removed by this run.
  private var removed: Set<String> {
    guard result.outcome != .failed else { return [] }
    return Set(task.removals.compactMap { $0.address.map { "\($0.kind.rawValue):\($0.name)" } })
  }

  private func recordLoaded(_ name: String, in manifest: inout Manifest, _ context: CompareContext) {
    guard let unit = observed.units[name]?.known, unit.activeState == "active" else { return }
    var digests: [String: String] = [:]
    for path in (context.desired.evidence[name] ?? [:]).keys {
      if let sha256 = observed.paths[path]?.known?.sha256, !sha256.isEmpty { digests[path] = sha256 }
    }
    manifest.loaded[name] = Manifest.Loaded(invocation: unit.invocation, digests: digests)
  }

  private static func randomID() -> String {
    var generator = SystemRandomNumberGenerator()
    return (0..<4).map { _ in
      let word = String(generator.next() as UInt32, radix: 16)
      return String(repeating: "0", count: 8 - word.count) + word
    }.joined()
  }
}
