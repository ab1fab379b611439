import FleetDiagnostics
import FleetTestSupport
import FleetView
import Testing

@Suite struct DiagnosticsRenderingTests {
  private let fleet = MarkedText(
    """
    version: 1
    nodes:
      web-1:
        roles:
          - 1️⃣ai-stack2️⃣
          - nginx
          - 3️⃣chromadb4️⃣
      5️⃣db-ü6️⃣: {roles: [7️⃣reddis8️⃣]}
    """
  )

  private var findings: [Diagnostic] {
    var diagnostics = Diagnostics()
    diagnostics.add(
      Diagnostic(
        .unknownRole,
        "`reddis` is not a role of the registry `autobot`.",
        at: fleet.span(7, 8),
        related: [RelatedSpan("on this node", at: fleet.span(5, 6))],
        address: "node.db-ü",
        path: "/nodes/db-ü/roles/0",
        suggestions: [
          Suggestion(
            "did you mean `redis`?",
            edits: [.init(replace: fleet.span(7, 8), with: "redis")]
          )
        ]
      )
    )
    diagnostics.add(
      Diagnostic(
        .portCollision,
        "`ai-stack` and `chromadb` both listen on 8000/tcp of `web-1`.\nTo see the ports:\n\n"
          + "    fleetctl roles chromadb",
        at: fleet.span(3, 4),
        related: [
          RelatedSpan("8000/tcp is also claimed here by `ai-stack`", at: fleet.span(1, 2)),
          RelatedSpan("8000 is the default of `chromadb`", at: nil),
        ],
        address: "node.web-1/role.chromadb",
        suggestions: [Suggestion("move one of them to another node")]
      )
    )
    diagnostics.add(
      Diagnostic(.memoryExceeded, "The roles need 9 GiB of 8 GiB.", address: "node.web-1")
    )
    return diagnostics.sorted()
  }

  private var sources: [String: SourceText] { [fleet.source.name: fleet.source] }

  @Test func peopleSeeTheLineBothClaimantsAndTheCure() {
    expectGolden(
      HumanDiagnostics.render(findings, sources: sources, colour: false),
      "diagnostics-human.txt"
    )
  }

  @Test func colourOnlyAddsEscapes() {
    let plain = HumanDiagnostics.render(findings, sources: sources, colour: false)
    let coloured = HumanDiagnostics.render(findings, sources: sources, colour: true)
    #expect(coloured != plain)
    #expect(coloured.replacing(/\u{1B}\[[0-9;]*m/, with: "") == plain)
  }

  @Test func machinesGetOneDocument() throws {
    let text = JSONDiagnostics.render(findings, sources: sources)
    expectGolden(text, "diagnostics.json")
    let value = try JSONValue(parsing: Array(text.utf8))
    #expect(value["error_count"]?.int == 2)
    #expect(value["warning_count"]?.int == 1)
    #expect(value["valid"]?.bool == false)
  }

