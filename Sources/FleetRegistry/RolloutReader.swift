package import FleetDiagnostics
package import FleetModel
package import FleetYAML

/// Reads `rollout:`, which a role.yaml and `roles:` of a fleet.yaml write alike.
package enum RolloutReader {
  /// The key.
  package static let key = "rollout"
  private static let keys = ["batch", "max_unavailable", "max_failures", "canary"]
  private static let most = 100_000

  /// Returns the policy; what does not fit is reported at its place and left out.
  package static func read(
    _ node: YAMLNode,
    into diagnostics: inout Diagnostics
  ) -> RolloutPolicy? {
    let reader = YAMLReader.schema
    guard
      let fields = reader.requireMapping(
        node,
        of: "`rollout`",
        allowedKeys: keys,
        into: &diagnostics
      )
    else { return nil }
    var policy = RolloutPolicy()
    policy.batch = amount(fields, "batch", into: &diagnostics)
    policy.maxUnavailable = amount(fields, "max_unavailable", into: &diagnostics)
    policy.maxFailures = fields.int("max_failures", in: 0...most, into: &diagnostics)
    policy.canary = fields.int("canary", in: 0...most, into: &diagnostics)
    return policy
  }

  private static func amount(
    _ fields: YAMLFields,
    _ key: String,
    into diagnostics: inout Diagnostics
  ) -> RolloutPolicy.Amount? {
    guard let node = fields[key],
      let text = YAMLReader.schema.anyText(node, into: &diagnostics)
    else { return nil }
    guard let amount = RolloutPolicy.Amount(text) else {
      let why =
        "`\(key)` is \(quoted(text)); it must be a number of nodes such as `2`, from 1 on, or a "
        + "part of those that carry the role, `1%` to `100%`."
      diagnostics.add(Diagnostic(.invalidValue, why, at: node.span, path: node.path))
      return nil
    }
    return amount
  }

  /// What is accepted.
  package static var shape: Shape {
    let amount = Shape.anyOf([.number(1...most), .string("^(0*[1-9][0-9]*|0*(100|[1-9][0-9]?)%)$")])
    return Shape.mapping([
      Field("batch", "How many nodes are changed side by side.", amount.like(2, "25%")),
      Field(
        "max_unavailable",
        "How many may be down at once, those that are down already included.",
        amount.like(1, "10%")
      ),
      Field(
        "max_failures",
        "How many may fail before no further batch is begun.",
        Shape.number(0...most).otherwise(0)
      ),
      Field(
        "canary",
        "How many go first, alone; none of them may fail.",
        Shape.number(0...most).otherwise(0)
      ),
    ]).described("How many nodes of the role are changed at a time.")
  }
}
