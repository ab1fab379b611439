import FleetDiagnostics
import FleetModel
import FleetProbe
import FleetSSH
import FleetTransport

/// How far one node could be reached.
struct PingReport: Sendable {
  /// One step that succeeded.
  struct Step: Sendable {
    let name: String
    let detail: String
    let duration: Duration
  }

  let target: SSHTarget
  var steps: [Step] = []
  /// What ended it; nil when the node can be managed.
  var error: TransportError?

  /// Whether fleetctl can manage the node.
  var isWell: Bool { error == nil }

  /// One line: name, place, verdict, time.
  var headline: String {
    let total = steps.reduce(Duration.zero) { $0 + $1.duration }
    let place = "\(target.user)@\(target.host):\(target.port)"
    let verdict = isWell ? "ok" : "FAILED at \(error?.step ?? "")"
    return "\(target.node)  \(displayable(place))  \(verdict)  \(Self.milliseconds(total))"
  }

  /// The report as a JSON object.
  var json: JSONValue {
    var members: [(String, JSONValue)] = [
      ("node", .string(target.node)), ("host", .string(target.host)), ("port", .int(target.port)),
      ("user", .string(target.user)), ("ok", .bool(isWell)),
      (
        "steps",
        .array(
          steps.map {
            .object([
              ("name", .string($0.name)), ("microseconds", .int(Self.microseconds($0.duration))),
              ("detail", .string($0.detail)),
            ])
          }
        )
      ),
    ]
    if let error {
      members.append(
        (
          "failure",
          .object([
            ("step", .string(error.step)), ("code", .string(error.code.rawValue)),
            ("message", .string(error.message)),
            ("remedy", error.remedy.map(JSONValue.string) ?? .null),
          ])
        )
      )
    }
    return .object(members)
  }

  /// `12.3 ms`.
  static func milliseconds(_ duration: Duration) -> String {
    let tenths = (microseconds(duration) + 50) / 100
    return "\(tenths / 10).\(tenths % 10) ms"
  }

  private static func microseconds(_ duration: Duration) -> Int {
    let (seconds, attoseconds) = duration.components
    return Int(seconds) * 1_000_000 + Int(attoseconds / 1_000_000_000_000)
  }
}

extension FleetConnections {
  /// Goes through all steps of a login at every target, side by side; in the order of `targets`.
  ///
  /// Asks for the sudo password, once, when a node wants one and a terminal is there.
  func ping(_ targets: [SSHTarget]) async -> [PingReport] {
    var reports = await round(targets)
    let waiting = reports.indices.filter { reports[$0].error?.code == .sudoPasswordRequired }
    guard !waiting.isEmpty, let password = askForSudo(waiting.map { targets[$0] }) else {
      return reports
    }
    use(sudoPassword: password)
    let again = await round(waiting.map { targets[$0] })
    for (index, report) in zip(waiting, again) { reports[index] = report }
    return reports
  }

