package import FleetModel

extension FirewallSpec: Convergent {
  /// The comment on the rule that keeps the operator's way in.
  package static let sshTag = "fleetctl:ssh"

  func request(into request: inout ProbeRequest) {
    request.firewall = true
  }

  /// The rules in normal form that must be there: `allow SOURCE PORT/PROTO # TAG` with `any` for
  /// anywhere, `allow in on INTERFACE # TAG`.
  package var rules: [String] {
    switch kind {
    case .allow(let source, let port, let transport):
      ["allow \(Self.normal(source)) \(port)/\(transport) # \(tag)"]
    case .allowInterface(let name): ["allow in on \(name) # \(tag)"]
    case .enabled(let port): ["allow any \(port)/tcp # \(Self.sshTag)"]
    }
  }

  /// The rules that it brings itself: the way in is not opened twice, since ufw(8) keeps one comment
  /// for a rule and both would go on changing it.
  private func rules(_ context: CompareContext) -> [String] {
    guard case .enabled(let port) = kind else { return rules }
    let isOpen = context.desired.resources.contains { other in
      guard case .firewall(let spec) = other.spec else { return false }
      guard case .allow(let source, let open, "tcp") = spec.kind else { return false }
      return open == port && Self.normal(source) == "any"
    }
    return isOpen ? [] : rules
  }

  /// A rule in normal form without its comment.
  package static func body(_ rule: String) -> String {
    let body = rule.split(separator: "#", maxSplits: 1).first ?? ""
    return body.last == " " ? String(body.dropLast()) : String(body)
  }

  private static func normal(_ source: String) -> String {
    if source.isEmpty || source.lowercased() == "anywhere" { return "any" }
    // ufw prints a host without its full-length mask.
    return source.hasSuffix("/32") ? String(source.dropLast(3)) : source
  }

  func compare(_ look: Look) -> Comparison {
    let seen: ObservedFirewall
    switch look.observed.firewall {
    case .unknown(let why):
      guard look.context.planned.packages["ufw"] != nil else { return .unknown(why) }
      seen = ObservedFirewall(active: false, rules: [])
    case .absent: seen = ObservedFirewall(active: false, rules: [])
    case .value(let value): seen = value
    }
    // ufw(8) keeps one comment for equal rules, whoever asked for them.
    let present = Set(seen.rules.map(Self.body))
    let missing = rules(look.context).filter { !present.contains(Self.body($0)) }
    var differences = missing.map { Difference("rule", before: "absent", after: $0) }
    guard case .enabled = kind else {
      return missing.isEmpty ? .inSync : .differs(Gap([.create], differences))
    }
    if !seen.active {
      differences.append(Difference("state", before: "inactive", after: "active"))
    }
    if differences.isEmpty { return .inSync }
    return .differs(Gap([seen.active ? .update : .enable], differences))
  }

  func operations(_ look: Look) -> [NodeOperation] {
    guard compare(look).gap != nil else { return [] }
    switch kind {
    case .allow, .allowInterface:
      return rules.map { Self.operation($0, deleting: false, look.address) }
    case .enabled:
      // The way in is opened before the door is shut.
      let words = [["default", "deny", "incoming"], ["--force", "enable"]]
      return rules(look.context).map { Self.operation($0, deleting: false, look.address) }
        + words.map { NodeOperation(.firewall, $0, for: look.address) }
    }
  }

  /// Returns the step that adds or deletes a rule given in normal form.
  package static func operation(
    _ rule: String,
    deleting: Bool,
    _ address: ResourceAddress
  ) -> NodeOperation {
    let halves = rule.split(separator: "#", maxSplits: 1)
    let words = (halves.first ?? "").split(separator: " ").map(String.init)
    let tag = halves.count > 1 ? String(halves[1].drop { $0 == " " }) : ""
    var arguments = deleting ? ["delete", "allow"] : ["allow"]
    if words.count == 4, words[1] == "in" {
      arguments += ["in", "on", words[3]]
    } else if words.count == 3 {
      let port = words[2].split(separator: "/").map(String.init)
      arguments += ["from", words[1], "to", "any", "port", port[0]]
      if port.count > 1 { arguments += ["proto", port[1]] }
    }
    if !tag.isEmpty, !deleting { arguments += ["comment", tag] }
    return NodeOperation(.firewall, arguments, for: address)
  }

  func desiredState(_ context: CompareContext) -> String? {
    if case .enabled = kind { return "active" }
    return rules.joined(separator: "\n")
  }

  func observedState(_ look: Look) -> String? {
    guard case .value(let seen) = look.observed.firewall else {
      return look.observed.firewall == .absent ? "absent" : nil
    }
    if case .enabled = kind { return seen.active ? "active" : "inactive" }
    let present = Set(seen.rules.map(Self.body))
    return rules.filter { present.contains(Self.body($0)) }.joined(separator: "\n")
  }
}
