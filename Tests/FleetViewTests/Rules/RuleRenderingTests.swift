import FleetDiagnostics
import FleetTestSupport
import FleetView
import Testing

/// `fleetctl explain` and `docs/rules.md`.
@Suite struct RuleRenderingTests {
  @Test func theCommittedPageIsWhatTheBinaryWrites() {
    let page = SourceTree.text(at: SourceTree.root + "/docs/rules.md")
    #expect(
      page == RuleMarkdown.page(Rule.all),
      "run: fleetctl explain --all --format markdown > docs/rules.md"
    )
  }

  @Test func everyHelpLinkHasItsAnchorOnce() {
    let lines = RuleMarkdown.page(Rule.all).split(separator: "\n")
    for rule in Rule.all {
      #expect(rule.helpURI == "docs/rules.md#\(rule.slug)")
      #expect(lines.count { $0 == "## \(rule.slug)" } == 1)
    }
  }

  @Test func fencesOfThePageAreClosedAndHeadingsAreComplete() {
    for rule in Rule.all {
      let lines = RuleMarkdown.section(rule).split(separator: "\n")
      #expect(lines.count { $0.hasPrefix("```") } % 2 == 0)
      let headings = lines.filter { $0.hasPrefix("### ") }
      #expect(headings == ["### What it does", "### Why it matters", "### Example", "### Instead"])
    }
  }

  @Test(arguments: Rule.all)
  func noLineIsWiderThanATerminalAndNothingIsColouredUnasked(rule: Rule) {
    let page = RuleHuman.page(rule, colour: false)
    #expect(!page.contains("\u{1B}"))
    for line in page.split(separator: "\n") {
      #expect(line.count <= 100, "\(line)")
      #expect(line.last != " ")
    }
    for line in RuleHuman.table(Rule.all, colour: false).split(separator: "\n") {
      #expect(line.count <= 100)
    }
  }

  @Test func colourAddsNothingButColour() {
    let plain = RuleHuman.page(.layerMixing, colour: false)
    let painted = RuleHuman.page(.layerMixing, colour: true)
    #expect(painted != plain)
    #expect(painted.replacing(/\u{1B}\[[0-9;]*m/, with: "") == plain)
  }

  @Test func oneRuleIsShownUnderItsFourHeadings() {
    expectGolden(RuleHuman.page(.portCollision, colour: false), "port-collision.txt")
  }

  @Test func programsGetTheSameFacts() throws {
    let object = RuleJSON.object(.layerMixing)
    #expect(object["rule"]?.string == "layer-mixing")
    #expect(object["code"]?.string == "FLT3301")
    #expect(object["waivable"] == .bool(true))
    #expect(object["help_uri"]?.string == "docs/rules.md#layer-mixing")
    #expect(object["does"]?.string?.contains("\n") == false)
    guard case .array(let rules) = RuleJSON.document(Rule.all)["rules"] else {
      Issue.record("no rules")
      return
    }
    #expect(rules.count == Rule.all.count)
  }
}
