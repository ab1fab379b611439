package import FleetModel
package import FleetTransport

extension SSHRoute {
  /// The same way with what `lock` pins for its jump hosts.
  package func pinned(by lock: FleetLock?) -> SSHRoute {
    guard case .jumps(let chain) = self else { return self }
    return .jumps(
      chain.map { hop in
        var hop = hop
        hop.hostKeys = lock?.jumpHosts[KnownHosts.name(of: hop)] ?? []
        return hop
      }
    )
  }
}

extension SSHTarget {
  /// The last hop of `way` as a machine that is asked for its own host key.
  ///
  /// Its pin is that of fleet.lock, empty where it has none.
  package init(jumpHost way: [SSHHop], connectTimeout: Duration) {
    let hop = way[way.count - 1]
    self.init(
      node: hop.name,
      host: hop.host,
      port: hop.effectivePort,
      user: hop.effectiveUser,
      knownHostsFiles: hop.knownHostsFiles,
      connectTimeout: connectTimeout
    )
    hostKeyAlias = hop.hostKeyAlias
    hashesKnownHosts = hop.hashesKnownHosts
    route = way.count > 1 ? .jumps(way.dropLast()) : .direct
    isJumpHost = true
    pin = NodePin(hostKeys: hop.hostKeys)
  }
}

/// The file that a jump host's `ssh` believes: fleet.lock's pins, where it has some, else its own files.
struct HopPins {
  /// Files for `UserKnownHostsFile`.
  let files: [String]
  /// The file that was made for it; nil where it has none.
  let made: String?

  /// Judges the pins of `hop` and writes them into `folder`.
  ///
  /// - Throws: an error of the step `jump` where fleet.lock and known_hosts contradict each other.
  init(_ hop: SSHHop, in folder: PrivateFolder) throws(TransportError) {
    guard !hop.hostKeys.isEmpty else {
      files = hop.knownHostsFiles
      made = nil
      return
    }
    // `ssh` knows no fleet.lock: what it says together with known_hosts is judged here.
    let target = SSHTarget(jumpHost: [hop], connectTimeout: .zero)
    let lines: [String]
    do throws(TransportError) {
      let known = try KnownHostsStore().knownHosts(in: hop.knownHostsFiles)
      lines = try HostKeyPolicy(target, in: known).lines() ?? []
    } catch {
      throw TransportError(
        error.code,
        step: "jump",
        "the jump host \(hop.name) cannot be used: \(error.message)",
        remedy: error.remedy
      )
    }
    let path = folder.nextPath()
    let text = lines.map { $0 + "\n" }.joined()
    if let failure = LocalFile.replace(path, with: Array(text.utf8)) {
      throw JumpMaster.failure(
        hop,
        .internalFailure,
        "a private file in /tmp could not be written: \(failure.text)"
      )
    }
    files = [path]
    made = path
  }
}
