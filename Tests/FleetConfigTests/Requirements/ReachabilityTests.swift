import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetTestSupport
import Testing

/// Requirements 132 to 153 and contradictions: who connects to whom.
@Suite struct ReachabilityTests {
  private func run(
    _ nodes: String,
    firewall: String = "ufw",
    network: String? = nil,
    monitored: Bool = false,
    strict: Bool = false
  ) -> (MarkedText, Validation) {
    let network = network.map { "network: \($0)\n" } ?? ""
    let marked = MarkedText(
      "version: 1\nfleet: f\n\(network)settings: {firewall: \(firewall)}\nnodes:\n\(nodes)"
    )
    let registry = monitored ? Self.monitored : Self.plain
    return (marked, Validation(marked.source, registry: registry, strict: strict))
  }

  private static let plain = Registry.of(texts)
  private static let monitored = Registry.of(
    texts.merging([
      "metrics": """
      placement: {replicas: every-node}
      ports: [{name: exporter, number: 9100, scope: fleet}]
      """,
      "monitor": "needs: [{role: metrics, endpoint: exporter, hard: true}]\n",
    ]) { first, _ in first }
  )

  private static let texts: [String: String] = [
    "db": """
    degraded_without: Nothing is remembered.
    params: {on: {type: bool, default: true, doc: "Listen."}}
    placement: {replicas: many}
    ports: [{name: sql, number: 5432, scope: loopback, when: params.on}]
    """,
    "api": "ports: [{name: http, number: 80, scope: fleet}]\n",
    "site": "ports: [{name: https, number: 443, scope: public}]\n",
    "app": "placement: {replicas: many}\nneeds: [{role: db, endpoint: sql, hard: true}]\n",
    "soft": "needs: [{role: db, endpoint: sql, hard: false}]\n",
    "caller": "needs: [{role: api, endpoint: http, hard: true}]\n",
    "reader": "needs: [{role: site, endpoint: https, hard: true}]\n",
    "behind": """
    ports:
      - {name: app, number: 8001, scope: loopback}
      - {name: https, number: 8443, scope: fleet, proxy_of: app}
    """,
    "beside": "needs: [{role: behind, endpoint: https, hard: true}]\n",
    "checked": """
    ports: [{name: http, number: 8080, scope: fleet}]
    health: [{kind: http, port: http, path: /}]
    """,
  ]

  // MARK: item 153, X-11

