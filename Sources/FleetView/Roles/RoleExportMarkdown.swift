internal import FleetConfig
internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry
internal import FleetRender

extension RoleExport {
  /// The document in GitHub's Markdown, ending with a line feed.
  package var markdown: String {
    var page = MarkdownPage()
    page.heading(1, "Roles of the fleet `\(resolved.fleet.name)`")
    page.text(
      "Written by `fleetctl roles export` from the roles and the fleet; changes by hand are lost. Parameters have "
        + "their defaults, except in the tables of nodes and ports."
    )
    writeConflicts(&page)
    page.heading(2, "Roles")
    for role in resolved.registry.sortedRoles { write(role, &page) }
    writeNodes(&page)
    writePorts(&page)
    writeDependencies(&page)
    writeDatabases(&page)
    writeDegraded(&page)
    return page.output
  }

  // MARK: Conflicts

  private func writeConflicts(_ page: inout MarkdownPage) {
    page.heading(2, "Role conflicts")
    page.text("Pairs of roles that `fleetctl validate` refuses on one node, tried pair by pair.")
    page.heading(3, "Ports")
    page.table(
      ["Role A", "Role B", "Port", "Reason", "Condition"],
      conflicts.ports.map { conflict in
        let uses = zip(conflict.roles, conflict.uses).map { "`\($0)`: \($1)" }
        let number = conflict.transport == "tcp" ? "" : " \(conflict.transport)"
        return [
          "`\(conflict.roles[0])`", "`\(conflict.roles[1])`", "\(conflict.number)\(number)",
          uses.joined(separator: "; "), conflict.condition.map { "`\($0)`" } ?? "—",
        ]
      }
    )
    page.heading(3, "Hardware")
    page.table(
      ["Role", "Needs", "For itself", "Without it"],
      resolved.registry.sortedRoles.flatMap { role in
        role.hardware.map { need in
          [
            "`\(role.name)`", need.sentence, need.exclusive ? "yes" : "no",
            need.fallback == .cpu ? "runs on the CPU" : "is refused",
          ]
        }
      }
    )
    page.table(
      ["Role A", "Role B", "Cannot share"],
      conflicts.devices.map { ["`\($0.roles[0])`", "`\($0.roles[1])`", "one \($0.device)"] }
    )
    if !conflicts.claims.isEmpty {
      page.heading(3, "Units and paths")
      page.table(
        ["Role A", "Role B", "Finding"],
        conflicts.claims.map {
          ["`\($0.roles[0])`", "`\($0.roles[1])`", Self.firstSentence($0.detail)]
        }
      )
    }
    page.heading(3, "Placement")
    page.table(
      ["Role", "Never beside", "Because"],
      resolved.registry.sortedRoles.flatMap { role in
        role.placement.apartFrom.map { ["`\(role.name)`", "`\($0.role)`", $0.because] }
      }
    )
  }

  private static func firstSentence(_ text: String) -> String {
    guard let end = text.firstRange(of: ". ") else { return text }
    return String(text[..<end.upperBound].dropLast())
  }

  // MARK: Roles

  private func write(_ role: Role, _ page: inout MarkdownPage) {
    let summary = RoleSummary(registry: resolved.registry, role: role)
    page.heading(3, "`\(role.name)`")
    page.table(["Field", "Value"], rows(role, summary).map { ["**\($0.0)**", $0.1] })
    guard !role.parameters.isEmpty else { return }
    page.table(
      ["Parameter", "Type", "Default", "Meaning"],
      role.parameters.map { parameter in
        let value = summary.defaultText(parameter).map { $0.isEmpty ? "empty" : "`\($0)`" }
        let unit = parameter.unit.map { " \($0)" } ?? ""
        return [
          "`\(parameter.name)`", parameter.kind.rawValue, (value ?? "none: must be given") + unit,
          parameter.doc,
        ]
      }
    )
  }

