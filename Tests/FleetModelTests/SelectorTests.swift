import FleetDiagnostics
import FleetModel
import Testing

@Suite struct SelectorTests {
  private static let fleet: [(subject: Selector.Subject, roles: [String])] = [
    (
      .init(node: "web-1", labels: ["zone": "a", "tier": "web"], groups: ["edge"]),
      ["nginx", "app"]
    ),
    (.init(node: "web-2", labels: ["zone": "b", "tier": "web"]), ["app"]),
    (.init(node: "db-1", labels: ["zone": "a"]), ["redis"]),
    (.init(node: "spare"), []),
  ]

  /// What is selected, as `node/role`.
  private func selected(_ text: String) throws -> [String] {
    let selector = try Selector(text)
    return Self.fleet.flatMap { node in
      (node.roles.isEmpty ? [""] : node.roles)
        .filter { selector.matches(node.subject, role: $0) }
        .map { "\(node.subject.node)/\($0)" }
    }
  }

  @Test(arguments: [
    ("role=redis", ["db-1/redis"]),
    ("role==app,zone=a", ["web-1/app"]),
    ("role=app,zone!=a", ["web-2/app"]),
    ("zone!=a", ["web-2/app", "spare/"]),
    ("zone in (a, b), role=app", ["web-1/app", "web-2/app"]),
    ("zone notin (a,b)", ["spare/"]),
    ("tier", ["web-1/nginx", "web-1/app", "web-2/app"]),
    ("!zone", ["spare/"]),
    ("node=web-*,role!=nginx", ["web-1/app", "web-2/app"]),
    ("group=edge", ["web-1/nginx", "web-1/app"]),
    ("!group,zone", ["web-2/app", "db-1/redis"]),
    ("role in (redis,nginx)", ["web-1/nginx", "db-1/redis"]),
    ("zone=c", []),
  ])
  func partsSelectAsWithKubectl(text: String, expected: [String]) throws {
    #expect(try selected(text) == expected)
  }

  @Test(arguments: [
    ("", "a part of it is empty"), ("a=b,", "a part of it is empty"),
    ("!", "a part of it is empty"),
    ("a in (b", "a `(` is not closed"), ("a)", "its parentheses do not match"),
    ("a b", "`a b` cannot be a key"), ("a=b=c", "`a=b=c` cannot be a key"),
    ("a*=b", "`a*` cannot be a key"), ("a='b'", "`'b'` cannot be a value"),
    ("a\u{1B}=b", "`a\u{1B}` cannot be a key"),
  ])
  func otherTextIsRefused(text: String, why: String) {
    #expect(throws: SelectorError.self) { try Selector(text) }
    do throws(SelectorError) {
      _ = try Selector(text)
    } catch {
      #expect(error.description == why)
    }
  }

  @Test(arguments: [
    ("role=redsi", "No node has the role `redsi`. Did you mean `redis`?"),
    ("zon=a", "No node has the label `zon`. Did you mean `zone`?"),
    ("tier=wep", "No node has the label `tier` with the value `wep`. Did you mean `web`?"),
    ("node=wbe-1", "There is no node `wbe-1`. Did you mean `web-1`?"),
    ("group=egde,role=app", "No node is in the group `egde`. Did you mean `edge`?"),
    ("role=redis,tier=web", "No node has all of that at once."),
    ("!zone,group", "No node has all of that at once."),
    ("zoo in (q,r)", "No node has the label `zoo`."),
  ])
  func whatMatchesNothingSaysWhy(text: String, why: String) throws {
    #expect(try Selector(text).unmatched(in: Self.fleet) == why)
  }

  @Test func whatMatchesAnythingIsFine() throws {
    #expect(try Selector("zone=a").unmatched(in: Self.fleet) == nil)
    #expect(try Selector("node=spare").unmatched(in: Self.fleet) == nil)
  }
}
