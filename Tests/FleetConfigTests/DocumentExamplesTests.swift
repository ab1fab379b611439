import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetTestSupport
import Testing

/// Every YAML example of the documents that is a fleet is one that validates.
@Suite struct DocumentExamplesTests {
  /// Half of the fleets in docs/rules.md are wrong on purpose: `RuleExamplesTests` has them.
  private static let documents =
    ["README.md", "lab/README.md"]
    + SourceTree.files(under: "docs", suffix: ".md").filter { $0 != "rules.md" }.map {
      "docs/" + $0
    }

  /// An example and where it stands, `docs/ci.md:36`.
  struct Example: CustomStringConvertible, Sendable {
    let description: String
    let text: String
  }

  /// The blocks that begin with ```` ```yaml ````.
  private static let blocks: [Example] = documents.flatMap { path in
    let text = SourceTree.text(at: SourceTree.root + "/" + path) ?? ""
    var blocks: [Example] = []
    var open: (line: Int, lines: [Substring])?
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      if let block = open, line == "```" {
        blocks.append(
          Example(
            description: "\(path):\(block.line)",
            text: block.lines.map { $0 + "\n" }.joined()
          )
        )
        open = nil
      } else if open != nil {
        open?.lines.append(line)
      } else if line == "```yaml" {
        open = (index + 1, [])
      }
    }
    return blocks
  }

  /// Whole fleets, and the parts of one that begin with `nodes:`.
  private static let fleets: [Example] = blocks.compactMap { block in
    if block.text.hasPrefix("version:") { return block }
    guard block.text.hasPrefix("nodes:") else { return nil }
    return Example(
      description: block.description,
      text: "version: 1\nfleet: f\n" + block.text
    )
  }

  @Test func thereAreExamples() {
    #expect(Self.blocks.count >= 8)
    #expect(Self.fleets.count >= 4)
  }

  /// Roles that an excerpt leaves out may be missed; nothing else may be an error.
  @Test(arguments: fleets)
  func aFleetInADocumentValidates(_ example: Example) throws {
    let absences: Set<Rule> = [.requiredRoleMissing, .dependencyMissing]
    var found = Diagnostics()
    let source = SourceText(name: example.description, text: example.text)
    let decoded = FleetDecoder.decode(source, into: &found) { path, _ in
      .text(SourceText(name: path, text: "roles: {}"), identity: path)
    }
    #expect(found.sorted().map(\.detail) == [])
    let fleet = try #require(decoded)
    let registry = fleet.registry == "none" ? Self.ownRoles : Registry.repository
    _ = FleetValidator.validate(fleet, registry: registry, strict: false, into: &found)
    let said = found.sorted().filter { $0.severity == .error && !absences.contains($0.rule) }
    #expect(said.map { "\($0.rule.slug): \($0.detail)" } == [])
  }

  /// The roles of the examples that have roles of their own.
  private static let ownRoles = Registry.of([
    "shop-web": "", "shop-db": "", "log-shipper": "params: {level: {type: string, doc: d}}\n",
  ])
}
