import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetTestSupport
import Testing

@Suite struct GroupTests {
  /// A fleet with the nodes `web-1`, `web-2`, `db-1` and the given groups.
  private static func text(_ groups: String) -> String {
    """
    version: 1
    fleet: f
    groups:
    \(groups.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n"))
    nodes:
      web-1: {address: 10.0.0.1, labels: {zone: a, tier: web}}
      web-2: {address: 10.0.0.2, labels: {zone: b, tier: web}}
      db-1: {address: 10.0.0.3, labels: {zone: a}}
    """
  }

  private func members(_ groups: String) throws -> [String] {
    let (decoded, findings) = decode(Self.text(groups))
    #expect(findings.map(\.detail) == [])
    let fleet = try #require(decoded)
    let group = try #require(fleet.groups.first)
    let members = group.members.map { fleet.nodes[$0].id.name }
    let sided = fleet.nodes.filter { $0.groups.contains(group.id) }.map(\.id.name)
    #expect(members == sided)
    return members
  }

  // MARK: Members

  @Test(arguments: [
    ("g: {nodes: [db-1, web-1]}", ["web-1", "db-1"]),
    ("g: {nodes: ['web-*']}", ["web-1", "web-2"]),
    ("g: {nodes: ['*-1']}", ["web-1", "db-1"]),
    ("g: {nodes: ['??-?']}", ["db-1"]),
    ("g: {nodes: ['*', web-1]}", ["web-1", "web-2", "db-1"]),
    ("g: {labels: {zone: a}}", ["web-1", "db-1"]),
    ("g: {labels: {zone: a, tier: web}}", ["web-1"]),
    ("g: {nodes: [web-2], labels: {zone: a, tier: web}}", ["web-1", "web-2"]),
  ])
  func membersAreListedMatchedOrLabelled(groups: String, expected: [String]) throws {
    #expect(try members(groups) == expected)
  }

  @Test(arguments: [
    ("g: {nodes: [1️⃣web-32️⃣]}", Rule.unknownNode, "web-1"),
    ("g: {nodes: [1️⃣'wbe-*'2️⃣]}", .groupUnmatched, "\"web-*\""),
    ("g: {nodes: [1️⃣'nothing*'2️⃣]}", .groupUnmatched, ""),
    ("g: {labels: {1️⃣zon2️⃣: a}}", .groupUnmatched, "zone"),
    ("g: {labels: {tier: 1️⃣wep2️⃣}}", .groupUnmatched, "web"),
    ("g: {labels: {tier: web, zone: 1️⃣c2️⃣}}", .groupUnmatched, "a"),
    ("1️⃣g2️⃣: {roles: []}", .missingKey, ""),
    ("1️⃣g2️⃣:", .missingKey, ""),
    ("g: {1️⃣node2️⃣: [web-1]}", .unknownKey, "nodes"),
    ("g: {nodes: [1️⃣'we b'2️⃣]}", .invalidValue, ""),
    ("g: {nodes: 1️⃣web-12️⃣}", .wrongType, "[web-1]"),
    ("1️⃣-g2️⃣: {nodes: [web-1]}", .invalidValue, ""),
    ("g: {labels: {1️⃣-x2️⃣: a}}", .invalidValue, ""),
    ("g: {labels: {zone: 1️⃣a/b2️⃣}}", .invalidValue, ""),
  ])
  func whatSelectsNothingIsOneErrorAtItsPlace(groups: String, rule: Rule, edit: String) throws {
    let marked = MarkedText(Self.text(groups))
    let (_, findings) = decode(marked)
    #expect(findings.map(\.rule) == [rule], "\(findings.map(\.detail))")
    let finding = try #require(findings.first)
    #expect(finding.span == marked.span(1, 2))
    #expect(finding.suggestions.flatMap(\.edits).first?.text ?? "" == edit)
  }

