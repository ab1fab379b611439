import FleetDiagnostics
import FleetModel
import FleetPlan
import FleetResources

/// A node with a plain service, nginx (reloads) and redis (restarts), applied once.
struct OneNode {
  static let id = Make.node("n1")
  static let site = "/etc/nginx/site"
  static let conf = "/etc/redis.conf"
  static let webUnit = "/etc/systemd/system/web.service"

  var fleet = SimulatedFleet()
  let id = Self.id

  static var wanted: [Resource] {
    [
      Make.resource(id, .package, "nginx", .package(PackageSpec(name: "nginx"))),
      Make.resource(id, .package, "redis", .package(PackageSpec(name: "redis"))),
      Make.file(
        id,
        site,
        FileContent(text: "listen 80;\n"),
        effect: .init(reload: ["nginx.service"])
      ),
      Make.file(
        id,
        conf,
        FileContent(text: "port 6379\n"),
        role: "redis",
        effect: .init(restart: ["redis.service"])
      ),
      Make.file(
        id,
        webUnit,
        FileContent(text: "[Service]\n"),
        effect: .init(restart: ["web.service"])
      ),
      Make.unit(id, "nginx.service"),
      Make.unit(id, "redis.service", role: "redis") {
        $0.startupTypical = TimeSpan(milliseconds: 360_000)
        $0.dependents = ["celery on 01-Backend"]
        $0.restartCost = "all queues stand still"
      },
      Make.unit(id, "web.service"),
    ]
  }

  init() throws {
    var node = SimulatedNode()
    node.packageUnits = ["nginx": ["nginx.service"], "redis": ["redis.service"]]
    fleet.nodes[id] = node
    fleet.roles[id] = ["redis", "web"]
    fleet.wanted[id] = Self.wanted
    try fleet.apply(try fleet.plan())
  }

  /// Forgets what processes have loaded, as if the record had never been written.
  mutating func forgetRecord() {
    guard var manifest = fleet.nodes[id]?.seen.manifest.known else { return }
    manifest.loaded = [:]
    fleet.nodes[id]?.setManifest(manifest)
  }

  mutating func edit(_ path: String, _ text: String) { fleet.nodes[id]?.edit(path, text) }

  mutating func systemctl(_ verb: String, _ unit: String) {
    fleet.nodes[id]?.systemctl(verb, unit)
  }

  /// Replaces one wanted resource.
  mutating func want(_ resource: Resource) {
    fleet.wanted[id]?.removeAll { $0.address == resource.address }
    fleet.wanted[id]?.append(resource)
  }

  /// `WORDS KIND:NAME [LABEL]` of each change, in order.
  mutating func planned() throws -> [String] { Self.lines(try fleet.plan()) }

  static func lines(_ plan: Plan) -> [String] {
    plan.changes.map { change in
      let words = change.actions.map(\.rawValue).joined(separator: ",")
      return
        "\(words) \(change.address.kind.rawValue):\(change.address.name) [\(change.label.rawValue)]"
    }
  }
}
