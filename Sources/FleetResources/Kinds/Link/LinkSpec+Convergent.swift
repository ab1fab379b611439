internal import FleetModel

extension LinkSpec: Convergent {
  func request(into request: inout ProbeRequest) {
    request.paths.append(ProbeRequest.Path(path))
  }

  func compare(_ look: Look) -> Comparison {
    switch look.path(path) {
    case .unknown(let why): return .unknown(why)
    case .absent:
      return .differs(Gap([.create], [Difference("target", before: "absent", after: target)]))
    case .value(let seen):
      if seen.kind == .link, seen.target == target {
        return look.owned == nil ? .differs(Gap([.adopt])) : .inSync
      }
      if let parent = seen.unsafeParent {
        return .blocked(
          "it is not safe to write here: \(parent)",
          remedy: "Correct the owner or mode of the parent folder on the node."
        )
      }
      guard seen.kind == .link || seen.kind == .file else {
        return .blocked(
          "a folder stands where a link is wanted",
          remedy: "Move it away on the node, then plan again."
        )
      }
      guard look.mayReplace(path) else {
        return .blocked(
          "somebody else's \(seen.kind.rawValue) is here",
          remedy: "Look at it, then take it over with `--adopt \(look.address)`."
        )
      }
      let before = seen.kind == .link ? seen.target : "a file"
      return .differs(Gap([.update], [Difference("target", before: before, after: target)]))
    }
  }

  func operations(_ look: Look) -> [NodeOperation] {
    guard let gap = compare(look).gap, gap.actions != [.adopt] else { return [] }
    var operations = [NodeOperation(.makeLink, [path, target], for: look.address)]
    // make-link replaces links only: a file that may be replaced goes first.
    if look.path(path).known?.kind == .file {
      operations.insert(NodeOperation(.remove, [path], for: look.address), at: 0)
    }
    return operations
  }

  func desiredState(_ context: CompareContext) -> String? { "link \(target)" }

  func observedState(_ look: Look) -> String? { look.path(path).state }
}
