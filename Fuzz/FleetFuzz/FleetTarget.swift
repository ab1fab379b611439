internal import FleetConfig
internal import FleetDiagnostics
internal import FleetRegistry
internal import FleetYAML

/// fleet.yaml: the loader, the decoder, the resolver and every rule.
enum FleetTarget {
  static func run(_ bytes: [UInt8]) {
    let source = SourceText(name: "fleet.yaml", bytes: bytes)
    let first = load(source)
    demand(first == load(source), "the loader is not deterministic")
    validate(source)
  }

  /// The tree as text, and what was found.
  private struct Outcome: Equatable {
    var sketch: [String] = []
    var findings: Diagnostics
  }

  private static func load(_ source: SourceText) -> Outcome {
    var diagnostics = Diagnostics()
    let node = YAMLLoader.load(source, into: &diagnostics)
    Findings.check(diagnostics, in: [source])
    demand(node != nil || diagnostics.hasErrors, "no tree and no error")
    demand(diagnostics.all.count <= 1_000, "\(diagnostics.all.count) findings")
    var outcome = Outcome(findings: diagnostics)
    if let node {
      var walk = TreeWalk(source: source)
      walk.visit(node, depth: 0)
      outcome.sketch = walk.sketch
    }
    return outcome
  }

  private static func validate(_ source: SourceText) {
    let (registry, _) = Registry.builtIn()
    var first = Diagnostics()
    let resolved = FleetValidator.validate(
      source: source,
      registry: registry,
      strict: false,
      into: &first
    )
    Findings.check(first, in: [source])
    demand(resolved != nil || first.hasErrors, "no fleet and no error")
    demand(resolved == nil || !first.hasErrors, "a fleet beside an error")
    var second = Diagnostics()
    _ = FleetValidator.validate(source: source, registry: registry, strict: false, into: &second)
    demand(first.sorted() == second.sorted(), "validation is not deterministic")
  }
}

/// Visits every node of a tree and holds it against its source.
struct TreeWalk {
  let source: SourceText
  private(set) var sketch: [String] = []
  private var count = 0

  init(source: SourceText) {
    self.source = source
  }

  mutating func visit(_ node: YAMLNode, depth: Int) {
    count += 1
    demand(count <= YAMLLimits.events, "more nodes than the limit")
    demand(depth <= YAMLLimits.depth, "deeper than the limit")
    Findings.check(node.span, in: source, node.path)
    sketch.append("\(node.path) \(node.kindName) \(node.span) \(node.text ?? "")")
    if let text = node.text { checkText(text, node) }
    for (position, item) in node.items.enumerated() {
      demand(item.path == "\(node.path)/\(position)", "the path \(item.path)")
      visit(item, depth: depth + 1)
    }
    var keys: Set<[UInt8]> = []
    for entry in node.entries {
      Findings.check(entry.keySpan, in: source, entry.path)
      demand(keys.insert(Array(entry.key.utf8)).inserted, "the key \(entry.key) stands twice")
      demand(node.entry(entry.key)?.keySpan == entry.keySpan, "\(entry.key) is not found")
      visit(entry.value, depth: depth + 1)
    }
  }

  /// A plain scalar on one line is its bytes; a quoted one keeps its quotes out of its text.
  private func checkText(_ text: String, _ node: YAMLNode) {
    demand(String(validating: Array(text.utf8), as: UTF8.self) != nil, "text that is no UTF-8")
    let written = source.bytes[node.span.start.byte..<node.span.end.byte]
    let isAlias = written.first == 0x2A
    guard node.style == .plain, !isAlias, !written.contains(0x0A), !written.isEmpty else { return }
    demand(
      written.elementsEqual(text.utf8),
      "\(node.path) is \(text.debugDescription), but its place shows "
        + String(decoding: written, as: UTF8.self).debugDescription
    )
  }
}
