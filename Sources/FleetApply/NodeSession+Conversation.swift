import FleetProbe
import FleetResources
package import FleetTransport

extension NodeSession {
  /// How often a lost connection is opened anew before the outcome counts as unknown.
  static var reconnects: Int { 5 }

  /// One conversation without a batch; over a new connection where the one in use was lost.
  ///
  /// Each of these may be said twice: the second time finds what the first did.
  func converse(_ lines: [String]) async throws(ApplyError) -> AnswerSections {
    do {
      return try await overLiveConnection { _ async throws(TransportError) in
        try await self.exchange([self.request(lines)])[0]
      }
    } catch {
      throw Self.failure(error)
    }
  }

  /// As `converse`, and looks at the node in the same round trip, after what `lines` ask for.
  func converse(
    _ lines: [String],
    thenLook look: ProbeRequest
  ) async throws(ApplyError) -> (answer: AnswerSections, look: RemoteResult, probe: NodeProbe) {
    let probe = NodeProbe(look, nonce: random(), lasts: true)
    do {
      return try await overLiveConnection { _ async throws(TransportError) in
        let request = await self.request(lines)
        let results = try await self.connection.run([request.command, probe.command])
        return (try request.answer(in: results[0]), results[1], probe)
      }
    } catch {
      throw Self.failure(error)
    }
  }

  /// Does `body` over the connection in use, and once more over a new one where that was lost.
  ///
  /// - Throws: What `body` or the new login throws.
  package func overLiveConnection<Result: Sendable>(
    _ body: @Sendable (any RemoteConnection) async throws(TransportError) -> Result
  ) async throws(TransportError) -> Result {
    let number = connectionNumber
    do {
      return try await body(connection)
    } catch {
      guard error.code == .connectionLost || error.code == .closed else { throw error }
      // Somebody else may have opened it anew meanwhile.
      if number == connectionNumber { use(try await reconnect()) }
      return try await body(connection)
    }
  }

  /// Talks over `fresh` from now on.
  func use(_ fresh: any RemoteConnection) {
    connection = fresh
    connectionNumber += 1
  }

  private static func failure(_ error: TransportError) -> ApplyError {
    ApplyError(.transport(error), error.message)
  }

  /// What to say to the node's runtime: header lines, and frames behind them.
  func request(_ lines: [String], frames: ByteChain = [], seconds: Int = 0) -> RuntimeRequest {
    let nonce = random()
    let header =
      [
        "nonce=" + nonce, "state=" + layout.stateDirectory, "run=" + layout.runDirectory,
        "script=" + RuntimeScript.digest,
      ] + lines
    var data = ByteChain(RemoteScript.frame((header.joined(separator: "\n") + "\n").utf8))
    data.append(frames)
    return RuntimeRequest(
      nonce: nonce,
      command: RemoteScript.command(
        "runtime",
        RuntimeScript.bytes,
        data: data,
        lasts: true,
        deadline: .seconds(60 + seconds + frames.count >> 17)
      )
    )
  }

  /// Sends requests and takes their answers apart, in one round trip.
  private func exchange(
    _ requests: [RuntimeRequest]
  ) async throws(TransportError) -> [AnswerSections] {
    let results = try await connection.run(requests.map(\.command))
    var answers: [AnswerSections] = []
    for (request, result) in zip(requests, results) {
      answers.append(try request.answer(in: result))
    }
    return answers
  }

  /// Hands a batch over and follows it to its end, over new connections if need be.
  func run(
    _ records: [BatchRecord],
    _ transaction: String,
    _ name: String,
    inline: Bool,
    _ progress: @Sendable (Int, OperationResult) -> Void,
    _ waiting: @Sendable (WaitingUnit) -> Void = { _ in }
  ) async throws(ApplyError) -> [OperationResult] {
    guard Self.isName(transaction), Self.isName(name) else {
      throw ApplyError(.invalidArgument, "'\(transaction)/\(name)' is no name of a batch")
    }
    let batch = try EncodedBatch(records)
    let whole = batch.frames
    var plan = try takePlan(of: transaction)
    var run = BatchRun(expected: records.count)
    var sends = true
    while true {
      var lines = [
        "command=" + (sends ? "batch" : "follow"), "token=" + (token ?? ""),
        "transaction=" + transaction, "batch=" + name, "from=\(run.results.count)",
        "wait=\(layout.followSeconds)",
        "launcher=" + (inline ? "inline" : layout.launcher.rawValue),
      ]
      if let armed, armed.transaction == transaction { lines.append("window=\(armed.window)") }
      if sends { lines += batch.header }
      // Where the first batch is there already, the node asks nothing.
      if !inline, !hasBegun {
        lines.append("asks=1")
        if sends { lines += preconditions.map { "expect=" + $0 } }
      }
      do {
        let request = request(lines, frames: sends ? whole : [], seconds: layout.followSeconds)
        let answers = try await exchange((plan.map { [$0] } ?? []) + [request])
        if plan != nil, let said = answers.first { learn(aboutPlan: said) }
        plan = nil
        guard let answer = answers.last else { continue }
        if let unit = WaitingUnit(answer) { waiting(unit) }
        switch try run.take(answer, progress) {
        case .finished:
          hasBegun = hasBegun || !inline
          return run.results
        case .running:
          hasBegun = hasBegun || !inline
          sends = false
        // It never arrived whole: sent again, under the same name, it can still only run once.
        case .missing: sends = true
        }
      } catch let error as TransportError {
        try await recover(from: error, &run)
        sends = false
      } catch let error as ApplyError {
        throw error
      } catch {
        throw ApplyError(.protocolViolation, "an error of an unknown kind")
      }
    }
  }

