/// What a source tree on a node lacks, has otherwise, and has too much.
///
/// Both sides are lists of what we put there; a file changed by hand on the node is not noticed
/// unless its path was asked for.
package struct SourceDelta: Sendable, Hashable {
  /// Files to write because they are missing.
  package var added: [SourceFile] = []
  /// Files to write because they differ.
  package var changed: [SourceFile] = []
  /// Paths to delete: we put them there and they are no longer wanted.
  package var deleted: [String] = []

  /// Compares the list on the node, nil for none, with the wanted files.
  package init(list: String?, wanted: [SourceFile]) {
    var present: [String: SourceFile] = [:]
    for line in (list ?? "").split(separator: "\n") {
      guard let file = SourceFile(listLine: line) else { continue }
      present[file.path] = file
    }
    for file in wanted {
      guard let old = present.removeValue(forKey: file.path) else {
        added.append(file)
        continue
      }
      if old != file { changed.append(file) }
    }
    deleted = present.keys.sorted()
  }

  /// Whether nothing differs.
  package var isEmpty: Bool { added.isEmpty && changed.isEmpty && deleted.isEmpty }
}

extension SourceFile {
  /// `SHA256 FLAG PATH`, the flag being `x` for executable files and `-` for others.
  package var listLine: String { "\(sha256) \(executable ? "x" : "-") \(path)" }

  /// Reads a line that `listLine` made; nil for anything else or for a path that leads out.
  init?(listLine line: Substring) {
    let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].utf8.count == 64, parts[1] == "x" || parts[1] == "-",
      !parts[2].isEmpty, !parts[2].hasPrefix("/"),
      !parts[2].split(separator: "/").contains("..")
    else { return nil }
    self.init(path: String(parts[2]), sha256: String(parts[0]), executable: parts[1] == "x")
  }
}
