#if FLEETCTL_FAILPOINTS
import Glibc
#endif

/// Places in an apply at which the fault matrix makes it wait or die (lab/faults/README.md).
///
/// Debug builds only, and only when `FLEETCTL_FAILPOINT` is set; in a release build `reach` is empty.
enum Failpoint {
  /// The places, in the order of an apply.
  enum Point {
    /// Before the first connection.
    case connect
    /// The nodes were looked at; nothing is planned.
    case gathered
    /// All locks are held.
    case locked
    /// The preconditions were read again under the locks.
    case checked
    /// Before a batch that only adds, one that writes files, one that starts services.
    case preparing, files, wave
    /// Before a request to a service.
    case health
    /// Before the new login that confirms, and after it.
    case confirming, confirmed
    /// Before the manifest is written.
    case manifest
    /// All stages are over; history and locks are not given back.
    case concluded
    /// Everything was given back; nothing is printed yet.
    case finished
  }

  /// Does what `FLEETCTL_FAILPOINT=POINT:ACTION` says, if it is this point.
  ///
  /// `pause` makes `POINT.reached` in `FLEETCTL_FAILPOINT_DIR` and waits while `POINT.hold` is there; `kill` ends
  /// the process as SIGKILL does.
  static func reach(_ point: Point) async {
    #if FLEETCTL_FAILPOINTS
    guard let wanted = Environment["FLEETCTL_FAILPOINT"] else { return }
    let words = wanted.split(separator: ":")
    guard words.count == 2, words[0] == "\(point)" else { return }
    if words[1] == "kill" { kill(getpid(), SIGKILL) }
    guard words[1] == "pause", let folder = Environment["FLEETCTL_FAILPOINT_DIR"] else { return }
    let mark = open("\(folder)/\(point).reached", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    if mark >= 0 { close(mark) }
    while access("\(folder)/\(point).hold", F_OK) == 0 {
      try? await Task.sleep(for: .milliseconds(10))
    }
    #endif
  }
}
