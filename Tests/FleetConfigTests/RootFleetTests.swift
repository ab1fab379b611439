import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetTestSupport
import Testing

/// The fleet.yaml in the repository's root, and what follows from it.
@Suite struct RootFleetTests {
  private func root(strict: Bool = false) throws -> Validation {
    let text = try #require(SourceTree.text(at: SourceTree.root + "/fleet.yaml"))
    return Validation(text, strict: strict)
  }

  @Test func itHasNoErrorAndNoWarningThatIsNotWaived() throws {
    let run = try root()
    #expect(run.diagnostics.sorted().map(\.detail) == [])
    #expect(run.resolved != nil)
  }

  @Test func itIsValidWhenWarningsAreErrorsToo() throws {
    let run = try root(strict: true)
    #expect(run.resolved != nil)
  }

  @Test func agentsAreOnEveryNodeAndTheSharedLibraryWherePythonServicesRun() throws {
    let resolved = try #require(root().resolved)
    #expect(resolved.instances(of: "slm-agent").count == 9)
    #expect(resolved.instances(of: "slm-agent").count { $0.automatic } == 9)
    let shared = resolved.instances(of: "autobot-shared").map(\.node.id.name)
    #expect(shared.contains("01-Backend"))
    #expect(!shared.contains("06-Node-27"))
    #expect(!shared.contains("04-Databases"))
  }

  @Test func providersStartBeforeTheirConsumers() throws {
    let resolved = try #require(root().resolved)
    var wave: [String: Int] = [:]
    for (index, instances) in resolved.order.enumerated() {
      for instance in instances { wave[instance.address] = index }
    }
    #expect(wave.count == resolved.instances.count)
    for instance in resolved.instances {
      for dependency in instance.dependencies where dependency.isOrdered {
        for provider in resolved.providers(of: dependency) {
          #expect((wave[provider.address] ?? 99) < (wave[instance.address] ?? -1))
        }
      }
    }
    let backend = try #require(wave["node.01-Backend/role.backend"])
    for provider in ["node.01-Backend/role.autobot-shared", "node.04-Databases/role.redis"] {
      let wave = try #require(wave[provider])
      #expect(wave < backend)
    }
  }

  @Test func aPlaceOnAnotherNodeWidensTheEndpointForItsConsumersOnly() throws {
    let resolved = try #require(root().resolved)
    let node = try #require(NodeID("03-AI-Stack"))
    let chromadb = try #require(resolved.instance("chromadb", on: node))
    let proxy = try #require(chromadb.port("chroma"))
    #expect(proxy.widened)
    #expect(proxy.bind == ["172.16.168.24"])
    #expect(resolved.consumerAddresses(of: proxy, at: chromadb) == ["172.16.168.20"])
    let app = try #require(chromadb.port(proxy.proxyOf ?? ""))
    #expect(app.bind == ["127.0.0.1"])
  }

  @Test func theHealthOfAWindowsNodeIsCheckedFromItsRelay() throws {
    let resolved = try #require(root().resolved)
    let node = try #require(NodeID("01-Backend"))
    let relay = resolved.healthRelay(for: node)
    #expect(relay?.id.name == "00-SLM-Manager")
  }

  @Test func theLabsFleetIsValidToo() throws {
    let path = ["examples/lab/fleet.yaml", "lab/fleet.yaml"].first { path in
      SourceTree.text(at: SourceTree.root + "/" + path) != nil
    }
    let text = SourceTree.text(at: SourceTree.root + "/" + (try #require(path)))
    let run = Validation(try #require(text))
    #expect(run.diagnostics.sorted().filter { $0.severity == .error }.map(\.detail) == [])
    #expect(run.diagnostics.sorted().filter { $0.severity == .warning }.map(\.detail) == [])
  }
}
