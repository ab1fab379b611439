package import FleetDiagnostics

/// Everything that a format may tell about one check of a fleet: the findings and what they are about.
///
/// Equal reports give equal bytes in every format; nothing in it comes from a clock or a machine
/// beyond the places of files.
package struct DiagnosticsReport: Sendable {
  /// The findings in the order of `Diagnostics.sorted()`, the one order of all formats.
  package let findings: [Diagnostic]
  /// The texts that spans point into, under the names of the spans.
  package let sources: [String: SourceText]
  /// The file that was checked, as spans name it.
  package let subject: String
  /// The outcome as one line, such as `fleet.yaml is sound: 9 nodes, 28 role instances.`.
  package let verdict: String
  /// Semantic version of fleetctl.
  package let version: String
  /// How files are named for other machines.
  package var paths = ReportPaths()
  /// The rules that were applied, for formats that tell what was checked.
  package var rules = Rule.all
  /// Whether the human format paints.
  package var colour = false
  /// Where the documentation is published, ending in `/`.
  ///
  /// SARIF wants absolute addresses; while there is none, it has no `helpUri`.
  package var documentation: String?

  /// Makes a report; what it does not take has defaults.
  package init(
    _ findings: [Diagnostic],
    sources: [String: SourceText],
    subject: String,
    verdict: String,
    version: String
  ) {
    self.findings = findings
    self.sources = sources
    self.subject = subject
    self.verdict = verdict
    self.version = version
  }

  /// Whether no finding is an error.
  package var isSound: Bool { !findings.contains { $0.severity == .error } }

  /// Whether every rule was applied.
  ///
  /// A file that cannot be read as a fleet (FLT1xxx, FLT2xxx) leaves the rules of meaning untested.
  var isCheckedWhole: Bool {
    !findings.contains { $0.severity == .error && $0.rule.code < "FLT3000" }
  }
}

/// Names files for other machines: relative to the root of the repository, with `/`.
package struct ReportPaths: Sendable {
  private let roots: [[String]]
  private let working: [String]

  /// Takes absolute paths: the folders that are the root (it may be reached by several names), and
  /// the working folder, which relative names start from.
  package init(roots: [String] = [], working: String = "/") {
    self.roots = roots.map { Self.parts($0, in: []) }
    self.working = Self.parts(working, in: [])
  }

  /// Returns `name` relative to the root, or nil when the file lies outside of it.
  ///
  /// Without a root relative names stay as they are. What came from standard input has no folder.
  package func relative(_ name: String) -> String? {
    if name == "stdin" { return name }
    let parts = Self.parts(name, in: working)
    guard !roots.isEmpty else {
      return name.utf8.first == 0x2F ? nil : parts.joined(separator: "/")
    }
    for root in roots where parts.starts(with: root) && parts.count > root.count {
      return parts.dropFirst(root.count).joined(separator: "/")
    }
    return nil
  }

  /// Returns the absolute path of `name`.
  package func absolute(_ name: String) -> String {
    "/" + Self.parts(name, in: working).joined(separator: "/")
  }

  /// The components of a path without `.`, `..` and repeated slashes.
  private static func parts(_ path: String, in folder: [String]) -> [String] {
    // By bytes: to Swift a slash with a combining mark behind it is another character.
    var parts = path.utf8.first == 0x2F ? [] : folder
    for bytes in path.utf8.split(separator: 0x2F) {
      let part = String(decoding: bytes, as: UTF8.self)
      if part == "." { continue }
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return parts
  }
}
