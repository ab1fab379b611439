import FleetProbe
import FleetTransport

/// A unit that a batch waits for, as the node tells it.
package struct WaitingUnit: Sendable, Hashable {
  /// Name of the unit.
  package let unit: String
  /// Seconds left of its start-up budget, never below 0.
  package let secondsLeft: Int
  /// How it is: state, missing port, its own status line.
  package let status: String

  /// Reads the section `waiting` of an answer; nil when nobody waits.
  init?(_ answer: AnswerSections) {
    guard let section = answer.first("waiting") else { return nil }
    let lines = section.text.split(separator: "\n", omittingEmptySubsequences: false).map(
      String.init
    )
    guard lines.count >= 3, let left = NodeNumber.plain(lines[1]) else { return nil }
    unit = Printable.line(lines[0])
    secondsLeft = max(0, left)
    status = Printable.line(lines[2])
  }
}
