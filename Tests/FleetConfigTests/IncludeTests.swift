import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetTestSupport
import Testing

@Suite struct IncludeTests {
  private static let head = "version: 1\nfleet: f\n"

  @Test func everythingAnIncludedFileMayHaveIsMerged() throws {
    let files = SeveralFiles([
      "fleet.yaml": """
      version: 1
      fleet: f
      include: [nodes/web.yaml, common.yaml]
      roles: {redis: {port: 6379}}
      nodes: {a: {address: 10.0.0.1}}
      """,
      "nodes/web.yaml": """
      include: [more/c.yaml]
      nodes: {b: {address: 10.0.0.2, ssh: {identity_file: keys/b, known_hosts: /etc/hosts-b}}}
      groups: {g: {nodes: [a, "*"], ssh: {identity_file: ~/.ssh/g}}}
      """,
      "nodes/more/c.yaml": """
      version: 1
      nodes: {c: {address: 10.0.0.3, ssh: {identity_file: ../../keys/c}}}
      role_paths: [roles, ../../own]
      """,
      "common.yaml": """
      roles: {redis: {maxmemory: 6GiB}, celery: {workers: 2}}
      sources: {app: {path: ../app}}
      """,
    ])
    let (decoded, findings, read) = files.decoded()
    #expect(findings.map(\.detail) == [])
    let fleet = try #require(decoded)
    #expect(read == ["nodes/web.yaml", "nodes/more/c.yaml", "common.yaml"])
    #expect(fleet.nodes.map(\.id.name) == ["a", "b", "c"])
    #expect(fleet.roleParameters["redis"]?.keys.sorted() == ["maxmemory", "port"])
    #expect(fleet.roleParameters["celery"]?.keys.sorted() == ["workers"])
    #expect(fleet.sources["app"]?.value == "../app")
    #expect(fleet.groups.map(\.id.name) == ["g"])
    // Relative to the file that names them, seen from the main file's folder.
    #expect(fleet.rolePaths.map(\.value) == ["nodes/more/roles", "own"])
    #expect(fleet.nodes.map(\.ssh.identityFiles) == [["~/.ssh/g"], ["nodes/keys/b"], ["keys/c"]])
    #expect(fleet.nodes[1].ssh.knownHosts == ["/etc/hosts-b"])
  }

  @Test func findingsStandInTheirOwnFile() throws {
    let files = SeveralFiles([
      "fleet.yaml": Self.head + "include: [n.yaml]\n",
      "n.yaml": "nodes:\n  a: {1️⃣adress2️⃣: 10.0.0.1}\n",
    ])
    let findings = files.decoded().findings
    #expect(findings.map(\.rule) == [.unknownKey])
    #expect(findings.first?.span == files.span("n.yaml", 1, 2))
  }

  @Test func aFileThatTwoOthersIncludeIsReadOnce() throws {
    let files = SeveralFiles(
      [
        "fleet.yaml": Self.head + "include: [a.yaml, b.yaml, link.yaml]\n",
        "a.yaml": "include: [common.yaml]",
        "b.yaml": "include: [./common.yaml]",
        "common.yaml": "nodes: {n: {address: 10.0.0.1}}",
      ],
      links: ["link.yaml": "common.yaml"]
    )
    let (fleet, findings, _) = files.decoded()
    #expect(findings.map(\.detail) == [])
    #expect(fleet?.nodes.map(\.id.name) == ["n"])
  }

  @Test func oneListNamesAFileOnce() {
    let files = SeveralFiles([
      "fleet.yaml": Self.head
        + "include: [1️⃣a.yaml2️⃣, 3️⃣./a.yaml4️⃣]\nnodes: {n: {address: 10.0.0.1}}",
      "a.yaml": "roles: {}",
    ])
    let findings = files.decoded().findings
    #expect(findings.map(\.rule) == [.declaredTwice])
    #expect(findings.first?.span == files.span("fleet.yaml", 3, 4))
    #expect(findings.first?.related.map(\.span) == [files.span("fleet.yaml", 1, 2)])
  }

