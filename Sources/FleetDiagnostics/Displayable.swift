/// Returns `text` with everything that could drive a terminal or reorder a line made visible.
///
/// A tab becomes four spaces. C0 controls and DEL become their control pictures (`␛`), C1 controls,
/// bidirectional controls, line separators and other invisible format characters become `<U+202E>`.
/// A line feed is kept where `keepingNewlines` says so. All text of users and machines passes here
/// on its way to a terminal.
package func displayable(_ text: String, keepingNewlines: Bool = false) -> String {
  // Nearly all text is printable ASCII: leave it alone without copying.
  if text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return text }
  var output = ""
  for scalar in text.unicodeScalars {
    if keepingNewlines, scalar == "\n" {
      output.unicodeScalars.append(scalar)
    } else {
      appendDisplayable(scalar, to: &output)
    }
  }
  return output
}

/// Appends the visible form of one scalar to `output` (see `displayable`).
private func appendDisplayable(_ scalar: Unicode.Scalar, to output: inout String) {
  switch scalar.value {
  case 0x09:
    output += "    "
  case 0x00...0x1F:
    output.unicodeScalars.append(Unicode.Scalar(0x2400 + scalar.value) ?? "\u{FFFD}")
  case 0x7F:
    output.unicodeScalars.append("\u{2421}")
  case 0x20...0x7E:
    output.unicodeScalars.append(scalar)
  default:
    if isInvisible(scalar) {
      let digits = String(scalar.value, radix: 16, uppercase: true)
      output += "<U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + ">"
    } else {
      output.unicodeScalars.append(scalar)
    }
  }
}

/// Whether a scalar beyond ASCII shows nothing of its own but changes what is shown or read.
///
/// C1, soft hyphen, zero-width and bidirectional controls (UAX #9), line and paragraph separators,
/// byte order mark, interlinear annotation and tag characters.
package func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0x80...0x9F, 0xAD, 0x61C, 0x180E, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF,
    0xFFF9...0xFFFB, 0xE0000...0xE007F:
    true
  default:
    false
  }
}

/// Returns how many terminal cells printable `text` takes: 0 for combining marks, 2 for East Asian
/// wide characters and emoji, else 1 (the ranges of `wcwidth`, coarsely).
package func cellWidth(_ text: String) -> Int {
  text.unicodeScalars.reduce(0) { sum, scalar in
    if scalar.value < 0x300 { return sum + 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return sum
    default: break
    }
    switch scalar.value {
    case 0xFE00...0xFE0F: return sum
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
      0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF,
      0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      return sum + 2
    default: return sum + 1
    }
  }
}

/// Returns `text` in backticks for a message, cut behind `length` characters with `…`.
///
/// A value of a file may be megabytes long; a message never is.
package func quoted(_ text: String, length: Int = 80) -> String {
  guard text.utf8.count > length else { return "`\(text)`" }
  let scalars = text.unicodeScalars
  guard let end = scalars.index(scalars.startIndex, offsetBy: length, limitedBy: scalars.endIndex),
    end < scalars.endIndex
  else { return "`\(text)`" }
  return "`\(text[..<end])…`"
}
