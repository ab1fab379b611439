internal import FleetDiagnostics

/// The lines of one finding as they are written.
struct DiagnosticPage {
  /// A place to underline, with its label.
  private struct Mark {
    let span: SourceSpan
    /// Absent for the subject of the finding.
    let label: String?
  }

  let sources: [String: SourceText]
  let ink: Ink
  private(set) var text = ""
  private var gutter = 1

  init(sources: [String: SourceText], ink: Ink) {
    self.sources = sources
    self.ink = ink
  }

  /// How many related places are shown.
  private static let placeLimit = 10

  /// Writes one finding; `explaining` adds the command that explains its rule.
  mutating func write(_ diagnostic: Diagnostic, explaining: Bool) {
    let rule = diagnostic.rule
    let head = ink.severity(diagnostic.severity, "\(diagnostic.severity.rawValue)[\(rule.code)]")
    line("\(head) \(rule.slug): \(ink.strong(displayable(rule.summary)))")
    let related = diagnostic.related.prefix(Self.placeLimit)
    let marks = marks(of: diagnostic, related)
    gutter = marks.map { String($0.span.start.line).count }.max() ?? 1
    writePlaces(marks, of: diagnostic)
    for place in related where place.span == nil { note(displayable(place.message)) }
    if diagnostic.related.count > related.count {
      let more = HumanDiagnostics.grouped(diagnostic.related.count - related.count)
      note("and \(more) more places; --format json lists all")
    }
    writeDetail(diagnostic.detail)
    for suggestion in diagnostic.suggestions { write(suggestion) }
    if explaining { line("  \(ink.help("see:")) fleetctl explain \(rule.slug)") }
  }

  /// Writes the sentences, each line indented.
  ///
  /// A runner of a build service takes a line that begins with `::` or `##` for a command, however
  /// far it is indented; a value of the file that holds a line feed must not give it one.
  private mutating func writeDetail(_ detail: String) {
    for sentence in displayable(detail, keepingNewlines: true).split(
      separator: "\n",
      omittingEmptySubsequences: false
    ) {
      let words = sentence.drop { $0.isWhitespace }
      let isCommand = words.utf8.starts(with: "::".utf8) || words.utf8.starts(with: "##".utf8)
      line(sentence.isEmpty ? "" : isCommand ? "  | " + words : "  " + sentence)
    }
  }

  private mutating func write(_ suggestion: Suggestion) {
    line("  \(ink.help("help:")) \(displayable(suggestion.message))")
    for edit in suggestion.edits {
      line("        \(EditText(edit, in: sources[edit.span.file]).sentence)")
    }
  }

  private mutating func note(_ text: String) {
    line("  \(ink.frame("note:")) \(text)")
  }

  private mutating func line(_ content: String) {
    text += content + "\n"
  }

  /// The subject first, then the related places.
  private func marks(
    of diagnostic: Diagnostic,
    _ related: ArraySlice<RelatedSpan>
  ) -> [Mark] {
    let subject = diagnostic.span.map { [Mark(span: $0, label: nil)] } ?? []
    return subject
      + related.compactMap { related in
        related.span.map { Mark(span: $0, label: displayable(related.message)) }
      }
  }

  /// Writes one block a file: the subject's first, then in order of appearance.
  private mutating func writePlaces(_ marks: [Mark], of diagnostic: Diagnostic) {
    let address = diagnostic.address.map { displayable($0) }
    if diagnostic.span == nil, let address { line("  \(ink.frame("-->")) \(address)") }
    let suffix = address.map { " (\($0))" } ?? ""
    var files: [String] = []
    for mark in marks where !files.contains(mark.span.file) { files.append(mark.span.file) }
    for file in files {
      let here = marks.filter { $0.span.file == file }
      guard let first = here.first else { continue }
      let isSubject = first.label == nil
      let arrow = String(repeating: " ", count: gutter) + ink.frame(isSubject ? "-->" : ":::")
      let place = displayable(first.span.description)
      guard let source = sources[file] else {
        if isSubject { line("\(arrow) \(place)\(suffix)") }
        writeBareLabels(here)
        continue
      }
      line("\(arrow) \(place)\(isSubject ? suffix : "")")
      writeLines(here, of: source, severity: diagnostic.severity)
    }
  }

  /// Without the text the other places can only be named.
  private mutating func writeBareLabels(_ marks: [Mark]) {
    for mark in marks {
      guard let label = mark.label else { continue }
      note("\(displayable(mark.span.description)): \(label)")
    }
  }

  private mutating func writeLines(
    _ marks: [Mark],
    of source: SourceText,
    severity: Severity
  ) {
    let ordered = marks.enumerated().sorted { left, right in
      (left.element.span.start.byte, left.offset) < (right.element.span.start.byte, right.offset)
    }.map(\.element)
    line(bar())
    var previous: Mark?
    for mark in ordered {
      let excerpt = Excerpt(source, mark.span)
      if let previous, isSameExcerpt(previous, mark, source) {
        // The source line stands above already.
      } else {
        if let previous, mark.span.start.line > previous.span.start.line + 1 {
          line(ink.frame("..."))
        }
        line(bar(number: mark.span.start.line) + " " + excerpt.text)
      }
      previous = mark
      let sign = String(
        repeating: mark.label == nil ? "^" : "-",
        count: max(1, excerpt.underlineWidth)
      )
      let underline =
        mark.label == nil ? ink.severity(severity, sign) : ink.frame(sign)
      let indent = String(repeating: " ", count: excerpt.indent)
      line(bar() + " " + indent + underline + (mark.label.map { " \($0)" } ?? ""))
    }
    line(bar())
  }

  /// Whether two marks show the same piece of the same line.
  private func isSameExcerpt(_ left: Mark, _ right: Mark, _ source: SourceText) -> Bool {
    left.span.start.line == right.span.start.line
      && Excerpt(source, left.span).text == Excerpt(source, right.span).text
  }

  private func bar(number: Int? = nil) -> String {
    let digits = number.map { String($0) } ?? ""
    let padding = String(repeating: " ", count: max(0, gutter - digits.count))
    return ink.frame(padding + digits + " |")
  }

  /// A source line as shown, and where on it the underline goes, in terminal cells.
  private struct Excerpt {
    let text: String
    let indent: Int
    let underlineWidth: Int

    init(_ source: SourceText, _ span: SourceSpan) {
      let excerpt = source.excerpt(of: span, before: 40, length: 110)
      let scalars = Array(excerpt.text.unicodeScalars)
      func shown(_ range: Range<Int>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars[range.clamped(to: 0..<scalars.count)])
        return displayable(String(text))
      }
      let before = (excerpt.isCutBefore ? "…" : "") + shown(0..<excerpt.highlight.lowerBound)
      let covered = shown(excerpt.highlight)
      let after =
        shown(excerpt.highlight.upperBound..<max(scalars.count, excerpt.highlight.upperBound))
        + (excerpt.isCutAfter ? "…" : "")
      text = before + covered + after
      indent = cellWidth(before)
      underlineWidth = cellWidth(covered)
    }
  }
}
