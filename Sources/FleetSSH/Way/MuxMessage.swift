import FleetTransport

/// Messages to and from the control socket of an `ssh` in master mode (PROTOCOL.mux of OpenSSH).
enum MuxMessage {
  /// What the master answers.
  enum Answer: Hashable {
    case hello(version: UInt32)
    /// The stream is open.
    case opened
    /// The jump host or its `ssh` said no.
    case refused(String)
  }

  /// The greeting; version 4 is spoken since OpenSSH 5.4.
  static let hello = WireReader.string(WireReader.number(1) + WireReader.number(4))

  /// Asks for a stream to `host:port`; two descriptors follow.
  static func stream(to host: String, port: Int) -> [UInt8] {
    WireReader.string(
      WireReader.number(0x1000_0008) + WireReader.number(0) + WireReader.string([])
        + WireReader.string(Array(host.utf8)) + WireReader.number(UInt32(port))
    )
  }

  /// Takes one message from the front of `bytes`; nil when it is not whole yet.
  static func take(_ bytes: inout [UInt8]) -> Answer? {
    guard bytes.count >= 4 else { return nil }
    let length = bytes[..<4].reduce(0) { $0 << 8 | Int($1) }
    guard length <= 64 << 10 else { return .refused("its ssh speaks another protocol") }
    guard bytes.count >= 4 + length else { return nil }
    var reader = WireReader(Array(bytes[4..<4 + length]))
    bytes.removeFirst(4 + length)
    switch reader.number() {
    case 1?: return .hello(version: reader.number() ?? 0)
    case 0x8000_0006?: return .opened
    case 0x8000_0002?, 0x8000_0003?:
      _ = reader.number()
      return .refused(PrintableText.line(reader.string() ?? []))
    default: return .refused("its ssh gave an answer that nobody knows")
    }
  }
}
