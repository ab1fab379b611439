import CLibSSH2
import FleetTransport

/// The two ends of a forwarded stream, with TLS between them where it is wanted.
struct ForwardedStream {
  private let tls: TLSClient?
  private var plain: [UInt8] = []

  /// Bytes that are still to be written to the channel.
  var outgoing: [UInt8]

  /// Begins the conversation that `request` describes.
  init(_ request: StreamRequest) throws(TransportError) {
    if let settings = request.tls {
      tls = try TLSClient(settings, request: request.request)
      outgoing = []
    } else {
      tls = nil
      outgoing = request.request
    }
  }

  /// What the peer said, decrypted.
  var output: [UInt8] { tls?.output ?? plain }
  /// Whether the peer ended the conversation inside TLS.
  var isFinished: Bool { tls?.isFinished ?? false }

  /// Goes as far as the bytes at hand allow.
  mutating func advance() throws(TransportError) {
    guard let tls else { return }
    try tls.advance()
    outgoing += tls.takeOutgoing()
  }

  /// The channel has ended; before the handshake was done that is a failure.
  func end() throws(TransportError) {
    guard let tls, !tls.isConnected else { return }
    throw TransportError(.tlsFailed, step: "exchange", "TLS failed: the peer hung up")
  }

  /// Reads once from `channel`; returns what libssh2 returned.
  mutating func read(_ channel: OpaquePointer) throws(TransportError) -> Int {
    var buffer = [UInt8](repeating: 0, count: 32_768)
    let count = buffer.withUnsafeMutableBytes { raw in
      libssh2_channel_read_ex(
        channel,
        0,
        raw.baseAddress?.assumingMemoryBound(to: CChar.self),
        raw.count
      )
    }
    if count > 0 { try take(buffer[..<count]) }
    return count
  }

  /// Takes what came from the peer.
  mutating func take(_ bytes: ArraySlice<UInt8>) throws(TransportError) {
    guard let tls else {
      plain += bytes
      return
    }
    try tls.receive(bytes)
    outgoing += tls.takeOutgoing()
  }
}
