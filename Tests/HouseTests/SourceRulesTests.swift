import FleetTestSupport
import Testing

/// One rule that no tool checks, over every source file.
@Suite struct SourceRulesTests {
  private static let sources = SourceTree.files(under: "Sources", suffix: ".swift")
    .map { SourceFile("Sources/" + $0) }
  private static let tests = SourceTree.files(under: "Tests", suffix: ".swift")
    .map { SourceFile("Tests/" + $0) }

  @Test func thereAreSources() {
    #expect(Self.sources.count > 10)
    #expect(Self.tests.count > 5)
  }

  @Test func aTargetImportsOnlyWhatThePackageGrantsIt() throws {
    let manifest = try #require(SourceTree.text(at: SourceTree.root + "/Package.swift"))
    let grants = PackageGrants(manifest)
    let system: Set<String> = ["FoundationEssentials", "Glibc", "Synchronization", "Testing"]
    for file in Self.sources {
      let allowed = grants.imports(of: file.target).union(system)
      for (module, line) in file.imports where !allowed.contains(module) {
        Issue.record("\(file.path):\(line): \(file.target) may not import \(module)")
      }
    }
  }

  @Test func importsGoDownwardsOnly() throws {
    let manifest = try #require(SourceTree.text(at: SourceTree.root + "/Package.swift"))
    let grants = PackageGrants(manifest)
    for (position, target) in grants.order.enumerated() {
      let above = Set(grants.order[..<position])
      for module in grants.imports(of: target).sorted() where grants.order.contains(module) {
        #expect(above.contains(module), "\(target) imports \(module), which stands below it")
      }
    }
  }

  @Test func nobodyImportsTheWholeOfFoundation() {
    // 44 MB of ICU for a few functions.
    for file in Self.sources + Self.tests {
      for (module, line) in file.imports where module == "Foundation" {
        Issue.record("\(file.path):\(line): import FoundationEssentials instead")
      }
    }
  }

  @Test func filesAreShort() {
    for file in Self.sources + Self.tests where file.lines.count > 600 {
      Issue.record("\(file.path) has \(file.lines.count) lines, more than 600")
    }
  }

  @Test func everyPackageDeclarationIsDocumented() {
    for file in Self.sources {
      for (index, line) in file.lines.enumerated() where declaresPackage(line) {
        if !file.isDocumented(index) {
          Issue.record("\(file.path):\(index + 1): no doc comment: \(line)")
        }
      }
    }
  }

  private func declaresPackage(_ line: String) -> Bool {
    let words = line.split(separator: " ").drop { $0.hasPrefix("@") }
    return words.first == "package" && !words.contains("import") && !words.contains("extension")
      || words.first == "package(set)"
  }

  @Test func noPublicDeclarations() {
    for file in Self.sources {
      for (index, line) in file.code.enumerated()
      where line.contains(
        /^\s*(public|open) (let|var|func|struct|enum|class|actor|protocol|init)\b/
      ) {
        Issue.record("\(file.path):\(index + 1): everything is one package, say `package`")
      }
    }
  }

  @Test(arguments: [
    ("try!", "handle the error"),
    ("fatalError(", "use preconditionFailure with the rule that was broken"),
    ("nonisolated(unsafe)", "use an actor or a Mutex"),
    ("Task.detached", "use structured concurrency"),
    ("DispatchQueue", "use an actor or a Mutex"),
    ("unsafeBitCast", "convert by value"),
    ("@unchecked Sendable", "use an actor or a Mutex, or say why beside it"),
  ])
  func bannedWordsStayOut(word: String, instead: String) {
    for file in Self.sources {
      for (index, line) in file.code.enumerated() where line.contains(word) {
        // `@unchecked Sendable` is allowed where the line above says why.
        if word == "@unchecked Sendable", file.hasReason(index) { continue }
        Issue.record("\(file.path):\(index + 1): `\(word)`: \(instead)")
      }
    }
  }

  @Test func unfinishedWorkIsAnIssueAndNoComment() {
    for file in Self.sources {
      for (index, line) in file.lines.enumerated() where line.contains(/\b(TODO|FIXME|XXX)\b/) {
        Issue.record("\(file.path):\(index + 1): write an issue")
      }
    }
  }

  @Test func onlyCommandsPrint() {
    for file in Self.sources where file.target != "FleetCommands" {
      for (index, line) in file.code.enumerated()
      where line.contains(/(^|[^\w.])(print|debugPrint|dump)\(/) {
        Issue.record("\(file.path):\(index + 1): only FleetCommands prints")
      }
    }
  }
}
