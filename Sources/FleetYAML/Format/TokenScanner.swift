internal import CLibYAML
internal import FleetDiagnostics

/// One token of libyaml's scanner.
///
/// Tokens without characters (`isVisible` false) say where blocks begin and end.
struct YAMLToken {
  enum Kind {
    case directive, documentStart, documentEnd
    case sequenceStart, mappingStart, blockEnd
    case flowOpen, flowClose, comma
    case dash, key, colon
    case alias, anchor, tag
    case scalar(YAMLScalarStyle)
    case end
  }

  let kind: Kind
  /// Bytes in the text, without byte order mark.
  var range: Range<Int>
  /// Characters before it on its line.
  let column: Int

  /// Whether characters of the text belong to it; a `key` without any is implied by its `:`.
  var isVisible: Bool { !range.isEmpty }

  /// Whether it is a block scalar, which ends with its last line and not within it.
  var isBlockScalar: Bool {
    switch kind {
    case .scalar(.literal), .scalar(.folded): true
    default: false
    }
  }
}

/// Reads the tokens of a text that `YAMLLoader` has accepted.
enum TokenScanner {
  /// Returns all tokens up to the end of the text, or nil when libyaml refuses it.
  static func tokens(of source: SourceText) -> [YAMLToken]? {
    let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    let token = UnsafeMutablePointer<yaml_token_t>.allocate(capacity: 1)
    defer {
      parser.deallocate()
      token.deallocate()
    }
    guard yaml_parser_initialize(parser) == 1 else { return nil }
    defer { yaml_parser_delete(parser) }
    let marks = MarkIndex(source, isASCII: source.bytes.allSatisfy { $0 < 0x80 })
    return source.bytes.withUnsafeBufferPointer { bytes in
      yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
      yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
      var tokens: [YAMLToken] = []
      while true {
        guard yaml_parser_scan(parser, token) == 1 else { return nil }
        let raw = token.pointee
        yaml_token_delete(token)
        guard let kind = kind(raw) else { continue }
        let start = Int(marks.place(raw.start_mark).byte)
        let end =
          raw.start_mark.index == raw.end_mark.index
          ? start : Int(marks.place(raw.end_mark).byte)
        tokens.append(YAMLToken(kind: kind, range: start..<end, column: raw.start_mark.column))
        if case .end = kind { return tokens }
      }
    }
  }

  /// The kind of a token, absent for the beginning of the stream.
  private static func kind(_ token: yaml_token_t) -> YAMLToken.Kind? {
    switch token.type {
    case YAML_STREAM_END_TOKEN: .end
    case YAML_VERSION_DIRECTIVE_TOKEN, YAML_TAG_DIRECTIVE_TOKEN: .directive
    case YAML_DOCUMENT_START_TOKEN: .documentStart
    case YAML_DOCUMENT_END_TOKEN: .documentEnd
    case YAML_BLOCK_SEQUENCE_START_TOKEN: .sequenceStart
    case YAML_BLOCK_MAPPING_START_TOKEN: .mappingStart
    case YAML_BLOCK_END_TOKEN: .blockEnd
    case YAML_FLOW_SEQUENCE_START_TOKEN, YAML_FLOW_MAPPING_START_TOKEN: .flowOpen
    case YAML_FLOW_SEQUENCE_END_TOKEN, YAML_FLOW_MAPPING_END_TOKEN: .flowClose
    case YAML_BLOCK_ENTRY_TOKEN: .dash
    case YAML_FLOW_ENTRY_TOKEN: .comma
    case YAML_KEY_TOKEN: .key
    case YAML_VALUE_TOKEN: .colon
    case YAML_ALIAS_TOKEN: .alias
    case YAML_ANCHOR_TOKEN: .anchor
    case YAML_TAG_TOKEN: .tag
    case YAML_SCALAR_TOKEN:
      // The scanner's styles are the parser's, without "any".
      .scalar(YAMLScalarStyle(token.data.scalar.style))
    default: nil
    }
  }
}
