import CLibCrypto

/// The hashed host names of known_hosts (`|1|salt|hash`, both base64), ready to be searched.
struct HashedNames: Sendable {
  private var salts: [UInt8] = []
  private var hashes: [UInt8] = []
  private var lines: [Int] = []

  /// Adds the name of the line with index `line`; false when it is not a sound hashed name.
  mutating func add(_ name: ArraySlice<UInt8>, line: Int) -> Bool {
    let parts = name.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0].isEmpty, parts[1].elementsEqual([UInt8(ascii: "1")]),
      let salt = Digests.base64Decoded(parts[2]), salt.count == 20,
      let hash = Digests.base64Decoded(parts[3]), hash.count == 20
    else { return false }
    salts += salt
    hashes += hash
    lines.append(line)
    return true
  }

  /// The lines whose name is `name`, which is in lower case; one HMAC for each line that there is.
  func lines(about name: [UInt8]) -> [Int] {
    var found: [Int] = []
    var next = 0
    while next < lines.count {
      next = fleet_find_hashed(salts, hashes, lines.count, next, name, name.count)
      if next < lines.count { found.append(lines[next]) }
      next += 1
    }
    return found
  }
}
