import FleetCompile
import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetResources
import FleetTestSupport
import Testing

/// A fleet as text, compiled with the roles in the repository.
struct Compiled {
  let resolved: ResolvedFleet
  let nodes: [NodeResources]
  let findings: [Diagnostic]

  /// Resolves and compiles whatever the rules say about it: random fleets are mostly not sound.
  init(_ text: String) throws {
    var diagnostics = Diagnostics()
    let source = SourceText(name: "fleet.yaml", text: text)
    let fleet = try #require(FleetDecoder.decode(source, into: &diagnostics))
    let registry = Self.registry
    resolved = try #require(FleetResolver.resolve(fleet, registry: registry, into: &diagnostics))
    nodes = FleetCompiler(resolved, sources: NoSources()).compile(into: &diagnostics)
    var found = Diagnostics()
    _ = FleetValidator.validate(fleet, registry: registry, strict: false, into: &found)
    findings = found.sorted()
  }

  /// The fleet.yaml of the root, with some texts replaced.
  init(root replacements: [String: String] = [:]) throws {
    let path = FleetTestSupport.SourceTree.root + "/fleet.yaml"
    var text = try #require(FleetTestSupport.SourceTree.text(at: path))
    for (old, new) in replacements.sorted(by: { $0.key < $1.key }) {
      try #require(text.contains(old), "fleet.yaml has no \(old)")
      text = text.split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
    }
    try self.init(text)
  }

  private static let registry: Registry = {
    let files = FleetTestSupport.SourceTree.files(under: "roles", suffix: "").compactMap { path in
      FleetTestSupport.SourceTree.text(at: FleetTestSupport.SourceTree.root + "/roles/" + path)
        .map { SourceText(name: "roles/" + path, text: $0) }
    }
    return Registry.load(files: files, over: nil).0
  }()

  func resources(on node: String) -> [Resource] {
    nodes.first { $0.node.id.name == node }?.resources ?? []
  }

  /// The text of a file, with `<role.name>` where a secret goes.
  func file(_ path: String, on node: String) throws -> String {
    let spec = try fileSpec(path, on: node)
    return spec.content.pieces.map { piece in
      switch piece {
      case .text(let text): text
      case .secret(let id): "<\(id.role).\(id.name)>"
      case .encoded(let id, _): "<\(id.role).\(id.name)>"
      case .authority: "<authority>"
      }
    }.joined()
  }

  func fileSpec(_ path: String, on node: String) throws -> FileSpec {
    for resource in resources(on: node) {
      if case .file(let spec) = resource.spec, spec.path == path { return spec }
    }
    throw Missing(what: "\(path) on \(node)")
  }

  func has(_ kind: ResourceKind, _ name: String, on node: String) -> Bool {
    resources(on: node).contains { $0.address.kind == kind && $0.address.name == name }
  }

  func unit(_ name: String, on node: String) throws -> UnitSpec {
    for resource in resources(on: node) {
      if case .unit(let spec) = resource.spec, spec.name == name { return spec }
    }
    throw Missing(what: "\(name) on \(node)")
  }

  /// `SOURCE PORT/PROTOCOL` of every rule, `any` for anywhere.
  func rules(on node: String) -> Set<String> {
    var rules: Set<String> = []
    for resource in resources(on: node) {
      guard case .firewall(let spec) = resource.spec,
        case .allow(let source, let port, let transport) = spec.kind
      else { continue }
      rules.insert("\(source.isEmpty ? "any" : source) \(port)/\(transport)")
    }
    return rules
  }

  struct Missing: Error {
    let what: String
  }
}

/// A machine without the source trees.
private struct NoSources: SourceTrees {
  func files(of source: String, path: String, excludes: [String]) -> FleetCompile.SourceTree {
    .missing(localPath: path, why: "not here")
  }
}
