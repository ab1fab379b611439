/// Takes the pins of one host out of the text of a known_hosts file and keeps every other byte.
struct KnownHostsEdit {
  /// The text as it is now.
  private(set) var contents: [UInt8]
  /// Numbers of the lines that pin another key by a pattern, from 1; they are left to a person.
  private(set) var left: [Int] = []

  init(_ contents: [UInt8]) {
    self.contents = contents
  }

  /// Removes what pins another key than `key` for `name`, which is in lower case.
  mutating func forget(_ name: [UInt8], except key: HostKey) {
    let pins = KnownHosts([contents]).entries(about: String(decoding: name, as: UTF8.self))
      .filter { $0.marker == .none && $0.key != key }
    let byNumber = Dictionary(pins.map { ($0.number, $0) }) { first, _ in first }
    guard !byNumber.isEmpty else { return }
    var kept: [ArraySlice<UInt8>] = []
    let lines = contents.split(separator: 0x0A, omittingEmptySubsequences: false)
    for (index, text) in lines.enumerated() {
      guard let pin = byNumber[index + 1] else {
        kept.append(text)
        continue
      }
      if let rest = shortened(text, pin, name, kept.count + 1) { kept.append(rest) }
    }
    contents = Array(kept.joined(separator: [0x0A]))
  }

  /// The line without `name`; nil when nothing is left of it.
  private mutating func shortened(
    _ text: ArraySlice<UInt8>,
    _ pin: KnownHosts.Line,
    _ name: [UInt8],
    _ number: Int
  ) -> ArraySlice<UInt8>? {
    if pin.hosts.first == UInt8(ascii: "|") { return nil }
    let names = pin.hosts.split(separator: UInt8(ascii: ","))
    let others = names.filter { $0.map(HostPattern.lowercased) != name }
    if others.isEmpty { return nil }
    let list = ArraySlice(others.joined(separator: [UInt8(ascii: ",")]))
    if HostPattern.matches(list, name) {
      left.append(number)
      return text
    }
    // Only negations are left: such a line speaks about nothing.
    if others.allSatisfy({ $0.first == UInt8(ascii: "!") }) { return nil }
    let indent = text.prefix { $0 == 0x20 || $0 == 0x09 }
    return indent + list + text.dropFirst(indent.count + pin.hosts.count)
  }

  /// Adds a line where it is not there yet.
  mutating func add(_ line: String) {
    let bytes = Array(line.utf8)
    guard !contents.split(separator: 0x0A).contains(where: { $0.elementsEqual(bytes) }) else {
      return
    }
    if let last = contents.last, last != 0x0A { contents.append(0x0A) }
    contents += bytes + [0x0A]
  }
}
