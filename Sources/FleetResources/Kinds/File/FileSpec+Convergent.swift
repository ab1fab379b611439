internal import FleetDigest
internal import FleetModel

extension FileSpec: Convergent {
  func request(into request: inout ProbeRequest) {
    // A file that holds secrets is compared by digest: its content never leaves the node.
    let digest = mergesKeys ? nil : content.plainText.map { SHA256.hex(Array($0.utf8)) }
    request.paths.append(
      ProbeRequest.Path(path, expectedSHA256: digest, wantsContent: mergesKeys)
    )
  }

  func compare(_ look: Look) -> Comparison {
    switch look.path(path) {
    case .unknown(let why): .unknown(why)
    case .absent: look.refusal(of: ownership.owner, at: path) ?? compareAbsent(look)
    case .value(let seen): compare(seen, look)
    }
  }

  private func compareAbsent(_ look: Look) -> Comparison {
    if let refusal = look.refusal(above: path) { return refusal }
    var gap = Gap([.create], [Difference("state", before: "absent", after: ownership.display)])
    switch content.readiness(look.context) {
    case .unknown(let why): return .unknown(why)
    case .later(let producer, let reason):
      gap.hidesContent = !content.secrets.isEmpty
      return .knownAfterApply(gap, producer: producer, reason: reason)
    case .bytes(let bytes):
      gap.hidesContent = !content.secrets.isEmpty
      gap.text = gap.hidesContent ? nil : TextChange(before: nil, after: bytes)
      return .differs(gap)
    }
  }

  private func compare(_ seen: ObservedPath, _ look: Look) -> Comparison {
    if let problem = guardedPath(seen) ?? look.refusal(of: ownership.owner, at: path) {
      return problem
    }
    switch content.readiness(look.context) {
    case .unknown(let why): return .unknown(why)
    case .later(let producer, let reason):
      var gap = Gap(
        [.update],
        [Difference("content", before: "present", after: "known after apply")]
      )
      gap.hidesContent = !content.secrets.isEmpty
      let verdict = claim(gap, seen, look)
      guard case .differs(let own) = verdict else { return verdict }
      return .knownAfterApply(own, producer: producer, reason: reason)
    case .bytes(let bytes):
      return mergesKeys ? compareKeys(seen, bytes, look) : compareContent(seen, bytes, look)
    }
  }

  /// Whether what is there is somebody else's; a package's own file is nobody's, or ours where we
  /// installed the package.
  func isForeign(_ look: Look) -> Bool {
    guard look.isForeign(path) else { return false }
    guard replacesPackageFile else { return true }
    return !look.observed.packageFiles.contains(path) && !look.isPackageOurs
  }

  /// The verdict over a gap of something that is there: whose it is decides.
  private func claim(_ gap: Gap, _ seen: ObservedPath, _ look: Look) -> Comparison {
    guard isForeign(look) else { return .differs(gap) }
    var gap = gap
    let replaces = gap.differences.contains { $0.attribute != "mode" && $0.attribute != "owner" }
    gap.keeps = replaces ? [path] : []
    let what = seen.kind == .link ? "link" : "file"
    return look.takeover(
      replaces
        ? "somebody else's \(what) is here with other content"
        : "the \(what) was here before, with other rights",
      gap
    )
  }

  /// What must be settled by a person before the path can be written.
  private func guardedPath(_ seen: ObservedPath) -> Comparison? {
    if let parent = seen.unsafeParent { return Look.unsafe(parent) }
    switch seen.kind {
    case .directory, .other:
      return .blocked(
        "a \(seen.kind == .directory ? "folder" : "special file") stands where a file is wanted",
        remedy: "Move it away on the node, then plan again."
      )
    case .link where seen.target == "/dev/null" && isUnitDefinition:
      return .blocked(
        "the unit is masked: its file is a link to /dev/null",
        remedy:
          "If nobody meant to keep it off: `systemctl unmask` it on the node, then plan again."
      )
    case .link, .file: return nil
    }
  }

  private func compareContent(_ seen: ObservedPath, _ bytes: [UInt8], _ look: Look) -> Comparison {
    let digest = SHA256.hex(bytes)
    var differences = seen.ownership.differences(to: ownership)
    let hidden = !content.secrets.isEmpty
    if seen.kind == .link {
      differences = [Difference("state", before: "link to \(seen.target)", after: "file")]
    } else if seen.sha256 != digest {
      let before = hidden ? "(hidden: holds secrets)" : "sha256:" + seen.sha256.prefix(12)
      let after = hidden ? "(changed)" : "sha256:" + digest.prefix(12)
      differences.append(Difference("content", before: before, after: after))
    }
    if differences.isEmpty {
      // Recording it is what later tells an edit by hand from somebody else's file.
      return look.owned == nil ? .differs(Gap([.adopt])) : .inSync
    }
    var gap = Gap([.update], differences)
    let changesContent = seen.sha256 != digest || seen.kind == .link
    gap.hidesContent = hidden && changesContent
    if changesContent, !hidden, let content = seen.content {
      gap.text = TextChange(before: content.reveal { $0 }, after: bytes)
    }
    return claim(gap, seen, look)
  }

