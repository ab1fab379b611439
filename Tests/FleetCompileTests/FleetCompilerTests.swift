import FleetCompile
import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetResources
import FleetTestSupport
import Testing

/// The AutoBot fleet of the repository's root, compiled.
@Suite struct FleetCompilerTests {
  @Test func theAutoBotFleetCompilesWithoutAFinding() throws {
    let (nodes, diagnostics) = try compiled()
    #expect(diagnostics.all.isEmpty)
    #expect(nodes.count == 9)
    for node in nodes { #expect(!node.resources.isEmpty, "\(node.node.id)") }
  }

  @Test func equalInputGivesEqualResources() throws {
    #expect(try compiled().nodes.map(\.resources) == compiled().nodes.map(\.resources))
  }

  @Test func everyAddressStandsOnce() throws {
    for node in try compiled().nodes {
      #expect(Set(node.resources.map(\.address)).count == node.resources.count)
    }
  }

  @Test func aPasswordIsAHoleInEveryFileThatHoldsIt() throws {
    let redis = try file("/etc/redis-stack.conf", on: "04-Databases")
    #expect(redis.content.plainText == nil)
    #expect(redis.content.secrets == [SecretID(role: "redis", name: "redis_password")])
    let backend = try file("/etc/autobot/autobot-backend.env", on: "01-Backend")
    #expect(backend.content.secrets.contains(SecretID(role: "redis", name: "redis_password")))
    #expect(backend.mergesKeys)
    #expect(backend.ownership.display == "0640 root:autobot-backend")
  }

  @Test func databasesHaveTheirDocumentedOwners() throws {
    let found = try compiled().nodes.flatMap { node in
      node.resources.compactMap { resource -> String? in
        guard case .database(let database) = resource.spec else { return nil }
        return "\(node.node.id) \(database.name) \(database.owner)"
      }
    }
    #expect(
      found.sorted() == [
        "00-SLM-Manager autobot_users slm_app", "00-SLM-Manager slm slm_app",
        "00-SLM-Manager slm_users slm_app", "04-Databases autobot autobot",
      ]
    )
  }

  @Test func theBackendSaysWhatARestartCosts() throws {
    let unit = try unit("autobot-backend.service", on: "01-Backend")
    #expect(unit.startupTypical == TimeSpan(milliseconds: 360_000))
    #expect(!unit.restartCost.isEmpty)
    #expect(unit.dependents.contains("frontend on 02-Frontend"))
    let consumed = unit.consumes.filter { !$0.reload }.map(\.path)
    #expect(consumed.contains("/etc/autobot/autobot-backend.env"))
    #expect(consumed.contains("/etc/systemd/system/autobot-backend.service"))
  }

  @Test func aCommandAsksTheServiceThatTheRoleIsAboutAndNotWhatStandsBesideIt() throws {
    let units = try compiled().nodes.flatMap { node in
      node.resources.flatMap { resource -> [String] in
        guard case .unit(let unit) = resource.spec else { return [] }
        return unit.checks.compactMap { check in
          guard case .command(_, let arguments, _) = check.kind else { return nil }
          let program = arguments.first?.split(separator: "/").last ?? ""
          let isDatabase = program == "pg_isready"
          return "\(node.node.id) \(unit.name): "
            + (isDatabase ? arguments.joined(separator: " ") : String(program))
        }
      }
    }
    #expect(
      units.sorted() == [
        "00-SLM-Manager postgresql@16-main.service: pg_isready -q -p 5432",
        "01-Backend autobot-celery.service: systemd-run",
        "04-Databases postgresql@16-main.service: pg_isready -q -p 5432",
        "04-Databases redis-stack-server.service: redis-health",
      ]
    )
  }

  @Test func theBackendsNginxSiteReloadsNginxAndNothingElse() throws {
    let nginx = try unit("nginx.service", on: "01-Backend")
    let site = try #require(nginx.consumes.first { $0.path.hasSuffix("autobot-backend.conf") })
    #expect(site.reload)
    let backend = try unit("autobot-backend.service", on: "01-Backend")
    #expect(!backend.consumes.contains { $0.path.contains("nginx") })
  }

  @Test func providersStartBeforeTheirConsumers() throws {
    let redis = try resource(.unit, "redis-stack-server.service", on: "04-Databases").wave
    let stack = try resource(.unit, "autobot-ai-stack.service", on: "03-AI-Stack").wave
    let backend = try resource(.unit, "autobot-backend.service", on: "01-Backend").wave
    #expect(redis < stack)
    #expect(stack < backend)
  }

  @Test func theOperatorsOwnAccessIsAllowedOnEveryNodeBeforeTheFirewallIsOn() throws {
    for node in try compiled().nodes {
      let rules = node.resources.compactMap { resource -> FirewallSpec.Kind? in
        if case .firewall(let spec) = resource.spec { spec.kind } else { nil }
      }
      #expect(rules.contains(.allow(source: "", port: 22, transport: "tcp")), "\(node.node.id)")
      #expect(rules.contains(.enabled(sshPort: 22)), "\(node.node.id)")
    }
  }

  @Test func everyNodeTrustsTheFleetsAuthority() throws {
    for node in try compiled().nodes {
      let paths = node.resources.map(\.address.name)
      #expect(paths.contains("/etc/fleetctl/ca.pem"), "\(node.node.id)")
    }
  }

  // MARK: Material

  private func compiled() throws -> (nodes: [NodeResources], diagnostics: Diagnostics) {
    var diagnostics = Diagnostics()
    let (registry, _) = Registry.builtIn()
    let fleet = FleetValidator.validate(
      source: SourceText(
        name: "fleet.yaml",
        text: try #require(FleetTestSupport.SourceTree.text(at: "fleet.yaml"))
      ),
      registry: registry,
      strict: false,
      into: &diagnostics
    )
    let compiler = FleetCompiler(try #require(fleet), sources: NoTrees())
    return (compiler.compile(into: &diagnostics), diagnostics)
  }

  private func resource(_ kind: ResourceKind, _ name: String, on node: String) throws -> Resource {
    let found = try #require(compiled().nodes.first { $0.node.id.name == node })
    return try #require(
      found.resources.first { $0.address.kind == kind && $0.address.name == name }
    )
  }

  private func file(_ path: String, on node: String) throws -> FileSpec {
    guard case .file(let spec) = try resource(.file, path, on: node).spec else {
      throw Missing(what: path)
    }
    return spec
  }

  private func unit(_ name: String, on node: String) throws -> UnitSpec {
    guard case .unit(let spec) = try resource(.unit, name, on: node).spec else {
      throw Missing(what: name)
    }
    return spec
  }

  private struct Missing: Error {
    let what: String
  }
}

/// A machine without the source trees.
private struct NoTrees: SourceTrees {
  func files(of source: String, path: String, excludes: [String]) -> FleetCompile.SourceTree {
    .missing(localPath: path, why: "not here")
  }
}
