import FleetConfig
import FleetDiagnostics
import Testing

/// What `fleetctl explain` shows is what the validator says.
@Suite struct RuleExamplesTests {
  /// Warnings that parts of the AutoBot fleet have when their own waivers are not in the excerpt.
  private static let background: Set<Rule> = [
    .exposureWidened, .unpinnedVersion, .sharedDatabaseHazard, .vramExceeded, .placementUnusual,
  ]

  /// Rules that no fleet file shows: they speak of bytes, and of the command line.
  private static let withoutFile: Set<Rule> = [.yamlEncoding, .targetUnmatched, .planUnreadable]

  @Test func onlyRulesAboutBytesAndCommandsLackAFile() {
    for rule in Rule.all {
      let example = RuleExample(rule.explanation.example)
      #expect((example == nil) == Self.withoutFile.contains(rule), "\(rule.slug)")
    }
  }

  @Test(arguments: Rule.all.filter { !withoutFile.contains($0) })
  func theExampleBreaksThisRuleAndNoOther(rule: Rule) throws {
    let example = try #require(RuleExample(rule.explanation.example))
    let findings = example.diagnostics.sorted()
    #expect(findings.contains { $0.rule == rule })
    for finding in findings where finding.rule != rule {
      #expect(
        finding.severity == .warning && Self.background.contains(finding.rule),
        "\(rule.slug): \(finding.rule.slug): \(finding.detail)"
      )
    }
  }

  @Test(arguments: Rule.all)
  func whatToDoInsteadBreaksNothing(rule: Rule) {
    guard let instead = RuleExample(rule.explanation.instead) else { return }
    for finding in instead.diagnostics.sorted() {
      #expect(
        finding.severity == .warning && finding.rule != rule
          && Self.background.contains(finding.rule),
        "\(rule.slug): \(finding.rule.slug): \(finding.detail)"
      )
    }
  }

  @Test func theExampleOfEncodingIsAFileInLatin1() {
    var bytes = Array("version: 1\nfleet: f\nnodes: {a: {address: a}}  # M".utf8)
    bytes += [0xFC] + Array("ller\n".utf8)
    var diagnostics = Diagnostics()
    _ = FleetDecoder.decode(SourceText(name: "fleet.yaml", bytes: bytes), into: &diagnostics)
    #expect(diagnostics.all.map(\.rule) == [.yamlEncoding])
  }
}
