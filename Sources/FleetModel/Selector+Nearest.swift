internal import FleetDiagnostics

extension Selector {
  /// Returns why the selector matches no role on no node of `fleet`, with the nearest names; nil when
  /// it matches something.
  ///
  /// `fleet` holds each node with all its roles.
  package func unmatched(in fleet: [(subject: Subject, roles: [String])]) -> String? {
    // A node without a role can still be meant by a selector that does not speak of roles.
    let isMatched = fleet.contains { node in
      (node.roles.isEmpty ? [""] : node.roles).contains { matches(node.subject, role: $0) }
    }
    if isMatched { return nil }
    for part in requirements where !part.isNegated {
      if let why = Self.unmatched(part, in: fleet) { return why }
    }
    return "No node has all of that at once."
  }

  private static func unmatched(
    _ part: Requirement,
    in fleet: [(subject: Subject, roles: [String])]
  ) -> String? {
    var values: Set<String> = []
    for node in fleet {
      values.formUnion(part.key == "role" ? node.roles : node.subject.values(part.key))
    }
    if part.finds(values.sorted()) { return nil }
    guard words.contains(part.key) || !values.isEmpty else {
      let keys = Set(fleet.flatMap { $0.subject.labels.keys }).union(words).sorted()
      let near = NearestName.question(part.key, in: keys).map { " " + $0 } ?? ""
      return "No node has the label `\(part.key)`.\(near)"
    }
    let wanted = part.values.map { "`\($0)`" }.joined(separator: " or ")
    let near = part.values.lazy.compactMap { NearestName.question($0, in: values.sorted()) }.first
    let nothing =
      switch part.key {
      case _ where part.values.isEmpty: "No node has a \(part.key)."
      case "node": "There is no node \(wanted)."
      case "group": "No node is in the group \(wanted)."
      case "role": "No node has the role \(wanted)."
      default: "No node has the label `\(part.key)` with the value \(wanted)."
      }
    return nothing + (near.map { " " + $0 } ?? "")
  }
}
