/// Matching of host names the way OpenSSH's `match_pattern_list` does it.
enum HostPattern {
  /// Whether `byte` makes a name a pattern.
  static func isSpecial(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "*") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "!")
  }

  /// ASCII lower case, as OpenSSH does in the C locale.
  static func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte + 32 : byte
  }

  /// Whether the comma-separated `list` accepts `name`, which is in lower case.
  ///
  /// A negated pattern that matches refuses at once; a negated pattern alone never accepts.
  static func matches(_ list: ArraySlice<UInt8>, _ name: [UInt8]) -> Bool {
    var isAccepted = false
    for part in list.split(separator: UInt8(ascii: ",")) {
      let isNegated = part.first == UInt8(ascii: "!")
      let pattern = (isNegated ? part.dropFirst() : part).map(lowercased)
      guard match(pattern, name) else { continue }
      if isNegated { return false }
      isAccepted = true
    }
    return isAccepted
  }

  /// Glob match with `*` and `?` in linear space and at worst quadratic time.
  static func match(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
    var p = 0
    var n = 0
    var star: (pattern: Int, name: Int)?
    while n < name.count {
      if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
        star = (p, n)
        p += 1
      } else if p < pattern.count, pattern[p] == UInt8(ascii: "?") || pattern[p] == name[n] {
        p += 1
        n += 1
      } else if let last = star {
        star = (last.pattern, last.name + 1)
        p = last.pattern + 1
        n = last.name + 1
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
