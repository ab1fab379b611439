internal import FleetModel

extension LinkSpec: Convergent {
  func request(into request: inout ProbeRequest) {
    request.paths.append(ProbeRequest.Path(path))
  }

  func compare(_ look: Look) -> Comparison {
    switch look.path(path) {
    case .unknown(let why): return .unknown(why)
    case .absent:
      if let refusal = look.refusal(above: path) { return refusal }
      return .differs(Gap([.create], [Difference("target", before: "absent", after: target)]))
    case .value(let seen):
      if seen.kind == .link, seen.target == target {
        return look.owned == nil ? .differs(Gap([.adopt])) : .inSync
      }
      if let parent = seen.unsafeParent { return Look.unsafe(parent) }
      if seen.kind == .link, seen.target == "/dev/null", look.isForeign(path) {
        return .blocked(
          "the unit is masked: its file is a link to /dev/null",
          remedy:
            "If nobody meant to keep it off: `systemctl unmask` it on the node, then plan again."
        )
      }
      guard seen.kind == .link || seen.kind == .file else {
        return .blocked(
          "a folder stands where a link is wanted",
          remedy: "Move it away on the node, then plan again."
        )
      }
      let before = seen.kind == .link ? seen.target : "a file"
      var gap = Gap([.update], [Difference("target", before: before, after: target)])
      guard look.isForeign(path) else { return .differs(gap) }
      gap.keeps = [path]
      return look.takeover("somebody else's \(seen.kind.rawValue) is here", gap)
    }
  }

  func operations(_ look: Look) -> [NodeOperation] {
    guard let gap = compare(look).gap, gap.actions != [.adopt] else { return [] }
    var operations = look.keeping(gap.keeps)
    // make-link replaces links only: a file that may be replaced goes first.
    if look.path(path).known?.kind == .file {
      operations.append(NodeOperation(.remove, [path], for: look.address))
    }
    return operations + [NodeOperation(.makeLink, [path, target], for: look.address)]
  }

  func desiredState(_ context: CompareContext) -> String? { "link \(target)" }

  func observedState(_ look: Look) -> String? { look.path(path).state }
}
