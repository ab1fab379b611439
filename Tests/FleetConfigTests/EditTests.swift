import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetTestSupport
import FleetYAML
import Testing

/// Everything in fleet.yaml and role.yaml that can be misspelt is put right by the suggested edit, and
/// a key that stands twice is found wherever it stands.
@Suite struct EditTests {
  /// One key of a text.
  struct Key: Sendable, CustomTestStringConvertible {
    let text: String
    let path: String
    let name: String
    let span: SourceSpan
    /// Whether the mapping is written with braces.
    let isFlow: Bool
    var testDescription: String { path }
  }

  /// The complete example of docs/fleet-file.md.
  private static let fleet = FleetDocumentTests.examples.first ?? ""

  /// All keys of all mappings of a text, in order.
  private static func keys(of text: String, name: String = "fleet.yaml") -> [Key] {
    var diagnostics = Diagnostics()
    let source = SourceText(name: name, text: text)
    guard let root = YAMLLoader.load(source, into: &diagnostics) else { return [] }
    var found: [Key] = []
    var pending = [root]
    while let node = pending.popLast() {
      pending += node.items.reversed()
      let isFlow = source.bytes[node.span.start.byte] == 0x7B
      for entry in node.entries {
        found.append(
          Key(text: text, path: entry.path, name: entry.key, span: entry.keySpan, isFlow: isFlow)
        )
      }
      pending += node.entries.map(\.value).reversed()
    }
    return found
  }

