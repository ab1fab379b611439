/// Numbers as a node says them: whatever it says, what is counted with them cannot overflow.
///
/// A machine that somebody else has taken over may answer anything; without this one such answer
/// (`uptime=inf`) would end the program in the middle of a run over all the other nodes.
package enum NodeNumber {
  /// The greatest magnitude of a plain number: as seconds 31,000 years, as bytes a terabyte.
  private static let limit = 1_000_000_000_000

  /// A whole number of at most 10^12 either way; nil for what is none.
  package static func plain(_ text: some StringProtocol) -> Int? {
    guard let number = Int(text), (-limit...limit).contains(number) else { return nil }
    return number
  }

  /// A number that counts something, from 0 to 10^12; nil for what is none.
  package static func count(_ text: some StringProtocol) -> Int? {
    guard let number = plain(text), number >= 0 else { return nil }
    return number
  }

  /// A moment or span in microseconds, at most 10^18 either way; nil for what is none.
  package static func microseconds(_ text: some StringProtocol) -> Int? {
    let most = limit * 1_000_000
    guard let number = Int(text), (-most...most).contains(number) else { return nil }
    return number
  }

  /// Seconds with a fraction, `1795228546.2942336690`, cut to microseconds without floating point.
  package static func seconds(_ text: some StringProtocol) -> Int? {
    let parts = text.split(separator: ".", maxSplits: 1)
    guard let whole = parts.first.flatMap({ plain($0) }) else { return nil }
    let digits = parts.count > 1 ? String(parts[1].prefix(6)) : ""
    let padded = digits + String(repeating: "0", count: 6 - digits.count)
    return whole * 1_000_000 + (count(padded) ?? 0)
  }
}
