/// A `KEY=VALUE` file as systemd.exec(5) EnvironmentFile= reads it, kept byte for byte.
///
/// Of several lines with one key the last counts; comments and everything else are kept as they are.
struct EnvironmentLines {
  /// Lines without their ends.
  private var lines: [[UInt8]]
  /// Whether the last line ends in a newline.
  private var endsInNewline: Bool

  /// Splits `bytes` at newlines.
  init(_ bytes: [UInt8]) {
    endsInNewline = bytes.last == 0x0A || bytes.isEmpty
    lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
    if endsInNewline { lines.removeLast() }
  }

  /// The keys in order of appearance, each once, with the index of the line that counts.
  private var places: [(key: String, line: Int)] {
    var order: [String] = []
    var last: [String: Int] = [:]
    for (index, line) in lines.enumerated() {
      guard let key = Self.key(line) else { continue }
      if last.updateValue(index, forKey: key) == nil { order.append(key) }
    }
    return order.map { ($0, last[$0] ?? 0) }
  }

  /// Whether two lines of one key give it the same value: quotes around a value that needs none do
  /// not count.
  static func isEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    one == other || plainValue(one).map { $0 == plainValue(other) } ?? false
  }

  /// The value without quotes; nil where quoting decides what it means.
  private static func plainValue(_ line: [UInt8]) -> [UInt8]? {
    var value = value(line)[...]
    if value.count >= 2, let first = value.first, first == value.last,
      first == 0x22 || first == 0x27
    {
      value = value.dropFirst().dropLast()
    }
    let meaningful: [UInt8] = [0x22, 0x27, 0x5C, 0x24, 0x60, 0x09, 0x0D]
    let isPlain = !value.contains { meaningful.contains($0) }
    return isPlain && value.first != 0x20 && value.last != 0x20 ? Array(value) : nil
  }

  /// Keys with their lines, in order of appearance.
  var entries: [(key: String, line: [UInt8])] { places.map { ($0.key, lines[$0.line]) } }

  /// The line that counts for each of `keys` that is there.
  func lines(for keys: Set<String>) -> [String: [UInt8]] {
    var found: [String: [UInt8]] = [:]
    for place in places where keys.contains(place.key) { found[place.key] = lines[place.line] }
    return found
  }

  /// Returns the bytes with the lines of `wanted` set: replaced where they stand, else appended.
  func merging(_ wanted: EnvironmentLines) -> [UInt8] {
    var result = self
    let places = Dictionary(places.map { ($0.key, $0.line) }, uniquingKeysWith: { $1 })
    for entry in wanted.entries {
      if let line = places[entry.key] {
        // What means the same stays as somebody wrote it.
        if !Self.isEqual(result.lines[line], entry.line) { result.lines[line] = entry.line }
      } else {
        result.lines.append(entry.line)
        result.endsInNewline = true
      }
    }
    var bytes = Array(result.lines.joined(separator: [0x0A]))
    if result.endsInNewline, !result.lines.isEmpty { bytes.append(0x0A) }
    return bytes
  }

  /// The value behind the first `=` of a line.
  static func value(_ line: [UInt8]) -> [UInt8] {
    guard let equals = line.firstIndex(of: 0x3D) else { return [] }
    return Array(line[(equals + 1)...])
  }

  private static func key(_ line: [UInt8]) -> String? {
    let trimmed = line.drop { $0 == 0x20 || $0 == 0x09 }
    guard let first = trimmed.first, first != 0x23, first != 0x3B,
      let equals = trimmed.firstIndex(of: 0x3D)
    else { return nil }
    var name = trimmed[..<equals]
    // Shells read such files too.
    if name.starts(with: Array("export ".utf8)) { name = name.dropFirst(7) }
    while name.last == 0x20 { name.removeLast() }
    return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
  }
}