  @Test(
    "item 153: a provider that is not exposed is opened for its consumers, or stays on loopback"
  )
  func widening() throws {
    let (_, together) = run("  a: {address: 10.0.0.1, roles: [db, app]}\n")
    #expect(together.own == [])
    let (marked, apart) = run(
      "  a: {address: 10.0.0.1, roles: [1️⃣app2️⃣]}\n  b: {address: 10.0.0.2, roles: [3️⃣db4️⃣]}\n"
    )
    #expect(apart.own == ["exposure-widened"])
    let finding = try #require(apart.findings(.exposureWidened).first)
    #expect(finding.rule.code == "FLT3204")
    #expect(finding.span == marked.span(3, 4))
    #expect(finding.related.map(\.span) == [marked.span(1, 2)])
    #expect(
      finding.detail
        == "The port `sql` (5432) of `db` on `b` is meant for its own node, but `app` on `a` connects to "
        + "it. It will listen on `10.0.0.2` too, and the firewall admits those nodes only. Put both on one "
        + "node to avoid it, or allow `exposure-widened` on `b` with the reason."
    )
    let db = try #require(apart.resolved?.instances(of: "db").first)
    let port = try #require(db.port("sql"))
    #expect(apart.resolved?.admitted(to: port, at: db) == ["10.0.0.1"])
  }

  @Test("X-11: without a firewall the warning says who else gets in; under --strict it is an error")
  func exposure() {
    let nodes = "  a: {address: 10.0.0.1, roles: [app]}\n  b: {address: 10.0.0.2, roles: [db]}\n"
    let open = run(nodes, firewall: "none").1.findings(.exposureWidened).first
    #expect(open?.detail.contains("open to whoever reaches that address") == true)
    let strict = run(nodes, strict: true).1
    #expect(strict.findings(.exposureWidened).first?.severity == .error)
    #expect(strict.resolved == nil)
  }

  // MARK: addresses

  @Test(
    "item 153: what the firewall cannot admit by address is unreachable",
    arguments: [
      (
        "b.example", "10.0.0.2",
        "`b` admits this port's consumers by their addresses, and `b.example` is a host name, which no "
          + "rule of ufw or nginx can hold. Give `a` an IP address."
      ),
      (
        "\"fd00::1\"", "10.0.0.2",
        "`10.0.0.2` and `fd00::1` are of different IP versions, so the connection comes from another "
          + "address than the one that `b` admits. Give both nodes addresses of one version."
      ),
      (
        "127.0.0.1", "10.0.0.2",
        "`b` admits this port's consumers by their addresses, and `127.0.0.1` leads every machine to "
          + "itself. Give `a` the address that it connects from."
      ),
    ]
  )
  func closedDoors(_ consumer: String, _ provider: String, _ why: String) throws {
    let nodes =
      "  a: {address: 1️⃣\(consumer)2️⃣, roles: [3️⃣app4️⃣]}\n"
      + "  b: {address: 5️⃣\(provider)6️⃣, roles: [7️⃣db8️⃣]}\n"
    let (marked, run) = run(nodes)
    let finding = try #require(run.findings(.dependencyUnreachable).first)
    #expect(finding.rule.code == "FLT3202")
    #expect(finding.severity == .error)
    #expect(finding.span == marked.span(3, 4))
    #expect(
      finding.related == [
        RelatedSpan("`db` is here", at: marked.span(7, 8)),
        RelatedSpan("address of `b`", at: marked.span(5, 6)),
        RelatedSpan("address of `a`", at: marked.span(1, 2)),
      ]
    )
    #expect(
      finding.detail
        == "`app` on `a` needs the endpoint `sql` (5432) of `db` on `b`, but cannot connect: \(why)"
    )
    // Nothing stands in the way where no firewall is written.
    #expect(self.run(nodes, firewall: "none").1.findings(.dependencyUnreachable).isEmpty)
  }

  @Test(
    "item 153: an address that leads everybody to himself provides nothing, firewall or not",
    arguments: ["127.0.0.1", "127.1.2.3", "\"::1\"", "localhost", "0.0.0.0", "db.localhost"]
  )
  func loopbackProvider(_ address: String) throws {
    for firewall in ["ufw", "none"] {
      let (_, run) = run(
        "  a: {address: 10.0.0.1, roles: [app]}\n  b: {address: \(address), roles: [db]}\n",
        firewall: firewall
      )
      let finding = try #require(run.findings(.dependencyUnreachable).first)
      #expect(finding.detail.contains("leads every machine to itself"))
      let alone = self.run("  b: {address: \(address), roles: [db, app]}\n", firewall: firewall).1
      #expect(alone.findings(.dependencyUnreachable).isEmpty)
    }
  }

  @Test("X-14: a proxy cannot listen at a host name, with or without a firewall")
  func namedProxy() throws {
    for firewall in ["ufw", "none"] {
      let (_, run) = run(
        "  a: {address: 10.0.0.1, roles: [beside]}\n  b: {address: b.example, roles: [behind]}\n",
        firewall: firewall
      )
      let finding = try #require(run.findings(.dependencyUnreachable).first)
      #expect(finding.severity == .error)
      #expect(finding.detail.contains("the proxy listens at the node's own address"))
    }
  }

  @Test("a soft edge that cannot connect is a warning that says what is lost")
  func softEdge() throws {
    let (_, run) = run(
      "  a: {address: a.example, roles: [soft]}\n  b: {address: 10.0.0.2, roles: [db]}\n"
    )
    let finding = try #require(run.findings(.dependencyUnreachable).first)
    #expect(finding.severity == .warning)
    #expect(finding.detail.hasPrefix("`soft` on `a` would use the endpoint `sql` (5432) of `db`"))
    #expect(finding.detail.hasSuffix(" Without it: nothing is remembered."))
  }

  @Test("a soft need of a port that is switched off is a warning with the edit that switches it on")
  func softNeedOfAClosedPort() throws {
    let (marked, run) = run(
      "  a: {address: 10.0.0.1, roles: [soft, {db: {\"on\": 1️⃣false2️⃣}}]}\n"
    )
    let finding = try #require(run.findings(.dependencyUnreachable).first)
    #expect(finding.severity == .warning)
    let suggestion = try #require(finding.suggestions.first)
    #expect(suggestion.edits == [.init(replace: marked.span(1, 2), with: "true")])
    let cured = Validation(marked.source.applying(suggestion), registry: Self.plain)
    #expect(cured.own == [])
  }

  // MARK: scopes

  @Test("`fleet` is the network, and consumers outside it one by one; `public` is everybody")
  func scopes() throws {
    let (_, run) = run(
      "  a: {address: 10.0.0.1, roles: [api, site]}\n  b: {address: 10.9.0.2, roles: [caller]}\n"
        + "  c: {address: 10.0.0.3, roles: [reader]}\n",
      network: "10.0.0.0/24"
    )
    #expect(run.own == ["address-outside-network"])
    let resolved = try #require(run.resolved)
    let api = try #require(resolved.instances(of: "api").first)
    let site = try #require(resolved.instances(of: "site").first)
    #expect(
      resolved.admitted(to: try #require(api.port("http")), at: api) == ["10.0.0.0/24", "10.9.0.2"]
    )
    #expect(resolved.admitted(to: try #require(site.port("https")), at: site) == [""])
  }

  @Test("`fleet` without a network admits the consumers; a host name there is unreachable")
  func noNetwork() throws {
    let (_, run) = run(
      "  a: {address: 10.0.0.1, roles: [api]}\n  b: {address: 10.0.0.2, roles: [caller]}\n"
    )
    let api = try #require(run.resolved?.instances(of: "api").first)
    let port = try #require(api.port("http"))
    #expect(run.resolved?.admitted(to: port, at: api) == ["10.0.0.2"])
    let named = self.run(
      "  a: {address: 10.0.0.1, roles: [api]}\n  b: {address: b.example, roles: [caller]}\n"
    ).1
    #expect(named.own == ["dependency-unreachable"])
    let inNetwork = self.run(
      "  a: {address: 10.0.0.1, roles: [api]}\n  b: {address: b.example, roles: [caller]}\n",
      network: "10.0.0.0/24"
    ).1
    #expect(inNetwork.own == [])
  }

  @Test("a public port has no closed door, whatever the consumer's address")
  func publicPort() {
    for address in ["b.example", "127.0.0.1", "\"fd00::2\""] {
      let (_, run) = run(
        "  a: {address: 10.0.0.1, roles: [site]}\n  b: {address: \(address), roles: [reader]}\n"
      )
      #expect(run.findings(.dependencyUnreachable).isEmpty)
    }
  }

  // MARK: WSL2 and relays

  @Test("a WSL2 node cannot use an endpoint at its own address")
  func ownAddress() throws {
    let (_, run) = run(
      "  a: {address: 10.0.0.1, wsl2: true, roles: [behind, beside]}\n"
    )
    let finding = try #require(run.findings(.dependencyUnreachable).first)
    #expect(finding.detail.contains("the node's own address `10.0.0.1`, which a WSL2 machine"))
    let linux = self.run("  a: {address: 10.0.0.1, roles: [behind, beside]}\n").1
    #expect(linux.own == [])
  }

  @Test("of many providers each kind of address is looked at, the consumer's own one too")
  func manyProviders() {
    let nodes =
      "  m: {address: 10.0.0.1, wsl2: true, roles: [monitor]}\n"
      + (2..<9).map { "  n\($0): {address: 10.0.0.\($0)}\n" }.joined()
      + "  x: {address: 127.0.0.1}\n"
    let findings = run(nodes, monitored: true).1.findings(.dependencyUnreachable)
    #expect(findings.count == 2)
    #expect(findings.contains { $0.detail.contains("of `metrics` on `m`") })
    #expect(findings.contains { $0.detail.contains("of `metrics` on `x`") })
  }

  @Test("a WSL2 node whose checks ask its own address wants a relay")
  func noRelay() throws {
    let (marked, run) = run(
      "  1️⃣a2️⃣: {address: 10.0.0.1, wsl2: true, roles: [3️⃣checked4️⃣]}\n"
    )
    let finding = try #require(run.findings(.healthRelay).first)
    #expect(finding.rule.code == "FLT3206")
    #expect(finding.severity == .warning)
    #expect(finding.span == marked.span(1, 2))
    #expect(finding.related.map(\.span) == [marked.span(3, 4)])
    #expect(
      finding.detail
        == "`checked` on `a` is checked at the node's own address (port 8080), which a WSL2 machine "
        + "cannot reach. Name a node that checks it: `health_via: NODE`."
    )
    #expect(self.run("  a: {address: 10.0.0.1, wsl2: true, roles: [db]}\n").1.own == [])
  }

  @Test("a relay is admitted to what it checks, and to nothing else")
  func relayIsAdmitted() throws {
    let (_, run) = run(
      "  a: {address: 10.0.0.1, wsl2: true, health_via: b, roles: [checked, api]}\n"
        + "  b: {address: 10.0.0.2}\n"
    )
    #expect(run.own == [])
    let resolved = try #require(run.resolved)
    for (role, expected) in [("checked", ["10.0.0.2"]), ("api", [])] {
      let instance = try #require(resolved.instances(of: role).first)
      #expect(resolved.admitted(to: try #require(instance.port("http")), at: instance) == expected)
    }
    let outside = self.run(
      "  a: {address: 10.0.0.1, wsl2: true, health_via: b, roles: [checked]}\n"
        + "  b: {address: 10.1.0.2}\n",
      network: "10.0.0.0/24"
    ).1
    let checked = try #require(outside.resolved?.instances(of: "checked").first)
    let port = try #require(checked.port("http"))
    #expect(outside.resolved?.admitted(to: port, at: checked) == ["10.0.0.0/24", "10.1.0.2"])
  }

  @Test("a relay that the firewall cannot admit is an error, a reserved one a warning")
  func badRelays() throws {
    let (marked, closed) = run(
      "  a: {address: 1️⃣10.0.0.12️⃣, wsl2: true, health_via: 3️⃣b4️⃣, roles: [5️⃣checked6️⃣]}\n"
        + "  b: {address: 7️⃣b.example8️⃣}\n"
    )
    let finding = try #require(closed.findings(.healthRelay).first)
    #expect(finding.severity == .error)
    #expect(finding.span == marked.span(3, 4))
    #expect(
      finding.related.map(\.span) == [marked.span(5, 6), marked.span(7, 8), marked.span(1, 2)]
    )
    #expect(
      finding.detail.hasPrefix(
        "`b` is to check `checked` on `a` (port `http`, 8080), but cannot connect: `a` admits"
      )
    )
    let (kept, reserved) = run(
      "  a: {address: 10.0.0.1, health_via: 1️⃣b2️⃣, roles: [checked]}\n"
        + "  3️⃣b4️⃣: {address: 10.0.0.2, reserved: true}\n"
    )
    let warning = try #require(reserved.findings(.healthRelay).first)
    #expect(warning.severity == .warning)
    #expect(warning.span == kept.span(1, 2))
    #expect(warning.related.map(\.span) == [kept.span(3, 4)])
    let own = run("  a: {address: 10.0.0.1, health_via: a, roles: [checked]}\n").1
    #expect(own.own == ["unknown-node"])
    let nobody = run("  a: {address: 10.0.0.1, health_via: z, roles: [checked]}\n").1
    #expect(nobody.own == ["unknown-node"])
  }
}

extension Validation {
  /// Slugs of all findings but the one about roles that a small fleet does not have.
  fileprivate var own: [String] { slugs.filter { $0 != "optional-role-missing" } }
}
