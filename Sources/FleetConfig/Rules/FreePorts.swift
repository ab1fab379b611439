internal import FleetRegistry
internal import FleetRender

/// Numbers that nobody in the fleet claims, for advice.
///
/// Looks over the fleet on first use only; most fleets have no collision.
struct FreePorts {
  private let resolved: ResolvedFleet
  private var taken: Set<Int>?
  /// One number for one parameter: the same mistake on many nodes gets the same advice, and two
  /// roles that are told to move do not move to one place.
  private var given: [String: Int] = [:]

  init(_ resolved: ResolvedFleet) {
    self.resolved = resolved
  }

  /// The lowest number above `number` that is free in the whole fleet; nil when there is none.
  mutating func next(after number: Int, for parameter: String) -> Int? {
    let key = "\(parameter) \(number)"
    if let known = given[key] { return known }
    var taken = taken ?? known()
    let above = number < 65_535 ? (number + 1...65_535).first { !taken.contains($0) } : nil
    if let above {
      taken.insert(above)
      given[key] = above
    }
    self.taken = taken
    return above
  }

  /// All claims of the fleet, and the defaults of roles that it may get yet.
  private func known() -> Set<Int> {
    var numbers: Set<Int> = []
    for profile in resolved.profiles {
      for state in profile.ports { if let number = state.number { numbers.insert(number) } }
    }
    for role in resolved.registry.roles.values {
      for parameter in role.parameters where parameter.kind == .port {
        if case .int(let number) = role.literalDefaults[parameter.name] { numbers.insert(number) }
      }
    }
    return numbers
  }
}
