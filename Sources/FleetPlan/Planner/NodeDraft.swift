internal import FleetDigest
internal import FleetModel
internal import FleetResources

/// The plan of one node while it is being made.
struct NodeDraft: Sendable {
  /// Both sides of a diff, until all secrets are known that must not be in it.
  struct Text: Sendable {
    let address: ResourceAddress
    let change: TextChange
  }

  var node: PlannedNode
  var changes: [PlannedChange] = []
  var diffs: [String: [String]] = [:]
  var notes: [PlanNote] = []
  /// What each resource needs, for order and targets.
  var requirements: [ResourceAddress: [ResourceAddress]] = [:]
  /// Digests of the state before and after, for the check-index.
  var states: [ResourceAddress: String] = [:]
  /// Texts of changes that are still to be searched for secrets.
  var texts: [Text] = []
  /// Processes of units that change: unit to invocation id.
  private var invocations: [String: String] = [:]

  init(node: PlannedNode) {
    self.node = node
  }

  /// Notes which machine this is, at which generation, with which processes.
  mutating func index(_ seen: ObservedNode) {
    let id = seen.system.machineID
    node.machine = id.isEmpty ? "" : SHA256.hex(Array("fleetctl machine \(id)".utf8))
    node.generation = seen.manifest.known?.generation
    for change in changes where change.address.kind == .unit && change.action.isExecuted {
      guard let unit = seen.units[change.address.name]?.known, unit.isUp, unit.restarts == 0,
        !unit.invocation.isEmpty
      else { continue }
      invocations[change.address.name] = unit.invocation
    }
  }

  /// Keeps the processes of those changes that are left and not held back.
  mutating func settleInvocations() {
    for change in changes where change.address.kind == .unit && change.action.isExecuted {
      node.invocations[change.address.name] = invocations[change.address.name]
    }
  }

  /// Takes the diffs out whose texts hold one of `secrets`; returns whether there was one.
  ///
  /// Somebody may have put a secret into a plain file by hand.
  mutating func hide(_ secrets: some Sequence<[UInt8]>) -> Bool {
    let found = texts.filter { text in
      secrets.contains { secret in
        Self.holds(text.change.before ?? [], secret) || Self.holds(text.change.after ?? [], secret)
      }
    }
    guard !found.isEmpty else { return false }
    let addresses = Set(found.map(\.address))
    for index in changes.indices where addresses.contains(changes[index].address) {
      changes[index].hidesContent = true
      changes[index].diff = nil
    }
    let used = Set(changes.compactMap(\.diff))
    diffs = diffs.filter { used.contains($0.key) }
    return true
  }

  private static func holds(_ text: [UInt8], _ secret: [UInt8]) -> Bool {
    guard let first = secret.first, text.count >= secret.count else { return false }
    for start in 0...(text.count - secret.count) where text[start] == first {
      if text[start..<(start + secret.count)].elementsEqual(secret) { return true }
    }
    return false
  }
}
