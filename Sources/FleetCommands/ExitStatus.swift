package import ArgumentParser

/// The exit codes of DESIGN section 11.
package enum ExitStatus: Int32, Sendable {
  case success = 0
  /// Invalid configuration, other error.
  case failure = 1
  /// With `-detailed-exitcode`: changes present or made.
  case changes = 2
  /// `fmt --check`: a file is not formatted.
  case unformatted = 3
  /// Some changed, some failed or were skipped.
  case partial = 4
  /// Refused by a guard; nothing changed.
  case refused = 5
  /// Conflict or stale plan; nothing changed.
  case conflict = 6
  case lockHeld = 7
  case notApproved = 8
  /// Some node unreachable, the rest fine.
  case unreachable = 9
  /// Failed and rolled back completely.
  case rolledBack = 10
  case identityRefused = 11
  case nodeFrozen = 12
  case outcomeUnknown = 13
  case usage = 64
  case internalError = 70
  case interrupted = 130

  /// The error that makes ArgumentParser exit with this code and print nothing more.
  package var error: ExitCode { ExitCode(rawValue) }

  /// The one that is told when several hold: 13, 12, 11, 10, 4, 9, 2, 0, else the greater.
  package static func worst(_ statuses: [ExitStatus]) -> ExitStatus {
    let order: [ExitStatus] = [
      .outcomeUnknown, .nodeFrozen, .identityRefused, .rolledBack, .partial, .conflict, .lockHeld,
      .refused, .failure, .unreachable, .changes, .success,
    ]
    return order.first { statuses.contains($0) } ?? statuses.first ?? .success
  }
}
