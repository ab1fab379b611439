/// What stands behind `address:`: an IP literal or a host name, decided by grammar alone.
package enum HostAddress: Hashable, Sendable {
  /// Four octets, the first one highest.
  case ipv4(UInt32)
  /// Sixteen octets.
  case ipv6([UInt8])
  /// A host name in lower case (RFC 1123: labels of letters, digits and `-`).
  case name(String)

  /// Parses `text`; nil for anything else, such as `300.1.1.1`, `-v`, `a b` or a zone id.
  package init?(_ text: String) {
    if text.utf8.contains(0x3A) {
      guard let octets = Self.ipv6(text) else { return nil }
      self = .ipv6(octets)
    } else if text.utf8.allSatisfy({ $0 == 0x2E || (0x30...0x39).contains($0) }) {
      guard let number = Self.ipv4(text) else { return nil }
      self = .ipv4(number)
    } else {
      guard Self.isHostName(text) else { return nil }
      self = .name(text.lowercased())
    }
  }

  /// Whether it is a host name, which only a resolver can turn into something to bind.
  package var isName: Bool {
    if case .name = self { return true }
    return false
  }

  /// The octets of an address literal, 4 or 16; nil for a host name.
  var octets: [UInt8]? {
    switch self {
    case .ipv4(let number): Self.octets(number)
    case .ipv6(let octets): octets
    case .name: nil
    }
  }

  private static func octets(_ number: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  private static func ipv4(_ text: String) -> UInt32? {
    var number: UInt32 = 0
    var octet: UInt32 = 0
    var dots = 0
    var digits = 0
    for byte in text.utf8 {
      if byte == 0x2E {
        guard digits > 0, dots < 3 else { return nil }
        number = number << 8 | octet
        dots += 1
        octet = 0
        digits = 0
        continue
      }
      // A leading zero means octal to some programs and decimal to others: refused.
      guard (0x30...0x39).contains(byte), digits == 0 || octet > 0 else { return nil }
      octet = octet * 10 + UInt32(byte - 0x30)
      digits += 1
      guard octet <= 255 else { return nil }
    }
    guard digits > 0, dots == 3 else { return nil }
    return number << 8 | octet
  }

  private static func ipv6(_ text: String) -> [UInt8]? {
    guard text.utf8.count <= 45 else { return nil }
    let halves = text.split(separator: "::", omittingEmptySubsequences: false)
    guard halves.count <= 2 else { return nil }
    guard let head = groups(halves[0], mayEndInIPv4: halves.count == 1) else { return nil }
    guard halves.count == 2 else { return head.count == 16 ? head : nil }
    guard let tail = groups(halves[1], mayEndInIPv4: true) else { return nil }
    // `::` stands for at least one group.
    guard head.count + tail.count <= 14 else { return nil }
    return head + Array(repeating: 0, count: 16 - head.count - tail.count) + tail
  }

  private static func groups(_ text: Substring, mayEndInIPv4: Bool) -> [UInt8]? {
    guard !text.isEmpty else { return [] }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    var octets: [UInt8] = []
    for (index, part) in parts.enumerated() {
      if mayEndInIPv4, index == parts.count - 1, part.contains(".") {
        guard let last = ipv4(String(part)) else { return nil }
        octets += Self.octets(last)
        continue
      }
      let isHexadecimal = part.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
      }
      guard (1...4).contains(part.utf8.count), isHexadecimal, let group = UInt16(part, radix: 16)
      else { return nil }
      octets += [UInt8(group >> 8), UInt8(group & 0xFF)]
    }
    return octets
  }

  private static func isHostName(_ text: String) -> Bool {
    guard (1...253).contains(text.utf8.count) else { return false }
    let labels = text.utf8.split(separator: 0x2E, omittingEmptySubsequences: false)
    return labels.allSatisfy { label in
      guard (1...63).contains(label.count), label.first != 0x2D, label.last != 0x2D else {
        return false
      }
      return label.allSatisfy { Grammar.isAlphanumeric($0) || $0 == 0x2D || $0 == 0x5F }
    }
  }
}

/// A network in CIDR notation: `172.16.168.0/24`, `fd00::/64`.
package struct AddressRange: Hashable, Sendable {
  /// Octets of the network address: 4 or 16.
  package let octets: [UInt8]
  /// Length of the prefix in bits.
  package let prefix: Int
  /// The network address as a number, where it is one of IPv4.
  private let own: UInt32?

  /// Parses `text`; nil without a prefix or when bits are set behind it (`10.0.0.1/8`).
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let prefix = Int(parts[1]), String(prefix) == parts[1] else {
      return nil
    }
    guard let octets = HostAddress(String(parts[0]))?.octets else { return nil }
    self.octets = octets
    guard (0...octets.count * 8).contains(prefix) else { return nil }
    self.prefix = prefix
    own = octets.count == 4 ? octets.reduce(0) { $0 << 8 | UInt32($1) } : nil
    let hostBits = octets.enumerated().contains { index, octet in
      octet & ~Self.mask(prefix, octet: index) != 0
    }
    guard !hostBits else { return nil }
  }

  /// Whether `address` lies in the range; nil for a host name or the other address family.
  package func contains(_ address: HostAddress) -> Bool? {
    if case .ipv4(let number) = address {
      guard let own else { return nil }
      return prefix == 0 || (number ^ own) >> UInt32(32 - prefix) == 0
    }
    guard let other = address.octets, other.count == octets.count else { return nil }
    return octets.indices.allSatisfy { other[$0] & Self.mask(prefix, octet: $0) == octets[$0] }
  }

  private static func mask(_ prefix: Int, octet: Int) -> UInt8 {
    let bits = min(max(prefix - octet * 8, 0), 8)
    return bits == 0 ? 0 : UInt8(truncatingIfNeeded: 0xFF << (8 - bits))
  }
}
