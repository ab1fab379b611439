import ArgumentParser
import FleetApply
import FleetDiagnostics
import FleetPlan
import FleetView
import Glibc
import Synchronization

/// Where the events of a run go: stdout with `--format jsonl`, a file with `--events`.
///
/// Told or not, the run goes on: an output that is gone is remembered, and the command fails at the end.
final class RunStream: Sendable {
  /// How far the command is; an interrupt is answered differently in each.
  enum Phase {
    /// Nothing was begun: an interrupt ends the command at once.
    case planning
    /// Locks are taken: an interrupt gives them back first. Nothing was changed yet.
    case locking
    /// Nodes are being changed.
    case underWay
  }

  /// Names the run, here and on the nodes.
  let run: String
  /// Whether stdout gets events and so nothing else.
  let isEventful: Bool
  private let began = ContinuousClock().now
  private let state: Mutex<State>

  private struct State {
    var events: RunEvents
    var phase = Phase.planning
    var file: Int32?
    var isBroken = false
    var isPlanOnly: Bool
  }

  /// Begins; events also go to the file at `path`.
  ///
  /// - Throws: `ExitCode` when the file cannot be made.
  init(_ command: String, eventful: Bool, path: String? = nil) throws {
    // A reader that went away must not end a run in the middle.
    if command != "plan" || eventful || path != nil { signal(SIGPIPE, SIG_IGN) }
    run = String(Nonce.make().prefix(12))
    isEventful = eventful
    var state = State(events: RunEvents(run: run), isPlanOnly: command == "plan")
    if let path {
      let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
      guard file >= 0 else {
        let why = String(cString: strerror(errno))
        Terminal.note("error: --events: \(displayable(path)) cannot be written: \(why)\n")
        throw ExitStatus.failure.error
      }
      state.file = file
    }
    self.state = Mutex(state)
    tell(
      .version,
      "fleetctl \(Version.current)",
      [("fleetctl", .string(Version.current)), ("events", .string(RunEvents.version))]
    )
    tell(.runStart, "\(command) begins", [("command", .string(command))])
  }

  /// Tells one event.
  func tell(
    _ type: EventType,
    level: String = "info",
    _ message: String,
    _ members: [(String, JSONValue)] = []
  ) {
    guard isWanted else { return }
    state.withLock { state in
      let line = state.events.line(type, level: level, message, members, at: Clock.now)
      write(line.map { [$0] } ?? [], &state)
    }
  }

  /// Tells what is planned.
  func tell(_ plan: PlanFile) {
    guard isWanted else { return }
    state.withLock { state in write(state.events.plan(plan, at: Clock.now), &state) }
  }

  /// Tells that work on addresses began, each once.
  func tell(begun addresses: [String], stage: String) {
    guard isWanted else { return }
    state.withLock { state in
      let lines = addresses.compactMap { state.events.began($0, stage: stage, at: Clock.now) }
      write(lines, &state)
    }
  }

  /// Tells how the look at a node ended.
  func tell(look node: String, failed: (step: String, cause: String)?, milliseconds: Int) {
    guard isWanted else { return }
    state.withLock { state in
      let line = state.events.look(node, failed: failed, milliseconds: milliseconds, at: Clock.now)
      write(line.map { [$0] } ?? [], &state)
    }
  }

  /// Tells findings of validation, sorted.
  func tell(_ findings: Diagnostics, _ sources: [String: SourceText]) {
    guard isWanted else { return }
    for finding in findings.sorted() {
      tell(
        .diagnostic,
        level: finding.severity == .error
          ? "error" : finding.severity == .warning ? "warn" : "info",
        finding.detail,
        [("node", .null), ("diagnostic", JSONDiagnostics.object(finding, sources: sources))]
      )
    }
  }

  /// Tells how addresses ended.
  func tell(_ endings: [AddressEnding]) {
    guard isWanted else { return }
    state.withLock { state in
      write(endings.compactMap { state.events.terminal($0, at: Clock.now) }, &state)
    }
  }

  /// Shows people the plan or the last table: on stdout, or on stderr where events are there.
  func show(_ text: String) throws {
    if isEventful { return Terminal.note(text) }
    try Terminal.result(text)
  }

  /// Says how far the command is.
  func enter(_ phase: Phase) { state.withLock { $0.phase = phase } }

