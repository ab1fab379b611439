package import FleetResources

/// Turns a node's answer into an observation: pure, and strict about what it does not know.
package struct ProbeParser {
  let request: ProbeRequest
  let sections: AnswerSections
  var node = ObservedNode()
  /// Wall clock minus monotonic clock in microseconds, to place stamps of old systemds.
  var bootMicroseconds = 0
  /// How long the machine ran when its clock was read.
  var uptimeMicroseconds = 0

  /// Parses `bytes`, the standard output of `ProbeScript`.
  ///
  /// - Parameters:
  ///   - bytes: All that came.
  ///   - request: What was asked: everything in it gets an answer, `unknown` where none came.
  ///   - nonce: The nonce of that conversation.
  /// - Returns: The observation.
  /// - Throws: `ProbeError` when the trailer is missing or counts wrongly, or the observer hides what
  ///   the plan needs.
  package static func parse(
    _ bytes: [UInt8],
    request: ProbeRequest,
    nonce: String
  ) throws(ProbeError) -> ObservedNode {
    var parser = ProbeParser(
      request: request,
      sections: try AnswerSections(bytes, nonce: nonce)
    )
    if let hidden = parser.sections.first("hidden") {
      throw ProbeError(
        code: .hidden,
        message:
          "the observer does not show \(Printable.line(hidden.text)): fleetctl does not manage it "
          + "yet, and only root may read it. Apply once, or plan without --read-only"
      )
    }
    parser.readSystem()
    parser.readDevices()
    parser.readPaths()
    parser.readUnits()
    parser.readListeners()
    parser.readPackages()
    parser.readAccounts()
    parser.readSysctls()
    parser.readSecrets()
    parser.readCertificates()
    parser.readPostgres()
    parser.readFirewall()
    parser.readOrigins()
    parser.readRecords()
    return parser.node
  }

  private init(request: ProbeRequest, sections: AnswerSections) {
    self.request = request
    self.sections = sections
  }
}
