import Glibc

/// A point on the monotonic clock by which something must be over.
struct Deadline: Sendable {
  /// Nanoseconds of `CLOCK_MONOTONIC`.
  let nanoseconds: UInt64
  /// The time that was granted, for messages.
  let granted: Duration

  /// A deadline `limit` from now.
  init(in limit: Duration) {
    self.init(nanoseconds: Self.now() &+ Self.nanoseconds(of: limit), granted: limit)
  }

  private init(nanoseconds: UInt64, granted: Duration) {
    self.nanoseconds = nanoseconds
    self.granted = granted
  }

  /// This deadline, or an earlier one that leaves a fair share of what remains to `count` attempts.
  func share(among count: Int) -> Deadline {
    let now = Self.now()
    guard count > 1, nanoseconds > now else { return self }
    let part = now &+ (nanoseconds &- now) / UInt64(count)
    return Deadline(nanoseconds: part, granted: granted)
  }

  /// Whether the point has passed.
  var hasPassed: Bool { Self.now() >= nanoseconds }

  /// The granted time as people read it, such as `5 s` or `300 ms`.
  var text: String {
    let milliseconds = Self.nanoseconds(of: granted) / 1_000_000
    return milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds) ms"
  }

  /// The monotonic clock, in nanoseconds.
  static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }

  private static func nanoseconds(of duration: Duration) -> UInt64 {
    let (seconds, attoseconds) = duration.components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    // A century is as good as forever and cannot overflow.
    return UInt64(min(seconds, 3_000_000_000)) &* 1_000_000_000 &+ UInt64(attoseconds)
      / 1_000_000_000
  }
}
