internal import FleetModel

extension AbsentPathSpec: Convergent {
  func request(into request: inout ProbeRequest) {
    request.paths.append(ProbeRequest.Path(path))
  }

  func compare(_ look: Look) -> Comparison {
    switch look.path(path) {
    case .unknown(let why): return .unknown(why)
    case .absent:
      // A package that is installed now may bring the path: then it goes in the same run.
      guard let package = bringer(look) else { return .inSync }
      return .knownAfterApply(
        Gap([.delete], [Difference("state", before: "may come with a package", after: "absent")]),
        producer: package,
        reason: "\(package.name) is installed first and may bring it"
      )
    case .value(let seen):
      guard seen.kind == .file || seen.kind == .link else {
        return .blocked(
          "a folder is here that should not exist",
          remedy: "Save what is worth keeping, remove it on the node, then plan again."
        )
      }
      if let parent = seen.unsafeParent { return Look.unsafe(parent) }
      var gap = Gap([.delete], [Difference("state", before: "present", after: "absent")])
      guard look.isForeign(path), !look.observed.packageFiles.contains(path), !look.isPackageRecent
      else { return .differs(gap) }
      gap.keeps = [path]
      return look.takeover("it should not be here, and fleetctl did not put it here", gap)
    }
  }

  /// The package of this plan that may bring the path: only configuration files come and go so.
  private func bringer(_ look: Look) -> ResourceAddress? {
    guard path.hasPrefix("/etc/"), !path.hasPrefix("/etc/systemd/system/") else { return nil }
    let planned = look.context.planned.packages.values.sorted()
    let required = look.resource.requires.filter { $0.kind == .package }
    if !required.isEmpty { return planned.first { required.contains($0) } }
    return planned.first { look.context.desired.byAddress[$0]?.role == look.resource.role }
  }

  func operations(_ look: Look) -> [NodeOperation] {
    guard case .differs(let gap) = compare(look) else { return [] }
    return look.keeping(gap.keeps) + [NodeOperation(.remove, [path], for: look.address)]
  }

  func desiredState(_ context: CompareContext) -> String? { "absent" }

  func observedState(_ look: Look) -> String? { look.path(path).state }
}
