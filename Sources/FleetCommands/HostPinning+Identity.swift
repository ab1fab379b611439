import FleetDiagnostics
import FleetModel
import FleetProbe
import FleetTransport

extension HostPinning {
  /// Logs in where machine-id or node id are not pinned, and pins them; true when some node let us not
  /// read them.
  mutating func pinIdentities() async throws -> Bool {
    let pending = targets.indices.filter { index in
      guard sound.contains(targets[index].node), let pin = targets[index].pin else { return false }
      return command.rotate || pin.machineID == nil || pin.nodeID == nil
    }
    guard !pending.isEmpty else { return false }
    let connections = FleetConnections()
    let asked = pending.map { index in
      var target = targets[index]
      // The host key is pinned by now; what else the machine is known by is what we ask for.
      target.pin = NodePin(hostKeys: targets[index].pin?.hostKeys ?? [])
      return target
    }
    try connections.unlock(asked)
    let answers = await connections.enrol(asked)
    let clones = clones(pending, answers)
    var failed = false
    for (index, answer) in zip(pending, answers) where !clones.contains(index) {
      switch answer {
      case .success(let identity): try pin(identity, at: index)
      case .failure(let error):
        failed = true
        tell(error, targets[index])
      }
    }
    if hasChanged { try file.save() }
    guard clones.isEmpty else { throw ExitStatus.identityRefused.error }
    return failed
  }

  private func tell(_ error: TransportError, _ target: SSHTarget) {
    Terminal.note(
      "error: \(target.node) is pinned by its host key alone: \(error.step): "
        + "\(displayable(error.message))\n"
    )
    for line in (error.remedy ?? "").split(separator: "\n") {
      Terminal.note("  \(displayable(String(line)))\n")
    }
    if error.code == .authenticationRefused {
      Terminal.note(
        "  A machine that does not know \(displayable(target.user)) yet: fleetctl bootstrap "
          + "\(target.node) --user root\n"
      )
    }
  }

  /// Tells of nodes with one identity, among the answers or with what is pinned of others; their places.
  private func clones(
    _ pending: [Int],
    _ answers: [Result<NodeIdentity, TransportError>]
  ) -> Set<Int> {
    var owners: [String: Set<String>] = [:]
    func add(_ what: String, _ id: String?, _ node: String) {
      if let id, !id.isEmpty { owners["\(what) \(id)", default: []].insert(node) }
    }
    for (index, answer) in zip(pending, answers) {
      guard case .success(let identity) = answer else { continue }
      add("machine-id", identity.machineID, targets[index].node)
      add("node id", identity.nodeID, targets[index].node)
    }
    let fresh = Set(pending.map { targets[$0].node })
    for (node, pin) in file.lock?.nodes ?? [:] where !fresh.contains(node.name) {
      add("machine-id", pin.machineID, node.name)
      add("node id", pin.nodeID, node.name)
    }
    var copies: Set<Int> = []
    for (what, nodes) in owners.sorted(by: { $0.key < $1.key }) where nodes.count > 1 {
      let names = nodes.sorted().map { "`\($0)`" }.joined(separator: ", ")
      Terminal.note(
        "error: nodes \(names) have one \(displayable(what)): they are one machine, or copies of one "
          + "image. It was not pinned.\n  "
          + FleetConnections.cloneCure.split(separator: "\n").joined(separator: "\n  ") + "\n "
          + Self.renamed + "\n"
      )
      copies.formUnion(pending.filter { nodes.contains(targets[$0].node) })
    }
    return copies
  }

  private mutating func pin(_ identity: NodeIdentity, at index: Int) throws {
    let node = targets[index].node
    let old = targets[index].pin ?? NodePin()
    var new = NodePin(hostKeys: old.hostKeys)
    new.machineID = NodePin.isID(identity.machineID) ? identity.machineID : nil
    new.nodeID = NodePin.isID(identity.nodeID) ? identity.nodeID : nil
    if new.machineID == nil {
      Terminal.note(
        "warning: \(node) has no usable /etc/machine-id (`\(displayable(identity.machineID))`); it is "
          + "not pinned. On the node: systemd-machine-id-setup\n"
      )
    }
    guard new != old else { return }
    let contradicts =
      old.machineID.map { $0 != new.machineID } ?? false
      || old.nodeID.map { $0 != new.nodeID } ?? false
    if contradicts, !replaced.contains(node) { try confirm(node, old, new) }
    set(new, at: index)
    hasChanged = true
    Terminal.note(
      "Pinned \(node) in \(file.path): machine-id \(new.machineID ?? "none"), node id "
        + "\(new.nodeID ?? "none").\n"
    )
  }

  /// The host key is the pinned one, the rest is not: a copy of its disk, or a new system under old keys.
  private func confirm(_ node: String, _ old: NodePin, _ new: NodePin) throws {
    Terminal.note(
      "\(node) shows its pinned host key, but\n  machine-id \(new.machineID ?? "none"), pinned is "
        + "\(old.machineID ?? "none")\n  node id    \(new.nodeID ?? "none"), pinned is "
        + "\(old.nodeID ?? "none")\n"
    )
    if command.fingerprint != nil { return }
    guard command.rotate, Terminal.canAsk,
      Terminal.ask("Write `replace` to pin what it shows: ") == "replace"
    else {
      Terminal.note("Nothing was replaced. To do so: fleetctl hosts trust --rotate \(node)\n")
      throw ExitStatus.identityRefused.error
    }
  }
}
