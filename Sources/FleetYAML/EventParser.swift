internal import CLibYAML
internal import FleetDiagnostics

/// Runs libyaml's event parser over a text.
enum EventParser {
  /// Hands every event to `add` until that returns false or libyaml finds an error, and returns the
  /// error.
  ///
  /// The event is valid during the call only.
  static func parse(
    _ source: SourceText,
    _ add: (UnsafePointer<yaml_event_t>) -> Bool
  ) -> SyntaxFailure? {
    let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    let event = UnsafeMutablePointer<yaml_event_t>.allocate(capacity: 1)
    defer {
      parser.deallocate()
      event.deallocate()
    }
    guard yaml_parser_initialize(parser) == 1 else { return .outOfMemory }
    defer { yaml_parser_delete(parser) }
    return source.bytes.withUnsafeBufferPointer { bytes in
      // Given a byte order mark and told that the text is UTF-8, libyaml indents the first line by it.
      let text = bytes.dropFirst(source.byteOrderMarkLength)
      let start = bytes.baseAddress.map { $0 + text.startIndex }
      yaml_parser_set_input_string(parser, start, text.count)
      yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
      while true {
        guard yaml_parser_parse(parser, event) == 1 else { return SyntaxFailure(parser.pointee) }
        let goesOn = add(event)
        yaml_event_delete(event)
        if !goesOn { return nil }
      }
    }
  }
}
