import FleetDiagnostics
import FleetModel
import Testing

@testable import FleetConfig

struct FleetLockTests {
  private static let key =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO0ZrI8b7wJ4s5zP9s9F6i6v1p5m8xk2n3q4r5t6u7v8"
  private static let otherKey =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO0ZrI8b7wJ4s5zP9s9F6i6v1p5m8xk2n3q4r5t6u7v9"
  private static let id = "0123456789abcdef0123456789abcdef"

  private func decode(_ text: String) -> (FleetLock?, [String]) {
    var diagnostics = Diagnostics()
    let lock = FleetLockReader.decode(
      SourceText(name: "fleet.lock", text: text),
      into: &diagnostics
    )
    return (lock, diagnostics.sorted().compactMap(\.detail))
  }

  @Test
  func whatIsWrittenIsReadBackAndWrittenTheSame() throws {
    var lock = FleetLock()
    for name in ["web-1", "04-Databases", "yes", "on", "b.c_d", "1e5"] {
      let id = try #require(NodeID(name))
      lock.nodes[id] = NodePin(hostKeys: [Self.key + ""], machineID: Self.id, nodeID: nil)
    }
    // One value each, or they were clones.
    for (number, id) in lock.nodes.keys.sorted().enumerated() {
      lock.nodes[id]?.machineID = "0000000000000000000000000000001\(number)"
      lock.nodes[id]?.hostKeys = number == 0 ? [Self.key] : []
    }
    let (read, findings) = decode(lock.text)
    #expect(findings == [])
    #expect(read == lock)
    #expect(read?.text == lock.text)
  }

  @Test
  func textIsSortedAndHasOneValueALine() throws {
    var lock = FleetLock()
    lock.nodes[try #require(NodeID("web-2"))] = NodePin()
    lock.nodes[try #require(NodeID("web-1"))] = NodePin(
      hostKeys: [Self.otherKey, Self.key],
      machineID: Self.id,
      nodeID: Self.id
    )
    let lines = lock.text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
    #expect(
      lines == [
        "version: 1", "nodes:", "  web-1:", "    host_keys:", "      - \(Self.key)",
        "      - \(Self.otherKey)", "    machine_id: \"\(Self.id)\"",
        "    node_id: \"\(Self.id)\"", "  web-2:", "    host_keys: []",
      ]
    )
  }

  @Test
  func jumpHostsStandBeforeTheNodesAndAreReadBack() throws {
    var lock = FleetLock()
    lock.jumpHosts["[10.0.0.9]:2222"] = [Self.key, Self.otherKey]
    lock.jumpHosts["bastion"] = []
    // A node may be a jump host too: that is no copy.
    lock.nodes[try #require(NodeID("web-1"))] = NodePin(hostKeys: [Self.key])
    let lines = lock.text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
    #expect(
      lines == [
        "version: 1", "jump_hosts:", "  \"[10.0.0.9]:2222\":", "    host_keys:",
        "      - \(Self.key)", "      - \(Self.otherKey)", "  \"bastion\":", "    host_keys: []",
        "nodes:", "  web-1:", "    host_keys:", "      - \(Self.key)",
      ]
    )
    let (read, findings) = decode(lock.text)
    #expect(findings == [])
    #expect(read == lock)
  }

  @Test
  func emptyLockNamesNoNode() {
    let (lock, findings) = decode("version: 1\nnodes: {}\n")
    #expect(lock == FleetLock())
    #expect(findings == [])
    #expect(decode(FleetLock().text).0 == FleetLock())
  }

  @Test(arguments: [
    ("nodes: {}\n", "A fleet.lock has no `version`; it must have one."),
    (
      "version: 2\n",
      "fleet.lock has version `2`; this fleetctl reads version 1. Use the fleetctl that wrote it, or a"
        + " newer one."
    ),
    (
      "version: 1\nnodes: {a: {machine_id: XYZ}}\n",
      "`machine_id` is `XYZ`; it must be 32 lower case hexadecimal digits."
    ),
    (
      "version: 1\nnodes: {a: {host_keys: [\"ssh-ed25519 AAAA\"]}}\n",
      "A host key is `ssh-ed25519 AAAA`; it must be a key type and the key in base64, as in"
        + " known_hosts: `ssh-ed25519 AAAA…`."
    ),
    (
      "version: 1\nnodes: {a: {hostkeys: []}}\n",
      "The pin of a node has no key `hostkeys`. It knows `host_keys`, `machine_id` and `node_id`."
    ),
    ("version: 1\nnodes: {\"a b\": {}}\n", "`a b` is no name of a node."),
    (
      "version: 1\njump_hosts: {\"10.0.*\": {host_keys: []}}\n",
      "`10.0.*` is no name of a jump host; it must be as in known_hosts: `bastion.example.org` or"
        + " `[10.0.0.9]:2222`."
    ),
    (
      "version: 1\njump_hosts: {b: {machine_id: x}}\n",
      "The pin of a jump host has no key `machine_id`. It knows `host_keys`."
    ),
    (
      "version: 1\njump_hosts: {b: {host_keys: [\"ssh-ed25519 AAAA\"]}}\n",
      "A host key is `ssh-ed25519 AAAA`; it must be a key type and the key in base64, as in"
        + " known_hosts: `ssh-ed25519 AAAA…`."
    ),
  ])
  func damageIsToldAndNothingIsBelieved(text: String, detail: String) {
    let (lock, findings) = decode(text)
    #expect(lock == nil)
    #expect(findings == [detail])
  }

  @Test(arguments: ["machine_id: \"\(id)\"", "node_id: \"\(id)\"", "host_keys: [\"\(key)\"]"])
  func twoNodesWithOneIdentityAreNamedBoth(field: String) {
    let (lock, findings) = decode(
      "version: 1\nnodes:\n  web-1:\n    \(field)\n  web-2:\n    \(field)\n"
    )
    #expect(lock == nil)
    #expect(findings.count == 1)
    #expect(
      findings.first?.hasPrefix("The nodes `web-1` (line 4) and `web-2` have the same value")
        == true
    )
    #expect(findings.first?.hasSuffix("then run `fleetctl hosts trust web-2`.") == true)
  }

  @Test
  func keyOfAnotherTypeThanItSaysIsRefused() {
    let text = Self.key.replacing("ssh-ed25519 ", with: "ssh-rsa ")
    #expect(decode("version: 1\nnodes: {a: {host_keys: [\"\(text)\"]}}\n").0 == nil)
  }
}
