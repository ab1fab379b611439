import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetTestSupport
import Testing

/// A fleet in several files that exist in memory only; `fleet.yaml` is the main one.
struct SeveralFiles {
  private let texts: [String: MarkedText]
  /// Names of one file, by name.
  private let links: [String: String]

  /// Takes texts with marks by the paths of their files.
  init(_ texts: [String: String], links: [String: String] = [:]) {
    self.texts = Dictionary(
      uniqueKeysWithValues: texts.map { ($0.key, MarkedText($0.value, name: $0.key)) }
    )
    self.links = links
  }

  /// The span between two marks of a file.
  func span(_ file: String, _ first: Int, _ second: Int) -> SourceSpan? {
    texts[file]?.span(first, second)
  }

  private var main: SourceText { texts["fleet.yaml"]?.source ?? SourceText(name: "", text: "") }

  /// What decoding gives, and which files were read in which order.
  func decoded() -> (fleet: Fleet?, findings: [Diagnostic], read: [String]) {
    var diagnostics = Diagnostics()
    var read: [String] = []
    let fleet = FleetDecoder.decode(main, into: &diagnostics) { path, _ in
      read.append(path)
      return answer(path)
    }
    return (fleet, diagnostics.sorted(), read)
  }

  /// What validating against a registry gives.
  func validated(_ registry: Registry) -> (resolved: ResolvedFleet?, findings: [Diagnostic]) {
    var diagnostics = Diagnostics()
    let resolved = FleetValidator.validate(
      source: main,
      registry: registry,
      strict: false,
      into: &diagnostics
    ) { path, _ in answer(path) }
    return (resolved, diagnostics.sorted())
  }

  private func answer(_ path: String) -> IncludeAnswer {
    let name = links[path] ?? path
    guard let text = texts[name] else {
      return .unreadable(why: "No such file or directory", nearby: texts.keys.sorted())
    }
    return .text(text.source, identity: name)
  }
}
