internal import CLibYAML
internal import FleetDiagnostics

/// Keys that stand twice in one mapping.
extension TreeBuilder {
  mutating func refuseRepeatedKeys(of mapping: Int) {
    let count = Int(records[mapping].count)
    if count <= 8 ? areDistinct(mapping, count) : areAscending(mapping, count) { return }
    var keys: [Int] = []
    keys.reserveCapacity(count)
    var key = mapping + 1
    for _ in 0..<count {
      if !records[key].isRepeated { keys.append(key) }
      key += 1 + records[key + 1].size
    }
    for (first, second) in repeated(keys) {
      records[second].isRepeated = true
      document.hasRepeatedKeys = true
      guard diagnostics.all.count < YAMLLimits.findings else { continue }
      let name = quoted(document.text(second))
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

  /// Whether the keys of a small mapping are certainly distinct: nearly all are, and comparing lengths
  /// and first bytes in pairs is cheaper than making lists of them.
  private func areDistinct(_ mapping: Int, _ count: Int) -> Bool {
    var marks: InlineArray<8, UInt64> = .init(repeating: 0)
    var key = mapping + 1
    for position in 0..<count {
      let record = records + key
      let length = Int(record.pointee.count)
      // What is not ASCII has several spellings; what stands in `extra` may be anything.
      guard isASCII, !record.pointee.isInExtra, length > 0 else { return false }
      let start = Int(record.pointee.extent)
      let last = UInt64(bytes[start + length - 1])
      let mark = UInt64(length) << 16 | UInt64(bytes[start]) << 8 | last
      for earlier in 0..<position where marks[earlier] == mark { return false }
      marks[position] = mark
      key += 1 + records[key + 1].size
    }
    return true
  }

  /// Whether the keys of a large mapping are certainly distinct because they are sorted by bytes, as the
  /// nodes of a large fleet mostly are.
  private func areAscending(_ mapping: Int, _ count: Int) -> Bool {
    guard isASCII else { return false }
    guard let base = bytes.baseAddress else { return false }
    var last: (start: UnsafePointer<UInt8>, length: Int) = (base, 0)
    var key = mapping + 1
    for _ in 0..<count {
      let record = records + key
      let length = Int(record.pointee.count)
      guard !record.pointee.isInExtra, length > 0 else { return false }
      let start = base + Int(record.pointee.extent)
      let order = memcmp(last.start, start, min(last.length, length))
      guard order < 0 || (order == 0 && last.length < length) else { return false }
      last = (start, length)
      key += 1 + records[key + 1].size
    }
    return true
  }

  /// Returns the first and the later place of every key that stands more than once.
  private func repeated(_ keys: [Int]) -> [(first: Int, second: Int)] {
    var found: [(Int, Int)] = []
    // An ASCII file has other keys only by escapes, whose texts are in `extra`.
    let hasOthers = keys.contains { key in
      (!isASCII || records[key].isInExtra)
        && document.withText(key) { $0.contains { $0 >= 0x80 } }
    }
    if hasOthers { return repeatedTexts(keys) }
    // Seeded hashing: keys chosen to collide cannot make this slow.
    var seen: [KeyText: Int] = Dictionary(minimumCapacity: keys.count)
    for key in keys {
      let text = KeyText(document: document, key: key)
      if let first = seen[text] {
        found.append((first, key))
      } else {
        seen[text] = key
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
      let name = document.text(key)
      if let first = seen[name] {
        found.append((first, key))
      } else {
        seen[name] = key
      }
    }
    return found
  }
}

/// The bytes of a key, hashed as one block.
private struct KeyText: Hashable {
  unowned(unsafe) let document: YAMLDocument
  let key: Int

  func hash(into hasher: inout Hasher) {
    document.withText(key) { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }

  static func == (left: KeyText, right: KeyText) -> Bool {
    left.document.withText(left.key) { one in
      right.document.withText(right.key) { one.elementsEqual($0) }
    }
  }
}
