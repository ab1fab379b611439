internal import FleetDiagnostics

/// Many names in few lines, all of them recoverable: `web-01 … web-50, web-52`.
package struct NameRuns: Sendable {
  /// From so many consecutive names on, the first and the last stand for all.
  private static let shortestRun = 3
  /// Cells of a line before it is broken.
  private static let lineCells = 100

  /// Names and runs of names in order, and how many names each stands for.
  private let items: [(text: String, count: Int)]

  /// Finds the runs of `names`; runs and names stand in the order of their first names.
  ///
  /// A run has every number between its ends, with as many digits as the first has.
  package init(_ names: [String]) {
    let sorted = names.map(Numbered.init).sorted()
    var items: [(first: Numbered, text: String, count: Int)] = []
    var start = 0
    while start < sorted.count {
      var end = start + 1
      while end < sorted.count, sorted[end].follows(sorted[end - 1]) { end += 1 }
      if end - start >= Self.shortestRun {
        let text = "\(sorted[start].name) … \(sorted[end - 1].name)"
        items.append((sorted[start], text, end - start))
      } else {
        items += sorted[start..<end].map { ($0, $0.name, 1) }
      }
      start = end
    }
    self.items = items.sorted { $0.first.stands(before: $1.first) }
      .map { (text: $0.text, count: $0.count) }
  }

  /// The list after `heading`; further lines are indented.
  package func lines(after heading: String, indent: String = "    ") -> [String] {
    var lines: [String] = []
    var line = heading
    var isFresh = true
    for (index, item) in items.enumerated() {
      let word = displayable(item.text) + (index + 1 < items.count ? "," : "")
      if !isFresh, cellWidth(line) + 1 + cellWidth(word) > Self.lineCells {
        lines.append(line)
        line = indent + word
      } else {
        line += isFresh ? word : " " + word
      }
      isFresh = false
    }
    return lines + [line]
  }

  /// At most so many names and runs, in one line; what is left out is counted.
  package func line(most: Int) -> String {
    let left = items.dropFirst(most).reduce(0) { $0 + $1.count }
    return items.prefix(most).map { displayable($0.text) }.joined(separator: ", ")
      + (left > 0 ? ", and \(left) more" : "")
  }
}

/// A name with its last number.
private struct Numbered: Comparable {
  let name: String
  private let prefix: Substring
  private let suffix: Substring
  private let number: Int
  private let digits: Int
  private let isPadded: Bool

  init(_ name: String) {
    self.name = name
    let bytes = name.utf8
    let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
    let last = bytes.lastIndex(where: isDigit)
    guard let last else {
      (prefix, suffix, number, digits, isPadded) = (Substring(name), "", 0, 0, false)
      return
    }
    let end = bytes.index(after: last)
    let start = bytes[..<last].lastIndex { !isDigit($0) }.map(bytes.index(after:))
    let text = name[(start ?? bytes.startIndex)..<end]
    prefix = name[..<text.startIndex]
    suffix = name[end...]
    // A number that no Int holds follows nothing.
    number = Int(text) ?? -1
    digits = number < 0 ? 0 : text.utf8.count
    isPadded = text.utf8.count > 1 && text.utf8.first == 0x30
  }

  /// Whether it is the next one after `other`, written alike.
  func follows(_ other: Self) -> Bool {
    guard digits > 0, other.digits > 0, prefix == other.prefix, suffix == other.suffix,
      other.number < Int.max, number == other.number + 1
    else { return false }
    return digits == other.digits || (!isPadded && !other.isPadded)
  }

  /// The order to read: by number before what follows it, `02-web`, `03-db`.
  func stands(before other: Self) -> Bool {
    if prefix != other.prefix { return prefix < other.prefix }
    if number != other.number { return number < other.number }
    return name < other.name
  }

  /// The order in which runs are found: names that follow one another stand together.
  static func < (left: Self, right: Self) -> Bool {
    if left.prefix != right.prefix { return left.prefix < right.prefix }
    if left.suffix != right.suffix { return left.suffix < right.suffix }
    if left.number != right.number { return left.number < right.number }
    return left.name < right.name
  }
}
