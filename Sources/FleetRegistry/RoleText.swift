internal import FleetDiagnostics
internal import FleetModel
internal import FleetRender

/// The pages of `fleetctl roles [NAME]` for people: plain text that ends with a line feed.
package enum RoleText {
  /// Returns the page of one role.
  package static func describe(_ role: Role, in registry: Registry) -> String {
    let summary = RoleSummary(registry: registry, role: role)
    var page = Page()
    page.line("\(role.name): \(role.summary)")
    page.blank()
    head(role, &page)
    facts(summary, &page)
    page.list("ports", role.ports.map { port($0, summary) })
    page.list("needs", role.needs.map { need($0, summary) })
    page.list("hardware", role.hardware.map(hardware))
    page.list("never beside", role.placement.apartFrom.map { "\($0.role): \($0.because)" })
    page.list("secrets", role.content.secrets.map { "\($0.key) in \(summary.text($0.file) ?? "")" })
    page.list("parameters", role.parameters.map { parameter($0, summary) })
    page.list("notes", role.notes)
    return page.text
  }

  /// Returns the table of all roles: name, layer, whether required, default nodes, summary.
  package static func table(_ registry: Registry) -> String {
    let rows = registry.sortedRoles.map { role in
      [
        role.name, role.layer.rawValue, role.required ? "required" : "optional", place(role),
        role.summary,
      ]
    }
    let header = ["ROLE", "LAYER", "NEEDED", "DEFAULT NODE", "SUMMARY"]
    let widths = header.indices.map { column in
      ([header] + rows).map { $0[column].count }.max() ?? 0
    }
    return ([header] + rows).map { row in
      let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
      return cells.dropLast().joined(separator: "  ") + "  " + (row.last ?? "") + "\n"
    }.joined()
  }

  private static func place(_ role: Role) -> String {
    switch role.placement.replicas {
    case .everyNode: "every node"
    case .everyPythonNode: "every Python node"
    case .one, .many: role.placement.defaultNodes.joined(separator: ", ")
    }
  }

  private static func head(_ role: Role, _ page: inout Page) {
    page.field("layer", role.layer.rawValue)
    page.field("required", role.required ? "yes" : "no")
    page.field("without it", role.degradedWithout)
    page.field("default node", place(role))
    let flags = [
      role.placement.portable ? "portable" : nil, role.placement.separable ? "separable" : nil,
      role.placement.replicas == .one ? "one in a fleet" : nil,
    ]
    page.field("placement", flags.compactMap { $0 }.joined(separator: ", "))
  }

  private static func facts(_ summary: RoleSummary, _ page: inout Page) {
    let role = summary.role
    page.field("services", summary.services.joined(separator: " "))
    page.field("packages", summary.packages.joined(separator: " "))
    page.field("installed in", summary.texts(role.facts.installDirectories).joined(separator: " "))
    page.field("source", role.facts.source)
    let python = [
      summary.text(role.facts.python?.version), role.facts.python?.environment,
      summary.text(role.facts.python?.path),
    ]
    page.field("python", python.compactMap { $0 }.joined(separator: ", "))
    page.field("nodejs", summary.text(role.facts.nodejs))
    page.field("build", role.facts.build)
    page.field("post sync", role.facts.postSync)
    page.field("databases", summary.databases.joined(separator: ", "))
    page.field("models", role.facts.models.joined(separator: ", "))
    if let startup = role.startup, let typical = summary.duration(startup.typical),
      let budget = summary.duration(startup.budget)
    {
      page.field("start-up", "\(typical.display), at most \(budget.display)")
    }
    let cost = role.restart.cost.map { ": \($0)" } ?? ""
    page.field("restart", role.restart.policy.rawValue + cost)
    page.field("updates", role.updatePolicy.rawValue)
    if let rollout = role.rollout { page.field("rollout", rollout.words) }
  }

  private static func port(_ port: Port, _ summary: RoleSummary) -> String {
    let number = summary.number(port).map(String.init) ?? port.number.text
    let flags = [
      "\(port.transport.rawValue)", port.scope.rawValue, port.optional ? "optional" : nil,
      port.when.map { "when \($0.text)" },
    ]
    let detail = flags.compactMap { $0 }.joined(separator: ", ")
    return "\(port.name) \(number) (\(detail))" + (port.doc.map { ": \($0)" } ?? "")
  }

  private static func need(_ need: Need, _ summary: RoleSummary) -> String {
    let endpoint = need.endpoint.map { ".\($0)" } ?? ""
    let number = summary.port(of: need).map { " :\($0)" } ?? ""
    let roles = need.roles.joined(separator: " or ")
    let flags = [need.hard ? "must" : "should", need.when.map { "when \($0.text)" }]
    let detail = flags.compactMap { $0 }.joined(separator: ", ")
    return "\(roles)\(endpoint)\(number) (\(detail))" + (need.doc.map { ": \($0)" } ?? "")
  }

  private static func hardware(_ need: HardwareNeed) -> String {
    let choices = need.choices.map { choice in
      (choice.vendors.isEmpty ? "any" : choice.vendors.joined(separator: "/")) + " " + choice.device
    }
    let flags = [
      need.exclusive ? "for itself" : nil, need.fallback == .cpu ? "else the CPU" : nil,
    ]
    let detail = flags.compactMap { $0 }.joined(separator: ", ")
    return choices.joined(separator: " or ") + (detail.isEmpty ? "" : " (\(detail))")
  }

  private static func parameter(_ parameter: Parameter, _ summary: RoleSummary) -> String {
    let value = summary.defaultText(parameter).map { $0.isEmpty ? "''" : $0 } ?? "no default"
    let unit = parameter.unit.map { " \($0)" } ?? ""
    return "\(parameter.name): \(parameter.kind.rawValue) = \(value)\(unit). \(parameter.doc)"
  }
}

/// A page of fields and lists.
private struct Page {
  private(set) var text = ""

  mutating func line(_ line: String) { text += displayable(line) + "\n" }

  mutating func blank() { text += "\n" }

  mutating func field(_ name: String, _ value: String?) {
    guard let value, !value.isEmpty else { return }
    line(name + String(repeating: " ", count: max(1, 14 - name.count)) + value)
  }

  mutating func list(_ name: String, _ items: [String]) {
    guard !items.isEmpty else { return }
    blank()
    line("\(name):")
    for item in items { line("  \(item)") }
  }
}
