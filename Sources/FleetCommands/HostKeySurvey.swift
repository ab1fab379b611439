import FleetDiagnostics
import FleetModel
import FleetSSH
import FleetTransport

/// The order in which host keys can be fetched: a hop before what lies behind it.
struct HostKeySteps {
  /// Targets that can be asked at the same time, the nearest first.
  let levels: [[SSHTarget]]

  /// Adds the jump hosts of `targets`, each once, as targets named after themselves.
  ///
  /// Of the ways to `others` only the jump hosts with one of `names` are added, with those before them.
  init(_ targets: [SSHTarget], jumpHosts names: Set<String> = [], of others: [SSHTarget] = []) {
    var levels: [[SSHTarget]] = []
    var seen: Set<[SSHHop]> = []
    func add(_ target: SSHTarget, _ depth: Int) {
      while levels.count <= depth { levels.append([]) }
      levels[depth].append(target)
    }
    func addHops(_ chain: some Collection<SSHHop>, of target: SSHTarget) {
      for depth in 0..<chain.count {
        let way = Array(chain.prefix(depth + 1))
        guard seen.insert(way).inserted else { continue }
        add(SSHTarget(jumpHost: way, connectTimeout: target.connectTimeout), depth)
      }
    }
    for target in targets {
      guard case .jumps(let chain) = target.route else {
        add(target, 0)
        continue
      }
      addHops(chain, of: target)
      add(target, chain.count)
    }
    for other in others {
      guard case .jumps(let chain) = other.route,
        let last = chain.lastIndex(where: { names.contains($0.name) })
      else { continue }
      addHops(chain[...last], of: other)
    }
    self.levels = levels.filter { !$0.isEmpty }
  }
}

/// What the machines of one step showed.
struct HostKeySurvey {
  /// One machine.
  private struct Offer {
    let target: SSHTarget
    let outcome: Result<(HostKey, HostKeyState), TransportError>
  }

  private let offers: [Offer]

  /// Fetches the keys of `targets`, side by side.
  static func of(_ targets: [SSHTarget]) async -> HostKeySurvey {
    let connector = SSHConnector(
      SSHConfiguration(homeDirectory: Environment.home, sshProgram: Programs.find("ssh"))
    )
    let offers = await withTaskGroup(of: (Int, Offer).self) { group in
      for (index, target) in targets.enumerated() {
        group.addTask { (index, await Self.offer(of: target, connector)) }
      }
      var offers: [(Int, Offer)] = []
      for await offer in group { offers.append(offer) }
      return offers.sorted { $0.0 < $1.0 }.map(\.1)
    }
    return HostKeySurvey(offers: offers)
  }

  private static func offer(of target: SSHTarget, _ connector: SSHConnector) async -> Offer {
    do throws(TransportError) {
      let key = try await connector.fetchHostKey(of: target)
      return Offer(target: target, outcome: .success((key, HostKeyState(key, of: target))))
    } catch {
      return Offer(target: target, outcome: .failure(error))
    }
  }

  /// What is pinned already.
  var pinned: [(SSHTarget, HostKey)] { keys { $0 == .pinned } }

  /// What may be pinned.
  var unknown: [(SSHTarget, HostKey)] { keys { $0 == .unknown } }

  /// What may be replaced.
  var changed: [(SSHTarget, HostKey)] {
    keys { if case .changed = $0 { true } else { false } }
  }

  private func keys(_ isWanted: (HostKeyState) -> Bool) -> [(SSHTarget, HostKey)] {
    offers.compactMap { offer in
      guard case .success(let (key, state)) = offer.outcome, isWanted(state) else { return nil }
      return (offer.target, key)
    }
  }

  /// Machines that show one key, which are one machine or copies of one: names, and the fingerprint.
  ///
  /// What `lock` pins of nodes that were not asked counts too. Several names for one jump host are no
  /// fault.
  func clones(
    among nodes: Set<String>,
    _ lock: FleetLock?
  ) -> [(nodes: [String], fingerprint: String)] {
    var owners: [String: [String]] = [:]
    for (node, pin) in lock?.nodes ?? [:] where !nodes.contains(node.name) {
      for key in pin.hostKeys.compactMap(HostKey.init(line:)) {
        owners[key.fingerprint, default: []].append(node.name)
      }
    }
    for offer in offers where nodes.contains(offer.target.node) && !offer.target.isJumpHost {
      guard case .success(let (key, _)) = offer.outcome else { continue }
      owners[key.fingerprint, default: []].append(offer.target.node)
    }
    return owners.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }
      .map { ($1.sorted(), $0) }
  }

  /// Whether some machine gave nothing that may be pinned.
  func hasFailures(rotating: Bool) -> Bool {
    offers.contains { offer in
      switch offer.outcome {
      case .failure: true
      case .success((_, .refused)): true
      case .success((_, .changed)): !rotating
      case .success: false
      }
    }
  }

  /// The table with its heading.
  var table: [[String]] {
    [["NODE", "ADDRESS", "KEY", "FINGERPRINT", "STATE"]]
      + offers.map { offer in
        let target = offer.target
        let place = target.port == 22 ? target.host : "[\(target.host)]:\(target.port)"
        switch offer.outcome {
        case .failure(let error):
          return [target.node, place, "-", "-", "\(error.step): \(displayable(error.message))"]
        case .success(let (key, state)):
          let isHalf = state == .unknown && target.pin != nil && KnownHosts.hold(key, of: target)
          let text = isHalf ? "in known_hosts, new to fleet.lock" : state.description
          return [target.node, place, key.type, key.fingerprint, text]
        }
      }
  }
}
