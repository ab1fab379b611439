import FleetView
import Glibc

/// Where this process stands in the file system, for reports that other machines read.
enum WorkingPaths {
  /// The working folder and the root of its repository: the nearest folder above it with a `.git`, or
  /// the working folder where there is none.
  ///
  /// The shell's name of the folder (`PWD`) counts too: it may lead through links, and paths that a
  /// script makes from it do as well.
  static func current() -> ReportPaths {
    guard let working = real(".") else { return ReportPaths() }
    let root = repository(of: working)
    var roots = [root]
    if let named = Environment["PWD"], named != working, real(named) == working {
      let below = working.dropFirst(root == "/" ? 0 : root.count)
      if named.hasSuffix(below) { roots.append(String(named.dropLast(below.count))) }
    }
    return ReportPaths(roots: roots, working: working)
  }

  private static func repository(of folder: String) -> String {
    var candidate = folder
    while true {
      if Files.exists(candidate + "/.git") { return candidate }
      if candidate == "/" { return folder }
      candidate = Files.folder(of: candidate)
    }
  }

  private static func real(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