  private static func applying(_ edits: [Suggestion.Edit], to text: String) -> String {
    var bytes = Array(text.utf8)
    for edit in edits.sorted(by: { $0.span.start.byte > $1.span.start.byte }) {
      bytes.replaceSubrange(edit.span.start.byte..<edit.span.end.byte, with: edit.text.utf8)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The key with two letters swapped, or one doubled where they are the same.
  private static func misspelt(_ name: String) -> String {
    var letters = Array(name)
    guard letters.count > 2, letters[1] != letters[2] else { return name + "x" }
    letters.swapAt(1, 2)
    return String(letters)
  }

  // MARK: fleet.yaml

  /// The keys of the example that the format fixes; others are names of the user's own.
  private static let fixedKeys = keys(of: fleet).filter { key in
    let depth = key.path.split(separator: "/").count
    let root = key.path.split(separator: "/").first ?? ""
    if key.path.contains("/labels/") || key.path.contains("/roles/") { return false }
    if ["nodes", "groups", "sources", "roles"].contains(root), depth == 2 { return false }
    return root != "roles" || depth == 1
  }

  @Test func theExampleHasKeysAtAllLevels() {
    #expect(Self.fixedKeys.count > 60)
    #expect(Set(Self.fixedKeys.map { $0.path.split(separator: "/").count }) == [1, 2, 3, 4, 5, 6])
  }

  @Test(arguments: fixedKeys)
  func aMisspeltKeyIsPutRightByItsEdit(_ key: Key) throws {
    let wrong = Self.applying(
      [.init(replace: key.span, with: Self.misspelt(key.name))],
      to: key.text
    )
    let (_, findings) = decode(SourceText(name: "fleet.yaml", text: wrong))
    let finding = try #require(findings.first { $0.rule == .unknownKey })
    #expect(finding.span?.start == key.span.start)
    // A key that is misspelt is not reported as missing too.
    #expect(findings.filter { $0.rule == .missingKey } == [])
    let edits = finding.suggestions.flatMap(\.edits)
    #expect(edits.map(\.text) == [key.name])
    #expect(Self.applying(edits, to: wrong) == key.text)
  }

  private func decode(_ source: SourceText) -> (Fleet?, [Diagnostic]) {
    var diagnostics = Diagnostics()
    let fleet = FleetDecoder.decode(source, into: &diagnostics)
    return (fleet, diagnostics.sorted())
  }

  @Test(arguments: [
    ("user_mode: single_company", "user_mode: single_compani"),
    ("hardware_policy: warn", "hardware_policy: wran"),
    ("firewall: ufw", "firewall: ufv"),
    ("registry: autobot", "registry: 'autobott'"),
    ("become: sudo", "become: sdo"),
    ("vendor: nvidia", "vendor: Nvidia"),
    ("vendor: intel", "vendor: intl"),
    ("rule: unpinned-version", "rule: unpined-version"),
    ("wsl2: true", "wsl2: yes"),
    ("reserved: true", "reserved: True"),
    ("role_paths: [my-roles]", "role_paths: my-roles"),
    ("cloud_llm: [anthropic]", "cloud_llm: anthropic"),
    ("nodes: [\"0*\", npu-worker]", "nodes: [\"0*\", npu-workr]"),
    ("nodes: [\"0*\", npu-worker]", "nodes: [\"0*\", 'mpu*']"),
  ])
  func aWrongWordIsPutRightByItsEdit(right: String, wrong: String) throws {
    #expect(Self.fleet.contains(right))
    let text = Self.fleet.replacing(right, with: wrong, maxReplacements: 1)
    let (_, findings) = decode(SourceText(name: "fleet.yaml", text: text))
    #expect(findings.count == 1, "\(findings.map(\.detail))")
    let edits = findings.flatMap(\.suggestions).flatMap(\.edits)
    let (_, after) = decode(
      SourceText(name: "fleet.yaml", text: Self.applying(edits, to: text))
    )
    #expect(after.map(\.detail) == [])
  }

  @Test func aMissingVersionIsAddedByItsEdit() throws {
    let text = "# a fleet\nfleet: f\nnodes: {a: {address: h}}\n"
    let (_, findings) = decode(SourceText(name: "fleet.yaml", text: text))
    #expect(findings.map(\.rule) == [.missingKey])
    let finding = try #require(findings.first)
    #expect(finding.suggestions.map(\.message) == ["add `version: 1`"])
    let after = Self.applying(finding.suggestions.flatMap(\.edits), to: text)
    #expect(after == "# a fleet\nversion: 1\nfleet: f\nnodes: {a: {address: h}}\n")
  }

  @Test(arguments: [
    ("version: 1\nnodes: {a: {address: h}}", "add `fleet: my-fleet`"),
    ("version: 1\nfleet: f", "add `nodes: {web-1: {address: 10.0.0.1}}`"),
    ("version: 1\nfleet: f\nnodes: {a: {}}", "add `address: 10.0.0.1`"),
    (
      "version: 1\nfleet: f\nnodes: {a: {address: h, allow: [{because: x}]}}",
      "add `rule: unpinned-version`"
    ),
    (
      "version: 1\nfleet: f\ngroups: {g: {}}\nnodes: {a: {address: h}}",
      "add `nodes: [web-1, \"db-*\"]` or `labels: {zone: a}`"
    ),
  ])
  func aMissingKeySaysWhatToAdd(text: String, cure: String) {
    let (_, findings) = decode(SourceText(name: "fleet.yaml", text: text))
    #expect(findings.map(\.rule) == [.missingKey])
    #expect(findings.flatMap(\.suggestions).map(\.message) == [cure])
  }

  @Test(arguments: keys(of: fleet))
  func aKeyThatStandsTwiceIsOneErrorWithBothPlaces(_ key: Key) throws {
    // The same key once more in front of the first; the second is then the wrong one.
    let indent = String(repeating: " ", count: key.span.start.column - 1)
    let written = String(
      decoding: Array(key.text.utf8)[key.span.start.byte..<key.span.end.byte],
      as: UTF8.self
    )
    let added = key.isFlow ? "\(written): x, " : "\(written): x\n\(indent)"
    let place = SourceSpan(file: "fleet.yaml", start: key.span.start, end: key.span.start)
    let text = Self.applying([.init(replace: place, with: added)], to: key.text)
    let (_, findings) = decode(SourceText(name: "fleet.yaml", text: text))
    let twice = findings.filter { $0.rule == .yamlDuplicateKey }
    #expect(twice.count == 1)
    let finding = try #require(twice.first)
    #expect(finding.related.map(\.span?.start) == [key.span.start])
    let shift = key.isFlow ? 0 : 1
    #expect(finding.span?.start.line == key.span.start.line + shift)
    #expect(finding.span?.start.byte == key.span.start.byte + added.utf8.count)
  }

  // MARK: role.yaml

  /// One of each fixed key in the repository's roles, wherever it can stand.
  private static let roleKeys: [Key] = {
    var seen: Set<String> = []
    var found: [Key] = []
    for path in SourceTree.files(under: "roles", suffix: "role.yaml") {
      let text = SourceTree.text(at: SourceTree.root + "/roles/" + path) ?? ""
      for key in keys(of: text, name: "roles/" + path) {
        let parts = key.path.split(separator: "/").map { $0.allSatisfy(\.isNumber) ? "*" : $0 }
        let form = parts.joined(separator: "/")
        let isFree =
          form.wholeMatch(of: /params\/[^\/]+|params\/.*\/default\/.*/) != nil
          || form.wholeMatch(of: /.*\/(sections|environment|with|sizes)\/.*/) != nil
        let general = parts.first == "params" ? "params/" + (parts.last ?? "") : form
        if !isFree, seen.insert(general).inserted { found.append(key) }
      }
    }
    return found
  }()

  @Test func theRolesHaveManyKeys() {
    #expect(Self.roleKeys.count > 120)
  }

  @Test(arguments: roleKeys)
  func aMisspeltKeyOfARoleIsPutRightByItsEdit(_ key: Key) throws {
    let wrong = Self.applying(
      [.init(replace: key.span, with: Self.misspelt(key.name))],
      to: key.text
    )
    let (_, found) = Registry.load(
      files: [SourceText(name: key.span.file, text: wrong)],
      over: nil
    )
    let finding = try #require(
      found.sorted().first { $0.rule == .unknownKey && $0.span?.start == key.span.start }
    )
    let edits = finding.suggestions.flatMap(\.edits)
    #expect(Self.applying(edits, to: wrong) == key.text)
  }
}