  @Test(arguments: ["fleet", "network", "settings", "registry", "ssh"])
  func whatIsAboutTheWholeFleetStandsInTheMainFile(_ key: String) {
    let files = SeveralFiles([
      "fleet.yaml": Self.head + "include: [a.yaml]\nnodes: {n: {address: 10.0.0.1}}",
      "a.yaml": "1️⃣\(key)2️⃣: {}",
    ])
    let findings = files.decoded().findings
    #expect(findings.map(\.rule) == [.unknownKey])
    #expect(findings.first?.span == files.span("a.yaml", 1, 2))
    #expect(
      findings.first?.detail
        == "`\(key)` is about the fleet as a whole and may stand in the main file only, not in one "
        + "that is included. Move it there."
    )
  }

  // MARK: Circles

  @Test func aCircleIsOneErrorWithTheChainAndAPlaceForEachEdge() throws {
    let files = SeveralFiles([
      "fleet.yaml": Self.head + "include: [a.yaml]\nnodes: {n: {address: 10.0.0.1}}",
      "a.yaml": "include: [1️⃣x/b.yaml2️⃣]",
      "x/b.yaml": "include: [1️⃣../c.yaml2️⃣]",
      "c.yaml": "include: [1️⃣a.yaml2️⃣]",
    ])
    let findings = files.decoded().findings
    #expect(findings.map(\.rule) == [.includeCycle])
    let finding = try #require(findings.first)
    #expect(finding.span == files.span("c.yaml", 1, 2))
    #expect(
      finding.related.map(\.span) == [files.span("a.yaml", 1, 2), files.span("x/b.yaml", 1, 2)]
    )
    #expect(
      finding.related.map(\.message) == ["this includes `x/b.yaml`", "this includes `c.yaml`"]
    )
    #expect(
      finding.detail
        == "`a.yaml` includes `x/b.yaml`, which includes `c.yaml`, which includes `a.yaml` again. "
        + "Remove one of these lines; what several files need goes into a file of its own."
    )
  }

  @Test func aFileThatIncludesItselfIsACircle() throws {
    let files = SeveralFiles([
      "fleet.yaml": Self.head + "include: [1️⃣fleet.yaml2️⃣]\nnodes: {n: {address: 10.0.0.1}}"
    ])
    let finding = try #require(files.decoded().findings.first)
    #expect(finding.rule == .includeCycle)
    #expect(finding.span == files.span("fleet.yaml", 1, 2))
    #expect(finding.related == [])
    #expect(finding.detail.hasPrefix("`fleet.yaml` includes itself."))
  }

  // MARK: Unreadable

  @Test func aMissingFileIsOneErrorWithTheNearestNameAndNoConsequences() throws {
    let files = SeveralFiles([
      "fleet.yaml": Self.head
        + "include: [1️⃣web.yml2️⃣]\ngroups: {g: {nodes: [web-1, 'x*'], labels: {a: b}}}",
      "web.yaml": "nodes: {web-1: {address: 10.0.0.1}}",
    ])
    let (_, findings, _) = files.decoded()
    #expect(findings.map(\.rule) == [.includeUnreadable])
    let finding = try #require(findings.first)
    #expect(finding.span == files.span("fleet.yaml", 1, 2))
    #expect(
      finding.detail
        == "`web.yml` cannot be read: No such file or directory. A path is relative to the file that "
        + "names it."
    )
    #expect(finding.suggestions.map(\.message) == ["did you mean `web.yaml`?"])
  }

  @Test func aMissingFileOfAFileInAFolderIsNamedFromBothFolders() throws {
    let files = SeveralFiles([
      "fleet.yaml": Self.head + "include: [x/a.yaml]\n",
      "x/a.yaml": "include: [1️⃣../y/b.yaml2️⃣]",
    ])
    let finding = try #require(files.decoded().findings.first)
    #expect(finding.span == files.span("x/a.yaml", 1, 2))
    #expect(finding.detail.hasPrefix("`../y/b.yaml` (`y/b.yaml` from the folder of the main file)"))
  }

  @Test(arguments: [
    ("", Rule.wrongType), ("- a", .wrongType), ("text", .wrongType), ("a: [", .yamlSyntax),
    ("version: 2", .unsupportedVersion),
  ])
  func anIncludedFileThatIsNoneIsOneErrorInIt(text: String, rule: Rule) {
    let files = SeveralFiles([
      "fleet.yaml": Self.head + "include: [a.yaml]\ngroups: {g: {nodes: [lost]}}",
      "a.yaml": text,
    ])
    let findings = files.decoded().findings
    #expect(findings.map(\.rule) == [rule])
    #expect(findings.first?.span?.file == "a.yaml")
  }

  @Test(arguments: ["include: 1️⃣a.yaml2️⃣", "include: 1️⃣{a: b}2️⃣"])
  func includeIsAList(_ text: String) {
    let files = SeveralFiles(["fleet.yaml": Self.head + text + "\n"])
    let findings = files.decoded().findings
    #expect(findings.map(\.rule) == [.wrongType])
    #expect(findings.first?.span == files.span("fleet.yaml", 1, 2))
  }

  // MARK: Twice

  @Test(arguments: [
    ("nodes: {1️⃣x2️⃣: {address: 10.0.0.1}}", "nodes: {1️⃣x2️⃣: {address: 10.0.0.2}}", "The node `x`"),
    ("groups: {1️⃣x2️⃣: {nodes: [n]}}", "groups: {1️⃣x2️⃣: {nodes: [n]}}", "The group `x`"),
    ("sources: {1️⃣x2️⃣: {path: p}}", "sources: {1️⃣x2️⃣: {path: p}}", "The source `x`"),
    ("roles: {r: {x: 1️⃣12️⃣}}", "roles: {r: {1️⃣x2️⃣: 2}}", "The parameter `x` of `r`"),
  ])
  func whatTwoFilesDeclareIsOneErrorWithBothPlaces(
    first: String,
    second: String,
    what: String
  ) throws {
    let files = SeveralFiles([
      "fleet.yaml": Self.head + "include: [a.yaml, b.yaml]\nnodes: {n: {address: 10.0.0.9}}",
      "a.yaml": first,
      "b.yaml": second,
    ])
    let (_, findings, _) = files.decoded()
    #expect(findings.map(\.rule) == [.declaredTwice])
    let finding = try #require(findings.first)
    #expect(finding.span == files.span("b.yaml", 1, 2))
    #expect(finding.related.map(\.span) == [files.span("a.yaml", 1, 2)])
    #expect(finding.detail == "\(what) is declared in `a.yaml` already. Keep one of the two.")
  }

  @Test func aNodeOfTheMainFileIsFoundAgainInAnIncludedOne() throws {
    let files = SeveralFiles([
      "fleet.yaml": Self.head + "include: [a.yaml]\nnodes: {1️⃣n2️⃣: {address: 10.0.0.1}}",
      "a.yaml": "nodes: {m: {address: 10.0.0.3}, 1️⃣n2️⃣: {address: 10.0.0.2}}",
    ])
    let (fleet, findings, _) = files.decoded()
    #expect(findings.map(\.rule) == [.declaredTwice])
    #expect(findings.first?.span == files.span("a.yaml", 1, 2))
    #expect(findings.first?.related.map(\.span) == [files.span("fleet.yaml", 1, 2)])
    #expect(fleet?.nodes.map(\.id.name) == ["n", "m"])
  }

  // MARK: Limits

  @Test func aChainOfFilesHasAGreatestLength() {
    var texts = ["fleet.yaml": Self.head + "include: [f1.yaml]\nnodes: {n: {address: 10.0.0.1}}"]
    for index in 1...IncludeLimits.depth {
      texts["f\(index).yaml"] = "include: [1️⃣f\(index + 1).yaml2️⃣]"
    }
    let files = SeveralFiles(texts)
    let (_, findings, read) = files.decoded()
    #expect(findings.map(\.rule) == [.yamlLimit])
    #expect(findings.first?.span == files.span("f\(IncludeLimits.depth - 1).yaml", 1, 2))
    #expect(read.count == IncludeLimits.depth - 1)
  }

  @Test func aFleetHasAGreatestNumberOfFiles() {
    var texts: [String: String] = [:]
    let names = (1...IncludeLimits.files + 5).map { "f\($0).yaml" }
    for name in names { texts[name] = "roles: {}" }
    texts["fleet.yaml"] =
      Self.head + "nodes: {n: {address: 10.0.0.1}}\ninclude: [\(names.joined(separator: ", "))]"
    let (_, findings, read) = SeveralFiles(texts).decoded()
    #expect(findings.map(\.rule) == [.yamlLimit])
    #expect(read.count == IncludeLimits.files - 1)
    #expect(findings.first?.detail.contains("at most 1000 files") == true)
  }

  @Test func allFilesTogetherHaveAGreatestSize() {
    let filler = "# " + String(repeating: "x", count: 3 << 20) + "\nroles: {}\n"
    let names = (1...8).map { "f\($0).yaml" }
    var texts = Dictionary(uniqueKeysWithValues: names.map { ($0, filler) })
    texts["fleet.yaml"] =
      Self.head + "nodes: {n: {address: 10.0.0.1}}\ninclude: [\(names.joined(separator: ", "))]"
    let (_, findings, read) = SeveralFiles(texts).decoded()
    #expect(findings.map(\.rule) == [.yamlLimit])
    #expect(read.count == 6)
    #expect(findings.first?.detail.contains("16 MiB") == true)
  }

  // MARK: Paths

  @Test(arguments: [
    ("", "a.yaml", "a.yaml"), ("", "./a.yaml", "a.yaml"), ("x", "../a.yaml", "a.yaml"),
    ("x/y", "../../../a", "../a"), ("..", "../a", "../../a"), ("x", "/etc//a", "/etc//a"),
    ("x", "~/a", "~/a"), ("~/x", "../../a", "~/../a"), ("/x", "../../a", "/a"),
    ("", "x/..", "."), ("", "./~a", "./~a"), ("x", "~a", "~a"), ("x", "a//b/.", "x/a/b"),
  ])
  func pathsAreJoinedByTheirText(folder: String, path: String, expected: String) {
    #expect(FleetPath.join(folder, path) == expected)
  }
}