  /// Tells the end, once; returns the exit code, which is a failure where an output was lost.
  func end(
    _ status: ExitStatus,
    _ reason: String,
    _ summary: [(String, JSONValue)] = [],
    nothingToDo: Bool = false
  ) -> ExitStatus {
    state.withLock { state in
      var (status, reason) = (status, reason)
      if state.isBroken, status == .success || status == .changes {
        status = .failure
        reason = "an output of events was lost"
      }
      let end = RunEnd(
        result: nothingToDo && status == .success ? "no_changes" : status.word,
        exitCode: Int(status.rawValue),
        reason: reason,
        summary: summary,
        milliseconds: Int(began.duration(to: ContinuousClock().now) / .milliseconds(1))
      )
      let lines = state.events.end(
        end,
        isPlanOnly: state.isPlanOnly,
        isUnderWay: state.phase == .underWay,
        at: Clock.now
      )
      if isEventful || state.file != nil { write(lines, &state) }
      if state.isBroken, status == .success || status == .changes { status = .failure }
      return status
    }
  }

  /// Ends the process on an interrupt while nothing was begun, and on the second one later.
  ///
  /// The signal handler may not write events; this looks at what it counted.
  func watchInterrupts() -> Task<Void, Never> {
    Interrupt.watch()
    return Task { [self] in
      while !Task.isCancelled {
        do { try await Task.sleep(for: .milliseconds(50)) } catch { return }
        let count = Interrupt.number
        guard count > 0 else { continue }
        let phase = state.withLock { $0.phase }
        guard phase == .planning || count > 1 else { continue }
        let isUnderWay = phase == .underWay
        let reason =
          isUnderWay
          ? "interrupted twice: what was under way was dropped; the nodes take it back by themselves"
          : "interrupted; nothing was changed"
        let status = end(Interrupt.status, reason)
        Terminal.note("\(reason).\n")
        _exit(status.rawValue)
      }
    }
  }

  /// Carries a command out; tells its end whatever is thrown, and leaves with its exit code.
  func carry(_ command: () async throws -> ExitStatus) async throws -> Never {
    let watcher = watchInterrupts()
    defer { watcher.cancel() }
    let status: ExitStatus
    do {
      status = try await command()
    } catch let early as EarlyEnd {
      status = end(early.status, early.reason)
    } catch let code as ExitCode {
      let given = ExitStatus(rawValue: code.rawValue) ?? .internalError
      status = end(given, given == .success ? "" : "see standard error")
    } catch {
      Terminal.note("error: \(displayable("\(error)"))\n")
      status = end(.internalError, "\(error)")
    }
    throw status.error
  }

  private var isWanted: Bool { isEventful || state.withLock { $0.file != nil } }

  private func write(_ lines: [String], _ state: inout State) {
    guard !lines.isEmpty else { return }
    let text = lines.joined(separator: "\n") + "\n"
    if isEventful, !state.isBroken, !Terminal.write(text, to: STDOUT_FILENO) {
      state.isBroken = true
      Terminal.note(
        "error: events cannot be written to standard output any more; the run goes on\n"
      )
    }
    if let file = state.file, !Terminal.write(text, to: file) {
      state.file = nil
      state.isBroken = true
      Terminal.note("error: the file of events cannot be written any more; the run goes on\n")
    }
  }
}

/// The wall clock, for people and logs only.
enum Clock {
  /// RFC 3339 in UTC with milliseconds.
  static var now: String {
    var moment = timespec()
    clock_gettime(CLOCK_REALTIME, &moment)
    let fraction = String(1000 + moment.tv_nsec / 1_000_000).dropFirst()
    return "\(text(moment)).\(fraction)Z"
  }

  /// RFC 3339 in UTC of so many seconds ago.
  static func ago(_ seconds: Int) -> String {
    var moment = timespec()
    clock_gettime(CLOCK_REALTIME, &moment)
    moment.tv_sec -= seconds
    return text(moment) + "Z"
  }

  private static func text(_ moment: timespec) -> String {
    var moment = moment
    var parts = tm()
    gmtime_r(&moment.tv_sec, &parts)
    var text = [CChar](repeating: 0, count: 32)
    strftime(&text, text.count, "%Y-%m-%dT%H:%M:%S", &parts)
    let length = text.firstIndex(of: 0) ?? 0
    return String(decoding: text[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

extension ExitStatus {
  /// The word of `run_end`.
  var word: String {
    switch self {
    case .success, .changes: "success"
    case .failure, .usage, .unformatted: "failed"
    case .partial: "partial"
    case .refused: "refused"
    case .conflict: "conflict"
    case .lockHeld: "locked"
    case .notApproved: "cancelled"
    case .unreachable: "unreachable"
    case .rolledBack: "rolled_back"
    case .identityRefused: "identity_refused"
    case .nodeFrozen: "frozen"
    case .outcomeUnknown: "unknown"
    case .internalError: "internal_error"
    case .interrupted, .terminated: "interrupted"
    }
  }
}

/// Why a command ends early: its exit status and the sentence of `run_end`.
struct EarlyEnd: Error {
  let status: ExitStatus
  let reason: String
}
