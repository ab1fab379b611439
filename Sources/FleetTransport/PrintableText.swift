/// Turns remote bytes, which are hostile, into text that is safe on a terminal and in a log.
package enum PrintableText {
  /// Returns `bytes` as one bounded line: control characters become spaces, wrong UTF-8 becomes `�`.
  ///
  /// C0 and C1 controls, bidirectional overrides and line separators are replaced; at most `limit`
  /// characters are kept, a cut is marked with `…`.
  package static func line(_ bytes: some Sequence<UInt8>, limit: Int = 300) -> String {
    var scalars = String.UnicodeScalarView()
    var count = 0
    var pendingSpace = false
    for scalar in String(decoding: Array(bytes.prefix(limit * 8)), as: UTF8.self).unicodeScalars {
      if isUnsafe(scalar) || scalar == " " {
        pendingSpace = count > 0
        continue
      }
      if count >= limit {
        scalars.append("…")
        break
      }
      if pendingSpace {
        scalars.append(" ")
        count += 1
        pendingSpace = false
      }
      scalars.append(scalar)
      count += 1
    }
    return String(scalars)
  }

  private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x200B...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
    default: false
    }
  }
}
