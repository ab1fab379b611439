internal import FleetDigest
package import FleetModel

extension SourceSpec: Convergent {
  func request(into request: inout ProbeRequest) {
    request.paths.append(ProbeRequest.Path(target))
    request.paths.append(ProbeRequest.Path(manifestPath, wantsContent: true))
  }

  func compare(_ look: Look) -> Comparison {
    guard files != nil else {
      return .blocked(
        missing ?? "the tree \(localPath) is not at hand",
        remedy: "Name its folder under `sources:` in fleet.yaml and check it out there."
      )
    }
    switch look.path(target) {
    case .unknown(let why): return .unknown(why)
    case .value(let seen) where seen.kind != .directory:
      return .blocked(
        "\(target) is no folder",
        remedy: "Move it away on the node, then plan again."
      )
    case .value, .absent: break
    }
    switch look.path(manifestPath) {
    case .unknown(let why): return .unknown(why)
    case .value(let seen) where seen.content == nil:
      return .unknown("the list of what was put there could not be read")
    case .value, .absent: break
    }
    let delta = delta(look)
    if delta.isEmpty, look.path(manifestPath) != .absent { return .inSync }
    let isNew = look.path(manifestPath) == .absent || look.path(target) == .absent
    let gap = Gap([isNew ? .create : .update], differences(delta))
    guard look.path(manifestPath) == .absent, look.path(target) != .absent,
      look.isForeign(target)
    else { return .differs(gap) }
    return look.takeover(
      "\(target) is here already; files of the same name would be replaced, others stay",
      gap
    )
  }

  private func differences(_ delta: SourceDelta) -> [Difference] {
    [
      ("added", delta.added.map(\.path)), ("changed", delta.changed.map(\.path)),
      ("deleted", delta.deleted),
    ]
    .filter { !$0.1.isEmpty }
    .map { word, paths in
      let shown = paths.prefix(5).joined(separator: ", ")
      let more = paths.count > 5 ? " and \(paths.count - 5) more" : ""
      let files = paths.count == 1 ? "1 file" : "\(paths.count) files"
      return Difference(word, before: files, after: shown + more)
    }
  }

  /// Returns what the tree on the node lacks and has too much; everything when the target is gone.
  package func delta(_ look: Look) -> SourceDelta {
    let isThere = look.path(target).known != nil
    return SourceDelta(
      list: isThere ? look.stampText(manifestPath).flatMap { $0 == "absent" ? nil : $0 } : nil,
      wanted: files ?? []
    )
  }

  /// The list of all files as the node keeps it, sorted by path, a line each.
  package var list: String {
    (files ?? []).sorted { $0.path < $1.path }.map { $0.listLine + "\n" }.joined()
  }

  /// Returns the step that writes what `tar` holds and deletes `delta.deleted`.
  ///
  /// `tar` holds the files of `delta.added` and `delta.changed` and, last, `list` as
  /// `.fleetctl-manifest`.
  package func syncing(
    _ delta: SourceDelta,
    tar: [UInt8],
    for address: ResourceAddress
  ) -> NodeOperation {
    NodeOperation(
      .syncSource,
      [target, ownership.owner, ownership.group, manifestPath] + delta.deleted,
      blob: Secret(tar),
      for: address
    )
  }

  /// Always empty: the files are on the operator's disk; see `syncing(_:tar:for:)`.
  func operations(_ look: Look) -> [NodeOperation] { [] }

  func desiredState(_ context: CompareContext) -> String? {
    files == nil ? nil : "source \(SHA256.hex(Array(list.utf8)))"
  }

  func observedState(_ look: Look) -> String? {
    if look.path(target) == .absent { return "absent" }
    return look.stampText(manifestPath).map {
      $0 == "absent" ? $0 : "source \(SHA256.hex(Array($0.utf8)))"
    }
  }
}
