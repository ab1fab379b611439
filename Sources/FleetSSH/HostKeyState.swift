package import FleetTransport

/// How an offered host key stands to the operator's known_hosts files.
package enum HostKeyState: Sendable, Hashable, CustomStringConvertible {
  /// Pinned already.
  case pinned
  /// Nothing is known about the host: it may be pinned.
  case unknown
  /// Changed, revoked or not usable; the sentence says which.
  case refused(String)

  /// Looks `key` up for `target`.
  package init(_ key: HostKey, of target: SSHTarget) {
    do {
      let hosts = try KnownHostsStore().knownHosts(in: target.knownHostsFiles)
      try HostKeyPolicy(target, in: hosts).check(key)
      self = .pinned
    } catch {
      self = error.code == .hostKeyUnknown ? .unknown : .refused(error.message)
    }
  }

  /// For a table.
  package var description: String {
    switch self {
    case .pinned: "pinned"
    case .unknown: "new"
    case .refused(let why): "REFUSED: \(why)"
    }
  }
}
