internal import FleetDiagnostics
internal import FleetModel
internal import FleetYAML

/// Reads the main file, then what it includes, each once: depth first, in the order written.
///
/// One tree is held at a time; what a file says is in the fleet before the next is read.
struct IncludeWalk {
  /// A file on the way from the main one to the current one.
  private struct Link {
    let name: String
    let identity: String
    /// Where the file before it names it; nil for the main file.
    let edge: SourceSpan?
  }

  var reader = FleetReader()
  var fleet = Fleet(name: "")
  private var chain: [Link] = []
  private var seen: Set<String> = []
  private var bytes = 0
  /// Whether a limit was reached; it is reported once.
  private var isFull = false
  /// Where the main file begins, the place of what is said of all files.
  private var start: YAMLNode?

  /// What was found in all files.
  var findings: Diagnostics {
    start.map { reader.scalars.findings(about: $0) } ?? reader.scalars.diagnostics
  }

  /// Reads `source` as the main file; false when there is no fleet.
  mutating func main(_ source: SourceText, identity: String, _ read: IncludeReader) -> Bool {
    visit(source, identity: identity, path: "", edge: nil, read)
  }

  private mutating func visit(
    _ source: SourceText,
    identity: String,
    path: String,
    edge: SourceSpan?,
    _ read: IncludeReader
  ) -> Bool {
    seen.insert(identity)
    bytes += source.bytes.count
    reader.file = .init(folder: FleetPath.folder(of: path), isMain: edge == nil)
    let root = YAMLLoader.load(
      source,
      into: &reader.scalars.diagnostics,
      feeding: edge == nil ? reader.feed : nil
    )
    if edge == nil { start = root }
    guard let root, let includes = reader.document(root, into: &fleet)
    else {
      lose()
      return false
    }
    chain.append(Link(name: source.name, identity: identity, edge: edge))
    for include in includes { follow(include, from: FleetPath.folder(of: path), read) }
    chain.removeLast()
    return true
  }

  private mutating func follow(
    _ include: Located<String>,
    from folder: String,
    _ read: IncludeReader
  ) {
    guard !isFull, let span = include.span else { return }
    if let limit = limit() {
      isFull = true
      lose()
      reader.scalars.diagnostics.add(.beyondLimit(limit, at: span))
      return
    }
    let path = FleetPath.join(folder, include.value)
    let room = min(YAMLLimits.bytes, IncludeLimits.bytes - bytes)
    switch read(path, room) {
    case .unreadable(let why, let nearby):
      lose()
      reader.scalars.diagnostics.add(
        IncludeUnreadable.finding(include, path: path, why: why, nearby: nearby)
      )
    case .text(let source, let identity):
      take(source, identity, path, at: span, read)
    }
  }

  private mutating func take(
    _ source: SourceText,
    _ identity: String,
    _ path: String,
    at span: SourceSpan,
    _ read: IncludeReader
  ) {
    if let start = chain.firstIndex(where: { $0.identity == identity }) {
      var edges = chain[(start + 1)...].map { (name: $0.name, span: $0.edge) }
      edges.append((name: chain[start].name, span: span))
      reader.scalars.diagnostics.add(IncludeCycle.finding(edges, at: span))
      return
    }
    guard !seen.contains(identity) else { return }
    if bytes + source.bytes.count > IncludeLimits.bytes {
      isFull = true
      lose()
      let size = "\(IncludeLimits.bytes >> 20) MiB in all its files"
      reader.scalars.diagnostics.add(.beyondLimit(size, at: span))
      return
    }
    _ = visit(source, identity: identity, path: path, edge: span, read)
  }

  /// Notes that a file is not in the fleet.
  private mutating func lose() {
    reader.isIncomplete = true
    fleet.lacksFiles = true
  }

  /// The limit that one more file would break.
  private func limit() -> String? {
    if seen.count >= IncludeLimits.files { return "\(IncludeLimits.files) files" }
    if chain.count >= IncludeLimits.depth {
      return "\(IncludeLimits.depth) files that include one another in a row"
    }
    if bytes >= IncludeLimits.bytes { return "\(IncludeLimits.bytes >> 20) MiB in all its files" }
    return nil
  }
}

extension Diagnostic {
  fileprivate static func beyondLimit(_ limit: String, at span: SourceSpan) -> Self {
    Diagnostic(
      .yamlLimit,
      "A fleet has at most \(limit); this file and what comes after it are not read. Split the "
        + "fleet, or join small files.",
      at: span
    )
  }
}
