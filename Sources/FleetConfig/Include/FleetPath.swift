/// Paths of a fleet's files, joined and tidied by their text alone.
///
/// `..` takes away the folder before it, as in Go and Node, so that a path names one file whatever
/// links stand on the way. Paths that begin with `/` or `~` stay what they are.
package enum FleetPath {
  /// Returns `path` of a file in `folder` as seen from where `folder` is; empty means "here".
  package static func join(_ folder: String, _ path: String) -> String {
    if path.hasPrefix("/") || path.hasPrefix("~") { return path }
    return folder.isEmpty ? tidied(path) : tidied(folder + "/" + path)
  }

  /// Returns the folder that holds `path`, empty for a bare name.
  package static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Returns `path` without `.`, doubled `/`, and `..` behind a folder.
  package static func tidied(_ path: String) -> String {
    let isAbsolute = path.hasPrefix("/")
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      guard part == ".." else {
        parts.append(part)
        continue
      }
      switch parts.last {
      case nil: if !isAbsolute { parts.append(part) }
      case ".."?: parts.append(part)
      // The home folder's name is not known here, so neither is what is above it.
      case let last? where parts.count == 1 && last.hasPrefix("~") && path.hasPrefix("~"):
        parts.append(part)
      default: parts.removeLast()
      }
    }
    let text = parts.joined(separator: "/")
    if isAbsolute { return "/" + text }
    // `./~x` is a file of that name, `~x` is somebody's home.
    if text.hasPrefix("~"), !path.hasPrefix("~") { return "./" + text }
    return text.isEmpty ? "." : text
  }
}
