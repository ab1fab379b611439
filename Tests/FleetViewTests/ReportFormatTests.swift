import FleetDiagnostics
import FleetTestSupport
import Testing

@testable import FleetView

@Suite struct ReportFormatTests {
  private static let extensions = [
    "human": "txt", "json": "json", "sarif": "sarif", "junit": "xml", "github": "log",
    "gitlab": "gitlab.json", "markdown": "md",
  ]

  @Test(arguments: ReportFormats.names)
  func everyFormatTellsTheSameFleet(name: String) throws {
    let format = try #require(ReportFormats.named(name))
    let suffix = try #require(Self.extensions[name])
    expectGolden(format.render(ReportSample.report), "report.\(suffix)")
    expectGolden(format.render(ReportSample.sound), "report-sound.\(suffix)")
  }

  @Test(arguments: ReportFormats.names)
  func equalReportsGiveEqualBytes(name: String) throws {
    let format = try #require(ReportFormats.named(name))
    #expect(format.render(ReportSample.report) == format.render(ReportSample.report))
  }

  @Test(arguments: ReportFormats.names)
  func everyFormatTellsTheFindingsInOneOrder(name: String) throws {
    let text = try #require(ReportFormats.named(name)).render(ReportSample.report)
    var rest = Substring(text)
    if name == "sarif" {
      rest = rest[try #require(rest.firstRange(of: "\"results\"")).upperBound...]
    }
    for finding in ReportSample.findings {
      let word = name == "sarif" ? "\"ruleId\": \"\(finding.rule.code)\"" : finding.rule.slug
      let place = try #require(rest.firstRange(of: word), "\(finding.rule.slug) is not in its turn")
      rest = rest[place.upperBound...]
    }
  }

  @Test func anUnknownFormatGetsTheNearestNameAndAll() {
    #expect(
      ReportFormats.unknown("sarfi") == "There is no format `sarfi`. Did you mean `sarif`? "
        + "The formats are human, json, sarif, junit, github, gitlab, markdown."
    )
    #expect(ReportFormats.unknown("x\u{1B}").hasPrefix("There is no format `x␛`. The formats"))
  }

  @Test func aPublishedDocumentationGivesAddresses() throws {
    var report = ReportSample.report
    report.documentation = "https://fleet.example/"
    let log = try JSONValue(parsing: Array(SARIFReport().render(report).utf8))
    let driver = try #require(log["runs"]?.array?.first?["tool"]?["driver"])
    #expect(driver["informationUri"]?.string == "https://fleet.example/")
    let rule = try #require(
      driver["rules"]?.array?.first { $0["id"]?.string == Rule.portCollision.code }
    )
    #expect(rule["helpUri"]?.string == "https://fleet.example/docs/rules.md#port-collision")
    #expect(rule["name"]?.string == "PortCollision")
  }

  @Test func aRuleOutsideTheCatalogueHasItsPlaceInTheTool() throws {
    let rule = Rule(
      "host-key-changed",
      "FLT5001",
      .error,
      "A host key is not the pinned one",
      explanation: Rule.noLLM.explanation
    )
    let report = DiagnosticsReport(
      [Diagnostic(rule, "x")],
      sources: [:],
      subject: "fleet.yaml",
      verdict: "x",
      version: "1.2.3"
    )
    let log = try JSONValue(parsing: Array(SARIFReport().render(report).utf8))
    let run = try #require(log["runs"]?.array?.first)
    let rules = try #require(run["tool"]?["driver"]?["rules"]?.array)
    let index = try #require(run["results"]?.array?.first?["ruleIndex"]?.int)
    #expect(rules[index]["id"]?.string == "FLT5001")
  }

  @Test func aFileThatIsNoFleetLeavesNoRulePassed() {
    let report = DiagnosticsReport(
      [Diagnostic(.yamlSyntax, "x")],
      sources: [:],
      subject: "fleet.yaml",
      verdict: "fleet.yaml is not sound: 1 error, no warnings.",
      version: "1.2.3"
    )
    #expect(!JUnitReport().render(report).contains("no finding"))
    #expect(JUnitReport().render(report).contains("tests=\"1\" failures=\"1\""))
  }

  @Test func manyFindingsFitIntoAComment() {
    let many = (0..<10_000).map { Diagnostic(.unknownRole, "Number \($0).", address: "node.a") }
    let report = DiagnosticsReport(
      many,
      sources: [:],
      subject: "fleet.yaml",
      verdict: "fleet.yaml is not sound.",
      version: "1.2.3"
    )
    let text = MarkdownReport().render(report)
    #expect(text.unicodeScalars.count < 65_536)
    #expect(text.hasPrefix("### fleetctl validate: not sound, 10,000 errors, no warnings\n"))
    let shown = text.split(separator: "<details>").count - 1
    #expect(shown > 50)
    #expect(
      text.hasSuffix(
        "And \(HumanDiagnostics.grouped(10_000 - shown)) more; `fleetctl validate --format json` "
          + "lists all.\n"
      )
    )
  }

  @Test func manyRelatedPlacesAreCounted() {
    let places = (0..<1_015).map { RelatedSpan("place \($0)", at: nil) }
    let finding = Diagnostic(.dependencyCycle, "x", related: places)
    let human = HumanDiagnostics.render([finding], sources: [:], colour: false)
    #expect(human.contains("  note: place 9\n  note: and 1,005 more places; --format json lists"))
    #expect(!human.contains("place 10"))
  }
}
