import CLibSSH2
import FleetTransport

/// The bytes of one channel on their way.
struct Flow {
  /// What is still to write; what was written is let go of, piece by piece.
  private(set) var input: ByteChain
  /// How much of the first piece has been written.
  private(set) var offset = 0
  /// Whether the end of the input has been told.
  private(set) var isEndSent = false
  /// In a conversation that lasts: the mark of the last answer that is waited for.
  var lastMark: String?
  /// The place among the uploads, given back with the end of the input.
  var upload: Upload?
  /// What came on standard output.
  private(set) var output: [UInt8] = []
  /// What came on standard error.
  private(set) var errors: [UInt8] = []
  /// The most bytes accepted on both.
  let cap: Int

  // Input that may go out only after the first line of output was exactly this marker.
  private var held: (marker: [UInt8], input: ByteChain)?

  init(input: ByteChain, held: (marker: [UInt8], input: ByteChain)?, cap: Int) {
    self.input = input
    self.held = held
    self.cap = cap
  }

  /// Whether anything is left to write now.
  var hasInput: Bool { !input.pieces.isEmpty }
  /// What to write next.
  var next: ArraySlice<UInt8> { input.pieces.first?[offset...] ?? [] }
  /// Whether no more input will follow.
  var isInputComplete: Bool { held == nil }
  /// Whether all answers are there, where the conversation lasts.
  var isAnswered: Bool {
    guard let lastMark, isInputComplete, !hasInput else { return false }
    return LastingShell.isOver(output, mark: lastMark)
  }
  /// Whether the remote side kept to the cap.
  var isWithinCap: Bool { output.count + errors.count <= cap }

  /// Notes that `count` bytes of `next` have been written.
  mutating func wrote(_ count: Int) {
    offset += count
    guard let first = input.pieces.first, offset >= first.count else { return }
    input.dropFirstPiece()
    offset = 0
  }

  /// Gives up what is left to write.
  mutating func dropInput() {
    input = []
    offset = 0
  }

  /// Notes that the end of the input has been told.
  mutating func endSent() {
    isEndSent = true
    upload?.end()
  }

  /// Reads once from `stream` of `channel`; returns what libssh2 returned.
  mutating func read(_ channel: OpaquePointer, _ stream: Int32) -> Int {
    withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer in
      let count = libssh2_channel_read_ex(
        channel,
        stream,
        buffer.baseAddress?.assumingMemoryBound(to: CChar.self),
        buffer.count
      )
      guard count > 0 else { return count }
      let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
      if stream == 0 { output += bytes } else { errors += bytes }
      return count
    }
  }

  /// Takes what came on one of the two streams.
  mutating func take(_ bytes: ArraySlice<UInt8>, isError: Bool) {
    if isError { errors += bytes } else { output += bytes }
  }

  /// Moves held input to the way out as soon as the marker has come, and takes the marker away.
  ///
  /// When sudo asks again the held input is given up, so that sudo meets the end of its input instead
  /// of two more passwords that are none.
  mutating func releaseHeldInput() {
    guard let (marker, following) = held else { return }
    if output.starts(with: marker) {
      output.removeFirst(marker.count)
      input.append(following)
      held = nil
    } else if errors.count < 4096, errors.contains(Array("try again".utf8)) {
      held = nil
      lastMark = nil
    }
  }
}
