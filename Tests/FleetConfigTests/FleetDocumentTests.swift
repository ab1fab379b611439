import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetTestSupport
import Testing

/// docs/fleet-file.md says what the decoder does.
@Suite struct FleetDocumentTests {
  /// The document by its headings.
  private static let sections: [String: [Substring]] = {
    let text = SourceTree.text(at: SourceTree.root + "/docs/fleet-file.md") ?? ""
    var sections: [String: [Substring]] = [:]
    var name = ""
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let title = line.drop { $0 == "#" }
      if line.hasPrefix("#"), title.hasPrefix(" ") {
        name = String(title.dropFirst())
      } else {
        sections[name, default: []].append(line)
      }
    }
    return sections
  }()

  /// The keys of the table of a section: what stands in backticks in the first column.
  private static func keys(of section: String) -> [String] {
    (sections[section] ?? []).compactMap { line in
      guard line.hasPrefix("| `") else { return nil }
      return String(line.dropFirst(3).prefix { $0 != "`" })
    }
  }

  @Test(arguments: [
    ("The file", FleetKeys.main), ("settings", FleetKeys.settings), ("ssh", FleetKeys.ssh),
    ("sources", FleetKeys.source), ("nodes", FleetKeys.node), ("hardware", FleetKeys.hardware),
    ("gpus", FleetKeys.gpu), ("npus", FleetKeys.npu), ("allow", FleetKeys.waiver),
    ("groups", FleetKeys.group),
  ])
  func aTableHasExactlyTheKeysThatAreRead(section: String, keys: [String]) {
    #expect(Self.keys(of: section).sorted() == keys.sorted())
  }

  @Test func theKeysOfAnIncludedFileAreNamed() throws {
    let lines = try #require(Self.sections["include"]).joined(separator: " ")
    let sentence = try #require(
      lines.split(separator: ". ").first { $0.contains("is a mapping of") }
    )
    let named = sentence.matches(of: /`([a-z_]+)`/).map { String($0.1) }
    #expect(named.sorted() == FleetKeys.included.sorted())
    let rest = try #require(lines.split(separator: ". ").first { $0.contains("as a whole") })
    #expect(
      rest.matches(of: /`([a-z_]+)`/).map { String($0.1) }.sorted() == FleetKeys.mainOnly.sorted()
    )
  }

  /// The examples of the document.
  static let examples: [String] = {
    let text = SourceTree.text(at: SourceTree.root + "/docs/fleet-file.md") ?? ""
    return text.split(separator: "```yaml\n").dropFirst().map { part in
      String(part.prefix(upTo: part.firstRange(of: "```")?.lowerBound ?? part.endIndex))
    }
  }()

  @Test func thereAreExamples() {
    #expect(Self.examples.count == 3)
  }

  @Test(arguments: examples)
  func anExampleIsAFleet(_ text: String) throws {
    var diagnostics = Diagnostics()
    let fleet = FleetDecoder.decode(
      SourceText(name: "fleet.yaml", text: text),
      into: &diagnostics
    ) { path, _ in .text(SourceText(name: path, text: "roles: {}"), identity: path) }
    #expect(diagnostics.sorted().map(\.detail) == [])
    #expect(fleet?.nodes.isEmpty == false)
  }

  @Test func theFirstExampleHasEveryKey() throws {
    let text = try #require(Self.examples.first)
    let all =
      FleetKeys.main + FleetKeys.settings + FleetKeys.ssh + FleetKeys.source + FleetKeys.node
      + FleetKeys.hardware + FleetKeys.gpu + FleetKeys.npu + FleetKeys.waiver + FleetKeys.group
    for key in Set(all).subtracting(["include"]).sorted() {
      #expect(text.contains("\(key):"), "\(key)")
    }
  }
}
