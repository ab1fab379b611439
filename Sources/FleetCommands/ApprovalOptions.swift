import ArgumentParser
import FleetDiagnostics
import FleetModel

/// Whether somebody is asked before machines are changed.
struct ApprovalOptions: ParsableArguments {
  @Flag(
    name: [.customLong("auto-approve"), .customLong("auto-approve", withSingleDash: true)],
    help: "Do not ask."
  )
  var autoApprove = false

  /// Refuses where an answer is needed and nobody can give one, before any machine is contacted.
  ///
  /// - Parameter cure: What to do instead.
  /// - Throws: exit 8.
  func refuseUnasked(_ cure: String = "Give -auto-approve.") throws {
    guard autoApprove || Terminal.canAsk else {
      Terminal.note("error: nobody can be asked: standard input is no terminal. \(cure)\n")
      throw ExitStatus.notApproved.error
    }
  }

  /// Asks, unless that was waived; only `wanted` counts as consent.
  ///
  /// - Throws: `EarlyEnd` with exit 8.
  func ask(_ question: String, wanted: String = "yes") throws {
    guard !autoApprove, Terminal.ask(question) != wanted else { return }
    Terminal.note("Nothing was changed.\n")
    throw EarlyEnd(status: .notApproved, reason: "not approved")
  }
}

/// How long a node waits for a new login before it is as it was.
struct ConfirmOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How long a node waits for a new login to confirm the run before it takes it back: 5s to 1h.",
      valueName: "time"
    )
  )
  var confirmTimeout = "60s"

  /// - Throws: exit 64 for another time than 5 s to an hour.
  func window() throws -> TimeSpan {
    if let window = TimeSpan(confirmTimeout), (5...3600).contains(window.seconds) { return window }
    let given = quoted(confirmTimeout)
    Terminal.note("error: --confirm-timeout: \(given) is no time from 5s to 1h; write 60s or 5m\n")
    throw ExitStatus.usage.error
  }
}

/// How many nodes are changed at once.
struct ParallelismOptions: ParsableArguments {
  @Option(
    name: [.customLong("parallelism"), .customLong("parallelism", withSingleDash: true)],
    help: ArgumentHelp(
      "Change at most so many nodes at once, 1 or more; left out, all of a wave together. Looks, health checks, locks and taking back are not held up.",
      valueName: "nodes"
    )
  )
  var parallelism: String?

  /// - Throws: exit 64 for what is no number from 1 on.
  func limit() throws -> Int? {
    guard let parallelism else { return nil }
    if parallelism.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
      let limit = Int(parallelism), limit > 0
    {
      return limit
    }
    Terminal.note(
      "error: --parallelism: \(quoted(parallelism)) is no number of nodes; write 1 or more, or leave it out for all of a wave at once\n"
    )
    throw ExitStatus.usage.error
  }
}

/// How long a lock that somebody else has is waited for.
struct LockWaitOptions: ParsableArguments {
  @Option(
    name: [.customLong("lock-timeout"), .customLong("lock-timeout", withSingleDash: true)],
    help: ArgumentHelp(
      "How long to wait for a node that somebody else has locked: 30s, 5m.",
      valueName: "time"
    )
  )
  var lockTimeout = "0s"

  /// - Throws: exit 64 for what is no time.
  func wait() throws -> TimeSpan {
    if let wait = TimeSpan(lockTimeout) { return wait }
    Terminal.note("error: --lock-timeout: \(quoted(lockTimeout)) is no time; write 30s or 5m\n")
    throw ExitStatus.usage.error
  }
}
