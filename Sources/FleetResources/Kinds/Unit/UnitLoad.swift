internal import FleetDigest
internal import FleetModel

/// What the running process of a unit has loaded, against what it should have.
///
/// Times accuse, the record in the manifest acquits: a path that changed after the process read it is
/// a debt, unless the record says that this very invocation was started or reloaded with the content
/// that is there. A missing record therefore never causes a restart. Works for every process, also
/// for those that overwrite their environment (nginx, redis).
struct UnitLoad {
  /// Something that the process must read again.
  struct Finding {
    /// Why, for people.
    var text: String
    /// Whether a reload is enough.
    var reload: Bool
    /// The planned change that causes it; nil for a debt.
    var cause: ResourceAddress?
  }

  let spec: UnitSpec
  let seen: ObservedUnit
  let look: Look
  let definitions: [String]

  private var planned: PlannedChanges { look.context.planned }

  private var record: Manifest.Loaded? {
    guard let record = look.observed.manifest.known?.loaded[spec.name],
      !seen.invocation.isEmpty, record.invocation == seen.invocation
    else { return nil }
    return record
  }

  /// Every path that it consumes; `true` where a reload is enough.
  private var consumed: [String: Bool] {
    var paths = spec.consumption(look.context)
    for path in definitions { paths[path] = false }
    return paths
  }

  /// Everything that it must read again, sorted by path.
  func findings() -> [Finding] {
    var findings: [Finding] = []
    for (path, reload) in consumed.sorted(by: { $0.key < $1.key }) {
      if let cause = planned.paths[path] {
        guard !hasLoadedWanted(path, reload: reload) else { continue }
        findings.append(Finding(text: "\(path) changes", reload: reload, cause: cause))
      } else if let text = debt(path, reload: reload) {
        findings.append(Finding(text: text, reload: reload, cause: nil))
      }
    }
    let known = Set(findings.compactMap(\.cause))
    // What has no path of its own (a removed file), or whose path is not among the consumed.
    for cause in planned.restarts[spec.name] ?? [] where !isCovered(cause) && !known.contains(cause)
    {
      findings.append(Finding(text: "\(cause.name) changes", reload: false, cause: cause))
    }
    for cause in planned.reloads[spec.name] ?? [] where !isCovered(cause) && !known.contains(cause)
    {
      findings.append(Finding(text: "\(cause.name) changes", reload: true, cause: cause))
    }
    return findings
  }

  /// Whether the cause has a path that was judged already.
  private func isCovered(_ cause: ResourceAddress) -> Bool {
    guard let path = look.context.desired.byAddress[cause]?.spec.evidencePath else { return false }
    return consumed[path] != nil
  }

  /// Whether a file that is put back to what the process has loaded needs no restart: its unit file,
  /// or anything it reads at its start only, as long as nobody made it reload since.
  private func hasLoadedWanted(_ path: String, reload: Bool) -> Bool {
    guard let record, let wanted = wantedDigest(path), record.digests[path] == wanted else {
      return false
    }
    return definitions.contains(path) || !reload && seen.stateChanged <= seen.activeEntered
  }

  private func wantedDigest(_ path: String) -> String? {
    switch look.context.desired.byPath[path]?.spec {
    case .file(let file) where !file.mergesKeys:
      file.content.bytes(look.context).map { SHA256.hex($0) }
    case .link(let link): "link:" + link.target
    default: nil
    }
  }

  private func debt(_ path: String, reload: Bool) -> String? {
    guard case .value(let file) = look.path(path), let digest = file.loadDigest else { return nil }
    if record?.digests[path] == digest { return nil }
    let changed = file.changedMicroseconds
    // A time in the node's future proves nothing: the clock was set back.
    guard changed <= look.observed.system.clockMicroseconds else { return nil }
    if unread.contains(path) { return "systemd has not read \(path) since it changed" }
    let read = reload ? max(seen.startedAt, seen.stateChanged) : seen.startedAt
    guard read > 0, changed > read else { return nil }
    return "\(path) changed after it was \(reload ? "loaded" : "started")"
  }

  /// Definitions on the node that changed since systemd read its units and that stay as they are.
  var unread: [String] {
    let loaded = look.observed.system.unitsLoaded
    guard loaded > 0 else { return [] }
    return definitions.filter { path in
      guard !planned.touched.contains(path), case .value(let file) = look.path(path) else {
        return false
      }
      let changed = file.changedMicroseconds
      return changed > loaded && changed <= look.observed.system.clockMicroseconds
    }
  }
}

extension ObservedPath {
  /// What stands for its content in the record of what a process has loaded; nil for folders.
  package var loadDigest: String? {
    switch kind {
    case .file: sha256.isEmpty ? nil : sha256
    case .link: "link:" + target
    case .directory, .other: nil
    }
  }
}