  /// Opens the connection anew after `error`, or says that nobody knows what became of the batch.
  private func recover(from error: TransportError, _ run: inout BatchRun) async throws(ApplyError) {
    var last = error
    while run.losses < Self.reconnects {
      run.losses += 1
      await pause(.seconds(1 << (run.losses - 1)))
      do {
        use(try await reconnect())
        return
      } catch {
        last = error
      }
    }
    throw ApplyError(
      .unknownOutcome,
      "the connection was lost and what became of the batch cannot be read: \(last.message)",
      results: run.results.count
    )
  }

  private static func isName(_ name: String) -> Bool {
    let plain = name.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
        || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F
    }
    return plain && !name.isEmpty && name.utf8.count <= 100 && !name.hasPrefix(".")
  }
}

/// One request to the node's runtime.
struct RuntimeRequest: Sendable {
  /// Marks the sections of its answer.
  let nonce: String
  /// As it is sent.
  let command: RemoteCommand

  /// Takes the answer apart.
  ///
  /// An answer without its trailer is a lost connection, whatever exit status was reported.
  func answer(in result: RemoteResult) throws(TransportError) -> AnswerSections {
    do {
      return try AnswerSections(result.stdout, nonce: nonce)
    } catch {
      let said = PrintableText.line(result.stderr.suffix(400))
      let message = error.message + (said.isEmpty ? "" : "; it said: " + said)
      throw TransportError(.connectionLost, step: "run", message)
    }
  }
}

/// What is known of a batch while it runs.
struct BatchRun {
  /// Where a batch stands.
  enum State {
    case finished, running, missing
  }

  /// Number of operations.
  let expected: Int
  /// Results so far, in order.
  var results: [OperationResult] = []
  /// Connections lost so far.
  var losses = 0
  private var idle = 0

  /// Makes a run without results.
  init(expected: Int) { self.expected = expected }

  /// Takes what one round trip brought.
  mutating func take(
    _ answer: AnswerSections,
    _ progress: (Int, OperationResult) -> Void
  ) throws(ApplyError) -> State {
    var fenced = false
    for section in answer.all where section.name.hasPrefix("result:") {
      let words = section.name.split(separator: ":")
      guard words.count == 3, Int(words[1]) == results.count else { continue }
      fenced = fenced || words[2] == "fenced"
      let result = OperationResult(
        status: OperationResult.Status(rawValue: String(words[2])) ?? .failed,
        milliseconds: section.status,
        output: Array(section.payload)
      )
      results.append(result)
      progress(results.count - 1, result)
    }
    guard let state = answer.all.last(where: { $0.name.hasPrefix("state:") }) else {
      throw ApplyError(.protocolViolation, "the node did not say where the batch stands")
    }
    if fenced { throw NodeSession.lostLease }
    return try place(state)
  }

  private mutating func place(_ state: AnswerSection) throws(ApplyError) -> State {
    let said = Printable.line(state.text)
    switch state.name {
    case "state:finished":
      guard results.count == expected else {
        throw ApplyError(
          .unknownOutcome,
          "the node lost results of the batch",
          results: results.count
        )
      }
      return .finished
    case "state:rejected":
      let why = results.first { $0.status == .failed }?.output ?? []
      throw ApplyError(.rejected(results), PrintableText.line(why))
    case "state:powerless": throw NodeSession.notAllowed(state)
    case "state:moved":
      let what = Preconditions.moved(state.text)
      let more = what.count > 10 ? ", and \(what.count - 10) more" : ""
      throw ApplyError(
        .moved(what),
        "moved since the plan, so nothing was done here: "
          + what.prefix(10).joined(separator: ", ") + more + "; plan again"
      )
    case "state:running":
      idle = 0
      return .running
    case "state:waiting":
      idle += 1
      guard idle < 3 else {
        throw ApplyError(
          .unknownOutcome,
          "the node accepted the batch and has not begun it; it may yet"
        )
      }
      return .running
    case "state:missing":
      idle += 1
      guard idle < 3 else {
        throw ApplyError(.stagingFailed, "the batch does not arrive on the node")
      }
      return .missing
    case "state:interrupted":
      throw ApplyError(
        .unknownOutcome,
        "the batch was cut off on the node after \(results.count) of \(expected) operations",
        results: results.count
      )
    case "state:refused":
      throw ApplyError(.notStarted, "the node would not start the batch: \(said)")
    case "state:corrupt":
      throw ApplyError(
        .stagingFailed,
        "the batch did not arrive whole, or there is no room for it under /var/lib; nothing was done"
      )
    case "state:fenced": throw NodeSession.lostLease
    default: throw ApplyError(.protocolViolation, "the node says '\(state.name)'")
    }
  }
}
