extension UnitSpec {
  /// Returns the digests of everything that the unit consumes, as seen: what a process that was
  /// started or reloaded just before the observation has loaded.
  ///
  /// With `onlyReloads` only what a reload reads too.
  package func loadedDigests(_ look: Look, onlyReloads: Bool = false) -> [String: String] {
    var digests: [String: String] = [:]
    for (path, reload) in consumption(look.context) where reload || !onlyReloads {
      guard case .value(let seen) = look.path(path), let digest = seen.loadDigest else { continue }
      digests[path] = digest
    }
    return digests
  }

  /// Every path that it consumes; `true` where a reload is enough.
  func consumption(_ context: CompareContext) -> [String: Bool] {
    var paths = context.desired.evidence[name] ?? [:]
    for path in consumes { paths[path.path] = path.reload && paths[path.path] ?? true }
    let unit = UnitName(name)
    for path in context.desired.definitions where unit.isDefined(by: path) { paths[path] = false }
    return paths
  }

  /// Ports of this unit that are bound wider than declared, a sentence each.
  package func wideListeners(_ look: Look) -> [String] {
    guard case .value(let listeners) = look.observed.listeners else { return [] }
    return ports.filter { $0.scope != "public" }.flatMap { port in
      listeners.filter { listener in
        listener.port == port.number && listener.transport == port.transport
          && UnitName(listener.unit).isRelated(to: UnitName(name))
          && !port.addresses.contains(listener.address) && !listener.isLoopback
      }
      .map { listener in
        "\(name) listens on \(listener.address):\(port.number), wider than declared "
          + "(\(port.scope): \(port.addresses.joined(separator: ", ")))"
      }
    }
  }
}

extension Listener {
  /// Whether only the node itself can reach it.
  var isLoopback: Bool { address.hasPrefix("127.") || address == "::1" }
}
