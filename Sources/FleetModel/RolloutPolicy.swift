/// How many nodes of a role are changed at a time: `rollout:` of a role, or of `roles:` in fleet.yaml.
///
/// What is not said is nil: fleet.yaml's keys go over those of the role, one by one.
package struct RolloutPolicy: Sendable, Hashable {
  /// A number of nodes, or a part of those that carry the role.
  package enum Amount: Sendable, Hashable {
    case nodes(Int)
    /// 1 to 100.
    case percent(Int)

    /// Reads `3` or `25%`.
    ///
    /// Nil for anything else, for 0 and for more than 100%.
    package init?(_ text: String) {
      let isPart = text.hasSuffix("%")
      let digits = isPart ? text.dropLast() : Substring(text)
      guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        let number = Int(digits), number > 0, !isPart || number <= 100
      else { return nil }
      self = isPart ? .percent(number) : .nodes(number)
    }

    /// Returns how many of `count` nodes that are, at least one.
    package func count(of count: Int, roundingUp: Bool) -> Int {
      switch self {
      case .nodes(let nodes): nodes
      case .percent(let percent): max(1, (count * percent + (roundingUp ? 99 : 0)) / 100)
      }
    }
  }

  /// `batch:` how many are changed side by side; one when nobody says.
  package var batch: Amount?
  /// `max_unavailable:` how many may be down at once, those that are down already included.
  package var maxUnavailable: Amount?
  /// `max_failures:` how many may fail before no further batch is begun; none when nobody says.
  package var maxFailures: Int?
  /// `canary:` how many go first, alone; none of them may fail.
  package var canary: Int?

  /// Makes a policy that says nothing.
  package init() {}

  /// Returns this policy with what it does not say taken from `other`.
  package func over(_ other: RolloutPolicy?) -> RolloutPolicy {
    var merged = self
    merged.batch = batch ?? other?.batch
    merged.maxUnavailable = maxUnavailable ?? other?.maxUnavailable
    merged.maxFailures = maxFailures ?? other?.maxFailures
    merged.canary = canary ?? other?.canary
    return merged
  }

  /// What it says, as it would be written: `batch 25%, canary 1`.
  package var words: String {
    var words: [String] = []
    if let batch { words.append("batch \(batch)") }
    if let maxUnavailable { words.append("max_unavailable \(maxUnavailable)") }
    if let maxFailures { words.append("max_failures \(maxFailures)") }
    if let canary { words.append("canary \(canary)") }
    return words.joined(separator: ", ")
  }
}

extension RolloutPolicy.Amount: CustomStringConvertible {
  /// As it is written: `3` or `25%`.
  package var description: String {
    switch self {
    case .nodes(let nodes): "\(nodes)"
    case .percent(let percent): "\(percent)%"
    }
  }
}
