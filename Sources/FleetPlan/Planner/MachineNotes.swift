internal import FleetModel
internal import FleetResources

/// Findings about the machine that no resource stands for: devices that are declared and not there,
/// listeners that nobody declares, and what opens the fleet's doors where users are served.
struct MachineNotes {
  let planner: NodePlanner
  /// More listeners than these in one note help nobody.
  private static let mostListeners = 8

  /// The texts, devices first.
  func texts() -> [String] { devices() + listeners() + keys() }

  /// Declared whole devices that the machine has fewer of, or whose UUID it does not show.
  private func devices() -> [String] {
    let seen = planner.observed.system.devices
    var whole: [String: [String]] = [:]
    var texts: [String] = []
    for device in planner.input.devices where device.vendor != "other" {
      let id = device.whole?.id ?? device.id
      let key = "\(device.kind) \(device.vendor)"
      if !whole[key, default: []].contains(id) { whole[key, default: []].append(id) }
      // Only NVIDIA's tool names GPUs by UUID, and only where it answered.
      let isNamed = seen.contains { $0.hasPrefix("gpu nvidia") && $0.contains("GPU-") }
      guard let uuid = device.uuid, uuid.hasPrefix("GPU-"), isNamed,
        !seen.contains(where: { $0.contains(uuid) })
      else { continue }
      let text = "\(id) is declared with the UUID \(uuid), which the machine does not have"
      // Partitions share their device's.
      if !texts.contains(text) { texts.append(text) }
    }
    for (key, ids) in whole.sorted(by: { $0.key < $1.key }) {
      let count = seen.count { $0.hasPrefix(key + " ") }
      guard count < ids.count else { continue }
      let names = ids.joined(separator: ", ")
      let found = count == 0 ? "none" : "\(count)"
      texts.append(
        "fleet.yaml declares \(ids.count) \(Self.words(key)) (\(names)), and the machine shows \(found)"
      )
    }
    return texts
  }

  /// `gpu nvidia` is `GPU of nvidia`.
  private static func words(_ key: String) -> String {
    let parts = key.split(separator: " ")
    return "\(parts.first?.uppercased() ?? "") of \(parts.last ?? "")"
  }

  /// TCP listeners that other machines may reach and that no role declares; the way in is sshd's.
  private func listeners() -> [String] {
    // Nothing is wanted there any more: what listens is somebody's, or goes now.
    if planner.input.isLeaving { return [] }
    guard case .value(let seen) = planner.observed.listeners else { return [] }
    var declared: Set<Int> = []
    for resource in planner.resources {
      guard case .unit(let unit) = resource.spec else { continue }
      declared.formUnion(unit.ports.map(\.number))
    }
    let stray = seen.filter { listener in
      listener.transport == "tcp" && !Self.isLoopback(listener.address)
        && !declared.contains(listener.port) && listener.process != "sshd"
        && !listener.unit.hasPrefix("ssh")
    }
    let words = Set(
      stray.map { listener in
        let holder = listener.unit.isEmpty ? listener.process : listener.unit
        return "\(listener.port)\(holder.isEmpty ? "" : " (\(holder))")"
      }
    ).sorted()
    guard !words.isEmpty else { return [] }
    let more =
      words.count > Self.mostListeners ? " and \(words.count - Self.mostListeners) more" : ""
    return [
      "other machines may reach what no role declares: port "
        + words.prefix(Self.mostListeners).joined(separator: ", ") + more
    ]
  }

  private static func isLoopback(_ address: String) -> Bool {
    address.hasPrefix("127.") || address == "::1" || address.hasPrefix("::ffff:127.")
  }

  /// A machine that serves users and can log in to the fleet gives the fleet to whoever breaks into it.
  private func keys() -> [String] {
    guard planner.input.servesUsers else { return [] }
    let system = planner.observed.system
    var texts = system.doors.prefix(Self.mostListeners).map { file in
      "\(file) is a private key that logins of this machine admit: whoever breaks into a machine that "
        + "serves users must not find the fleet's key there; move it to the operator's machine"
    }
    if let ansible = system.interpreters["ansible"] {
      texts.append(
        "\(ansible) is here: fleets are managed from the operator's machine or the management node, "
          + "not from a machine that serves users; remove it"
      )
    }
    return texts
  }
}