  @Test func noFindingsAreValid() {
    #expect(
      JSONDiagnostics.render([], sources: [:]) == """
        {
          "format_version": "1.0",
          "valid": true,
          "error_count": 0,
          "warning_count": 0,
          "diagnostics": []
        }

        """
    )
    #expect(HumanDiagnostics.render([], sources: [:], colour: true) == "")
    #expect(HumanDiagnostics.summary([]) == "no errors, no warnings")
    #expect(HumanDiagnostics.summary(findings) == "2 errors, 1 warning")
  }

  @Test func underlinesStandBelowWhatTheyMeanWhateverTheLetters() {
    let text = MarkedText(
      """
      a:\t1️⃣tab2️⃣
      漢字: 3️⃣中文4️⃣ x
      e\u{301}: 5️⃣u\u{308}x6️⃣
      """
    )
    let marks = [(1, 2), (3, 4), (5, 6)].map { Diagnostic(.wrongType, "x", at: text.span($0, $1)) }
    let output = HumanDiagnostics.render(
      marks,
      sources: [text.source.name: text.source],
      colour: false
    )
    expectGolden(output, "diagnostics-widths.txt")
  }

  @Test func longLinesAreCutRoundThePlace() throws {
    let filler = String(repeating: "ä23456789 ", count: 500)
    let text = MarkedText("a: \(filler)1️⃣here2️⃣ \(filler)")
    let finding = Diagnostic(.wrongType, "x", at: text.span(1, 2))
    let sources = [text.source.name: text.source]
    let output = HumanDiagnostics.render([finding], sources: sources, colour: false)
    expectGolden(output, "diagnostics-long.txt")
    let object = JSONDiagnostics.object(finding, sources: sources)
    let snippet = try #require(object["snippet"])
    let code = Array(try #require(snippet["code"]?.string).unicodeScalars)
    let start = try #require(snippet["highlight_start_offset"]?.int)
    let end = try #require(snippet["highlight_end_offset"]?.int)
    var highlighted = String.UnicodeScalarView()
    highlighted.append(contentsOf: code[start..<end])
    #expect(String(highlighted) == "here")
    #expect(code.count <= 400)
  }

  @Test func hostileTextCannotDriveTheTerminal() {
    let hostile = "\u{1B}]0;x\u{7}\u{9B}31m\u{202E}\r\u{8}\u{0}"
    let source = SourceText(name: "f\u{1B}.yaml", text: "a: \(hostile)b")
    let span = SourceSpan(
      file: source.name,
      start: source.place(at: 3),
      end: source.place(at: source.bytes.count)
    )
    let finding = Diagnostic(
      .invalidValue,
      hostile,
      at: span,
      related: [RelatedSpan(hostile, at: span)],
      address: hostile,
      suggestions: [Suggestion(hostile)]
    )
    let sources = [source.name: source]
    for output in [
      HumanDiagnostics.render([finding], sources: sources, colour: false),
      JSONDiagnostics.render([finding], sources: sources),
    ] {
      let dangerous = output.unicodeScalars.filter {
        ($0.value < 0x20 && $0 != "\n") || (0x7F...0x9F).contains($0.value) || isInvisible($0)
      }
      #expect(dangerous.isEmpty)
    }
  }

  @Test func placesWithoutTextAreStillNamed() {
    let other = SourceText(name: "group.yaml", text: "x: 1\n")
    let place = SourceSpan(
      file: "group.yaml",
      start: other.place(at: 3),
      end: other.place(at: 4)
    )
    let finding = Diagnostic(
      .duplicateAddress,
      "Both have 10.0.0.1.",
      at: fleet.span(5, 6),
      related: [
        RelatedSpan("also here", at: place),
        RelatedSpan("and in a text that is gone", at: fleetless),
      ]
    )
    let output = HumanDiagnostics.render(
      [finding],
      sources: [fleet.source.name: fleet.source, other.name: other],
      colour: false
    )
    expectGolden(output, "diagnostics-files.txt")
  }

  private var fleetless: SourceSpan {
    let place = SourcePlace(line: 3, column: 4, byte: 20)
    return SourceSpan(file: "gone.yaml", start: place, end: place)
  }

  @Test func theRestBeyondTheLimitIsCounted() {
    let many = (0..<1_234).map { Diagnostic(.unknownRole, "Number \($0).") } + findings
    let output = HumanDiagnostics.render(many, sources: sources, colour: false, perRule: 2)
    #expect(output.contains("Number 1.\n"))
    #expect(!output.contains("Number 2.\n"))
    #expect(output.contains("port-collision: "))
    #expect(
      output.hasSuffix(
        "\n\n... and 1,233 more of unknown-role (FLT3001); fleetctl validate --format json lists "
          + "all\n\n"
      )
    )
    #expect(output.split(separator: "see: fleetctl explain unknown-role\n").count == 2)
  }

  @Test func spansBeyondTheTextAreClamped() {
    let far = SourcePlace(line: 99, column: 7, byte: 9_999)
    let finding = Diagnostic(
      .wrongType,
      "x",
      at: SourceSpan(file: fleet.source.name, start: far, end: far)
    )
    let output = HumanDiagnostics.render([finding], sources: sources, colour: false)
    #expect(output.contains("99:7"))
    #expect(JSONDiagnostics.render([finding], sources: sources).contains("\"line\": 99"))
  }
}
