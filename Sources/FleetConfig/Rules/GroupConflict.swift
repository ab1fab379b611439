internal import FleetDiagnostics
internal import FleetModel

/// Finds groups that give one node different values for one key.
///
/// *What it does*: compares `ssh`, `hardware` and role parameters of all groups that a node belongs to.
/// *Why it matters*: groups have no order, so nobody could say which value holds.
/// *Example*: `web: {nodes: [a], ssh: {user: www}}` beside `all: {nodes: ["*"], ssh: {user: ops}}`.
/// *Instead*: write the value at the node, which wins over its groups, or take it out of one group.
struct GroupConflict {
  /// A group's claim.
  struct Claim {
    let group: Int
    let span: SourceSpan?
  }

  private struct Case {
    let key: String
    let first: Claim
    let second: Claim
    let node: FleetNode
    var count = 1
  }

  private struct Pair: Hashable {
    let key: String
    let first: Int
    let second: Int
  }

  private var cases: [Case] = []
  private var positions: [Pair: Int] = [:]

  /// Notes that two groups of `node` disagree; a pair of groups is one finding for each key, however
  /// many nodes they share.
  mutating func add(_ key: String, _ first: Claim, _ second: Claim, _ node: FleetNode) {
    let pair = Pair(key: key, first: first.group, second: second.group)
    if let position = positions[pair] {
      cases[position].count += 1
      return
    }
    positions[pair] = cases.count
    cases.append(Case(key: key, first: first, second: second, node: node))
  }

  func findings(_ groups: [NodeGroup]) -> Diagnostics {
    var diagnostics = Diagnostics()
    for found in cases {
      let (first, second) = (groups[found.first.group].id, groups[found.second.group].id)
      let more = found.count - 1
      let others = more == 0 ? "" : " and \(more) more node\(more == 1 ? "" : "s")"
      diagnostics.add(
        Diagnostic(
          .groupConflict,
          "The groups `\(first)` and `\(second)` give `\(found.node.id)`\(others) different values "
            + "for `\(found.key)`, and groups have no order. Write the value at the node, which wins "
            + "over its groups, or take it out of one of them.",
          at: found.second.span,
          related: [
            RelatedSpan("the group `\(first)` gives another value", at: found.first.span),
            RelatedSpan("`\(found.node.id)` is in both", at: found.node.span),
          ],
          address: "node.\(found.node.id)"
        )
      )
    }
    return diagnostics
  }
}
