/// What the other nodes do when one fails (`apply --on-failure`).
package enum FailurePolicy: String, Sendable, CaseIterable {
  /// They go on.
  case `continue`
  /// Those whose services were not touched yet are left as they are; the others go on.
  case stop
  /// Everything that this run changed is taken back on every node.
  case rollback
}
