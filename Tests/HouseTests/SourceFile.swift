import FleetTestSupport

/// A Swift file as lines, for rules that look at text.
struct SourceFile {
  /// Path from the repository root.
  let path: String
  let lines: [String]
  /// The lines without comments and the content of one-line string literals.
  let code: [String]

  init(_ path: String) {
    self.path = path
    let text = SourceTree.text(at: SourceTree.root + "/" + path) ?? ""
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
    code = Self.stripped(lines)
  }

  /// Name of the target: the folder below `Sources` or `Tests`.
  var target: String { String(path.split(separator: "/").dropFirst().first ?? "") }

  /// Imported modules with their 1-based lines.
  var imports: [(module: String, line: Int)] {
    code.enumerated().compactMap { index, line in
      let words = line.split(separator: " ")
      guard let position = words.firstIndex(of: "import"), position + 1 < words.count,
        words[..<position].allSatisfy({
          ["package", "internal", "private", "fileprivate", "public"].contains($0)
            || $0.hasPrefix("@")
        })
      else { return nil }
      let module = words[position + 1].split(separator: ".").first ?? ""
      return (String(module), index + 1)
    }
  }

  /// Whether a doc comment stands above the declaration at `index`, attributes between them aside.
  func isDocumented(_ index: Int) -> Bool {
    previous(index).map { $0.hasPrefix("///") } ?? false
  }

  /// Whether a comment stands above or beside the line at `index`.
  func hasReason(_ index: Int) -> Bool {
    lines[index].contains("//") || (previous(index).map { $0.hasPrefix("//") } ?? false)
  }

  /// The trimmed line above `index` that is no attribute.
  private func previous(_ index: Int) -> Substring? {
    var index = index - 1
    while index >= 0 {
      let line = lines[index].drop { $0 == " " }
      if !line.hasPrefix("@") { return line }
      index -= 1
    }
    return nil
  }

  private static func stripped(_ lines: [String]) -> [String] {
    var isInLiteral = false
    return lines.map { line in
      if line.components(of: "\"\"\"") % 2 == 1 {
        isInLiteral.toggle()
        return ""
      }
      if isInLiteral { return "" }
      guard line.utf8.contains(0x22) else { return withoutComment(line) }
      return withoutComment(line.replacing(/"(\\.|[^"\\])*"/, with: "\"\""))
    }
  }

  private static func withoutComment(_ line: String) -> String {
    guard let comment = line.firstRange(of: "//") else { return line }
    return String(line[..<comment.lowerBound])
  }
}

extension String {
  fileprivate func components(of piece: String) -> Int { ranges(of: piece).count }
}

/// Which modules `Package.swift` grants to which target, read from its text.
struct PackageGrants {
  /// Targets in the order of the manifest, which goes from the bottom up.
  private(set) var order: [String] = []
  private var granted: [String: Set<String>] = [:]

  init(_ manifest: String) {
    for match in manifest.matches(of: /room\(\s*"(\w+)",\s*\[([^\]]*)\]/) {
      add(String(match.1), String(match.2))
    }
    for match in manifest.matches(of: /\.target\(\s*name: "(\w+)",\s*dependencies: \[([^\]]*)\]/) {
      add(String(match.1), String(match.2))
    }
    granted["fleetctl"] = ["FleetCommands"]
  }

  private mutating func add(_ target: String, _ list: String) {
    order.append(target)
    granted[target] = Set(list.matches(of: /"(\w+)"/).map { String($0.1) })
  }

  func imports(of target: String) -> Set<String> { granted[target] ?? [] }
}
