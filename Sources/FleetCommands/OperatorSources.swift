import FleetCompile
import FleetDigest
import FleetModel
import FleetResources

/// Source trees on the operator's disk, each read and digested once.
final class OperatorSources: SourceTrees {
  private let roots: [String: String]
  private var cache: [String: SourceTree] = [:]

  /// Relative paths of `sources:` are relative to the folder of fleet.yaml.
  init(_ fleet: Fleet, folder: String) {
    roots = fleet.sources.mapValues { Files.resolve($0.value, in: folder) }
  }

  func files(of source: String, path: String, excludes: [String]) -> SourceTree {
    let key = "\(source)\u{0}\(path)\u{0}\(excludes.joined(separator: "\u{0}"))"
    if let known = cache[key] { return known }
    let tree = read(source, path, excludes)
    cache[key] = tree
    return tree
  }

  private func read(_ source: String, _ path: String, _ excludes: [String]) -> SourceTree {
    guard let root = roots[source] else {
      return .missing(
        localPath: path,
        why: "fleet.yaml names no source `\(source)`; add `sources: {\(source): {path: …}}`"
      )
    }
    let trimmed = path.hasSuffix("/") ? String(path.dropLast()) : path
    let folder = trimmed.isEmpty || trimmed == "." ? root : root + "/" + trimmed
    guard Files.exists(folder) else {
      return .missing(
        localPath: folder,
        why:
          "the folder `\(folder)` does not exist on this machine; check it out there, or correct "
          + "`sources.\(source).path` in fleet.yaml"
      )
    }
    do {
      let found = try Files.tree(folder) { Self.isExcluded($0, by: excludes) }
      let files = try found.map { entry in
        SourceFile(
          path: entry.path,
          sha256: SHA256.hex(try Files.read(folder + "/" + entry.path)),
          executable: entry.executable
        )
      }
      return .found(localPath: folder, files: files)
    } catch {
      return .missing(localPath: folder, why: "\(error)")
    }
  }

  /// `venv/` excludes folders of that name anywhere, `*.pyc` a suffix, `.env` a name anywhere.
  static func isExcluded(_ relative: String, by excludes: [String]) -> Bool {
    let isFolder = relative.hasSuffix("/")
    let name = relative.split(separator: "/").last.map(String.init) ?? relative
    return excludes.contains { pattern in
      if pattern.hasSuffix("/") {
        let wanted = String(pattern.dropLast())
        guard isFolder else { return false }
        return wanted.hasPrefix("*") ? name.hasSuffix(wanted.dropFirst()) : name == wanted
      }
      if pattern.hasPrefix("*") { return name.hasSuffix(pattern.dropFirst()) }
      return name == pattern || relative == pattern
    }
  }
}
