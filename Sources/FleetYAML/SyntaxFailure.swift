internal import CLibYAML
internal import FleetDiagnostics

/// An error of libyaml, and what a person is told about it.
struct SyntaxFailure {
  /// libyaml's words, such as "did not find expected key".
  let problem: String
  private let mark: yaml_mark_t
  /// What libyaml was reading, such as "while parsing a block mapping", and where that began.
  private let context: (text: String, mark: yaml_mark_t)?

  static var outOfMemory: SyntaxFailure { SyntaxFailure("out of memory") }

  private init(_ problem: String) {
    self.problem = problem
    mark = yaml_mark_t()
    context = nil
  }

  init(_ parser: yaml_parser_t) {
    problem = parser.problem.map { String(cString: $0) } ?? "out of memory"
    // The problem of the reader has no mark; TextScan has excluded everything it can find.
    mark = parser.error == YAML_READER_ERROR ? parser.mark : parser.problem_mark
    context = parser.context.map { (String(cString: $0), parser.context_mark) }
  }

  func diagnostic(in source: SourceText, marks: MarkIndex) -> Diagnostic {
    let place = contentPlace(marks.byte(mark.index), in: source)
    var related: [RelatedSpan] = []
    if let context, let label = Self.labels[context.text] {
      let start = source.place(at: marks.byte(context.mark.index))
      if start.byte < place.byte {
        related.append(RelatedSpan(label, at: character(at: start, in: source)))
      }
    }
    return Diagnostic(
      .yamlSyntax,
      explanation(at: place, in: source),
      at: character(at: place, in: source),
      related: related
    )
  }

  /// Moves a place at the end of the file back to the last content: an empty last line shows nothing.
  private func contentPlace(_ byte: Int, in source: SourceText) -> SourcePlace {
    var end = min(byte, source.bytes.count)
    guard end == source.bytes.count else { return source.place(at: end) }
    while end > 0, source.bytes[end - 1] <= 0x20 { end -= 1 }
    return source.place(at: end)
  }

  private func character(at place: SourcePlace, in source: SourceText) -> SourceSpan {
    let bytes = source.bytes
    var end = place.byte
    if end < bytes.count, bytes[end] != 0x0A, bytes[end] != 0x0D {
      end += 1
      while end < bytes.count, bytes[end] & 0xC0 == 0x80 { end += 1 }
    }
    let column = end > place.byte ? place.column + 1 : place.column
    return SourceSpan(
      file: source.name,
      start: place,
      end: SourcePlace(line: place.line, column: column, byte: end)
    )
  }

  private func explanation(at place: SourcePlace, in source: SourceText) -> String {
    let byte = place.byte < source.bytes.count ? source.bytes[place.byte] : 0
    if problem == "found character that cannot start any token" {
      if byte == 0x09 { return "A tab stands here; YAML is indented with spaces only." }
      let character = String(UnicodeScalar(byte))
      return "No value can begin with `\(character)`. Put the text in quotes."
    }
    return Self.explanations[problem] ?? "YAML cannot be read here: \(problem)."
  }

  private static let explanations: [String: String] = [
    "mapping values are not allowed in this context":
      "A `:` cannot begin a value here. Check the indentation of this line and the one before it, and "
      + "put text that contains `: ` in quotes.",
    "did not find expected key":
      "This is neither a key of the mapping nor its end. Check the indentation, and that quotes and "
      + "brackets before it are closed.",
    "could not find expected ':'":
      "The key that begins before this has no `:`. Write `key: value`, and check that quotes are closed.",
    "did not find expected '-' indicator":
      "This is neither an item of the list nor its end. Check the indentation.",
    "did not find expected ',' or ']'":
      "The list that was opened with `[` needs `,` or `]` here.",
    "did not find expected ',' or '}'":
      "The mapping that was opened with `{` needs `,` or `}` here.",
    "did not find expected node content":
      "A value is missing here. Check for a comma or bracket too many.",
    "did not find expected <document start>":
      "The document ended before this. Check the indentation, and brackets and quotes before it.",
    "block sequence entries are not allowed in this context":
      "A list cannot begin here. Put the `-` on a line of its own below the key.",
    "mapping keys are not allowed in this context":
      "A key cannot begin here. Check the indentation.",
    "found unexpected end of stream":
      "The quote that was opened is not closed before the end of the file.",
    "found unexpected document indicator":
      "The quote that was opened is not closed before the document marker.",
    "found unknown escape character":
      "This is no escape that double quotes know. Write `\\\\` for a backslash, or use single quotes.",
    // Spelled so by libyaml.
    "did not find expected hexdecimal number":
      "The escape needs hexadecimal digits: `\\x41`, `\\u00e9`, `\\U0001F600`.",
    "found invalid Unicode character escape code":
      "This escape is no character of Unicode.",
    "found an indentation indicator equal to 0":
      "The digit behind `|` or `>` says how far the text is indented: 1 to 9.",
    "found undefined alias":
      "No anchor of this name stands before the alias.",
    "found duplicate %YAML directive":
      "A second `%YAML` line stands here. Remove it.",
    "found incompatible YAML document":
      "This is no version of YAML 1. Remove the `%YAML` line.",
    "found duplicate %TAG directive":
      "A second `%TAG` line for one handle stands here. fleetctl reads no tags: remove both.",
    "did not find expected tag URI":
      "The tag here is not complete. fleetctl reads no tags: remove it, or put text that begins with "
      + "`!` in quotes.",
    "did not find expected whitespace or line break":
      "A blank must follow the tag here. Put text that begins with `!` in quotes.",
    "found unexpected ':'":
      "A `:` stands in text without quotes here. Put the text in quotes.",
    "found a tab character where an indentation space is expected":
      "A tab stands here; YAML is indented with spaces only.",
    "found a tab character that violates indentation":
      "A tab stands here; YAML is indented with spaces only.",
    "did not find expected comment or line break":
      "Nothing but a comment may follow the `|` or `>` on its line.",
    "found undefined tag handle":
      "The tag here is not defined. fleetctl reads no tags: remove it, or put text that begins with "
      + "`!` in quotes.",
    "did not find expected alphabetic or numeric character":
      "A name must follow the `*` or `&`. Put text that begins with it in quotes.",
    "found unknown directive name":
      "A line that begins with `%` is a directive. Put the text in quotes.",
  ]

  private static let labels: [String: String] = [
    "while parsing a block mapping": "the mapping begins here",
    "while parsing a block collection": "the list begins here",
    "while parsing a flow sequence": "the list is opened here",
    "while parsing a flow mapping": "the mapping is opened here",
    "while scanning a simple key": "the key begins here",
    "while scanning a quoted scalar": "the quote is opened here",
    "while parsing a quoted scalar": "the quote is opened here",
    "while scanning a block scalar": "the block of text begins here",
  ]
}
