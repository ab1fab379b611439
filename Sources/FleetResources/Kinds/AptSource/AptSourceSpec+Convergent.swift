internal import FleetDigest
internal import FleetModel

extension AptSourceSpec: Convergent {
  /// The files that it is made of, with their content.
  private var texts: [(path: String, content: String)] {
    [(path, content)] + (preferences.map { [(preferencesPath, $0)] } ?? [])
  }

  func request(into request: inout ProbeRequest) {
    for text in texts {
      let digest = SHA256.hex(Array(text.content.utf8))
      request.paths.append(ProbeRequest.Path(text.path, expectedSHA256: digest))
    }
    if !keyURL.isEmpty { request.paths.append(ProbeRequest.Path(keyPath)) }
  }

  func compare(_ look: Look) -> Comparison {
    var differences: [Difference] = []
    var change: TextChange?
    var isNew = false
    var foreign: [String] = []
    for text in texts {
      switch look.path(text.path) {
      case .unknown(let why): return .unknown(why)
      case .absent:
        if let refusal = look.refusal(above: text.path) { return refusal }
        isNew = isNew || text.path == path
        differences.append(Difference("state", before: "absent", after: text.path))
        if text.path == path { change = TextChange(before: nil, after: Array(text.content.utf8)) }
      case .value(let seen):
        guard seen.kind == .file else {
          return .blocked(
            "\(text.path) is no plain file",
            remedy: "Move it away on the node, then plan again."
          )
        }
        guard seen.sha256 != SHA256.hex(Array(text.content.utf8)) else { continue }
        if let parent = seen.unsafeParent { return Look.unsafe(parent) }
        differences.append(Difference("content", before: "other", after: text.path))
        if look.isForeign(text.path) { foreign.append(text.path) }
        if text.path == path, let content = seen.content {
          change = TextChange(before: content.reveal { $0 }, after: Array(text.content.utf8))
        }
      }
    }
    if !keyURL.isEmpty {
      switch look.path(keyPath) {
      case .unknown(let why): return .unknown(why)
      case .absent: differences.append(Difference("key", before: "absent", after: keyPath))
      case .value: break
      }
    }
    if differences.isEmpty { return look.isForeign(path) ? .differs(Gap([.adopt])) : .inSync }
    var gap = Gap([isNew ? .create : .update], differences, text: change)
    guard !foreign.isEmpty else { return .differs(gap) }
    gap.keeps = foreign
    return look.takeover("somebody else's file is here with other content", gap)
  }

  func operations(_ look: Look) -> [NodeOperation] {
    guard let gap = compare(look).gap, gap.actions != [.adopt] else { return [] }
    var operations = look.keeping(gap.keeps)
    if !keyURL.isEmpty, look.path(keyPath) == .absent {
      let folder = keyPath.split(separator: "/").dropLast().map { "/" + $0 }.joined()
      let rights = Ownership(owner: "root", group: "root", mode: 0o755).arguments
      operations.append(NodeOperation(.makeDirectory, [folder] + rights, for: look.address))
      operations.append(NodeOperation(.fetch, [keyURL, keyPath, "", "0644"], for: look.address))
    }
    for text in texts {
      let bytes = Array(text.content.utf8)
      let seen = look.path(text.path).known
      guard seen?.sha256 != SHA256.hex(bytes) else { continue }
      let arguments =
        [text.path, "0644", "root", "root", SHA256.hex(bytes), seen?.sha256 ?? "absent"]
      operations.append(
        NodeOperation(.writeFile, arguments, blob: Secret(bytes), for: look.address)
      )
    }
    return operations
  }

  func desiredState(_ context: CompareContext) -> String? {
    texts.map { "\($0.path) \(SHA256.hex(Array($0.content.utf8)))" }.joined(separator: "\n")
  }

  func observedState(_ look: Look) -> String? {
    var states: [String] = []
    for text in texts {
      if case .unknown = look.path(text.path) { return nil }
      states.append("\(text.path) \(look.path(text.path).known?.sha256 ?? "absent")")
    }
    return states.joined(separator: "\n")
  }
}
