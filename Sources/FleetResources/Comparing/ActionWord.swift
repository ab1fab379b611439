/// What a plan does to one thing; the same word everywhere (DESIGN section 7).
package enum ActionWord: String, Sendable, Hashable, CaseIterable, Codable {
  case create, update, delete, restart, reload, enable, disable, start, stop, run, adopt
  case noOp = "no-op"
  case blocked, unknown

  /// Whether apply does something for it.
  package var isExecuted: Bool {
    switch self {
    case .noOp, .blocked, .unknown: false
    default: true
    }
  }
}