  @Test func labelsThatNoNodeHasTogetherAreNamedTogether() throws {
    let marked = MarkedText(
      Self.text("g: {labels: {1️⃣tier2️⃣: web, zone: c}}")
        .replacing("labels: {zone: a}", with: "labels: {zone: c}")
    )
    let (_, findings) = decode(marked)
    #expect(
      findings.map(\.detail) == [
        "No node has all the labels of the group `g`: `tier: web`, `zone: c`. Correct it, or remove "
          + "the group if it has no nodes."
      ]
    )
    #expect(findings.first?.span == marked.span(1, 2))
  }

  // MARK: Defaults

  @Test func aNodesOwnValuesWinKeyByKey() throws {
    let (decoded, findings) = decode(
      """
      version: 1
      fleet: f
      ssh: {user: all}
      groups:
        g:
          nodes: ["*"]
          ssh: {user: www, port: 2222}
          hardware: {memory: 8GiB, cpus: 4, gpus: [{id: g0, vendor: nvidia}], nvme: true, smart: true}
      nodes:
        a: {address: 10.0.0.1}
        b:
          address: 10.0.0.2
          ssh: {port: 22}
          hardware: {gpus: [], npus: [{id: n0, vendor: intel}], smart: false, memory: 2GiB}
      """
    )
    #expect(findings.map(\.detail) == [])
    let nodes = try #require(decoded).nodes
    #expect(nodes[0].ssh.user == "www")
    #expect(nodes[0].ssh.port == 2222)
    #expect(nodes[0].hardware.memory?.value == ByteCount("8GiB"))
    #expect(nodes[0].hardware.cpus == 4)
    #expect(nodes[0].hardware.devices.map(\.id) == ["g0"])
    #expect(nodes[0].hardware.extras == ["nvme", "smart"])
    #expect(nodes[1].ssh.user == "www")
    #expect(nodes[1].ssh.port == 22)
    #expect(nodes[1].hardware.memory?.value == ByteCount("2GiB"))
    #expect(nodes[1].hardware.cpus == 4)
    #expect(nodes[1].hardware.devices.map(\.id) == ["n0"])
    #expect(nodes[1].hardware.extras == ["nvme"])
  }

  @Test func everyKeyOfSSHAndHardwareIsHandedOn() {
    #expect(Set(GroupFields.sshKeys) == Set(FleetKeys.ssh))
    #expect(Set(GroupFields.hardwareKeys) == Set(FleetKeys.hardware))
  }

  @Test func rolesAreAddedAndParametersFilledIn() throws {
    let (decoded, findings) = decode(
      """
      version: 1
      fleet: f
      groups:
        g: {nodes: ["*"], roles: [{redis: {port: 1, maxmemory: 2GiB}}, nginx]}
        h: {nodes: [a], roles: [{redis: {hosts: [x]}}, {nginx: {workers: 2}}, celery]}
      nodes:
        a: {address: 10.0.0.1}
        b: {address: 10.0.0.2, roles: [web, {redis: {port: 9}}]}
      """
    )
    #expect(findings.map(\.detail) == [])
    let nodes = try #require(decoded).nodes
    #expect(nodes[0].roles.map(\.role.value) == ["redis", "nginx", "celery"])
    #expect(nodes[0].roles.map(\.group?.name) == ["g", "g", "h"])
    #expect(nodes[0].roles[0].parameters.keys.sorted() == ["hosts", "maxmemory", "port"])
    #expect(nodes[0].roles[1].parameters["workers"]?.value == .text("2"))
    #expect(nodes[1].roles.map(\.role.value) == ["web", "redis", "nginx"])
    #expect(nodes[1].roles.map(\.group?.name) == [nil, nil, "g"])
    #expect(nodes[1].roles[1].parameters["port"]?.value == .text("9"))
    #expect(nodes[1].roles[1].parameters["maxmemory"]?.value == .text("2GiB"))
  }

  @Test(arguments: [
    ("ssh: {1️⃣user2️⃣: a}", "ssh: {3️⃣user4️⃣: b}", "ssh.user"),
    ("hardware: {1️⃣memory2️⃣: 1GiB}", "hardware: {3️⃣memory4️⃣: 2GiB}", "hardware.memory"),
    ("hardware: {1️⃣gpus2️⃣: [{id: a, vendor: amd}]}", "hardware: {3️⃣gpus4️⃣: []}", "hardware.gpus"),
    ("hardware: {1️⃣nvme2️⃣: true}", "hardware: {3️⃣nvme4️⃣: false}", "hardware.nvme"),
    ("roles: [{r: {p: 1️⃣12️⃣}}]", "roles: [{r: {p: 3️⃣24️⃣}}]", "roles.r.p"),
  ])
  func groupsThatDisagreeAreOneErrorWithAllPlaces(
    first: String,
    second: String,
    key: String
  ) throws {
    let marked = MarkedText(
      """
      version: 1
      fleet: f
      groups:
        one: {nodes: ["*"], \(first)}
        two: {nodes: [a, b, c], \(second)}
      nodes:
        5️⃣a6️⃣: {address: 10.0.0.1}
        b: {address: 10.0.0.2}
        c: {address: 10.0.0.3}
      """
    )
    let (_, findings) = decode(marked)
    #expect(findings.map(\.rule) == [.groupConflict])
    let finding = try #require(findings.first)
    #expect(finding.span == marked.span(3, 4))
    #expect(finding.related.map(\.span) == [marked.span(1, 2), marked.span(5, 6)])
    #expect(
      finding.detail
        == "The groups `one` and `two` give `a` and 2 more nodes different values for `\(key)`, and "
        + "groups have no order. Write the value at the node, which wins over its groups, or take it "
        + "out of one of them."
    )
  }

  @Test(arguments: [
    "one: {nodes: [a], ssh: {user: x}}\n  two: {nodes: [a], ssh: {user: x}}",
    "one: {nodes: [a], ssh: {user: x}}\n  two: {nodes: [b], ssh: {user: y}}",
    "one: {nodes: [c], ssh: {port: 1}}\n  two: {nodes: [c], ssh: {port: 2}}",
    "one: {nodes: [a], roles: [{r: {p: 1}}]}\n  two: {nodes: [a], roles: [{r: {p: 1, q: 2}}]}",
    """
    one: {nodes: [a], hardware: {gpus: [{id: g, vendor: amd}]}}
      two: {nodes: [a], hardware: {gpus: [{vendor: amd, id: g}]}}
    """,
  ])
  func groupsThatAgreeOrDoNotMeetAreFine(_ groups: String) {
    let text = """
      version: 1
      fleet: f
      groups:
        \(groups)
      nodes:
        a: {address: 10.0.0.1}
        b: {address: 10.0.0.2}
        c: {address: 10.0.0.3, ssh: {port: 3}}
      """
    #expect(decode(text).1.map(\.detail) == [])
  }

  @Test func aGroupsValueWithAnErrorIsReportedOnce() {
    let (_, findings) = decode(
      Self.text("g: {nodes: ['*'], ssh: {port: x}, hardware: {memory: 4 GB}, roles: [[]]}")
    )
    #expect(findings.map(\.rule) == [.wrongType, .invalidValue, .wrongType])
  }

  // MARK: Meaning

  private static let registry = Registry.of([
    "web": "ports: [{name: http, number: 80, scope: fleet}]",
    "proxy": "ports: [{name: http, number: '{{ params.port }}', scope: fleet}]\n"
      + "params: {port: {type: port, default: 80, doc: Port.}}",
    "agent": "placement: {replicas: every-node}",
  ])

  @Test func aFindingAboutAGroupsRoleNamesTheGroupsLineAndTheNodes() throws {
    let marked = MarkedText(
      Self.text("g: {nodes: ['web-*'], roles: [web, 1️⃣proxy2️⃣]}").replacing(
        "web-1:",
        with: "3️⃣web-14️⃣:"
      )
    )
    let run = Validation(marked.source, registry: Self.registry)
    let findings = run.findings(.portCollision)
    #expect(findings.count == 2)
    let finding = try #require(findings.first)
    #expect(finding.span == marked.span(1, 2))
    #expect(finding.related.last?.message == "`web-1` is in the group `g`")
    #expect(finding.related.last?.span == marked.span(3, 4))
  }

  @Test func anUnknownRoleOfAGroupIsReportedOnceAtTheGroup() throws {
    let marked = MarkedText(Self.text("g: {nodes: ['*'], roles: [1️⃣wep2️⃣]}"))
    let run = Validation(marked.source, registry: Self.registry)
    #expect(run.slugs == ["unknown-role"])
    let finding = try #require(run.findings(.unknownRole).first)
    #expect(finding.span == marked.span(1, 2))
    #expect(finding.detail.hasPrefix("The group `g` lists the role `wep`"))
    #expect(
      finding.suggestions.flatMap(\.edits) == [.init(replace: marked.span(1, 2), with: "web")]
    )
  }

  @Test func aWrongParameterOfAGroupIsReportedOnce() throws {
    let marked = MarkedText(
      Self.text("g: {nodes: ['web-*'], roles: [{proxy: {port: 1️⃣http2️⃣}}]}")
    )
    let run = Validation(marked.source, registry: Self.registry)
    #expect(run.diagnostics.all.map(\.rule) == [.parameterInvalid])
    #expect(run.diagnostics.all.first?.span == marked.span(1, 2))
  }

  private static let needy = Registry.of([
    "app": "needs: [{role: store, hard: true}]", "store": "required: true",
  ])

  @Test(arguments: [
    ("nodes: [db-11]", "unknown-node"), ("nodes: ['dp-*']", "group-unmatched"),
    ("labels: {zone: q}", "group-unmatched"), ("node: [db-1]", "unknown-key"),
    ("nodes: db-1", "wrong-type"), ("nodes: [a b]", "invalid-value"), ("ssh: {}", "missing-key"),
  ])
  func whatFollowsFromAGroupThatSelectsNothingIsNotReported(members: String, rule: String) {
    let text = Self.text(
      "g: {\(members), roles: [store]}\nh: {nodes: [web-1], roles: [app, qqqqqq]}"
    )
    let found = Validation(text, registry: Self.needy).slugs
    #expect(found == [rule, "unknown-role"])
  }

  @Test func whatFollowsFromAMissingFileIsNotReported() {
    let head = "version: 1\nfleet: f\ninclude: [lost.yaml]\n"
    let node =
      "nodes: {n: {address: h, roles: [app, mine], health_via: m, "
      + "allow: [{rule: exposure-widened, because: x}]}}"
    let (_, findings) = SeveralFiles(["fleet.yaml": head + node]).validated(Self.needy)
    #expect(findings.map(\.rule) == [.includeUnreadable])
  }

  @Test func aRoleThatAGroupListsTwiceIsReportedAtTheGroup() {
    let marked = MarkedText(Self.text("g: {nodes: ['*'], roles: [1️⃣web2️⃣, 3️⃣web4️⃣]}"))
    let run = Validation(marked.source, registry: Self.registry)
    #expect(run.slugs == ["role-repeated"])
    #expect(run.findings(.roleRepeated).first?.span == marked.span(3, 4))
    #expect(run.findings(.roleRepeated).first?.related.map(\.span) == [marked.span(1, 2)])
  }

  @Test func aReservedNodeGetsNoRolesByPatternOrLabelButItsLogin() throws {
    let text = Self.text("g: {nodes: ['*'], roles: [web], ssh: {user: ops}}")
      .replacing("10.0.0.3,", with: "10.0.0.3, reserved: true,")
    let run = Validation(text, registry: Self.registry)
    #expect(run.slugs == [])
    let resolved = try #require(run.resolved)
    #expect(resolved.instances(of: "web").map(\.node.id.name) == ["web-1", "web-2"])
    #expect(resolved.nodes.last?.ssh.user == "ops")
  }

  @Test func aReservedNodeThatAGroupNamesIsAnErrorAtTheGroupsRole() throws {
    let marked = MarkedText(
      Self.text("g: {nodes: [db-1], roles: [1️⃣web2️⃣]}")
        .replacing("10.0.0.3,", with: "10.0.0.3, reserved: true,")
    )
    let run = Validation(marked.source, registry: Self.registry)
    #expect(run.slugs == ["reserved-node"])
    let finding = try #require(run.findings(.reservedNode).first)
    #expect(finding.span == marked.span(1, 2))
    #expect(
      finding.detail.hasPrefix(
        "`db-1` is reserved but its group `g`, which lists it by its id, gives it `web`."
      )
    )
  }

  @Test func groupsAndNodesMayStandInDifferentFiles() throws {
    let files = SeveralFiles([
      "fleet.yaml": "version: 1\nfleet: f\ninclude: [groups.yaml, nodes.yaml]",
      "groups.yaml": "groups:\n  g: {nodes: ['*'], roles: [web, 1️⃣proxy2️⃣]}",
      "nodes.yaml": "nodes:\n  1️⃣n2️⃣: {address: 10.0.0.1}",
    ])
    let (_, findings) = files.validated(Self.registry)
    #expect(findings.map(\.rule) == [.portCollision])
    let finding = try #require(findings.first)
    #expect(finding.span?.file == "groups.yaml")
    #expect(finding.related.last?.span == files.span("nodes.yaml", 1, 2))
  }

  @Test(arguments: [
    "zone", "a", "example.org/zone", "A.b-c_d", "k8s.io/a", String(repeating: "x", count: 63),
  ])
  func labelKeysAreThoseOfKubernetes(_ key: String) {
    #expect(
      decode(Self.text("g: {nodes: [web-1]}") + "\n  a: {address: h, labels: {\(key): v}}").1 == []
    )
  }

  @Test(arguments: [
    "''", "-a", "a-", "a b", "a/b/c", "/a", "a/", "Example.org/zone", "é", "a..b/c",
    String(repeating: "x", count: 64),
  ])
  func otherLabelKeysAreRefused(_ key: String) {
    let (_, findings) = decode(
      "version: 1\nfleet: f\nnodes:\n  a: {address: h, labels: {\(key): v}}"
    )
    #expect(findings.map(\.rule) == [.invalidValue])
  }
}
