internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry
internal import FleetRender

/// Finds software whose content depends on the day it is installed.
///
/// *What it does*: looks for parameters with the value `latest`, and for downloads without a checksum
/// (an empty `…_sha256`; those from `file:` are the operator's own).
/// *Why it matters*: two nodes installed a week apart differ, and nobody changed anything.
/// *Example*: `browser-service: {nodejs: latest}`, `slm-monitoring: {prometheus_sha256: ""}`.
/// *Instead*: a version such as `20.x`, and the sum that the vendor publishes.
enum UnpinnedVersion {
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    var known: [ObjectIdentifier: [(name: String, why: String)]] = [:]
    for instance in resolved.instances {
      let profile = instance.profile
      let key = ObjectIdentifier(profile)
      let found = known[key] ?? unpinned(profile)
      known[key] = found
      guard let first = found.first else { continue }
      let reasons = found.map(\.why).joined(separator: "; ")
      diagnostics.add(
        Diagnostic(
          .unpinnedVersion,
          "What `\(profile.role.name)` installs on `\(instance.node.id)` depends on the day: "
            + "\(reasons). Set \(ScalarReader.words(found.map(\.name))) under "
            + "`roles.\(profile.role.name)`, or allow `unpinned-version` on `\(instance.node.id)` with "
            + "the reason.",
          at: profile.parameterSpans[first.name] ?? instance.place,
          address: instance.address,
          path: "/nodes/\(instance.node.id)/roles"
        )
      )
    }
  }

  private static func unpinned(_ profile: RoleProfile) -> [(name: String, why: String)] {
    profile.role.parameters.compactMap { parameter in
      guard case .string(let text) = profile.parameters[parameter.name] else { return nil }
      if text.lowercased() == "latest" {
        return (parameter.name, "`\(parameter.name)` is `latest`")
      }
      let isFetched = text.isEmpty && parameter.name.hasSuffix("sha256")
      guard isFetched, isRemote(parameter.name, profile) else { return nil }
      return (parameter.name, "`\(parameter.name)` is empty, so the download is not verified")
    }
  }

  /// Whether the download that belongs to a checksum is one: its address (`a_url` beside `a_sha256`)
  /// is neither empty nor the operator's own file.
  private static func isRemote(_ checksum: String, _ profile: RoleProfile) -> Bool {
    let name = String(checksum.dropLast("sha256".count)) + "url"
    guard case .string(let url) = profile.parameters[name] else { return true }
    return !url.isEmpty && !url.hasPrefix("file:")
  }
}
