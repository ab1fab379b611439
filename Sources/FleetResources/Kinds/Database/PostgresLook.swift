internal import FleetModel

extension Look {
  /// What PostgreSQL says, or the verdict when it cannot be asked.
  ///
  /// Before the first start of the server there is nobody to ask: then the answer comes after the
  /// unit, or the package, that this plan starts or installs.
  func postgres(_ gap: Gap) -> (seen: ObservedPostgres?, verdict: Comparison) {
    let server = producer
    switch observed.postgres {
    case .value(let seen): return (seen, .inSync)
    case .absent:
      guard let server else { return (nil, .unknown("PostgreSQL is not there")) }
      return (nil, .knownAfterApply(gap, producer: server, reason: "PostgreSQL is started first"))
    case .unknown(let why):
      guard let server else { return (nil, .unknown(why)) }
      return (nil, .knownAfterApply(gap, producer: server, reason: "PostgreSQL is started first"))
    }
  }

  /// What brings the server up in this plan: a unit that is required, else a package of the role.
  private var producer: ResourceAddress? {
    let units = context.desired.resources.filter { other in
      guard case .unit(let unit) = other.spec else { return false }
      let isServer = resource.requires.contains(other.address) || unit.name.hasPrefix("postgresql")
      return isServer && context.planned.starting.contains(unit.name)
    }
    if let unit = units.map(\.address).min() { return unit }
    return context.planned.packages
      .filter { $0.key.hasPrefix("postgresql") || resource.requires.contains($0.value) }
      .map(\.value).min()
  }
}
