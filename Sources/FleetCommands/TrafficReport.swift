import FleetSSH

/// What a command cost in round trips, for the checks that hold it to its budget (lab/one-node.sh).
///
/// Debug builds only, and only when `FLEETCTL_TRAFFIC` is set; in a release build `tell` is empty.
enum TrafficReport {
  /// Writes one line to standard error.
  static func tell(_ traffic: Traffic) {
    #if FLEETCTL_FAILPOINTS
    guard Environment["FLEETCTL_TRAFFIC"] != nil else { return }
    Terminal.note(
      "traffic: \(traffic[.login]) logins, \(traffic[.channel]) channels, \(traffic[.turn]) turns\n"
    )
    #endif
  }
}