  private func rows(_ role: Role, _ summary: RoleSummary) -> [(String, String)] {
    let facts = role.facts
    let flags = [
      role.placement.separable ? "separable" : nil, role.placement.portable ? "portable" : nil,
    ]
    let place = [defaultPlace(role)] + flags.compactMap { $0 }
    let python = [summary.text(facts.python?.version), facts.python?.environment]
      .compactMap { $0 }.joined(separator: " ")
    let environment = summary.text(facts.python?.path).map { "`\($0)`" }
    let startup = role.startup.flatMap { startup -> String? in
      guard let typical = summary.duration(startup.typical),
        let budget = summary.duration(startup.budget)
      else { return nil }
      return "\(typical.display), at most \(budget.display)"
    }
    let fields: [(String, String?)] = [
      ("Description", role.summary), ("Layer", role.layer.rawValue),
      ("Default node", place.joined(separator: ", ")), ("Required", role.required ? "yes" : "no"),
      ("Systemd services", Self.code(summary.services)),
      ("Ports", role.ports.map { port($0, summary) }.joined(separator: "<br>")),
      ("Install dirs", Self.code(summary.texts(facts.installDirectories))),
      ("Python", [python, environment ?? ""].filter { !$0.isEmpty }.joined(separator: ", ")),
      ("Node.js", summary.text(facts.nodejs)),
      ("System packages", Self.code(summary.packages, separator: " ")),
      ("Depends on", role.needs.map { need($0, summary) }.joined(separator: "<br>")),
      ("Hardware", role.hardware.map(\.sentence).joined(separator: "<br>")),
      ("Playbook", facts.playbook.map { Self.code($0.split(separator: ", ").map(String.init)) }),
      ("Source path", facts.source.map { "`\($0)`" }), ("Build", facts.build.map { "`\($0)`" }),
      ("Post-sync", facts.postSync.map { "`\($0)`" }),
      ("Key packages", facts.keyPackages.joined(separator: ", ")),
      ("Models", facts.models.joined(separator: ", ")),
      ("Databases", Self.code(summary.databases)),
      ("Secrets", Self.code(secrets(role, summary))),
      ("Data", Self.code(data(role, summary))), ("Start-up", startup),
      ("Restart", role.restart.policy.rawValue + (role.restart.cost.map { ": \($0)" } ?? "")),
      ("Updates", role.updatePolicy.rawValue), ("Degraded without", role.degradedWithout),
      ("Notes", role.notes.joined(separator: "<br>")),
    ]
    return fields.map { ($0.0, $0.1.flatMap { $0.isEmpty ? nil : $0 } ?? "—") }
  }

  private func defaultPlace(_ role: Role) -> String {
    switch role.placement.replicas {
    case .everyNode: "every node"
    case .everyPythonNode: "every node with a Python service"
    case .one, .many: role.placement.defaultNodes.map { "`\($0)`" }.joined(separator: ", ")
    }
  }

  private func port(_ port: Port, _ summary: RoleSummary) -> String {
    let number = summary.number(port).map(String.init) ?? "`\(port.number.text)`"
    let detail = [
      port.transport == .udp ? "udp" : nil, port.scope.rawValue, port.optional ? "optional" : nil,
      port.when.map { "when `\($0.text)`" },
    ].compactMap { $0 }.joined(separator: ", ")
    return "\(port.name) \(number) (\(detail))"
      + (port.doc.map { ": \($0.withoutFullStop)" } ?? "")
  }

  private func need(_ need: Need, _ summary: RoleSummary) -> String {
    let names = need.roles.map { "`\($0)`" }.joined(separator: " or ")
    let port = summary.port(of: need).map { " :\($0)" } ?? ""
    let detail = [need.hard ? nil : "wanted", need.when.map { "when `\($0.text)`" }]
      .compactMap { $0 }.joined(separator: ", ")
    return names + port + (detail.isEmpty ? "" : " (\(detail))")
      + (need.doc.map { ": \($0)" } ?? "")
  }

  private func secrets(_ role: Role, _ summary: RoleSummary) -> [String] {
    role.content.secrets.map { "\($0.key) in \(summary.text($0.file) ?? $0.file.text)" }
  }

  private func data(_ role: Role, _ summary: RoleSummary) -> [String] {
    summary.texts(role.content.directories.filter(\.data).map(\.path))
  }

