internal import FleetModel

extension DirectorySpec: Convergent {
  func request(into request: inout ProbeRequest) {
    request.paths.append(ProbeRequest.Path(path))
  }

  func compare(_ look: Look) -> Comparison {
    switch look.path(path) {
    case .unknown(let why): return .unknown(why)
    case .absent:
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
      if let parent = seen.unsafeParent {
        return .blocked(
          "it is not safe to change: \(parent)",
          remedy: "Correct the owner or mode of the parent folder on the node."
        )
      }
      let differences = seen.ownership.differences(to: ownership)
      return differences.isEmpty ? .inSync : .differs(Gap([.update], differences))
    }
  }

  func operations(_ look: Look) -> [NodeOperation] {
    guard compare(look).gap != nil else { return [] }
    return [NodeOperation(.makeDirectory, [path] + ownership.arguments, for: look.address)]
  }

  func desiredState(_ context: CompareContext) -> String? { "directory \(ownership.display)" }

  func observedState(_ look: Look) -> String? { look.path(path).state }
}
