import FoundationEssentials

/// The checkout that the tests were built from.
package enum SourceTree {
  /// Absolute path of the repository root.
  package static let root = folder(of: folder(of: folder(of: #filePath)))

  /// Returns the path of the folder that holds `path`.
  package static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return String(path[..<slash])
  }

  /// Returns the text of the file at `path`, absent when it cannot be read as UTF-8.
  package static func text(at path: String) -> String? {
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    return String(validating: data, as: UTF8.self)
  }

  /// Returns the paths, relative to `folder` (itself relative to the root), of all files below it
  /// whose name ends in `suffix`, sorted.
  package static func files(under folder: String, suffix: String) -> [String] {
    let base = root + "/" + folder
    var found: [String] = []
    var pending = [""]
    while let current = pending.popLast() {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: base + "/" + current)) ?? []
      for name in names {
        let relative = current.isEmpty ? name : current + "/" + name
        var isFolder = false
        guard FileManager.default.fileExists(atPath: base + "/" + relative, isDirectory: &isFolder)
        else { continue }
        if isFolder {
          pending.append(relative)
        } else if name.hasSuffix(suffix) {
          found.append(relative)
        }
      }
    }
    return found.sorted()
  }
}
