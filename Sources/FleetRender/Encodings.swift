internal import FleetDiagnostics

/// Quoting of values in KEY=VALUE files that systemd reads (systemd.exec(5), EnvironmentFile=).
package enum EnvironmentText {
  /// Returns `value` as it must stand after `KEY=`, or nil when no spelling is safe.
  ///
  /// Plain words stay as they are, so that other readers of the file (shells, dotenv) agree too. All
  /// else stands in double quotes with `"`, `\`, `$` and the backquote escaped. Control characters
  /// have no spelling that every reader understands.
  package static func quote(_ value: String) -> String? {
    guard let bytes = quote(Array(value.utf8)) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  static func quote(_ value: [UInt8]) -> [UInt8]? {
    guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
    if value.allSatisfy(isPlain) { return value }
    var result: [UInt8] = [0x22]
    for byte in value {
      if [0x22, 0x5C, 0x24, 0x60].contains(byte) { result.append(0x5C) }
      result.append(byte)
    }
    return result + [0x22]
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: Array("_-.,:/@%+=".utf8).contains(byte)
    }
  }
}

extension SecretEncoding {
  /// Returns a secret's bytes as they stand in the file, or nil when the encoding has no spelling
  /// for them (a control character in an EnvironmentFile).
  package func apply(_ value: [UInt8]) -> [UInt8]? {
    switch self {
    case .plain: value
    case .env: EnvironmentText.quote(value)
    case .json: JSONEncoding.string(value)
    case .url: value.flatMap(Self.percentEncoded)
    }
  }

  /// RFC 3986 section 2.3: unreserved characters stay, all else is escaped.
  private static func percentEncoded(_ byte: UInt8) -> [UInt8] {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: return [byte]
    default:
      let digits = Array("0123456789ABCDEF".utf8)
      return [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
}

/// JSON of a value (RFC 8259), keys sorted so that equal values give equal bytes.
enum JSONEncoding {
  static func encode(_ value: Value, at span: SourceSpan) throws(TemplateFailure) -> String {
    switch value {
    case .string(let text): return String(decoding: string(Array(text.utf8)), as: UTF8.self)
    case .int, .bool: return try value.printed(at: span)
    case .list(let items):
      var parts: [String] = []
      for item in items { parts.append(try encode(item, at: span)) }
      return "[" + parts.joined(separator: ", ") + "]"
    case .map(let entries):
      var parts: [String] = []
      for (key, item) in entries.sorted(by: { $0.key < $1.key }) {
        let name = String(decoding: string(Array(key.utf8)), as: UTF8.self)
        parts.append("\(name): " + (try encode(item, at: span)))
      }
      return "{" + parts.joined(separator: ", ") + "}"
    case .size, .duration, .secret, .absent: return try value.printed(at: span)
    }
  }

  static func string(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = [0x22]
    for byte in bytes {
      switch byte {
      case 0x22, 0x5C: result += [0x5C, byte]
      case 0..<0x20:
        let digits = Array("0123456789abcdef".utf8)
        result += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: result.append(byte)
      }
    }
    return result + [0x22]
  }
}
