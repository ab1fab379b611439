package import FleetResources
package import FleetTransport

/// Looks at a node.
package struct NodeProbe {
  private let request: ProbeRequest
  private let nonce: String
  /// The command to run on the node.
  package let command: RemoteCommand

  /// Makes the command that asks everything in `request`.
  ///
  /// - Parameters:
  ///   - request: What to look at.
  ///   - nonce: 32 random hexadecimal digits, new for every call; marks the answer's sections.
  ///   - lasts: Whether the conversation goes on afterwards.
  ///   - deadline: How long the whole look may take.
  package init(
    _ request: ProbeRequest,
    nonce: String,
    lasts: Bool = false,
    deadline: Duration = .seconds(60)
  ) {
    let request = request.normalized
    let frame = RemoteScript.frame(request.lines(nonce: nonce))
    var command = RemoteScript.command(
      "probe",
      ProbeScript.bytes,
      data: ByteChain(frame),
      lasts: lasts,
      deadline: deadline
    )
    command.look = RemoteCommand.Look(digest: ObserverScript.digest, stdin: frame)
    self.request = request
    self.nonce = nonce
    self.command = command
  }

  /// Reads what the node said.
  ///
  /// - Throws: `TransportError`; an answer without its trailer is `.connectionLost` in step `probe`,
  ///   whatever exit status was reported.
  package func observed(_ result: RemoteResult) throws(TransportError) -> ObservedNode {
    do {
      return try ProbeParser.parse(result.stdout, request: request, nonce: nonce)
    } catch {
      let said = String(decoding: result.stderr.suffix(600), as: UTF8.self)
        .split(separator: "\n").last.map { "; it said: " + Printable.line(String($0)) }
      throw TransportError(.connectionLost, step: "probe", error.message + (said ?? ""))
    }
  }

  /// Asks everything in `request` in one round trip.
  ///
  /// - Parameters:
  ///   - request: What to look at.
  ///   - connection: The node.
  ///   - nonce: 32 random hexadecimal digits, new for every call; marks the answer's sections.
  ///   - lasts: Whether the conversation goes on afterwards.
  /// - Returns: What is there.
  /// - Throws: `TransportError`; an answer without its trailer is `.connectionLost` in step `probe`,
  ///   whatever exit status was reported.
  package static func observe(
    _ request: ProbeRequest,
    over connection: any RemoteConnection,
    nonce: String,
    lasts: Bool = false
  ) async throws(TransportError) -> ObservedNode {
    let probe = NodeProbe(request, nonce: nonce, lasts: lasts)
    return try probe.observed(try await connection.run(probe.command))
  }
}
