package import FleetModel
package import FleetTransport

/// What a node says it is: read on every connection that does not look at the whole node anyway.
package struct NodeIdentity: Hashable, Sendable {
  /// `/etc/machine-id`, empty where there is none.
  package let machineID: String
  /// `/var/lib/fleetctl/node-id`, empty where there is none.
  package let nodeID: String

  /// Makes an identity.
  package init(machineID: String, nodeID: String) {
    self.machineID = machineID
    self.nodeID = nodeID
  }

  /// Reads the identity as root, in one round trip.
  ///
  /// - Parameters:
  ///   - connection: The node.
  ///   - nonce: 32 random hexadecimal digits, new for every call.
  ///   - newNodeID: The id that a node without one is given, 32 lower case hexadecimal digits; nil
  ///     changes nothing.
  /// - Returns: What the node says.
  /// - Throws: `TransportError`; an answer without its trailer is `.connectionLost`.
  package static func read(
    over connection: any RemoteConnection,
    nonce: String,
    newNodeID: String? = nil
  ) async throws(TransportError) -> NodeIdentity {
    let request = Array("\(nonce)\n\(newNodeID ?? "-")\n".utf8)
    let result = try await connection.run(
      RemoteScript.command(
        "identity",
        Array(script.utf8),
        data: ByteChain(RemoteScript.frame(request)),
        lasts: true,
        deadline: .seconds(20)
      )
    )
    let answer: AnswerSections
    do {
      answer = try AnswerSections(result.stdout, nonce: nonce)
    } catch {
      let said = PrintableText.line(result.stderr.suffix(400))
      let message = error.message + (said.isEmpty ? "" : "; it said: " + said)
      throw TransportError(.connectionLost, step: "identity", message)
    }
    func value(_ name: String) -> String { Printable.line(answer.first(name)?.text ?? "") }
    return NodeIdentity(machineID: value("machine"), nodeID: value("node"))
  }

  /// Refuses another machine than the one that is pinned; values that are not pinned are not compared.
  package func check(_ pin: NodePin, of node: String) throws(TransportError) {
    try Self.compare("machine-id", pin.machineID, machineID, node)
    try Self.compare("node id", pin.nodeID, nodeID, node)
  }

  private static func compare(
    _ what: String,
    _ pinned: String?,
    _ found: String,
    _ node: String
  ) throws(TransportError) {
    guard let pinned, pinned != found else { return }
    throw TransportError(
      .identityRefused,
      step: "identity",
      "another machine answers for \(node): fleet.lock pins the \(what) \(pinned), it has "
        + (found.isEmpty ? "none" : found),
      remedy:
        "Nothing was changed there. If the node was installed anew, compare its host key with its"
        + " console's, then:\n  fleetctl hosts trust --rotate \(node)"
    )
  }

  // ln(1) makes the file with its content or not at all, and never replaces one.
  private static let script = #"""
    identify() {
      PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
      export PATH LC_ALL
      IFS= read -r length && IFS= read -r nonce && IFS= read -r new || return 1
      folder=/var/lib/fleetctl
      printf '\n@@%s begin 0\n' "$nonce"
      machine= node=
      [ ! -r /etc/machine-id ] || IFS= read -r machine </etc/machine-id || :
      if [ "$new" != - ] && [ ! -s "$folder/node-id" ]; then
        umask 077
        [ -d "$folder" ] || mkdir "$folder" || return 1
        printf '%s\n' "$new" >"$folder/.node-id.$$" || return 1
        sync "$folder/.node-id.$$" 2>/dev/null || sync
        own=$folder/.node-id.$$
        ln "$own" "$folder/node-id" 2>/dev/null || mv "$own" "$folder/node-id" || return 1
        rm -f "$own"
      fi
      [ ! -r "$folder/node-id" ] || IFS= read -r node <"$folder/node-id" || :
      printf '%s' "$machine"; printf '\n@@%s machine 0\n' "$nonce"
      printf '%s' "$node"; printf '\n@@%s node 0\n' "$nonce"
      printf '\n@@%s end 3\n' "$nonce"
    }
    identify
    """#
}
