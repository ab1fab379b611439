import FleetConfig
import FleetDiagnostics
import FleetRegistry
import FleetTestSupport
import Testing

/// `allow:` of nodes and of the fleet, and what `--strict` and `--warn` do after it.
@Suite struct WaiverTests {
  /// Two nodes of which `b` opens a port for `a`; `extra` is missing, which is no node's fault.
  private func run(
    fleet: String = "",
    node: String = "",
    strict: Bool = false,
    warn: [String] = []
  ) throws -> (MarkedText, Diagnostics, Bool) {
    let marked = MarkedText(
      "version: 1\nfleet: f\n\(fleet)nodes:\n  a: {address: 10.0.0.1, roles: [app]}\n"
        + "  b:\n    address: 10.0.0.2\n    roles: [db]\n\(node)"
    )
    let registry = Registry.of([
      "db": "ports: [{name: sql, number: 5432, scope: loopback}]\n",
      "app": "needs: [{role: db, endpoint: sql, hard: true}]\n",
      "extra": "degraded_without: No extras.\n",
    ])
    var diagnostics = Diagnostics()
    let resolved = FleetValidator.validate(
      source: marked.source,
      registry: registry,
      strict: strict,
      overrides: try warn.map { try RuleOverride(parsing: $0) },
      into: &diagnostics
    )
    return (marked, diagnostics, resolved != nil)
  }

  private func slugs(_ run: (MarkedText, Diagnostics, Bool)) -> [String] {
    run.1.sorted().map { "\($0.rule.slug) \($0.severity.rawValue)" }
  }

  private static let widened = "exposure-widened warning"
  private static let missing = "optional-role-missing warning"

  @Test func withoutWaiversBothAreFound() throws {
    #expect(slugs(try run()).sorted() == [Self.widened, Self.missing])
  }

  @Test(arguments: ["exposure-widened", "FLT3204", "flt3204", "Exposure-Widened"])
  func aNodeWaivesBySlugOrCode(_ name: String) throws {
    let run = try run(node: "    allow: [{rule: \(name), because: \"one room\"}]\n")
    #expect(slugs(run) == [Self.missing])
  }

  @Test func theFleetWaivesFindingsOfNodesAndOfNoNode() throws {
    let run = try run(
      fleet: """
        allow:
          - {rule: exposure-widened, because: "one room"}
          - {rule: optional-role-missing, because: "not wanted"}

        """,
      strict: true
    )
    #expect(slugs(run) == [])
    #expect(run.2)
  }