  private func compareKeys(_ seen: ObservedPath, _ bytes: [UInt8], _ look: Look) -> Comparison {
    guard let content = seen.content else { return .unknown("its content could not be read") }
    let wanted = EnvironmentLines(bytes)
    let keys = Set(wanted.entries.map(\.key))
    let present = EnvironmentLines(content.reveal { $0 }).lines(for: keys)
    let secretKeys = keysWithSecrets
    var differences = seen.ownership.differences(to: ownership)
    var overwrites = false
    for entry in wanted.entries {
      if let line = present[entry.key] {
        if EnvironmentLines.isEqual(line, entry.line) { continue }
        overwrites = true
      }
      let hidden = secretKeys.contains(entry.key) || Self.soundsSecret(entry.key)
      let before = present[entry.key].map { line in
        hidden ? "(hidden)" : String(decoding: EnvironmentLines.value(line), as: UTF8.self)
      }
      let after = String(decoding: EnvironmentLines.value(entry.line), as: UTF8.self)
      differences.append(
        Difference(entry.key, before: before ?? "absent", after: hidden ? "(changed)" : after)
      )
    }
    if differences.isEmpty { return look.isForeign(path) ? .differs(Gap([.adopt])) : .inSync }
    let gap = Gap([.update], differences)
    // New lines take nothing from anybody.
    let isHarmless = !overwrites && seen.ownership.differences(to: ownership).isEmpty
    return isHarmless && seen.kind == .file ? .differs(gap) : claim(gap, seen, look)
  }

  /// Whether the value that stands there, perhaps from before our time, is likely a secret.
  private static func soundsSecret(_ key: String) -> Bool {
    let name = key.uppercased()
    return ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "KEY", "CREDENTIAL", "URL", "DSN"]
      .contains { name.contains($0) }
  }

  /// Keys on whose line a secret stands.
  private var keysWithSecrets: Set<String> {
    var keys: Set<String> = []
    var line = ""
    for piece in content.pieces {
      switch piece {
      case .text(let text):
        let parts = text.split(separator: "\n", omittingEmptySubsequences: false)
        line = (parts.count > 1 ? "" : line) + (parts.last ?? "")
      case .secret, .encoded, .authority:
        if let entry = EnvironmentLines(Array((line + "=").utf8)).entries.first {
          keys.insert(entry.key)
        }
      }
    }
    return keys
  }

  func operations(_ look: Look) -> [NodeOperation] {
    let written = changes(look)
    guard !check.isEmpty, written.contains(where: { $0.verb == .writeFile }) else { return written }
    return written + [NodeOperation(.checkFile, [path] + check, for: look.address)]
  }

  private func changes(_ look: Look) -> [NodeOperation] {
    guard let gap = compare(look).gap, gap.actions != [.adopt],
      let bytes = content.bytes(look.context)
    else { return [] }
    switch look.path(path) {
    case .unknown: return []
    case .absent: return [write(bytes, over: "absent", look.address)]
    case .value(let seen):
      let copies = look.keeping(gap.keeps)
      if seen.kind == .link { return copies + [write(bytes, over: "any", look.address)] }
      let merged = mergesKeys ? merge(bytes, into: seen) : bytes
      if SHA256.hex(merged) != seen.sha256 {
        return copies + [write(merged, over: seen.sha256, look.address)]
      }
      return [NodeOperation(.setOwnership, [path] + ownership.arguments, for: look.address)]
    }
  }

  private func merge(_ bytes: [UInt8], into seen: ObservedPath) -> [UInt8] {
    let present = EnvironmentLines(seen.content?.reveal { $0 } ?? [])
    return present.merging(EnvironmentLines(bytes))
  }

  private func write(
    _ bytes: [UInt8],
    over before: String,
    _ address: ResourceAddress
  ) -> NodeOperation {
    NodeOperation(
      .writeFile,
      [path] + ownership.arguments + [SHA256.hex(bytes), before],
      blob: Secret(bytes),
      for: address
    )
  }

  func desiredState(_ context: CompareContext) -> String? {
    guard let bytes = content.bytes(context) else { return nil }
    guard mergesKeys else { return "file \(SHA256.hex(bytes)) \(ownership.display)" }
    let wanted = EnvironmentLines(bytes)
    return keysState(wanted.lines(for: Set(wanted.entries.map(\.key))), ownership)
  }

  func observedState(_ look: Look) -> String? {
    guard mergesKeys, case .value(let seen) = look.path(path), seen.kind == .file else {
      return look.path(path).state
    }
    guard let content = seen.content, let wanted = self.content.bytes(look.context) else {
      return nil
    }
    let keys = Set(EnvironmentLines(wanted).entries.map(\.key))
    let present = EnvironmentLines(content.reveal { $0 }).lines(for: keys)
    return keysState(present, seen.ownership)
  }

  private func keysState(_ lines: [String: [UInt8]], _ ownership: Ownership) -> String {
    var text: [UInt8] = []
    for (_, line) in lines.sorted(by: { $0.key < $1.key }) { text += line + [0x0A] }
    return "keys \(SHA256.hex(text)) \(ownership.display)"
  }
}

extension Fact<ObservedPath> {
  /// Canonical text of what is at a path: kind, digest, ownership, or the link's target.
  var state: String? {
    switch self {
    case .unknown: nil
    case .absent: "absent"
    case .value(let seen):
      switch seen.kind {
      case .file: "file \(seen.sha256) \(seen.ownership.display)"
      case .directory: "directory \(seen.ownership.display)"
      case .link: "link \(seen.target)"
      case .other: "other"
      }
    }
  }
}
