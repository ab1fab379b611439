import FleetModel
import FleetResources

extension Resource {
  /// The kind, as its address says.
  var kind: ResourceKind { address.kind }

  /// Within a wave on a node: what others are built on (components such as a database server), then
  /// databases, migrations, and the roles' own services.
  static func startOrder(_ resources: [Resource], roles: Set<String>) -> [Resource] {
    resources.sorted { left, right in
      let ranks = (left.startRank(roles), right.startRank(roles))
      return ranks.0 == ranks.1 ? left.address < right.address : ranks.0 < ranks.1
    }
  }

  private func startRank(_ roles: Set<String>) -> Int {
    switch spec {
    case .unit where !roles.contains(role): 0
    case .databaseRole: 1
    case .database: 2
    case .step: 3
    default: 4
    }
  }
}

extension ResourceKind {
  /// Additive work that restarts nothing.
  var isPreparation: Bool {
    switch self {
    case .aptSource, .package, .group, .user, .dir, .archive, .secret, .certificate: true
    default: false
    }
  }

  /// What is written in one go before one daemon-reload.
  var isConfiguration: Bool {
    switch self {
    case .file, .link, .sysctl, .dropIn: true
    default: false
    }
  }

  /// What happens in waves.
  var isActivation: Bool {
    switch self {
    case .unit, .database, .step: true
    default: false
    }
  }
}

extension UnitSpec {
  /// What must hold before the next wave: active, its ports bound, no restart storm, its own commands.
  func gates(_ address: ResourceAddress, soakSeconds: Int) -> [NodeOperation] {
    let budget = String(max(10, startupBudget.seconds))
    let held = ports.flatMap { port in
      port.addresses.map { "\(port.transport) \($0) \(port.number)" }
    }
    var gates = [
      NodeOperation(
        .waitUnit,
        [name, budget, String(soakSeconds), held.joined(separator: ",")],
        for: address
      )
    ]
    for check in checks {
      guard case .command(let user, let arguments, let expected) = check.kind, check.required else { continue }
      gates.append(NodeOperation(.checkCommand, [user, budget, expected] + arguments, for: address))
    }
    return gates
  }
}

extension [NodeOperation] {
  /// Without exact repetitions of what one run does for all: one `apt-get update`, one installation.
  func deduplicated() -> [NodeOperation] {
    var updated = false
    var packages: [String] = []
    var result: [NodeOperation] = []
    var place: Int?
    var first: ResourceAddress?
    for operation in self {
      switch operation.verb {
      case .aptUpdate:
        if updated { continue }
        updated = true
        result.append(operation)
      case .aptInstall:
        packages += operation.arguments.filter { !packages.contains($0) }
        first = first ?? operation.address
        place = place ?? result.count
      default:
        result.append(operation)
      }
    }
    guard let place, !packages.isEmpty else { return result }
    let install = NodeOperation(.aptInstall, packages, for: first)
    let update = NodeOperation(.aptUpdate, [], for: nil)
    result.insert(contentsOf: updated ? [install] : [update, install], at: place)
    return result
  }
}
