internal import FleetModel

extension StepSpec: Convergent {
  func request(into request: inout ProbeRequest) {
    request.paths.append(ProbeRequest.Path(stampPath, wantsContent: true))
    if !creates.isEmpty { request.paths.append(ProbeRequest.Path(creates)) }
  }

  func compare(_ look: Look) -> Comparison {
    if !creates.isEmpty {
      switch look.path(creates) {
      case .unknown(let why): return .unknown(why)
      case .absent:
        return .differs(Gap([.run], [Difference("creates", before: "absent", after: creates)]))
      case .value: break
      }
    }
    switch look.path(stampPath) {
    case .unknown(let why): return .unknown(why)
    case .absent:
      return .differs(
        Gap([.run], [Difference("inputs", before: "never run", after: "as declared")])
      )
    case .value(let seen):
      guard let content = seen.content else { return .unknown("its stamp could not be read") }
      let present = content.reveal { String(decoding: $0, as: UTF8.self) }
      if Self.trimmed(present) == stamp { return .inSync }
      return .differs(
        Gap([.run], [Difference("inputs", before: "those of the last run", after: "changed since")])
      )
    }
  }

  private static func trimmed(_ text: String) -> Substring {
    text.hasSuffix("\n") ? text.dropLast() : text[...]
  }

  func operations(_ look: Look) -> [NodeOperation] {
    guard compare(look).gap != nil else { return [] }
    var arguments = [name, user, directory, String(timeoutSeconds), stampPath, stamp]
    arguments += [String(environment.count)] + environment
    arguments.append(String(commands.count))
    for command in commands { arguments += [String(command.count)] + command }
    return [NodeOperation(.runStep, arguments, for: look.address)]
  }

  func desiredState(_ context: CompareContext) -> String? { stamp }

  func observedState(_ look: Look) -> String? {
    if !creates.isEmpty, look.path(creates) == .absent { return "absent" }
    return look.stampText(stampPath).map { String(Self.trimmed($0)) }
  }
}