  private func round(_ targets: [SSHTarget]) async -> [PingReport] {
    await withTaskGroup(of: (Int, PingReport).self) { group in
      for (index, target) in targets.enumerated() {
        group.addTask { (index, await report(target)) }
      }
      var reports: [(Int, PingReport)] = []
      for await report in group { reports.append(report) }
      return reports.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  private func report(_ target: SSHTarget) async -> PingReport {
    var report = PingReport(target: target)
    let trace = await trace(to: target)
    report.steps = trace.steps.map {
      PingReport.Step(name: $0.name, detail: $0.detail, duration: $0.duration)
    }
    switch trace.outcome {
    case .failure(let error): report.error = error
    case .success(let connection):
      do throws(TransportError) {
        report.steps.append(try await Self.becomeRoot(connection, target))
        if let step = try await Self.recognise(connection, target) { report.steps.append(step) }
        report.steps.append(try await Self.findPrograms(connection, target))
      } catch {
        report.error = error
      }
      await connection.close()
    }
    return report
  }

  private static func becomeRoot(
    _ connection: any RemoteConnection,
    _ target: SSHTarget
  ) async throws(TransportError) -> PingReport.Step {
    let clock = ContinuousClock()
    let start = clock.now
    // The word tells our answer from what a login script may print.
    let result = try await connection.run(
      RemoteCommand(program: "echo fleetctl-uid $(id -u)", asRoot: true, deadline: .seconds(20))
    )
    let text = String(decoding: result.stdout, as: UTF8.self)
    guard text.contains("fleetctl-uid ") else {
      throw TransportError(
        .connectionLost,
        step: "sudo",
        "\(target.node) does not run commands: it answered"
          + " “\(PrintableText.line(result.stdout + result.stderr, limit: 120))”",
        remedy: "Give \(target.user) a POSIX login shell, and no forced command."
      )
    }
    guard text.contains("fleetctl-uid 0\n") else {
      throw TransportError(
        .sudoNotAllowed,
        step: "sudo",
        "\(target.user) is not root on \(target.node), and `become` is `\(target.become.rawValue)`",
        remedy: "Set `ssh.become: sudo`, or log in as root."
      )
    }
    let how = target.become == .sudo ? "sudo works" : "logged in as root"
    return PingReport.Step(name: "sudo", detail: how, duration: clock.now - start)
  }

  /// Compares what the machine says it is with fleet.lock; nil where there is none.
  private static func recognise(
    _ connection: any RemoteConnection,
    _ target: SSHTarget
  ) async throws(TransportError) -> PingReport.Step? {
    guard let pin = target.pin else { return nil }
    let clock = ContinuousClock()
    let start = clock.now
    let identity = try await NodeIdentity.read(over: connection, nonce: Nonce.make())
    try identity.check(pin, of: target.node)
    let parts = [
      pin.machineID == nil ? nil : "machine-id", pin.nodeID == nil ? nil : "node id",
    ].compactMap { $0 }
    return PingReport.Step(
      name: "identity",
      detail: parts.isEmpty
        ? "fleet.lock pins the host key alone; `fleetctl hosts trust \(target.node)` adds the rest"
        : parts.joined(separator: " and ") + " as fleet.lock pins them",
      duration: clock.now - start
    )
  }

  /// Programs of the probe and of the runtime on the node; their packages in Debian.
  private static let programs = [
    ("sh", "dash"), ("stat", "coreutils"), ("sha256sum", "coreutils"), ("readlink", "coreutils"),
    ("head", "coreutils"), ("mv", "coreutils"), ("od", "coreutils"), ("tar", "tar"),
    ("sed", "sed"), ("find", "findutils"), ("getent", "libc-bin"), ("flock", "util-linux"),
    ("setsid", "util-linux"), ("systemctl", "systemd"), ("systemd-run", "systemd"),
    ("ss", "iproute2"), ("dpkg-query", "dpkg"), ("apt-get", "apt"),
  ]

  private static func findPrograms(
    _ connection: any RemoteConnection,
    _ target: SSHTarget
  ) async throws(TransportError) -> PingReport.Step {
    let clock = ContinuousClock()
    let start = clock.now
    let names = programs.map(\.0).joined(separator: " ")
    let script = """
      PATH=/usr/sbin:/usr/bin:/sbin:/bin
      for p in \(names); do command -v "$p" >/dev/null 2>&1 || echo "fleetctl-lacks $p"; done
      echo fleetctl-done
      """
    let result = try await connection.run(
      RemoteCommand(program: "sh -s", stdin: Array(script.utf8), deadline: .seconds(20))
    )
    let lines = String(decoding: result.stdout, as: UTF8.self).split(separator: "\n")
    guard lines.last == "fleetctl-done" else {
      throw TransportError(
        .connectionLost,
        step: "programs",
        "\(target.node) has no POSIX `sh`, or it was cut off",
        remedy: "fleetctl needs a Debian or Ubuntu system with systemd."
      )
    }
    let missing = programs.filter { lines.contains("fleetctl-lacks \($0.0)") }
    guard missing.isEmpty else {
      let packages = Set(missing.map(\.1)).sorted().joined(separator: " ")
      throw TransportError(
        .internalFailure,
        step: "programs",
        "\(target.node) lacks \(missing.map(\.0).joined(separator: ", "))",
        remedy: "Install them there:\n  apt-get install \(packages)"
      )
    }
    return PingReport.Step(
      name: "programs",
      detail: "all \(programs.count) are there",
      duration: clock.now - start
    )
  }
}
