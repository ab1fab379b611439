import ArgumentParser
import FleetDiagnostics
import FleetPlan
import FleetView
import FleetYAML

/// `fleetctl fmt`.
struct FormatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fmt",
    abstract: "Bring YAML files into the canonical layout; comments and meaning stay.",
    discussion: """
      Without FILE it formats fleet.yaml and the files that it includes, and
      prints the names of those it changed. Indentation, spaces and empty lines
      change; words, comments, quotes, anchors, line breaks and the order of keys
      stay. The result is read again and compared before anything is written.

      Exits 1 when a file is no valid YAML (it is left alone), 3 when --check
      finds one to format.

      EXAMPLES
        fleetctl fmt
        fleetctl fmt --check   in CI: name the files that are not formatted
        fleetctl fmt --diff                show what would change, write nothing
        fleetctl fmt roles/*/role.yaml
        fleetctl fmt - < fleet.yaml        standard input to standard output
      """
  )

  @Argument(help: ArgumentHelp("Files; - is standard input.", valueName: "file"))
  var files: [String] = []

  @Flag(help: "Write nothing; name the files that are not formatted and exit 3 if there are any.")
  var check = false

  @Flag(help: "Write nothing; print what would change as a unified diff.")
  var diff = false

  @OptionGroup var colours: ColourOptions

  func run() throws {
    var run = FormatRun(writes: !check && !diff, showsDiff: diff, colour: colours.colour)
    for file in files.isEmpty ? FormatRun.fleetFiles() : files { try run.format(file) }
    if run.hasFailed { throw ExitStatus.failure.error }
    if check, run.hasFound { throw ExitStatus.unformatted.error }
  }
}

/// One run over several files: an error in one does not keep it from the others.
private struct FormatRun {
  let writes: Bool
  let showsDiff: Bool
  let colour: Bool
  var hasFailed = false
  var hasFound = false

  mutating func format(_ file: String) throws {
    guard let source = read(file) else { return }
    var diagnostics = Diagnostics()
    switch YAMLFormatter.format(source, into: &diagnostics) {
    case .refused:
      hasFailed = true
      let sources = [source.name: source]
      Terminal.note(
        HumanDiagnostics.render(diagnostics.sorted(), sources: sources, colour: colour)
      )
    case .failed:
      Terminal.note(
        "error: the formatted `\(source.name)` would not mean the same, so nothing was written. "
          + "This is a bug in fleetctl.\n"
      )
      throw ExitStatus.internalError.error
    case .formatted(let text):
      try finish(file, source, text)
    }
  }

  private mutating func finish(_ file: String, _ source: SourceText, _ text: [UInt8]) throws {
    let differs = text != source.bytes
    if differs { hasFound = true }
    if file == "-", writes { return try Terminal.result(String(decoding: text, as: UTF8.self)) }
    guard differs else { return }
    if showsDiff {
      try Terminal.result(diff(source, text))
    } else {
      if writes, !replace(file, text) { return }
      try Terminal.result("\(source.name)\n")
    }
  }

  private mutating func read(_ file: String) -> SourceText? {
    do {
      // One byte over the limit of FleetYAML, so that it, not we, says what the limit is.
      let bytes = try Files.read(file, limit: YAMLLimits.bytes + 1)
      return SourceText(name: file == "-" ? "stdin" : file, bytes: bytes)
    } catch {
      hasFailed = true
      Terminal.note("error: \(error)\n")
      return nil
    }
  }

  private mutating func replace(_ file: String, _ text: [UInt8]) -> Bool {
    do {
      try Files.replace(file, with: text)
      return true
    } catch {
      hasFailed = true
      Terminal.note("error: \(error)\n")
      return false
    }
  }

  private func diff(_ source: SourceText, _ text: [UInt8]) -> String {
    let lines = UnifiedDiff.lines(before: source.bytes, after: text, limit: .max) ?? []
    return (["--- \(source.name)", "+++ \(source.name), formatted"] + lines)
      .map { $0 + "\n" }.joined()
  }

  /// fleet.yaml and what it includes, each once, in the order in which they are named.
  static func fleetFiles() -> [String] {
    var files = ["fleet.yaml"]
    var index = 0
    while index < files.count {
      for path in included(by: files[index]) where !files.contains(path) { files.append(path) }
      index += 1
    }
    return files
  }

  private static func included(by file: String) -> [String] {
    // What cannot be read is reported when it is formatted.
    guard let bytes = try? Files.read(file, limit: YAMLLimits.bytes + 1) else { return [] }
    var ignored = Diagnostics()
    let root = YAMLLoader.load(SourceText(name: file, bytes: bytes), into: &ignored)
    let paths = root?["include"]?.items.compactMap(\.text) ?? []
    return paths.map { Files.resolve($0, in: Files.folder(of: file)) }
  }
}
