/// The numbers that YAML 1.1 and the core schema of YAML 1.2 see in a scalar without quotes.
struct PlainNumber {
  /// YAML 1.1's number, printed; nil where it reads no number.
  private(set) var old: String?
  /// YAML 1.2's.
  private(set) var new: String?
  /// Whether both read a number that prints as it is written: nothing is lost.
  var isCanonical: Bool { old == written && new == written }

  private let written: String

  init(_ text: String) {
    written = text
    let isNegative = text.utf8.first == 0x2D
    let isSigned = isNegative || text.utf8.first == 0x2B
    let sign = isNegative ? "-" : ""
    let digits = String(isSigned ? text.dropFirst() : text[...])
    if let special = Self.special(digits, isSigned: isSigned) {
      old = sign + special
      new = sign + special
      return
    }
    old = Self.old(digits).map { sign + $0 }
    new = Self.new(digits, isSigned: isSigned).map { sign + $0 }
  }

  private static func special(_ text: String, isSigned: Bool) -> String? {
    switch text {
    case ".inf", ".Inf", ".INF": "infinity"
    case ".nan", ".NaN", ".NAN": isSigned ? nil : "NaN"
    default: nil
    }
  }

  // MARK: YAML 1.1, as PyYAML resolves it

  private static func old(_ text: String) -> String? {
    let plain = text.filter { $0 != "_" }
    guard let first = text.utf8.first, PlainReading.isDigit(first) || first == 0x2E else {
      return nil
    }
    if text.utf8.contains(0x3A) { return sexagesimal(text, plain) }
    if let prefixed = prefixed(plain, "0x", 16) ?? prefixed(plain, "0b", 2) { return prefixed }
    if plain.utf8.allSatisfy(PlainReading.isDigit), !plain.isEmpty, first != 0x2E {
      guard plain.utf8.first == 0x30, plain.utf8.count > 1 else { return trimmed(plain) }
      // Octal; `08` is no number at all.
      guard plain.utf8.allSatisfy({ (0x30...0x37).contains($0) }) else { return nil }
      return Int(plain, radix: 8).map(String.init) ?? "with that many octal digits"
    }
    // A float needs a point, and its exponent a sign.
    guard text.utf8.contains(0x2E) else { return nil }
    let halves = plain.lowercased().split(separator: "e", omittingEmptySubsequences: false)
    if halves.count == 2, let sign = halves[1].utf8.first, sign != 0x2B, sign != 0x2D { return nil }
    return float(plain)
  }

  /// `12:30:45` is 45045: base 60.
  private static func sexagesimal(_ text: String, _ plain: String) -> String? {
    let parts = plain.split(separator: ":", omittingEmptySubsequences: false)
    guard let head = parts.first, !head.isEmpty, head.utf8.allSatisfy(PlainReading.isDigit) else {
      return nil
    }
    let last = parts.count - 1
    var total = 0
    for (index, part) in parts.enumerated() {
      let whole = index == last ? part.prefix { $0 != "." } : part
      guard let number = Int(whole), whole.utf8.allSatisfy(PlainReading.isDigit),
        index == 0 || number < 60 && whole.utf8.count <= 2, total < 1 << 50
      else { return nil }
      total = total * 60 + number
      guard whole.utf8.count < part.utf8.count else { continue }
      guard part.dropFirst(whole.count + 1).utf8.allSatisfy(PlainReading.isDigit) else {
        return nil
      }
      return "\(total)" + part.dropFirst(whole.count)
    }
    // As an integer it may not begin with a zero.
    return text.utf8.first == 0x30 ? nil : String(total)
  }

  // MARK: the core schema of YAML 1.2

  private static func new(_ text: String, isSigned: Bool) -> String? {
    guard let first = text.utf8.first, PlainReading.isDigit(first) || first == 0x2E else {
      return nil
    }
    if !isSigned, let number = prefixed(text, "0x", 16) ?? prefixed(text, "0o", 8) { return number }
    if text.utf8.allSatisfy(PlainReading.isDigit) { return trimmed(text) }
    return float(text)
  }

  // MARK: parts of both

  private static func prefixed(_ text: String, _ prefix: String, _ radix: Int) -> String? {
    guard text.hasPrefix(prefix) else { return nil }
    let digits = text.dropFirst(2)
    guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isHexDigit }) else { return nil }
    if let number = Int(digits, radix: radix) { return String(number) }
    return digits.allSatisfy { $0.hexDigitValue.map { $0 < radix } ?? false } ? "\(text)" : nil
  }

  /// Decimal digits without leading zeros.
  private static func trimmed(_ digits: String) -> String {
    let rest = digits.drop { $0 == "0" }
    return rest.isEmpty ? "0" : String(rest)
  }

  /// The number of `1.10`, `.5`, `1e3` as it prints, nil for anything else.
  private static func float(_ text: String) -> String? {
    let halves = text.lowercased().split(separator: "e", omittingEmptySubsequences: false)
    guard halves.count <= 2 else { return nil }
    let mantissa = halves[0].split(separator: ".", omittingEmptySubsequences: false)
    let isNumber =
      mantissa.count <= 2 && halves[0] != "."
      && mantissa.allSatisfy { $0.utf8.allSatisfy(PlainReading.isDigit) }
    guard isNumber, !halves[0].isEmpty else { return nil }
    if halves.count == 2 {
      let exponent = halves[1].drop { $0 == "+" || $0 == "-" }
      guard halves[1].utf8.count - exponent.utf8.count <= 1, !exponent.isEmpty,
        exponent.utf8.allSatisfy(PlainReading.isDigit)
      else { return nil }
    }
    return Double(text).map { "\($0)" }
  }
}
