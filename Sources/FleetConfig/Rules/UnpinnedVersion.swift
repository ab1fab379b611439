internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry
internal import FleetRender

/// Finds software whose content depends on the day it is installed.
///
/// *What it does*: looks for parameters with the value `latest`, and for downloads without a checksum
/// (an empty `…_sha256`; those from `file:` are the operator's own).
/// *Why it matters*: two nodes installed a week apart differ, and nobody changed anything.
/// *Example*: `browser-service: {node_version: latest}`, `slm-monitoring: {prometheus_sha256: ""}`.
/// *Instead*: a version such as `20`, and the sum that the vendor publishes.
enum UnpinnedVersion {
  private struct Finding {
    let name: String
    let why: String
    /// The value that the role itself would take, where that is a pinned one.
    let instead: String?
  }

  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    let known = resolved.profiles.map { unpinned($0) }
    for instance in resolved.instances(where: { !known[$0.number].isEmpty }) {
      diagnostics.add(finding(known[instance.profile.number], instance, resolved))
    }
  }

  private static func finding(
    _ found: [Finding],
    _ instance: RoleInstance,
    _ resolved: ResolvedFleet
  ) -> Diagnostic {
    let role = instance.profile.role.name
    let reasons = found.map(\.why).joined(separator: "; ")
    let places = found.compactMap { each in
      ParameterEdit.span(each.name, of: instance, in: resolved)
        .map { RelatedSpan("`\(each.name)` is set here", at: $0) }
    }
    let span = places.first?.span ?? instance.place
    return Diagnostic(
      .unpinnedVersion,
      "What `\(role)` installs on `\(instance.node.id)` depends on the day: \(reasons). Set "
        + "\(ScalarReader.words(found.map(\.name))) under `roles.\(role)`, or allow `unpinned-version` on "
        + "`\(instance.node.id)` with the reason.",
      at: span,
      related: places.filter { $0.span != span }
        + [RelatedSpan("`\(role)` is here", at: instance.span)]
        .filter { $0.span != nil && $0.span != span },
      address: instance.address,
      path: "/nodes/\(instance.node.id)/roles",
      suggestions: found.compactMap { each in
        each.instead.map {
          ParameterEdit.suggestion(each.name, "\"\($0)\"", of: instance, in: resolved)
        }
      }
    )
  }

  private static func unpinned(_ profile: RoleProfile) -> [Finding] {
    profile.role.parameters.compactMap { parameter in
      guard case .string(let text) = profile.parameters[parameter.name] else { return nil }
      if text.lowercased() == "latest" {
        return Finding(
          name: parameter.name,
          why: "`\(parameter.name)` is `latest`",
          instead: pinnedDefault(parameter, of: profile.role)
        )
      }
      let isFetched = text.isEmpty && parameter.name.hasSuffix("sha256")
      guard isFetched, isRemote(parameter.name, profile) else { return nil }
      return Finding(
        name: parameter.name,
        why: "`\(parameter.name)` is empty, so the download is not verified",
        instead: nil
      )
    }
  }

  private static func pinnedDefault(_ parameter: Parameter, of role: Role) -> String? {
    guard case .string(let text) = role.literalDefaults[parameter.name], !text.isEmpty,
      text.lowercased() != "latest", text.allSatisfy({ $0.isASCII && $0 != "\"" && $0 != "\\" })
    else { return nil }
    return text
  }

  /// Whether the download that belongs to a checksum is one: its address (`a_url` beside `a_sha256`)
  /// is neither empty nor the operator's own file.
  private static func isRemote(_ checksum: String, _ profile: RoleProfile) -> Bool {
    let name = String(checksum.dropLast("sha256".count)) + "url"
    guard case .string(let url) = profile.parameters[name] else { return true }
    return !url.isEmpty && !url.hasPrefix("file:")
  }
}
