import FleetTransport

/// Why a node's answer cannot be used.
package struct ProbeError: Error, Hashable, Sendable {
  /// What is wrong with it.
  package enum Code: String, Hashable, Sendable {
    /// The last line is missing: the answer was cut, or the script never ran.
    case missingTrailer
    /// The trailer counts other sections than there are.
    case wrongCount
    /// The observer may not show a file that the plan needs.
    case hidden
  }

  /// What is wrong with it.
  package let code: Code
  /// One sentence for people.
  package let message: String
}

/// One section of an answer: payload, name and exit status of what printed it.
package struct AnswerSection {
  /// Name as the script gave it.
  package var name: Substring
  /// Exit status of the command.
  package var status: Int
  /// Everything it printed.
  package var payload: ArraySlice<UInt8>

  /// Payload as text; bytes that are no UTF-8 become U+FFFD.
  package var text: String { String(decoding: payload, as: UTF8.self) }
  /// Lines of the payload, empty ones left out.
  package var lines: [Substring] { text.split(separator: "\n") }
}

/// An answer cut into sections at `\n@@NONCE NAME STATUS\n`.
package struct AnswerSections {
  /// Sections in the order they came.
  package private(set) var all: [AnswerSection] = []

  /// Takes `bytes` apart; what stands before the first mark is dropped.
  ///
  /// - Throws: `ProbeError` when the trailer is missing or counts wrongly.
  package init(_ bytes: [UInt8], nonce: String) throws(ProbeError) {
    let mark = Array("\n@@\(nonce) ".utf8)
    var payloadStart = 0
    var count = 0
    var searchFrom = 0
    while let at = Self.find(mark, in: bytes, from: searchFrom) {
      guard let lineEnd = bytes[(at + mark.count)...].firstIndex(of: 0x0A) else { break }
      let words = String(decoding: bytes[(at + mark.count)..<lineEnd], as: UTF8.self)
      let space = words.lastIndex(of: " ") ?? words.endIndex
      let name = words[..<space]
      let status = Int(words[space...].dropFirst()) ?? -1
      if name == "end" {
        guard status == count else {
          throw ProbeError(
            code: .wrongCount,
            message: "the node announced \(status) sections and sent \(count)"
          )
        }
        return
      }
      count += 1
      // What stands before the first mark is a login script's chatter.
      if name == "parts", status == 0 {
        all += Self.parts(bytes, payloadStart..<at, mark: mark)
      } else if name != "begin" {
        all.append(AnswerSection(name: name, status: status, payload: bytes[payloadStart..<at]))
      }
      payloadStart = lineEnd + 1
      // The next mark may begin with the newline that ends this one.
      searchFrom = lineEnd
    }
    throw ProbeError(
      code: .missingTrailer,
      message: "the node's answer ends after \(bytes.count) bytes without its last line"
    )
  }

  /// The first section of that name.
  package func first(_ name: String) -> AnswerSection? { all.first { $0.name == name } }

  /// The last section of that name.
  package func last(_ name: String) -> AnswerSection? { all.last { $0.name == name } }

  /// Why the command behind a section failed, from what it wrote, short and printable.
  func complaint(_ name: String, otherwise: String) -> String {
    let text = (last(name + ".err") ?? last(name))?.text ?? ""
    let line = text.split(separator: "\n").last { !$0.allSatisfy(\.isWhitespace) }
    return Printable.line(line.map(String.init) ?? otherwise)
  }

  /// A section of several files in one: behind each a line `@@NONCE+NAME`.
  private static func parts(_ bytes: [UInt8], _ range: Range<Int>, mark: [UInt8]) -> [AnswerSection]
  {
    let mark = Array(mark.dropLast()) + [0x2B]
    var parts: [AnswerSection] = []
    var start = range.lowerBound
    while let end = find(mark, in: bytes, from: start, to: range.upperBound),
      let line = bytes[(end + mark.count)..<range.upperBound].firstIndex(of: 0x0A)
    {
      let name = String(decoding: bytes[(end + mark.count)..<line], as: UTF8.self)
      parts.append(AnswerSection(name: name[...], status: 0, payload: bytes[start..<end]))
      start = line + 1
    }
    return parts
  }

  private static func find(
    _ mark: [UInt8],
    in bytes: [UInt8],
    from start: Int,
    to end: Int? = nil
  ) -> Int? {
    bytes.withUnsafeBufferPointer { bytes in
      mark.withUnsafeBufferPointer { mark in
        let end = end ?? bytes.count
        var at = start
        while at + mark.count <= end {
          if bytes[at] == mark[0], (1..<mark.count).allSatisfy({ bytes[at + $0] == mark[$0] }) {
            return at
          }
          at += 1
        }
        return nil
      }
    }
  }
}

/// Text of a node made fit to be shown.
package enum Printable {
  /// One line of at most 300 characters without control characters.
  package static func line(_ text: String) -> String { PrintableText.line(text.utf8) }
}
