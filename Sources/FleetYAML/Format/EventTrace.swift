internal import CLibYAML
internal import FleetDiagnostics

/// Everything that a text means to YAML, event by event, for comparing two texts.
///
/// Places and comments are no part of it; styles, anchors, aliases and tags are.
enum EventTrace {
  /// Returns the events, or nil when libyaml refuses the text.
  static func of(_ source: SourceText) -> [Entry]? {
    var entries: [Entry] = []
    let failure = EventParser.parse(source) { event in
      entries.append(entry(event))
      return event.pointee.type != YAML_STREAM_END_EVENT
    }
    return failure == nil ? entries : nil
  }

  /// One event.
  struct Entry: Equatable {
    let type: UInt32
    var style: UInt32 = 0
    var anchor = ""
    var tag = ""
    var value: [UInt8] = []
  }

  private static func entry(_ event: UnsafePointer<yaml_event_t>) -> Entry {
    let data = event.pointee.data
    var entry = Entry(type: event.pointee.type.rawValue)
    switch event.pointee.type {
    case YAML_SCALAR_EVENT:
      entry.style = data.scalar.style.rawValue
      entry.anchor = text(data.scalar.anchor)
      entry.tag = text(data.scalar.tag)
      entry.value = Array(UnsafeBufferPointer(start: data.scalar.value, count: data.scalar.length))
    case YAML_SEQUENCE_START_EVENT:
      entry.style = data.sequence_start.style.rawValue
      entry.anchor = text(data.sequence_start.anchor)
      entry.tag = text(data.sequence_start.tag)
    case YAML_MAPPING_START_EVENT:
      entry.style = data.mapping_start.style.rawValue
      entry.anchor = text(data.mapping_start.anchor)
      entry.tag = text(data.mapping_start.tag)
    case YAML_ALIAS_EVENT: entry.anchor = text(data.alias.anchor)
    case YAML_DOCUMENT_START_EVENT: entry.style = UInt32(bitPattern: data.document_start.implicit)
    case YAML_DOCUMENT_END_EVENT: entry.style = UInt32(bitPattern: data.document_end.implicit)
    default: break
    }
    return entry
  }

  private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String {
    pointer.map { String(cString: $0) } ?? ""
  }
}
