import FleetDigest
import FleetModel
import FleetResources

/// One made-up role on one node: its wanted state in a version, as resources and as plain facts.
///
/// The facts are what the judge compares a node with: they come from here, not from the planner.
package struct SimApp: Sendable {
  var name: String
  /// Words of its configuration: what the service does is read from them.
  var words = ["value=1"]
  var unitWords = ["Type=simple"]
  var mode = 0o644
  var port = 0
  var wave = 0
  var budget = 20
  var reloads = false
  var hasUser = false
  var package: String?
  var link: String?
  var extras: [String] = []
  var sysctl: String?
  var hasSecret = false
  var hasStep = false
  var checksHTTP = false

  var unit: String { name + ".service" }
  private var folder: String { "/etc/" + name }
  private var configuration: String { folder + "/main.conf" }
  private var unitPath: String { "/etc/systemd/system/" + unit }
  private static let sysctlPath = "/etc/sysctl.d/90-sim.conf"
  private var text: String { words.joined(separator: "\n") + "\n" }
  private var unitText: String {
    (["[Service]", "Reads=" + configuration] + unitWords).joined(separator: "\n") + "\n"
  }

  /// Files by path, with mode and owner.
  private var files: [(path: String, text: String, mode: Int, owner: String)] {
    var files = [
      (configuration, text, mode, hasUser ? name : "root"), (unitPath, unitText, 0o644, "root"),
    ]
    for (index, extra) in extras.enumerated() {
      files.append(("\(folder)/extra-\(index)", extra, 0o644, "root"))
    }
    if let sysctl { files.append((Self.sysctlPath, "sim.\(name)=\(sysctl)\n", 0o644, "root")) }
    return files
  }

  /// Paths and units that it manages in the part of an apply that goes back.
  var managed: (paths: [String], units: [String]) {
    (files.map(\.path) + (link == nil ? [] : ["/opt/\(name)-link"]), [unit])
  }

  /// How every managed thing looks when it is as wanted; by its line in `SimFleet.look`.
  var facts: [String: String] {
    var facts: [String: String] = [:]
    for file in files {
      let digest = SHA256.hex(Array(file.text.utf8))
      facts[file.path] = "file \(digest) \(String(file.mode, radix: 8)) \(file.owner) root"
    }
    if let link { facts["/opt/\(name)-link"] = "link \(link)" }
    facts[unit] = "enabled active " + Self.loaded(unitText + text)
    if let sysctl { facts["sim.\(name)"] = sysctl }
    return facts
  }

  static func loaded(_ text: String) -> String { String(SHA256.hex(Array(text.utf8)).prefix(12)) }

  /// What is wanted of it on `node`.
  func resources(on node: NodeID) -> [Resource] {
    func make(_ kind: ResourceKind, _ name: String, _ spec: ResourceSpec) -> Resource {
      Resource(
        ResourceAddress(node, kind, name),
        role: self.name,
        spec: spec,
        wave: wave,
        origin: "sim:1:1"
      )
    }
    let root = Ownership(owner: "root", group: "root", mode: 0o755)
    var made = [
      make(.dir, folder, .directory(DirectorySpec(path: folder, ownership: root, data: false)))
    ]
    if hasUser {
      made.append(make(.group, name, .group(GroupSpec(name: name))))
      made.append(make(.user, name, .user(UserSpec(name: name, group: name))))
    }
    if let package { made.append(make(.package, package, .package(PackageSpec(name: package)))) }
    for file in files {
      var spec = FileSpec(
        path: file.path,
        content: FileContent(text: file.text),
        ownership: Ownership(owner: file.owner, group: "root", mode: file.mode)
      )
      if file.path == configuration {
        spec.effect = reloads ? ChangeEffect(reload: [unit]) : ChangeEffect(restart: [unit])
      }
      if file.path == unitPath {
        spec.effect = ChangeEffect(restart: [unit])
        spec.isUnitDefinition = true
      }
      made.append(make(.file, file.path, .file(spec)))
    }
    if let link {
      let path = "/opt/\(name)-link"
      made.append(make(.link, path, .link(LinkSpec(path: path, target: link))))
    }
    if let sysctl {
      let spec = SysctlSpec(key: "sim.\(name)", value: sysctl)
      made.append(make(.sysctl, spec.key, .sysctl(spec)))
    }
    if hasSecret { made.append(make(.secret, "\(name).token", .secret(secret))) }
    if hasStep { made.append(make(.step, "\(name).build", .step(step))) }
    made.append(make(.unit, unit, .unit(unitSpec)))
    return made
  }

  private var secret: SecretSpec {
    SecretSpec(
      id: SecretID(role: name, name: "token"),
      file: folder + "/secrets.env",
      key: "TOKEN",
      length: 32,
      ownership: Ownership(owner: "root", group: "root", mode: 0o600)
    )
  }

  private var step: StepSpec {
    StepSpec(
      name: name + ".build",
      creates: "",
      user: "root",
      directory: "/",
      commands: [["true"]],
      environment: [],
      stamp: SHA256.hex(Array(extras.joined().utf8)),
      phase: .build,
      reversible: true,
      effect: ChangeEffect(),
      timeoutSeconds: 60
    )
  }

  private var unitSpec: UnitSpec {
    var spec = UnitSpec(name: unit, enabled: true, state: .started)
    spec.declaredBudget = TimeSpan(milliseconds: budget * 1000)
    guard port > 0 else { return spec }
    spec.ports = [
      .init(addresses: ["0.0.0.0"], number: port, transport: "tcp", scope: "public")
    ]
    let kind: HealthCheckSpec.Kind =
      checksHTTP
      ? .http(
        host: "127.0.0.1",
        port: port,
        path: "/",
        https: false,
        status: 200,
        bodyContains: "ok"
      )
      : .tcp(host: "127.0.0.1", port: port)
    spec.checks = [HealthCheckSpec(kind: kind, startingStatuses: [502, 503])]
    return spec
  }
}
