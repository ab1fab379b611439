internal import FleetModel

extension DirectorySpec: Convergent {
  func request(into request: inout ProbeRequest) {
    request.paths.append(ProbeRequest.Path(path))
  }

  func compare(_ look: Look) -> Comparison {
    switch look.path(path) {
    case .unknown(let why): return .unknown(why)
    case .absent:
      if let refusal = look.refusal(above: path) { return refusal }
      return .differs(
        Gap([.create], [Difference("state", before: "absent", after: ownership.display)])
      )
    case .value(let seen):
      guard seen.kind == .directory else {
        let kind = seen.kind == .link ? "link to \(seen.target)" : "file"
        return .blocked(
          "a \(kind) stands where a folder is wanted",
          remedy: "Move it away on the node, then plan again."
        )
      }
      if let parent = seen.unsafeParent { return Look.unsafe(parent) }
      let differences = seen.ownership.differences(to: ownership)
      if differences.isEmpty { return .inSync }
      let gap = Gap([.update], differences)
      guard look.isForeign(path), !look.isPackageRecent else { return .differs(gap) }
      return look.takeover("the folder was here before, with other rights", gap)
    }
  }

  func operations(_ look: Look) -> [NodeOperation] {
    guard compare(look).gap != nil else { return [] }
    return [NodeOperation(.makeDirectory, [path] + ownership.arguments, for: look.address)]
  }

  func desiredState(_ context: CompareContext) -> String? { "directory \(ownership.display)" }

  func observedState(_ look: Look) -> String? { look.path(path).state }
}
