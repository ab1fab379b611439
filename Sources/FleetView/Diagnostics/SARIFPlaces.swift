internal import FleetDiagnostics

/// Places and texts as SARIF spells them.
enum SARIFPlaces {
  /// The name of the base that relative URIs start from.
  static let root = "SRCROOT"

  /// Returns an `artifactLocation` (SARIF 2.1.0, 3.4).
  static func artifact(_ name: String, _ paths: ReportPaths) -> JSONValue {
    guard let relative = paths.relative(name) else {
      return ["uri": .string("file://" + encoded(paths.absolute(name)))]
    }
    return ["uri": .string(encoded(relative)), "uriBaseId": .string(root)]
  }

  /// Returns a `physicalLocation` (3.29).
  static func physical(_ span: SourceSpan, _ paths: ReportPaths) -> JSONValue {
    ["artifactLocation": artifact(span.file, paths), "region": region(span)]
  }

  /// Returns a `region` (3.30): lines and columns from 1, the end exclusive, and the same in bytes.
  static func region(_ span: SourceSpan) -> JSONValue {
    [
      "startLine": .int(span.start.line),
      "startColumn": .int(span.start.column),
      "endLine": .int(max(span.start.line, span.end.line)),
      "endColumn": .int(span.end.column),
      "byteOffset": .int(span.start.byte),
      "byteLength": .int(max(0, span.end.byte - span.start.byte)),
    ]
  }

  /// Percent-encodes a path (RFC 3986, section 3.3): every byte that is not unreserved or `/`.
  ///
  /// Colons too, because the first segment of a relative reference may have none.
  static func encoded(_ path: String) -> String {
    var output = ""
    for byte in path.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E, 0x2F:
        output.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        output += (byte < 0x10 ? "%0" : "%") + digits
      }
    }
    return output
  }

  /// Returns `text` as the text of a message.
  ///
  /// Braces are doubled, since `{0}` is a placeholder (3.11.5), and no text becomes a link (3.11.6).
  static func message(_ text: String) -> String {
    var output: [UInt8] = []
    var previous: UInt8 = 0
    for byte in displayable(text, keepingNewlines: true).utf8 {
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "}"):
        output.append(byte)
      case UInt8(ascii: "(") where previous == UInt8(ascii: "]"):
        output.removeLast()
        output += Array("\\]".utf8)
      default: break
      }
      output.append(byte)
      previous = byte
    }
    return String(decoding: output, as: UTF8.self)
  }
}
