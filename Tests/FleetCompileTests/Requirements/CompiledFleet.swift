import FleetCompile
import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetResources
import FleetTestSupport
import Testing

/// The AutoBot fleet of the repository's root, with some of its lines replaced, compiled.
struct CompiledFleet {
  let nodes: [NodeResources]

  /// Replaces each text, which must be there, and compiles; any error fails the test.
  init(_ replacements: [String: String] = [:]) throws {
    var text = try #require(FleetTestSupport.SourceTree.text(at: "fleet.yaml"))
    for (old, new) in replacements.sorted(by: { $0.key < $1.key }) {
      #expect(text.contains(old))
      text = text.split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
    }
    var diagnostics = Diagnostics()
    let fleet = FleetValidator.validate(
      source: SourceText(name: "fleet.yaml", text: text),
      registry: Registry.builtIn().0,
      strict: false,
      into: &diagnostics
    )
    let resolved = try #require(fleet, "\(diagnostics.sorted().map(\.detail))")
    nodes = FleetCompiler(resolved, sources: NoSourceTrees()).compile(into: &diagnostics)
    #expect(!diagnostics.hasErrors, "\(diagnostics.sorted().map(\.detail))")
  }

  /// The resources of one kind on a node.
  func names(_ kind: ResourceKind, on node: String) throws -> [String] {
    let found = try #require(nodes.first { $0.node.id.name == node })
    return found.resources.filter { $0.address.kind == kind }.map(\.address.name)
  }

  func file(_ path: String, on node: String) throws -> FileSpec {
    let found = try #require(nodes.first { $0.node.id.name == node })
    let resource = try #require(found.resources.first { $0.address.name == path }, "\(path)")
    guard case .file(let spec) = resource.spec else { throw NoFile(path: path) }
    return spec
  }

  /// The lines of a file; a secret is left out of its line.
  func lines(_ path: String, on node: String) throws -> [String] {
    let text = try file(path, on: node).content.pieces.map { piece in
      if case .text(let text) = piece { text } else { "" }
    }.joined()
    return text.split(separator: "\n").map(String.init)
  }

  /// The firewall's `SOURCE PORT` rules of a node, sorted.
  func allowed(_ port: Int, on node: String) throws -> [String] {
    let found = try #require(nodes.first { $0.node.id.name == node })
    return found.resources.compactMap { resource -> String? in
      guard case .firewall(let spec) = resource.spec,
        case .allow(let source, let number, _) = spec.kind, number == port
      else { return nil }
      return source
    }.sorted()
  }

  private struct NoFile: Error {
    let path: String
  }
}

/// A machine without the source trees.
private struct NoSourceTrees: SourceTrees {
  func files(of source: String, path: String, excludes: [String]) -> FleetCompile.SourceTree {
    .missing(localPath: path, why: "not here")
  }
}
