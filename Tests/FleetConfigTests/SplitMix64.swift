import Glibc

/// A small generator with a known sequence for each seed (Steele, Lea, Flood 2014).
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  /// Whether something with a chance of `percent` in a hundred happens.
  mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

  mutating func pick<Item>(_ items: [Item]) -> Item {
    items[Int.random(in: 0..<items.count, using: &self)]
  }

  /// The seeds of one run: `FLEET_SEED` alone where it is set, else `count` from a fixed first one.
  static func seeds(_ count: Int) -> [UInt64] {
    if let text = getenv("FLEET_SEED"), let seed = UInt64(String(cString: text)) { return [seed] }
    return (0..<UInt64(count)).map { 0x00F1_EE7C_0001 &+ $0 }
  }
}
