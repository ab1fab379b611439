import FleetDiagnostics
import FleetTestSupport
import Testing

/// The folder of rules, the list of them and the table of the design say the same.
@Suite struct RuleCatalogueTests {
  private static let folder = "Sources/FleetDiagnostics/Rules"
  private static let files = SourceTree.files(under: folder, suffix: ".swift")

  private static func text(_ file: String) -> String {
    SourceTree.text(at: SourceTree.root + "/\(folder)/\(file)") ?? ""
  }

  @Test func everyFileOfTheFolderDeclaresOneRuleOfTheListUnderItsOwnName() throws {
    #expect(Self.files.count == Rule.all.count)
    for file in Self.files {
      let text = Self.text(file)
      let declarations = text.matches(of: /static let (\w+) = Rule\(\s*"([a-z-]+)",\s*"(FLT\d+)"/)
      let declaration = try #require(declarations.first, "\(file) declares no rule")
      #expect(declarations.count == 1, "\(file) declares several rules")
      #expect(declaration.output.1.lowercased() + ".swift" == file.lowercased())
      let slug = String(declaration.output.2)
      #expect(slug.replacing("-", with: "") + ".swift" == file.lowercased())
      let rule = try #require(Rule.named(slug), "\(slug) is missing in Rule.all")
      #expect(rule.code == String(declaration.output.3))
    }
  }

  @Test func rulesAreDeclaredNowhereElse() {
    for file in SourceTree.files(under: "Sources", suffix: ".swift")
    where !file.hasPrefix("FleetDiagnostics/Rules/") {
      let text = SourceTree.text(at: SourceTree.root + "/Sources/" + file) ?? ""
      #expect(!text.contains(/\bRule\(\s*"/), "\(file) declares a rule outside of \(Self.folder)")
    }
  }

  @Test func everyRuleIsFoundBySomeCode() {
    let code = SourceTree.files(under: "Sources", suffix: ".swift")
      .filter { !$0.hasPrefix("FleetDiagnostics/Rule") }
      .map { SourceTree.text(at: SourceTree.root + "/Sources/" + $0) ?? "" }
      .joined()
    for file in Self.files {
      guard let match = Self.text(file).firstMatch(of: /static let (\w+) = Rule\(\s*"([a-z-]+)"/)
      else { continue }
      let slug = String(match.output.2)
      #expect(code.contains(".\(match.output.1)"), "nothing reports `\(slug)`")
    }
  }

  /// The table of DESIGN section 5, and what was added since; numbers are never given twice.
  private static let table = [
    "FLT1001": "yaml-syntax", "FLT1002": "yaml-duplicate-key", "FLT1003": "yaml-limit",
    "FLT1004": "yaml-encoding", "FLT1005": "yaml-multiple-documents",
    "FLT1006": "yaml-ambiguous-scalar", "FLT1007": "yaml-unsupported",
    "FLT2001": "unknown-key", "FLT2002": "missing-key", "FLT2003": "wrong-type",
    "FLT2004": "invalid-value", "FLT2005": "unsupported-version",
    "FLT2101": "include-unreadable", "FLT2102": "include-cycle", "FLT2103": "declared-twice",
    "FLT2201": "group-conflict", "FLT2202": "group-unmatched",
    "FLT3001": "unknown-role", "FLT3002": "not-a-role", "FLT3003": "duplicate-address",
    "FLT3004": "address-outside-network", "FLT3005": "role-repeated",
    "FLT3006": "role-not-replicable", "FLT3007": "reserved-node", "FLT3008": "unknown-node",
    "FLT3010": "required-role-missing", "FLT3011": "optional-role-missing", "FLT3012": "no-llm",
    "FLT3013": "relay-cycle", "FLT3104": "resource-collision", "FLT3206": "health-relay",
    "FLT4007": "device-unpinned",
    "FLT3101": "port-collision", "FLT3102": "unit-collision", "FLT3103": "path-collision",
    "FLT3201": "dependency-missing", "FLT3202": "dependency-unreachable",
    "FLT3203": "dependency-cycle", "FLT3204": "exposure-widened", "FLT3301": "layer-mixing",
    "FLT3302": "placement-forbidden", "FLT3303": "placement-unusual",
    "FLT3401": "parameter-invalid", "FLT3402": "shared-database-hazard",
    "FLT3403": "unpinned-version", "FLT3404": "unused-waiver", "FLT3501": "template-error",
    "FLT4001": "hardware-missing", "FLT4002": "hardware-exclusive", "FLT4003": "vram-exceeded",
    "FLT4004": "memory-exceeded", "FLT4005": "model-class", "FLT4006": "optional-hardware",
    "FLT6001": "target-unmatched", "FLT6002": "plan-unreadable",
  ]

  @Test func codesKeepTheirMeaning() {
    for (code, slug) in Self.table.sorted(by: { $0.key < $1.key }) {
      #expect(Rule.named(code)?.slug == slug)
    }
  }

  private static let warnings: Set<String> = [
    "yaml-ambiguous-scalar", "address-outside-network", "optional-role-missing", "no-llm",
    "exposure-widened", "placement-unusual", "shared-database-hazard", "unpinned-version",
    "relay-cycle", "health-relay", "device-unpinned", "unused-waiver", "vram-exceeded",
    "memory-exceeded", "model-class", "optional-hardware",
  ]

  @Test func warningsOfTheTableAreWarningsAndTheRestAreErrors() {
    for slug in Self.table.values.sorted() {
      #expect(Rule.named(slug)?.severity == (Self.warnings.contains(slug) ? .warning : .error))
    }
  }

  @Test func errorsThatMayBeWaivedAreThoseThatForbidAPlacement() {
    let errors = Rule.all.filter { $0.severity == .error && $0.isWaivable }.map(\.slug)
    #expect(errors == ["layer-mixing", "placement-forbidden", "hardware-exclusive"])
    for rule in Rule.all where rule.code < "FLT3" { #expect(!rule.isWaivable) }
    #expect(!Rule.unusedWaiver.isWaivable)
  }

  @Test(arguments: Rule.all)
  func everyHeadingSaysSomething(rule: Rule) {
    let explanation = rule.explanation
    let texts = [
      explanation.does, explanation.matters, explanation.example.text, explanation.instead.text,
    ]
    for text in texts {
      #expect(text.count > 5)
      #expect(!text.hasPrefix(" ") && !text.hasSuffix("\n"))
      #expect(text.count { $0 == "`" } % 2 == 0, "a backtick is not closed: \(text)")
    }
    for listing in explanation.example.listings + explanation.instead.listings {
      #expect(!listing.text.isEmpty)
      for line in listing.text.split(separator: "\n") {
        #expect(line.count <= 92, "too long for a terminal: \(line)")
      }
    }
    let hasWaiver = explanation.instead.text.contains(/\bwaive|allow\b/)
    #expect(!hasWaiver || rule.isWaivable, "\(rule.slug) speaks of a waiver that is refused")
  }

  @Test func aRuleIsItsCode() {
    let other = Rule(
      "another-slug",
      "FLT3101",
      .info,
      "Another",
      explanation: Rule.noLLM.explanation
    )
    #expect(other == .portCollision)
    #expect(other.hashValue == Rule.portCollision.hashValue)
    #expect(Rule.portCollision != .unitCollision)
  }

  @Test func misspeltRulesAreGuessedBySlugOrByCode() {
    #expect(Rule.question("port-colision") == "Did you mean `port-collision`?")
    #expect(Rule.question("flt3110") == "Did you mean `FLT3010`?")
    #expect(Rule.question("zzz") == nil)
    #expect(Rule.named("Port-Collision") == .portCollision)
  }
}
