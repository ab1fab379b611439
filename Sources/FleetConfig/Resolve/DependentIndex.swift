internal import FleetRegistry

/// Who depends on whom, turned round.
///
/// Made once, so that asking for every instance of a large fleet is not a walk over the fleet each time.
struct DependentIndex: Sendable {
  /// Consumers of an instance that is their only provider.
  private var ofOne: [Int: [Int]] = [:]
  /// Consumers of several instances, by the role of these.
  private var ofMany: [String: [Int]] = [:]

  init(_ resolved: ResolvedFleet) {
    for (index, instance) in resolved.instances.enumerated() {
      for dependency in instance.dependencies {
        if dependency.providers.count == 1 {
          Self.add(index, to: &ofOne[dependency.providers[0], default: []])
        } else if !dependency.providers.isEmpty {
          Self.add(index, to: &ofMany[dependency.role, default: []])
        }
      }
    }
  }

  private static func add(_ consumer: Int, to list: inout [Int]) {
    // Consumers come in order, so a repeated one is the last.
    if list.last != consumer { list.append(consumer) }
  }

  /// The consumers of the instance at `index`, in order.
  func consumers(of index: Int, in resolved: ResolvedFleet) -> [Int] {
    let one = ofOne[index] ?? []
    let many = ofMany[resolved.instances[index].profile.role.name] ?? []
    let further = many.filter { consumer in
      resolved.instances[consumer].dependencies.contains { $0.providers.containsSorted(index) }
    }
    if further.isEmpty { return one }
    return Set(one).union(further).sorted()
  }
}