  @Test func anUnusedWaiverOfTheFleetIsAWarningAtItsPlace() throws {
    let run = try run(fleet: "allow: [{rule: 1️⃣no-llm2️⃣, because: \"cloud\"}]\n")
    let finding = try #require(run.1.all.first { $0.rule == .unusedWaiver })
    #expect(finding.span == run.0.span(1, 2))
    #expect(finding.severity == .warning)
    #expect(
      finding.detail
        == "The fleet allows `no-llm`, but nothing in it breaks that rule. Remove the waiver: it would "
        + "hide the next finding."
    )
  }

  @Test func theNodesOwnWaiverComesBeforeTheFleets() throws {
    let run = try run(
      fleet: "allow: [{rule: 1️⃣exposure-widened2️⃣, because: \"all\"}]\n",
      node: "    allow: [{rule: exposure-widened, because: \"one room\"}]\n"
    )
    #expect(run.1.all.filter { $0.rule == .unusedWaiver }.map(\.span) == [run.0.span(1, 2)])
  }

  @Test func aNodeThatWaivesWhatNoNodeIsAtFaultForIsSentToTheFleet() throws {
    let run = try run(node: "    allow: [{rule: optional-role-missing, because: \"no\"}]\n")
    let finding = try #require(run.1.all.first { $0.rule == .unusedWaiver })
    #expect(finding.detail.hasSuffix("Move the waiver to the fleet's own `allow`, beside `nodes`."))
    #expect(run.1.all.contains { $0.rule == .optionalRoleMissing })
  }

  @Test func aSecondWaiverOfOneRuleShowsTheFirst() throws {
    let run = try run(
      node: "    allow:\n      - {rule: 1️⃣exposure-widened2️⃣, because: \"one room\"}\n"
        + "      - {rule: 3️⃣FLT32044️⃣, because: \"again\"}\n"
    )
    let finding = try #require(run.1.all.first { $0.rule == .unusedWaiver })
    #expect(finding.span == run.0.span(3, 4))
    #expect(finding.related.map(\.span) == [run.0.span(1, 2)])
  }

  @Test func oneListBehindAnAliasIsOneWaiver() throws {
    let text = MarkedText(
      "version: 1\nfleet: f\nnodes:\n"
        + "  a: {address: a, roles: [app], allow: &x [{rule: exposure-widened, because: \"r\"}]}\n"
        + "  b: {address: b, roles: [db], allow: *x}\n"
    )
    let registry = Registry.of([
      "db": "ports: [{name: sql, number: 5432, scope: loopback}]\n",
      "app": "needs: [{role: db, endpoint: sql, hard: true}]\n",
    ])
    #expect(Validation(text.source, registry: registry).slugs == [])
  }

  @Test(arguments: [
    (
      "{rule: 1️⃣port-collision2️⃣, because: x}", Rule.invalidValue, "`port-collision` cannot be waived"
    ),
    (
      "{rule: 1️⃣unused-waiver2️⃣, because: x}", .invalidValue,
      "what it reports is corrected in the file"
    ),
    ("{rule: 1️⃣exposure-widend2️⃣, because: x}", .invalidValue, "There is no rule `exposure-widend`"),
    ("1️⃣{rule: no-llm}2️⃣", .missingKey, "A waiver has no `because`"),
    ("1️⃣{because: x}2️⃣", .missingKey, "A waiver has no `rule`"),
    ("{rule: no-llm, because: 1️⃣\" \"2️⃣}", .invalidValue, "a sentence that says why"),
    ("{rule: no-llm, because: x, 1️⃣until2️⃣: never}", .unknownKey, "A waiver has no key `until`"),
  ])
  func aWaiverThatIsNoneIsAnErrorAtItsPlace(text: String, rule: Rule, words: String) throws {
    for (fleet, node) in [("allow: [\(text)]\n", ""), ("", "    allow: [\(text)]\n")] {
      let run = try run(fleet: fleet, node: node)
      let finding = try #require(run.1.sorted().first { $0.severity == .error })
      #expect(finding.rule == rule)
      #expect(finding.span == run.0.span(1, 2))
      #expect(finding.detail.contains(words))
      #expect(!run.2)
    }
  }

  @Test func aMisspeltRuleIsCorrectedByAnEdit() throws {
    let run = try run(fleet: "allow: [{rule: 1️⃣exposure-widend2️⃣, because: x}]\n")
    let suggestion = try #require(run.1.all.first { $0.rule == .invalidValue }?.suggestions.first)
    #expect(suggestion.edits == [.init(replace: run.0.span(1, 2), with: "exposure-widened")])
  }

  @Test func strictRefusesWarningsAndWarnDecidesAfterIt() throws {
    #expect(try run().2)
    #expect(try !run(strict: true).2)
    #expect(try !run(warn: ["exposure-widened=error"]).2)
    let lowered = try run(
      strict: true,
      warn: ["exposure-widened=warning", "optional-role-missing=off"]
    )
    #expect(slugs(lowered) == [Self.widened])
    #expect(lowered.2)
  }

  @Test func aWaiverIsUsedThoughItsRuleIsOff() throws {
    let run = try run(
      node: "    allow: [{rule: exposure-widened, because: \"one room\"}]\n",
      warn: ["exposure-widened=off", "optional-role-missing=off"]
    )
    #expect(slugs(run) == [])
  }

  @Test func anErrorThatMayBeWaivedMayAlsoBeLowered() throws {
    let registry = Registry.of(["boss": "layer: management\n", "web": ""])
    let text = "version: 1\nfleet: f\nnodes: {a: {address: a, roles: [boss, web]}}\n"
    for (warn, expected) in [("error", false), ("warning", true)] {
      var diagnostics = Diagnostics()
      let resolved = FleetValidator.validate(
        source: SourceText(name: "fleet.yaml", text: text),
        registry: registry,
        strict: false,
        overrides: [try RuleOverride(parsing: "layer-mixing=\(warn)")],
        into: &diagnostics
      )
      #expect((resolved != nil) == expected)
      #expect(diagnostics.all.map(\.rule) == [.layerMixing])
    }
  }
}
