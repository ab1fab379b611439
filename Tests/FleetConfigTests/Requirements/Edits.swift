import FleetDiagnostics
import FleetTestSupport

extension SourceText {
  /// The text with a suggestion's edits made, as an editor would make them.
  func applying(_ suggestion: Suggestion) -> String {
    var bytes = bytes
    for edit in suggestion.edits.sorted(by: { $0.span.start.byte > $1.span.start.byte }) {
      bytes.replaceSubrange(edit.span.start.byte..<edit.span.end.byte, with: Array(edit.text.utf8))
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// Numbers that are the same in every run.
struct Dice: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
