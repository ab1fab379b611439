package import FleetResources
package import FleetTransport

/// Looks at a node.
package struct NodeProbe {
  /// Asks everything in `request` in one round trip.
  ///
  /// - Parameters:
  ///   - request: What to look at.
  ///   - connection: The node.
  ///   - nonce: 32 random hexadecimal digits, new for every call; marks the answer's sections.
  ///   - deadline: How long the whole look may take.
  /// - Returns: What is there.
  /// - Throws: `TransportError`; an answer without its trailer is `.connectionLost` in step `probe`,
  ///   whatever exit status was reported.
  package static func observe(
    _ request: ProbeRequest,
    over connection: any RemoteConnection,
    nonce: String,
    deadline: Duration = .seconds(60)
  ) async throws(TransportError) -> ObservedNode {
    let request = request.normalized
    let lines = request.lines(nonce: nonce)
    var command = RemoteCommand(
      program: RemoteScript.program,
      stdin: RemoteScript.input(script: ProbeScript.text, frames: [lines]),
      asRoot: true,
      deadline: deadline
    )
    command.look = RemoteCommand.Look(
      digest: ObserverScript.digest,
      stdin: RemoteScript.frame(lines)
    )
    let result = try await connection.run(command)
    do {
      return try ProbeParser.parse(result.stdout, request: request, nonce: nonce)
    } catch {
      let said = String(decoding: result.stderr.suffix(600), as: UTF8.self)
        .split(separator: "\n").last.map { "; it said: " + Printable.line(String($0)) }
      throw TransportError(.connectionLost, step: "probe", error.message + (said ?? ""))
    }
  }
}
