import CLibSSH2
import FleetTransport

/// A conversation with one shell on the node, over one channel: see `LastingShell`.
struct Talk {
  /// The shell's channel.
  let channel: OpaquePointer
  /// Names of the scripts that the shell has.
  var scripts: Set<String> = []
}

extension SSHConnection {
  /// Whether root's shell may stay open for more than one command.
  nonisolated var mayTalk: Bool { target.become != .observe }

  /// Says `commands` to the shell of the conversation, all at once, and waits for all answers.
  ///
  /// The first time it opens the channel. A shell that ends before its answer is whole (sudo refused,
  /// somebody killed it) ends the conversation.
  func converse(_ commands: [RemoteCommand]) async throws(TransportError) -> [RemoteResult] {
    let deadline = Deadline(in: commands.reduce(.zero) { $0 + $1.deadline })
    var scripts = talk?.scripts ?? []
    var marks: [String] = []
    var input: ByteChain = []
    for command in commands {
      guard let script = command.script else { continue }
      let mark = Self.newMark()
      let isKnown = !scripts.insert(script.name).inserted
      input.append(LastingShell.turn(command, script, mark: mark, isKnown: isKnown))
      marks.append(mark)
    }
    let upload = await Upload.begin(input.count, shared.uploads)
    defer { upload?.end() }
    let cap = commands.reduce(0) { $0 + $1.outputCap }
    var whole = RemoteCommand(program: LastingShell.program, asRoot: true)
    whole.input = input
    let invocation = try Invocation(
      whole,
      target,
      sudoPassword: shared.sudoPassword.text(for: target)
    )
    var flow: Flow
    let channel: OpaquePointer
    let isNew = talk == nil
    if let talk {
      channel = talk.channel
      flow = Flow(input: input, held: nil, cap: cap)
    } else {
      channel = try await openChannel(deadline)
      try await start(invocation.text, on: channel, deadline)
      flow = Flow(input: invocation.input, held: invocation.heldInput, cap: cap)
    }
    flow.upload = upload
    flow.lastMark = marks.last
    shared.traffic.count(.turn)
    try await pump(&flow, channel, deadline)
    guard flow.isAnswered else {
      talk = nil
      let status = try await finish(channel, deadline)
      guard isNew else { throw lost("run", "the shell on the node ended: status \(status)") }
      let result = try invocation.result(flow, status, target)
      let none = RemoteResult(stdout: [], stderr: [], exitStatus: status)
      return [result] + commands.dropFirst().map { _ in none }
    }
    talk = Talk(channel: channel, scripts: scripts)
    let answers = LastingShell.answers(in: flow.output, marks: marks)
    guard answers.count == commands.count else { throw lost("run", "an answer is missing") }
    return answers.map {
      RemoteResult(stdout: Array($0.output), stderr: flow.errors, exitStatus: $0.status)
    }
  }

  private static func newMark() -> String {
    let digits = [UInt64.random(in: 0...UInt64.max), UInt64.random(in: 0...UInt64.max)]
    return digits.map { String($0, radix: 16) }.joined(separator: "-")
  }
}
