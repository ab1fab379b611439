import ArgumentParser
import FleetView

/// `--format` and `--report` of commands that tell findings.
struct ReportOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What stdout gets: human, json, sarif, junit, github, gitlab or markdown.",
      valueName: "format"
    ),
    transform: FormatName.init
  )
  var format = FormatName.human

  @Option(
    help: ArgumentHelp(
      "Also write the findings to a file in a format; may be repeated.",
      valueName: "format=path"
    ),
    transform: ReportTarget.init
  )
  var report: [ReportTarget] = []

  func validate() throws {
    var paths: Set<String> = []
    for target in report where !paths.insert(target.path).inserted {
      throw ValidationError("Two reports would be written to `\(target.path)`: name two files.")
    }
  }

  /// Writes every report; tells which could not be written, and returns whether all were.
  func write(_ report: DiagnosticsReport) -> Bool {
    var isComplete = true
    var report = report
    report.colour = false
    for target in self.report {
      do {
        try ReportFile.write(Array(target.format.render(report).utf8), to: target.path)
      } catch {
        Terminal.note("error: the \(target.format.name) report was not written: \(error)\n")
        isComplete = false
      }
    }
    return isComplete
  }
}

/// The name of a format on the command line.
struct FormatName: CustomStringConvertible {
  /// The default.
  static let human = FormatName(format: ReportFormats.human)

  /// The format.
  let format: any ReportFormat

  private init(format: any ReportFormat) {
    self.format = format
  }

  /// Reads a name.
  ///
  /// - Throws: `ValidationError` with the nearest name when there is no such format.
  init(_ name: String) throws {
    guard let format = ReportFormats.named(name) else {
      throw ValidationError(ReportFormats.unknown(name))
    }
    self.init(format: format)
  }

  var description: String { format.name }
}

/// `FORMAT=PATH`.
struct ReportTarget {
  /// What to write.
  let format: any ReportFormat
  /// Where, as named.
  let path: String

  /// Reads `FORMAT=PATH`; the path may hold further equals signs.
  ///
  /// - Throws: `ValidationError` for an unknown format, no path, and `-`: stdout has one result.
  init(_ text: String) throws {
    guard let equals = text.firstIndex(of: "=") else {
      throw ValidationError("A report is FORMAT=PATH, such as sarif=fleetctl.sarif.")
    }
    format = try FormatName(String(text[..<equals])).format
    path = String(text[text.index(after: equals)...])
    if path.isEmpty { throw ValidationError("A report needs a path behind `=`.") }
    if path == "-" {
      throw ValidationError(
        "A report goes to a file; what stdout gets is said by --format \(format.name)."
      )
    }
  }
}
