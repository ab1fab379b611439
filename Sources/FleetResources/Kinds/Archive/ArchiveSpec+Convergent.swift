internal import FleetModel

extension ArchiveSpec: Convergent {
  func request(into request: inout ProbeRequest) {
    request.paths.append(ProbeRequest.Path(target))
    request.paths.append(ProbeRequest.Path(stampPath, wantsContent: true))
  }

  func compare(_ look: Look) -> Comparison {
    switch look.path(target) {
    case .unknown(let why): return .unknown(why)
    case .absent:
      return .differs(Gap([.create], [Difference("state", before: "absent", after: url)]))
    case .value(let seen) where seen.kind != .directory:
      return .blocked(
        "\(target) is no folder",
        remedy: "Move it away on the node, then plan again."
      )
    case .value: break
    }
    switch look.path(stampPath) {
    case .unknown(let why): return .unknown(why)
    case .absent:
      let gap = Gap([.create], [Difference("state", before: "not unpacked by us", after: url)])
      guard look.isForeign(target) else { return .differs(gap) }
      return look.takeover(
        "\(target) is here already; the archive would replace what it holds of the same name",
        gap
      )
    case .value(let seen):
      guard let content = seen.content else { return .unknown("its stamp could not be read") }
      let present = content.reveal { String(decoding: $0, as: UTF8.self) }
      if present == stamp { return .inSync }
      let before = present.split(separator: "\n").first.map(String.init) ?? "empty stamp"
      let after = String(stamp.dropLast())
      let gap = Gap([.update], [Difference("archive", before: before, after: after)])
      return look.update(gap, from: before, to: after)
    }
  }

  func operations(_ look: Look) -> [NodeOperation] {
    guard compare(look).gap != nil else { return [] }
    return [
      NodeOperation(
        .unpackArchive,
        [
          url, sha256, target, String(strip), ownership.owner, ownership.group,
          String(stamp.dropLast()),
        ],
        for: look.address
      )
    ]
  }

  func desiredState(_ context: CompareContext) -> String? { stamp }

  func observedState(_ look: Look) -> String? { look.stampText(stampPath) }
}

extension Look {
  /// Text of a stamp file, `absent` without one, nil when not known.
  func stampText(_ path: String) -> String? {
    switch self.path(path) {
    case .unknown: nil
    case .absent: "absent"
    case .value(let seen): seen.content?.reveal { String(decoding: $0, as: UTF8.self) }
    }
  }
}