  private static func code(_ items: [String], separator: String = ", ") -> String {
    items.map { "`\($0)`" }.joined(separator: separator)
  }

  // MARK: The fleet

  private func writeNodes(_ page: inout MarkdownPage) {
    page.heading(2, "Nodes")
    page.table(
      ["Address", "Node", "Roles", "Python", "Node.js"],
      nodes.map { row in
        let roles =
          row.roles.isEmpty
          ? (row.isReserved ? "in reserve" : "—") : row.roles.joined(separator: ", ")
        return [
          row.address, "`\(row.node)`", roles, MarkdownPage.list(row.python),
          MarkdownPage.list(row.nodejs),
        ]
      }
    )
    let everywhere = resolved.registry.sortedRoles.filter(\.isEverywhere)
    for role in everywhere {
      let names = resolved.instances(of: role.name).map { "`\($0.node.id)`" }
      let nodes = names.count == resolved.nodes.count ? "every node" : names.joined(separator: ", ")
      page.text("`\(role.name)` runs on \(nodes) without being listed.")
    }
  }

  private func writePorts(_ page: inout MarkdownPage) {
    page.heading(2, "Ports")
    page.table(
      ["Port", "Service", "Nodes", "Exposed to"],
      ports.map { row in
        let count = resolved.nodes.count
        let nodes =
          row.nodes.count == count && count > 1 ? "every node" : MarkdownPage.list(row.nodes)
        return [
          row.transport == "tcp" ? "\(row.number)" : "\(row.number) \(row.transport)",
          "`\(row.role)` (\(row.names.joined(separator: ", ")))", nodes,
          row.isOff ? "off here: \(row.exposed)" : row.exposed,
        ]
      }
    )
  }

  private func writeDependencies(_ page: inout MarkdownPage) {
    page.heading(2, "Dependency graph")
    var places: [String: String] = [:]
    for role in resolved.registry.sortedRoles {
      let nodes = resolved.instances(of: role.name).map(\.node.id.name)
      let isEvery = nodes.count == resolved.nodes.count && nodes.count > 1
      places[role.name] =
        isEvery ? "every node" : nodes.isEmpty ? nil : NameList.short(nodes, most: 2)
    }
    let roles = resolved.registry.sortedRoles.map(\.name)
    page.block(DependencyTree.lines(dependencies, roles: roles, places: places))
    page.table(
      ["Role", "Needs", "Port", "Kind", "For"],
      dependencies.map { row in
        let kind = [row.isHard ? "needed" : "wanted", row.condition.map { "when `\($0)`" }]
        return [
          "`\(row.role)`", row.providers.map { "`\($0)`" }.joined(separator: " or "),
          row.port.map { "\($0)" } ?? "—", kind.compactMap { $0 }.joined(separator: ", "),
          row.doc ?? "—",
        ]
      }
    )
  }

  private func writeDatabases(_ page: inout MarkdownPage) {
    guard !databases.isEmpty else { return }
    page.heading(2, "Databases")
    page.table(
      ["Database", "Owner", "Role", "Nodes", "Condition", "Password in"],
      databases.map { row in
        [
          "`\(row.name)`", "`\(row.owner)`", "`\(row.role)`", MarkdownPage.list(row.nodes),
          row.condition.map { "`\($0)`" } ?? "always", row.credentials.map { "`\($0)`" } ?? "—",
        ]
      }
    )
  }

  private func writeDegraded(_ page: inout MarkdownPage) {
    page.heading(2, "Without a role")
    page.table(
      ["Role", "Fleet without it", "What is missing"],
      resolved.registry.sortedRoles.map { role in
        [
          "`\(role.name)`", role.required ? "critical: refused" : "degraded",
          role.degradedWithout ?? "—",
        ]
      }
    )
  }
}

extension HardwareNeed {
  /// `nvidia gpu`, `intel npu or nvidia gpu`.
  fileprivate var sentence: String {
    choices.map { choice in
      (choice.vendors.isEmpty ? "any" : choice.vendors.joined(separator: "/")) + " \(choice.device)"
    }.joined(separator: " or ")
  }
}
