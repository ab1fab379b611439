import FleetProbe
package import FleetResources
import FoundationEssentials

extension NodeSession {
  /// Replaces the node's manifest.
  ///
  /// - Throws: `ApplyError`; `.stagingFailed` when it could not be written.
  package func writeManifest(_ manifest: Manifest, transaction: String) async throws(ApplyError) {
    try await finish(transaction: transaction, manifest: manifest, history: nil, releasing: false)
  }

  /// Adds one line to the node's history, of which the last 1000 are kept.
  ///
  /// - Throws: `ApplyError`; `.stagingFailed` when it could not be written.
  package func appendHistory(_ line: String, transaction: String) async throws(ApplyError) {
    try await finish(transaction: transaction, manifest: nil, history: line, releasing: false)
  }

  /// Writes manifest and history and gives the lock back, in one round trip.
  ///
  /// - Parameters:
  ///   - transaction: Id of this run.
  ///   - manifest: The new manifest, or nil to leave it.
  ///   - history: One line of JSON, or nil for none.
  ///   - releasing: Whether to give the lock back afterwards.
  /// - Throws: `ApplyError`; `.stagingFailed` when something could not be written.
  package func finish(
    transaction: String,
    manifest: Manifest?,
    history: String?,
    releasing: Bool = true
  ) async throws(ApplyError) {
    var records: [BatchRecord] = []
    if let manifest {
      records.append(BatchRecord(verb: "put-manifest", blob: try Self.encode(manifest)))
    }
    if let history {
      let line = history.split(whereSeparator: \.isNewline).joined(separator: " ")
      records.append(BatchRecord(verb: "append-history", blob: Array(line.utf8)))
    }
    if releasing { records.append(BatchRecord(verb: "release-lock")) }
    guard !records.isEmpty else { return }
    let name = "record-" + random()
    let results = try await run(records, transaction, name, inline: true) { _, _ in }
    if let bad = results.first(where: { $0.status == .failed }) {
      let said = Printable.line(String(decoding: bad.output, as: UTF8.self))
      throw ApplyError(.stagingFailed, "the node's own records could not be written: \(said)")
    }
    if releasing { noteReleased() }
  }

  private static func encode(_ manifest: Manifest) throws(ApplyError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(manifest) else {
      throw ApplyError(.invalidArgument, "the manifest cannot be written as JSON")
    }
    return Array(data) + [0x0A]
  }
}
