import FleetConfig
import FleetRegistry
import FleetView
import Testing

@Suite struct FleetGraphTests {
  @Test func rolesShowWhatTheRegistryDeclares() throws {
    let graph = FleetGraph.roles(try GraphFleets.autobot())
    #expect(graph.vertices.count == 17)
    #expect(graph.vertices.allSatisfy { !$0.isFaint })
    let api = try #require(graph.edge("frontend", "backend"))
    #expect(api.ports == [8443])
    #expect(api.strength == .hard)
    let redis = try #require(graph.edge("backend", "redis"))
    #expect(redis.ports == [5432, 6379, 6380])
    #expect(redis.conditions == ["settings.multi_user"])
    #expect(graph.edge("backend", "tts-worker")?.strength == .soft)
    #expect(graph.edge("backend", "autobot-llm-cpu")?.strength == .conditional)
    #expect(graph.edge("backend", "autobot-llm-cpu")?.conditions == ["no `autobot-llm-gpu`"])
    #expect(graph.vertices.first { $0.id == "slm-backend" }?.tone == .management)
    #expect(graph.vertices.first { $0.id == "slm-agent" }?.lines == ["every node"])
  }

  @Test func aRoleThatNoNodeHasIsFaint() throws {
    let resolved = try GraphFleets.of(
      ["a": "", "b": ""],
      "version: 1\nfleet: f\nregistry: none\nnodes:\n  n: {address: 10.0.0.1, roles: [a]}\n"
    )
    let graph = FleetGraph.roles(resolved)
    #expect(graph.vertices.map(\.isFaint) == [false, true])
    #expect(graph.vertices[1].lines == ["on no node"])
  }

  @Test func machinesShowThePortsBetweenThem() throws {
    let graph = FleetGraph.nodes(try GraphFleets.autobot(), expanded: false)
    #expect(graph.vertices.count == 9)
    #expect(graph.edge("02-Frontend", "01-Backend")?.ports == [8443])
    #expect(graph.edge("01-Backend", "04-Databases")?.ports == [5432, 6379])
    #expect(graph.edge("03-AI-Stack", "05-LLM-CPU")?.ports == [11434])
    #expect(graph.edge("03-AI-Stack", "05-LLM-CPU")?.strength == .soft)
    #expect(graph.edge("00-SLM-Manager", "04-Databases")?.ports == [6379, 9121])
    #expect(graph.edge("02-Frontend", "00-SLM-Manager") == nil)
    #expect(
      graph.notes == [
        "slm-agent on every node connects to slm-backend :443",
        "slm-monitoring connects to slm-agent on every node :9100",
      ]
    )
    let implied = graph.edges.filter(\.isImplied)
    #expect(implied.count { $0.ports == [443] } == 8)
    #expect(implied.count { $0.ports == [9100] } == 8)
  }

  @Test func startOrderHasTheWavesOfTheResolvedFleet() throws {
    let resolved = try GraphFleets.autobot()
    let graph = FleetGraph.startOrder(resolved)
    for (wave, indices) in resolved.orderedIndices.enumerated() {
      let wanted = Set(indices.map { resolved.instances[$0].role.name })
      let drawn = graph.vertices.filter { $0.wave == wave }.map(\.title)
      #expect(Set(drawn) == wanted)
      #expect(drawn.count == wanted.count)
    }
    for edge in graph.edges {
      let (from, to) = (graph.vertices[edge.from].wave ?? 99, graph.vertices[edge.to].wave ?? -1)
      #expect(from < to)
    }
  }

  @Test func whatFollowsFromOtherArrowsIsNotDrawn() throws {
    let need = "needs: [{role: a, hard: true}"
    let resolved = try GraphFleets.of(
      ["a": "", "b": need + "]\n", "c": need + ", {role: b, hard: true}]\n"],
      "version: 1\nfleet: f\nregistry: none\nnodes:\n  n: {address: 10.0.0.1, roles: [a, b, c]}\n"
    )
    let graph = FleetGraph.startOrder(resolved)
    #expect(graph.arrows == ["a@1 -> b@2", "b@2 -> c@3"])
    #expect(graph.edges.count == 3)
  }

  @Test func manyMachinesWithTheSameRolesAreOneBox() throws {
    let resolved = try GraphFleets.web(200)
    let graph = FleetGraph.nodes(resolved, expanded: false)
    #expect(
      graph.vertices.map(\.title) == [
        "balancer-0 … balancer-1", "database-2 … database-4", "web-5 … web-199",
      ]
    )
    #expect(graph.vertices.map(\.nodes.count) == [2, 3, 195])
    #expect(graph.edges.count == 2)
    #expect(FleetGraph.nodes(resolved, expanded: true).vertices.count == 200)
  }

  @Test func tooManyBoxesAreNoPicture() throws {
    let graph = FleetGraph.nodes(try GraphFleets.web(200), expanded: true)
    #expect(GraphSVG.render(graph) == nil)
    #expect(GraphDOT.render(graph).contains("web-199"))
  }

  @Test func arrowsBetweenAllMachinesAreGivenUpEarly() throws {
    let role = "placement: {replicas: many}\nports: [{name: p, number: 80, scope: fleet}]\n"
    let nodes = (0..<600).map { index in
      "  n\(index): {address: 10.0.\(index / 200).\(index % 200 + 1), "
        + "roles: [\(index < 300 ? "a" : "b")]}\n"
    }
    let resolved = try GraphFleets.of(
      [
        "a": role,
        "b": "placement: {replicas: many}\nneeds: [{role: a, endpoint: p, hard: true}]\n",
      ],
      "version: 1\nfleet: f\nregistry: none\nnodes:\n" + nodes.joined()
    )
    let graph = FleetGraph.nodes(resolved, expanded: true)
    #expect(graph.isTooLarge)
    #expect(graph.edges.count < FleetGraph.mostEdges + 600)
    let joined = FleetGraph.nodes(resolved, expanded: false)
    #expect(!joined.isTooLarge)
    #expect(joined.edges.count == 1)
  }
}
