import ArgumentParser
import Glibc

@testable import FleetCommands

/// A folder of one test that vanishes with it, with all that is in it.
final class Scratch: Sendable {
  let root: String

  init() {
    var template = Array("/tmp/fleetctl-test-XXXXXX".utf8CString)
    root = mkdtemp(&template).map { String(cString: $0) } ?? "/nonexistent"
  }

  deinit { Self.remove(root) }

  func path(_ name: String) -> String { "\(root)/\(name)" }

  @discardableResult
  func write(_ name: String, _ text: String) throws -> String {
    try Files.write(Array(text.utf8), to: path(name))
    return path(name)
  }

  func text(_ name: String) throws -> String {
    String(decoding: try Files.read(path(name)), as: UTF8.self)
  }

  /// Names in a folder, sorted.
  static func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  private static func remove(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      unlink(path)
      return
    }
    chmod(path, 0o700)
    for name in names(in: path) { remove(path + "/" + name) }
    rmdir(path)
  }
}

extension LoadedFleet {
  /// Reads and validates the file at `path` as commands do.
  static func at(_ path: String) throws -> LoadedFleet {
    try load(FleetOptions.parse(["-f", path]))
  }
}
