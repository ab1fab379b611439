import FleetConfig
import FleetDiagnostics
import FleetRegistry
import FleetTestSupport
import FleetView
import Testing

/// Fleets that graphs are drawn of.
enum GraphFleets {
  /// The fleet in the repository's root.
  static func autobot() throws -> ResolvedFleet {
    let text = try #require(SourceTree.text(at: SourceTree.root + "/fleet.yaml"))
    return try resolved(text, Registry.builtIn().0)
  }

  /// A fleet over roles that are given by the text of their `role.yaml` without name and summary.
  static func of(_ roles: [String: String], _ fleet: String) throws -> ResolvedFleet {
    let files = roles.map { name, text in
      SourceText(
        name: "roles/\(name)/role.yaml",
        text: "name: \(name)\nsummary: The \(name).\nlayer: business\n\(text)"
      )
    }
    let (registry, findings) = Registry.load(files: files, over: nil)
    try #require(findings.sorted().map(\.detail) == [])
    return try resolved(fleet, registry)
  }

  /// Load balancers, `count` web servers and databases.
  static func web(_ count: Int) throws -> ResolvedFleet {
    let many = "placement: {replicas: many}\n"
    var nodes = ""
    for index in 0..<count {
      let role = index < 2 ? "balancer" : index < 5 ? "database" : "web"
      nodes += "  \(role)-\(index): {address: 10.0.0.\(index + 1), roles: [\(role)]}\n"
    }
    return try of(
      [
        "balancer": many + "needs: [{role: web, endpoint: http, hard: true}]\n",
        "web": many + "ports: [{name: http, number: 8080, scope: fleet}]\n"
          + "needs: [{role: database, endpoint: sql, hard: true}]\n",
        "database": many + "ports: [{name: sql, number: 5432, scope: fleet}]\n",
      ],
      "version: 1\nfleet: web\nregistry: none\nnodes:\n" + nodes
    )
  }

  private static func resolved(_ text: String, _ registry: Registry) throws -> ResolvedFleet {
    var diagnostics = Diagnostics()
    let resolved = FleetValidator.validate(
      source: SourceText(name: "fleet.yaml", text: text),
      registry: registry,
      strict: false,
      into: &diagnostics
    )
    for finding in diagnostics.sorted() where finding.severity == .error {
      Issue.record("\(finding.detail)")
    }
    return try #require(resolved)
  }
}

extension FleetGraph {
  /// `backend -> redis` of every arrow that is drawn.
  var arrows: [String] {
    drawnEdges.map { "\(vertices[$0.from].id) -> \(vertices[$0.to].id)" }
  }

  func edge(_ from: String, _ to: String) -> Edge? {
    drawnEdges.first { vertices[$0.from].id == from && vertices[$0.to].id == to }
  }
}
