package import FleetTransport
import Synchronization

/// One step of a login that succeeded.
package struct LoginStep: Sendable {
  /// `keys`, `resolve`, `connect`, `banner`, `key exchange`, `host key`, `login`; `jump` or `proxy` instead
  /// of `resolve` and `connect`; `dropped` before them for each try that a full sshd turned away; or `ssh`
  /// for all of the steps of a child `ssh` together.
  package let name: String
  /// What was found: addresses, algorithms, fingerprint, key; remote text already made printable.
  package let detail: String
  /// How long it took.
  package let duration: Duration
}

/// A login step by step, as `fleetctl ping` shows it.
package struct LoginTrace: Sendable {
  /// The steps that succeeded, in order.
  package let steps: [LoginStep]
  /// The connection, or what ended the login after the last step.
  package let outcome: Result<any RemoteConnection, TransportError>
}

/// Collects the steps of one login, with the time since the step before.
final class StepRecorder: Sendable {
  private let state = Mutex((last: Deadline.now(), steps: [LoginStep]()))

  /// What was recorded so far.
  var steps: [LoginStep] { state.withLock { $0.steps } }

  /// Starts the clock of the next step.
  func begin() {
    state.withLock { $0.last = Deadline.now() }
  }

  /// Ends a step.
  func mark(_ name: String, _ detail: String = "") {
    state.withLock { state in
      let now = Deadline.now()
      let duration = Duration.nanoseconds(Int64(now &- state.last))
      state.steps.append(LoginStep(name: name, detail: detail, duration: duration))
      state.last = now
    }
  }
}
