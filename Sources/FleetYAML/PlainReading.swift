/// What tools that guess types from looks make of a scalar without quotes.
///
/// fleetctl asks the schema and never guesses. YAML 1.1 (PyYAML, yaml.org/type) and the core schema
/// of YAML 1.2.2 (section 10.3.2) do, and differ: `0644` is 420 to one and 644 to the other.
package struct PlainReading: Hashable, Sendable {
  /// What YAML 1.1 reads: "false", "the number 420", "a date", or "text".
  package let old: String
  /// What YAML 1.2 reads.
  package let new: String

  /// Returns what is read of `text`, or nil where all agree on something that prints as `text`: a
  /// word, `12`, `1.5`; also `true` and `false` unless text is wanted there.
  package init?(_ text: String, wantsText: Bool) {
    var copy = text
    let reading = copy.withUTF8 { bytes -> (String, String)? in
      guard Self.mayBeRead(bytes) else { return nil }
      return Self.read(Array(bytes), wantsText: wantsText)
    }
    guard let reading else { return nil }
    (old, new) = reading
  }

  /// Nearly every scalar is a word: its first byte and its length decide.
  private static func mayBeRead(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let first = bytes.first, bytes.count <= 40 else { return false }
    switch first {
    case 0x30...0x39, 0x2B, 0x2D, 0x2E, 0x3D: return true
    case 0x59, 0x79, 0x4E, 0x6E, 0x54, 0x74, 0x46, 0x66, 0x4F, 0x6F: return bytes.count <= 5
    default: return false
    }
  }

  private static func read(_ bytes: [UInt8], wantsText: Bool) -> (String, String)? {
    let text = String(decoding: bytes, as: UTF8.self)
    if let flag = truth(text, wantsText: wantsText) { return flag }
    if text == "=" { return ("an error", "text") }
    let number = PlainNumber(text)
    let old = isTime(bytes) ? "a date" : number.old.map(words)
    let new = number.new.map(words)
    guard old != nil || new != nil, !number.isCanonical else { return nil }
    return (old ?? "text", new ?? "text")
  }

  private static func words(_ number: String) -> String {
    number.utf8.contains { isDigit($0) } ? "the number \(number)" : number
  }

  private static func truth(_ text: String, wantsText: Bool) -> (String, String)? {
    let lower = text.lowercased()
    guard text == lower || text == lower.uppercased() || text == capitalized(lower) else {
      return nil
    }
    switch lower {
    case "true", "false": return text == lower && !wantsText ? nil : (lower, lower)
    case "yes", "on": return ("true", "text")
    case "no", "off": return ("false", "text")
    default: return nil
    }
  }

  private static func capitalized(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst()
  }

  /// `2024-01-01`, or a date of one or two digits each with a time behind it.
  private static func isTime(_ bytes: [UInt8]) -> Bool {
    guard bytes.count >= 8, bytes.prefix(4).allSatisfy(isDigit), bytes[4] == 0x2D else {
      return false
    }
    let parts = bytes.dropFirst(5).split(separator: 0x2D, omittingEmptySubsequences: false)
    guard parts.count >= 2, (1...2).contains(parts[0].count), parts[0].allSatisfy(isDigit) else {
      return false
    }
    let day = parts[1].prefix { isDigit($0) }
    guard (1...2).contains(day.count) else { return false }
    guard let next = parts[1].dropFirst(day.count).first else { return bytes.count == 10 }
    return (next == 0x54 || next == 0x74 || next == 0x20) && parts[1].contains(0x3A)
  }

  static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
