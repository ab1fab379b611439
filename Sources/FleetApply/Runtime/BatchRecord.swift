import FleetDigest
import FleetModel
import FleetProbe
import FleetResources
import FleetTransport

/// One step for the runtime: a verb of the contract, or one of the runtime's own.
struct BatchRecord {
  /// Word that the runtime knows.
  var verb: String
  /// Arguments in order.
  var arguments: [String]
  /// Bytes, if the verb takes any.
  var blob: Secret?

  /// The record of an operation.
  init(_ operation: NodeOperation) {
    verb = operation.verb.rawValue
    arguments = operation.arguments
    blob = operation.blob
  }

  /// A step that the session adds itself.
  init(verb: String, _ arguments: [String] = [], blob: [UInt8]? = nil) {
    self.verb = verb
    self.arguments = arguments
    self.blob = blob.map(Secret.init)
  }
}

/// A batch as bytes: header lines, the frame of records, and the blobs one after the other.
struct EncodedBatch {
  /// Lines for the header: digests, and number, length and digest of each blob.
  private(set) var header: [String] = []
  /// The records, one a line.
  private(set) var operations: [UInt8] = []
  /// All blobs without anything between them.
  private(set) var blobs: ByteChain = []
  /// The frame of records and the blobs, as they are sent.
  var frames: ByteChain {
    var frames = ByteChain(RemoteScript.frame(operations))
    frames.append(blobs)
    return frames
  }

  /// - Throws: `ApplyError` with `.invalidArgument` when an argument holds a control character.
  init(_ records: [BatchRecord]) throws(ApplyError) {
    var lines: [String] = []
    var blobLines: [String] = []
    for (index, record) in records.enumerated() {
      lines.append(try Self.line(record, index))
      guard let blob = record.blob else { continue }
      let bytes = blob.reveal { $0 }
      blobLines.append("blob=\(index) \(bytes.count) \(SHA256.hex(bytes))")
      blobs.append(bytes)
    }
    operations = Array((lines.joined(separator: "\n") + "\n").utf8)
    header = ["operations=" + SHA256.hex(operations)] + blobLines
  }

  /// Every field is ended by a unit separator, so that empty ones stay.
  private static func line(_ record: BatchRecord, _ index: Int) throws(ApplyError) -> String {
    var fields = [String(index), record.verb, record.blob == nil ? "" : "1"]
    for argument in record.arguments {
      // Stamps may come as the whole line that the runtime writes.
      let text = argument.hasSuffix("\n") ? String(argument.dropLast()) : argument
      guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
        throw ApplyError(
          .invalidArgument,
          "an argument of \(record.verb) holds a control character; nothing was sent"
        )
      }
      fields.append(text)
    }
    return fields.map { $0 + "\u{1F}" }.joined()
  }
}
