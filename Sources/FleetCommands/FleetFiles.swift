import FleetConfig
import FleetDiagnostics

/// The files of one fleet as they are read: the main one and those that it includes.
struct FleetFiles {
  /// The main file's folder, from which paths in the model are seen; `.` for standard input.
  let folder: String
  /// What is the same for all ways to name the main file.
  let identity: String
  /// All texts that findings may point into, by name.
  var sources: [String: SourceText]

  /// Begins with the main file, `-` for standard input.
  init(main file: String, _ source: SourceText) {
    folder = file == "-" ? "." : Files.folder(of: file)
    identity = file == "-" ? "-" : Files.realPath(file) ?? file
    sources = [source.name: source]
  }

  /// Reads an included file, as `IncludeReader` asks for it.
  mutating func include(_ path: String, limit: Int) -> IncludeAnswer {
    let file = FleetPath.join(folder == "." ? "" : folder, Environment.expanded(path))
    do {
      // One byte over the limit, so that the decoder sees that there are more.
      let source = SourceText(name: file, bytes: try Files.readRegular(file, limit: limit + 1))
      sources[file] = source
      return .text(source, identity: Files.realPath(file) ?? file)
    } catch {
      return .unreadable(why: error.reason, nearby: Files.names(in: Files.folder(of: file)))
    }
  }
}
