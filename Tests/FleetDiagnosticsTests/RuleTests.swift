import FleetDiagnostics
import Testing

@Suite struct RuleTests {
  @Test func codesAndSlugsAreUniqueAndInOrder() {
    let codes = Rule.all.map(\.code)
    #expect(codes == codes.sorted())
    #expect(Set(codes).count == codes.count)
    #expect(Set(Rule.all.map(\.slug)).count == codes.count)
  }

  @Test(arguments: Rule.all)
  func codesSlugsAndSummariesHaveTheirForm(rule: Rule) {
    #expect(rule.code.wholeMatch(of: /FLT[1-9][0-9]{3}/) != nil)
    #expect(rule.slug.wholeMatch(of: /[a-z]+(-[a-z]+)*/) != nil)
    #expect(!rule.summary.hasSuffix("."))
    #expect(rule.summary.first?.isUppercase == true)
  }

  @Test func rulesAreFoundByNameAndNumber() {
    #expect(Rule.named("port-collision") == .portCollision)
    #expect(Rule.named("FLT3101") == .portCollision)
    #expect(Rule.named("flt3101") == .portCollision)
    #expect(Rule.named("nothing") == nil)
  }

  @Test func findingsSortByPlaceThenGravityAndComeOnce() {
    func finding(_ rule: Rule, _ byte: Int) -> Diagnostic {
      let place = SourcePlace(line: 1, column: byte + 1, byte: byte)
      return Diagnostic(rule, "x", at: SourceSpan(file: "f", start: place, end: place))
    }
    var diagnostics = Diagnostics()
    let wanted = [
      Diagnostic(.noLLM, "x"), finding(.unknownKey, 1), finding(.wrongType, 1),
      finding(.unpinnedVersion, 1), finding(.yamlSyntax, 2),
    ]
    for each in wanted.reversed() + wanted { diagnostics.add(each) }
    #expect(diagnostics.sorted() == wanted)
  }
}
