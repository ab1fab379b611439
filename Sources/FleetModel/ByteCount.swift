/// A size in bytes, rendered in the dialect of whoever reads it.
///
/// systemd writes `6G` (systemd.resource-control(5)), redis `6gb` (redis.conf), PostgreSQL `6GB`; all
/// three mean powers of 1024 and reject each other's spelling or, worse, ignore it.
package struct ByteCount: Hashable, Sendable, Comparable {
  /// Number of bytes.
  package let bytes: Int

  /// Makes a size; negative sizes are a caller's mistake.
  package init(bytes: Int) {
    self.bytes = bytes
  }

  /// Parses `6GiB`, `512MiB`, `8G`, `8GB`, `1024` (bytes).
  ///
  /// Powers of 1024 throughout.
  package init?(_ text: String) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int(digits), !digits.isEmpty else { return nil }
    let factor: Int
    switch text.dropFirst(digits.count) {
    case "", "B": factor = 1
    case "K", "KB", "KiB", "k": factor = 1 << 10
    case "M", "MB", "MiB", "m": factor = 1 << 20
    case "G", "GB", "GiB", "g": factor = 1 << 30
    case "T", "TB", "TiB", "t": factor = 1 << 40
    default: return nil
    }
    let (product, overflow) = number.multipliedReportingOverflow(by: factor)
    guard !overflow else { return nil }
    bytes = product
  }

  /// `6G`, for unit files.
  package var systemd: String { spelled(["", "K", "M", "G", "T"]) }
  /// `6gb`, for redis.conf.
  package var redis: String { spelled(["b", "kb", "mb", "gb", "gb"], largest: 3) }
  /// `256MB`, for postgresql.conf.
  package var postgres: String { spelled(["B", "kB", "MB", "GB", "TB"]) }
  /// `6GiB`, for people.
  package var display: String { spelled(["B", "KiB", "MiB", "GiB", "TiB"]) }

  private func spelled(_ suffixes: [String], largest: Int = 4) -> String {
    var value = bytes
    var step = 0
    while step < largest, value != 0, value % 1024 == 0 {
      value /= 1024
      step += 1
    }
    return "\(value)\(suffixes[step])"
  }

  /// `4.5 GiB`, for people: three digits at most, rounded up, so that what is over a limit reads so.
  package var rounded: String {
    var unit = 0
    var scale = 1
    while unit < 4, bytes / scale >= 1024 {
      unit += 1
      scale <<= 10
    }
    let suffix = ["B", "KiB", "MiB", "GiB", "TiB"][unit]
    let whole = bytes / scale
    let rest = bytes % scale
    if whole >= 100 || rest == 0 { return "\(rest == 0 ? whole : whole + 1) \(suffix)" }
    // Tenths, rounded up; `rest` is below 2^40, so this cannot overflow.
    let tenths = (rest * 10 + scale - 1) / scale
    return tenths == 10 ? "\(whole + 1) \(suffix)" : "\(whole).\(tenths) \(suffix)"
  }

  /// The sum of sizes; one that has no representation is the largest there is.
  package static func sum(_ sizes: some Sequence<Self>) -> Self {
    var total = 0
    for size in sizes {
      let (sum, overflow) = total.addingReportingOverflow(size.bytes)
      guard !overflow else { return Self(bytes: .max) }
      total = sum
    }
    return Self(bytes: total)
  }

  /// Orders by size.
  package static func < (left: Self, right: Self) -> Bool { left.bytes < right.bytes }
}

/// Durations as they are written in fleet.yaml and roles: `30s`, `6m`, `2h`, `500ms`.
package struct TimeSpan: Hashable, Sendable, Comparable {
  /// Milliseconds.
  package let milliseconds: Int

  /// Makes a span.
  package init(milliseconds: Int) {
    self.milliseconds = milliseconds
  }

  /// Parses one number with a unit `ms`, `s`, `m`, `h`, `d`.
  package init?(_ text: String) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int(digits) else { return nil }
    let factor: Int
    switch text.dropFirst(digits.count) {
    case "ms": factor = 1
    case "s": factor = 1000
    case "m": factor = 60_000
    case "h": factor = 3_600_000
    case "d": factor = 86_400_000
    default: return nil
    }
    let (product, overflow) = number.multipliedReportingOverflow(by: factor)
    guard !overflow else { return nil }
    milliseconds = product
  }

  /// Whole seconds, rounded down.
  package var seconds: Int { milliseconds / 1000 }

  /// `6 m`, `90 s`, for people.
  package var display: String {
    if milliseconds >= 60_000, milliseconds % 60_000 == 0 { return "\(milliseconds / 60_000) min" }
    if milliseconds % 1000 == 0 { return "\(milliseconds / 1000) s" }
    return "\(milliseconds) ms"
  }

  /// Orders by length.
  package static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }
}
