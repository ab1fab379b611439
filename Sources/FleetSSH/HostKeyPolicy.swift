import FleetModel
import FleetTransport

/// What `fleet.lock` and the operator's known_hosts files say about one target, and what follows.
///
/// A pin in `fleet.lock` is enough; a known_hosts file that says otherwise is a contradiction. The policy is strict and is applied before the first byte of authentication.
struct HostKeyPolicy: Sendable {
  private let target: SSHTarget
  private let exact: [KnownHosts.Line]
  private let portless: [KnownHosts.Line]
  /// The keys of `fleet.lock`; nil without such a file.
  private let locked: [HostKey]?

  /// Looks up `target` in `knownHosts`.
  init(_ target: SSHTarget, in knownHosts: KnownHosts) {
    self.target = target
    exact = knownHosts.lines(about: KnownHosts.name(of: target))
    // ssh takes a plain entry for any port of the host as long as nothing is known for this port.
    portless =
      target.port == 22 || target.hostKeyAlias != nil ? [] : knownHosts.lines(about: target.host)
    locked = target.pin?.hostKeys.compactMap(HostKey.init(line:))
  }

  private var pinned: [HostKey] {
    if let locked, !locked.isEmpty { return locked }
    let own = Self.keys(exact, .none)
    return own.isEmpty ? Self.keys(portless, .none) : own
  }

  /// The keys that are pinned for this host and port, in `fleet.lock` or in known_hosts.
  var ownPins: [HostKey] {
    let known = Self.keys(exact, .none)
    return (locked ?? []) + known.filter { locked?.contains($0) != true }
  }

  private static func keys(_ lines: [KnownHosts.Line], _ marker: KnownHosts.Marker) -> [HostKey] {
    lines.filter { $0.marker == marker }.compactMap(\.key)
  }

  /// Host key algorithms to offer: those of the pinned keys first.
  ///
  /// libssh2 prefers ECDSA by itself, so a file that pins only Ed25519 would look like an attack.
  /// - Throws: `.hostKeyUnsupported` when only keys are pinned that libssh2 1.10 cannot verify.
  func preference() throws(TransportError) -> [String] {
    let types = Set(pinned.map(\.type))
    // As with ssh, keys of an entry without the port do not change what is asked for.
    let isForOtherPorts = Self.keys(exact, .none).isEmpty && locked?.isEmpty != false
    guard !types.isEmpty else { return HostKey.supportedTypes }
    let usable = HostKey.supportedTypes.filter(types.contains)
    guard usable.isEmpty else {
      if isForOtherPorts { return HostKey.supportedTypes }
      return usable + HostKey.supportedTypes.filter { !types.contains($0) }
    }
    throw TransportError(
      .hostKeyUnsupported,
      step: "host key",
      "only \(types.sorted().joined(separator: ", ")) keys are pinned for \(place), and libssh2 1.10"
        + " can verify only Ed25519 and ECDSA host keys",
      remedy: "Pin the node's Ed25519 key:\n  fleetctl hosts trust \(target.node)"
    )
  }

  /// Accepts `offered` or throws the reason for refusing it.
  func check(_ offered: HostKey) throws(TransportError) {
    if Self.keys(exact + portless, .revoked).contains(offered) {
      throw TransportError(
        .hostKeyRevoked,
        step: "host key",
        "\(place) offered \(offered.type) \(offered.fingerprint), which known_hosts marks @revoked",
        remedy: "Do not connect. Find out who uses the revoked key."
      )
    }
    // An entry without the port is the machine at port 22, which may be another one.
    let own = Self.keys(exact, .none)
    if let locked { return try check(offered, locked, own) }
    if pinned.contains(offered) { return }
    guard own.isEmpty else { throw changed(offered, own, "pinned") }
    guard Self.keys(exact, .certificateAuthority).isEmpty else { throw authorityOnly(offered) }
    throw TransportError(
      .hostKeyUnknown,
      step: "host key",
      "the host key of \(place) is not known; it offered \(offered.type) \(offered.fingerprint)",
      remedy: "Compare the fingerprint with the node's own, then pin it:\n"
        + "  fleetctl hosts trust \(target.node)"
    )
  }

  private func check(
    _ offered: HostKey,
    _ locked: [HostKey],
    _ known: [HostKey]
  ) throws(TransportError) {
    guard locked.isEmpty || locked.contains(offered) else {
      throw changed(offered, locked, "fleet.lock pins")
    }
    guard known.isEmpty || known.contains(offered) else {
      guard !locked.isEmpty else { throw changed(offered, known, "pinned") }
      throw contradiction(offered, known)
    }
    guard locked.isEmpty else { return }
    throw TransportError(
      .hostKeyUnknown,
      step: "host key",
      "fleet.lock pins no host key of \(target.node); \(place) offered \(offered.type)"
        + " \(offered.fingerprint)",
      remedy: "Compare the fingerprint with the node's own, then pin it, and commit fleet.lock:\n"
        + "  fleetctl hosts trust \(target.node)"
    )
  }

  private func contradiction(_ offered: HostKey, _ known: [HostKey]) -> TransportError {
    TransportError(
      .hostKeyChanged,
      step: "host key",
      "fleet.lock and known_hosts contradict each other about \(place): fleet.lock pins the offered"
        + " \(offered.type) \(offered.fingerprint), known_hosts pins \(Self.text(known))",
      remedy: "No login was tried. Compare with the node's own key, then drop the wrong pin:\n"
        + "  ssh-keygen -R '\(place)'   or   fleetctl hosts trust --rotate \(target.node)"
    )
  }

  private static func text(_ keys: [HostKey]) -> String {
    keys.map { "\($0.type) \($0.fingerprint)" }.joined(separator: ", ")
  }

  private func changed(
    _ offered: HostKey,
    _ pinned: [HostKey],
    _ verb: String
  ) -> TransportError {
    TransportError(
      .hostKeyChanged,
      step: "host key",
      "the host key of \(place) changed: \(verb) \(Self.text(pinned)); offered \(offered.type)"
        + " \(offered.fingerprint)",
      remedy:
        "No login was tried. If the node was reinstalled, compare the fingerprint with its own,"
        + " then:\n  fleetctl hosts trust --rotate \(target.node)"
    )
  }

  private func authorityOnly(_ offered: HostKey) -> TransportError {
    TransportError(
      .hostKeyUnsupported,
      step: "host key",
      "known_hosts trusts \(place) only through @cert-authority, and libssh2 1.10 cannot verify host"
        + " certificates; it offered \(offered.type) \(offered.fingerprint)",
      remedy: "Pin the node's own key:\n  fleetctl hosts trust \(target.node)"
    )
  }

  /// The known_hosts lines that make `ssh` judge as `check(_:)` does; nil where its own files do.
  ///
  /// - Throws: why not one pinned key may be accepted.
  func lines() throws(TransportError) -> [String]? {
    guard let locked else { return nil }
    var reason: TransportError?
    var lines: [String] = []
    for key in locked {
      do throws(TransportError) {
        try check(key)
        lines.append(KnownHosts.line(target, key))
      } catch {
        reason = reason ?? error
      }
    }
    if let reason, lines.isEmpty { throw reason }
    return lines
  }

  private var place: String { KnownHosts.name(of: target) }
}
