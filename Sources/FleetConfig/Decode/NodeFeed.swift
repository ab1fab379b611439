internal import FleetDiagnostics
internal import FleetModel
internal import FleetYAML
internal import Synchronization

/// Does jobs one after the other, beside whoever hands them over.
///
/// The thread behind it is FleetCommands' matter: nothing here may depend on there being one.
package protocol SerialWorker: Sendable {
  /// Does `job` after all that were handed over before.
  func begin(_ job: @escaping @Sendable () -> Void)

  /// Returns when all jobs are done.
  func wait()
}

/// Decodes the nodes of the main file on a second thread, while libyaml still reads the rest of it.
///
/// What a node says depends on nothing but its entry, so the outcome is that of reading one node after
/// the other; a test compares both.
final class NodeFeed: YAMLEntryFeed, Sendable {
  /// What came of some nodes, one behind the other.
  struct Batch: Sendable {
    var nodes: [FleetNode] = []
    /// What was found in their keys, and what in their values.
    var keyFindings: Diagnostics
    var findings: Diagnostics
    var isIncomplete = false
  }

  private struct State {
    var first: YAMLEntryBatch?
    var entries = 0
    var batches: [Batch] = []
  }

  let key = "nodes"
  private let state = Mutex(State())
  private let worker: any SerialWorker

  init(_ worker: any SerialWorker) {
    self.worker = worker
  }

  func take(_ entries: YAMLEntryBatch) {
    state.withLock { state in
      if state.first == nil { state.first = entries }
      state.entries += entries.count
    }
    worker.begin {
      var reader = FleetReader()
      let batch = reader.batch(entries)
      self.state.withLock { $0.batches.append(batch) }
    }
  }

  func wait() { worker.wait() }

  /// The batches, if they are what the mapping `node` holds.
  func batches(of node: YAMLNode) -> [Batch]? {
    state.withLock { state in
      node.isWholly(state.first, count: state.entries) ? state.batches : nil
    }
  }
}

extension FleetReader {
  /// Reads some nodes of the main file.
  fileprivate mutating func batch(_ batch: YAMLEntryBatch) -> NodeFeed.Batch {
    let entries = batch.entries
    for entry in entries {
      YAMLReader.schema.warnIfAmbiguous(key: entry, into: &scalars.diagnostics)
    }
    let keyFindings = scalars.diagnostics
    scalars.diagnostics = ScalarReader().diagnostics
    var nodes: [FleetNode] = []
    nodes.reserveCapacity(entries.count)
    for entry in entries {
      if let node = self.node(entry) { nodes.append(node) }
    }
    return NodeFeed.Batch(
      nodes: nodes,
      keyFindings: keyFindings,
      findings: scalars.diagnostics,
      isIncomplete: isIncomplete
    )
  }

  /// Takes over what was read already.
  mutating func take(_ batches: [NodeFeed.Batch], into fleet: inout Fleet) {
    for batch in batches { scalars.diagnostics.add(contentsOf: batch.keyFindings) }
    for batch in batches {
      scalars.diagnostics.add(contentsOf: batch.findings)
      isIncomplete = isIncomplete || batch.isIncomplete
      fleet.nodes.append(contentsOf: batch.nodes)
    }
  }
}
