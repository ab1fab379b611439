internal import FleetDiagnostics

/// Keys that stand twice in one mapping.
extension TreeBuilder {
  mutating func refuseRepeatedKeys(of mapping: Int) {
    let count = Int(records[mapping].count)
    guard count > 1 else { return }
    var keys: [Int] = []
    keys.reserveCapacity(count)
    var key = mapping + 1
    for _ in 0..<count {
      if !records[key].isRepeated { keys.append(key) }
      key += 1 + records[key + 1].size
    }
    for (first, second) in repeated(keys) {
      records[second].isRepeated = true
      guard diagnostics.all.count < YAMLLimits.findings else { continue }
      let name = quoted(String(decoding: text(of: second), as: UTF8.self))
      report(
        Diagnostic(
          .yamlDuplicateKey,
          "The key \(name) stands twice in this mapping, so one of its two values would be "
            + "ignored silently. Remove or rename one.",
          at: span(second),
          related: [RelatedSpan("\(name) stands here first", at: span(first))]
        )
      )
    }
  }

  /// Returns the first and the later place of every key that stands more than once.
  private func repeated(_ keys: [Int]) -> [(first: Int, second: Int)] {
    var found: [(Int, Int)] = []
    // An ASCII file has other keys only by escapes, whose texts are in `extra`.
    let hasOthers = keys.contains { key in
      (!isASCII || records[key].isInExtra) && text(of: key).contains { $0 >= 0x80 }
    }
    if hasOthers { return repeatedTexts(keys) }
    guard keys.count > 8 else {
      for (position, second) in keys.enumerated() {
        let first = keys[..<position].first { haveEqualTexts($0, second) }
        if let first { found.append((first, second)) }
      }
      return found
    }
    // Seeded hashing: keys chosen to collide cannot make this slow.
    var seen: [KeyText: Int] = Dictionary(minimumCapacity: keys.count)
    for key in keys {
      if let first = seen.updateValue(key, forKey: KeyText(bytes: text(of: key))) {
        seen[KeyText(bytes: text(of: key))] = first
        found.append((first, key))
      }
    }
    return found
  }

  /// The same beyond ASCII, where one text has several spellings (Unicode's canonical equivalence): a
  /// dictionary of ours would take `é` and `e` with an accent for one key.
  private func repeatedTexts(_ keys: [Int]) -> [(first: Int, second: Int)] {
    var found: [(Int, Int)] = []
    var seen: [String: Int] = Dictionary(minimumCapacity: keys.count)
    for key in keys {
      let name = String(decoding: text(of: key), as: UTF8.self)
      if let first = seen[name] {
        found.append((first, key))
      } else {
        seen[name] = key
      }
    }
    return found
  }

  private func haveEqualTexts(_ left: Int, _ right: Int) -> Bool {
    records[left].count == records[right].count && text(of: left).elementsEqual(text(of: right))
  }

  func text(of index: Int) -> ArraySlice<UInt8> {
    let record = records[index]
    let start = Int(record.extent)
    return (record.isInExtra ? extra : bytes)[start..<start + Int(record.count)]
  }
}

/// The bytes of a key, hashed as one block.
private struct KeyText: Hashable {
  let bytes: ArraySlice<UInt8>

  func hash(into hasher: inout Hasher) {
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
  }

  static func == (left: KeyText, right: KeyText) -> Bool {
    left.bytes.elementsEqual(right.bytes)
  }
}
