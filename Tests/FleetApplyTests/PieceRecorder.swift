import FleetTransport
import Synchronization

/// Notes the pieces of what is sent.
final class PieceRecorder: RemoteConnection {
  let pieces = Mutex<[[UInt8]]>([])

  func run(_ command: RemoteCommand) async throws(TransportError) -> RemoteResult {
    pieces.withLock { $0 += command.input.pieces }
    return try await LocalShell().run(command)
  }

  func exchange(_ request: StreamRequest) async throws(TransportError) -> [UInt8] { [] }

  func close() async {}
}
