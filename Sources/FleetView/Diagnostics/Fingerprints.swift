internal import FleetDiagnostics
internal import FleetDigest

/// Names findings so that the same one is recognised in the next run, wherever its line has moved to.
///
/// A name is a digest of the rule, the file, the resource, the path in the document and what the
/// detail names in backticks; of several that share all that, the later ones are numbered. No line,
/// no column, no wording.
struct Fingerprints {
  private var seen: [String: Int] = [:]
  private let paths: ReportPaths

  init(_ paths: ReportPaths) {
    self.paths = paths
  }

  /// Returns 32 hexadecimal digits that no other finding of this run has.
  mutating func next(_ finding: Diagnostic) -> String {
    let file = finding.span.map { paths.relative($0.file) ?? $0.file } ?? ""
    var parts = [
      finding.rule.code, file, finding.address ?? "", finding.path ?? "",
    ]
    parts += names(in: finding.detail, except: finding.span?.file)
    let key = parts.joined(separator: "\u{0}")
    let count = seen[key, default: 0]
    seen[key] = count + 1
    return String(SHA256.hex(Array("\(key)\u{0}\(count)".utf8)).prefix(32))
  }

  /// What stands in backticks, without places (`fleet.yaml:12:9`), which move.
  private func names(in detail: String, except file: String?) -> [String] {
    detail.split(separator: "`", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }
      .map { String($0.element) }
      .filter { name in file.map { !name.hasPrefix($0 + ":") } ?? true }
  }
}
