package import FleetTransport

/// How an offered host key stands to `fleet.lock` and the operator's known_hosts files.
package enum HostKeyState: Sendable, Hashable, CustomStringConvertible {
  /// Pinned already.
  case pinned
  /// Nothing is known about the host: it may be pinned.
  case unknown
  /// Another key is pinned: the fingerprints of what is, each with its type.
  case changed([String])
  /// Revoked or not usable; the sentence says which.
  case refused(String)

  /// Looks `key` up for `target`.
  package init(_ key: HostKey, of target: SSHTarget) {
    do {
      let hosts = try KnownHostsStore().knownHosts(in: target.knownHostsFiles)
      let policy = HostKeyPolicy(target, in: hosts)
      do {
        try policy.check(key)
        self = .pinned
      } catch {
        self =
          switch error.code {
          case .hostKeyUnknown: .unknown
          case .hostKeyChanged:
            .changed(policy.ownPins.map { "\($0.type) \($0.fingerprint)" }.sorted())
          default: .refused(error.message)
          }
      }
    } catch {
      self = .refused(error.message)
    }
  }

  /// For a table.
  package var description: String {
    switch self {
    case .pinned: "pinned"
    case .unknown: "new"
    case .changed(let pins): "CHANGED: pinned is \(pins.joined(separator: ", "))"
    case .refused(let why): "REFUSED: \(why)"
    }
  }
}
