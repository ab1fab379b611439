import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetTestSupport
import Testing

@Suite struct FleetDecoderTests {
  @Test func everyKeyOfTheDesignIsRead() throws {
    let (decoded, findings) = decode(
      """
      version: 1
      fleet: autobot
      network: 172.16.168.0/24
      settings: {user_mode: single_company, hardware_policy: strict, cloud_llm: [anthropic], firewall: ufw}
      registry: autobot
      ssh: {user: autobot, port: 2222, identity_file: ~/.ssh/key, become: sudo, known_hosts: hosts, connect_timeout: 5s, transport: openssh}
      role_paths: [mine]
      sources: {autobot: {path: ../AutoBot-AI}}
      roles:
        redis: {maxmemory: 6GiB}
      nodes:
        npu-worker:
          address: 172.16.168.22
          roles: [npu-worker, {tts-worker: {port: 8082, hosts: [a, b]}}]
          hardware: {gpus: [{id: gpu0, vendor: nvidia, model: RTX 4070, vram: 8GiB, uuid: GPU-1}], npus: [{id: npu0, vendor: intel}], memory: 4GiB, cpus: 8, nvme: true, smart: false}
          wsl2: true
          health_via: b
          labels: {zone: a}
          ssh: {port: 22}
          allow: [{rule: unpinned-version, because: "lab machine"}]
        b: {address: "fd00::2", reserved: true}
      """
    )
    #expect(findings.map(\.detail) == [])
    let fleet = try #require(decoded)
    #expect(fleet.name == "autobot")
    #expect(fleet.network?.value == "172.16.168.0/24")
    #expect(fleet.settings.userMode.value == "single_company")
    #expect(fleet.settings.hardwarePolicy == "strict")
    #expect(fleet.settings.cloudLLM == ["anthropic"])
    #expect(fleet.settings.firewall == "ufw")
    #expect(fleet.ssh.user == "autobot")
    #expect(fleet.ssh.port == 2222)
    #expect(fleet.ssh.connectTimeout == TimeSpan(milliseconds: 5000))
    #expect(fleet.rolePaths.map(\.value) == ["mine"])
    #expect(fleet.sources["autobot"]?.value == "../AutoBot-AI")
    #expect(fleet.roleParameters["redis"]?["maxmemory"]?.value == .text("6GiB"))
    let node = try #require(fleet.nodes.first)
    #expect(node.roles.map(\.role.value) == ["npu-worker", "tts-worker"])
    #expect(node.roles[1].parameters["hosts"]?.value == .list([.text("a"), .text("b")]))
    #expect(node.hardware.devices.map(\.id) == ["gpu0", "npu0"])
    #expect(node.hardware.devices[0].vram == ByteCount("8GiB"))
    #expect(node.hardware.memory?.value == ByteCount("4GiB"))
    #expect(node.hardware.extras == ["nvme"])
    #expect(node.wsl2)
    #expect(node.healthVia?.value == "b")
    #expect(node.labels == ["zone": "a"])
    #expect(node.ssh.port == 22)
    #expect(node.allow.map(\.because) == ["lab machine"])
    #expect(fleet.nodes[1].reserved)
  }

  struct Case: CustomTestStringConvertible {
    let text: String
    let rule: Rule
    var testDescription: String { text }

    init(_ text: String, _ rule: Rule) {
      self.text = text
      self.rule = rule
    }
  }

  /// Each text has one error, at the first marker, ending at the second.
  @Test(arguments: [
    Case("version: 1\nfleet: a\n1️⃣nods2️⃣: {}\nnodes: {a: {address: h}}", .unknownKey),
    Case("version: 1\nfleet: a\nnodes:\n  a: {address: h, 1️⃣role2️⃣: [x]}", .unknownKey),
    Case("version: 1\nfleet: a\n1️⃣group2️⃣: {}\nnodes: {a: {address: h}}", .unknownKey),
    Case("version: 1\nfleet: a\nnodes:\n  1️⃣a2️⃣: {roles: [x]}", .missingKey),
    Case("version: 1\nfleet: a\nnodes:\n  1️⃣a2️⃣:", .missingKey),
    Case("1️⃣fleet2️⃣: a\nnodes: {a: {address: h}}", .missingKey),
    Case("1️⃣version2️⃣: 1\nnodes: {a: {address: h}}", .missingKey),
    Case("version: 1️⃣22️⃣\nfleet: a\nbroken: yes", .unsupportedVersion),
    Case("version: 1️⃣one2️⃣\nfleet: a\nnodes: {a: {address: h}}", .wrongType),
    Case("version: 1\nfleet: a\nnodes: {a: {address: 1️⃣true2️⃣}}", .wrongType),
    Case("version: 1\nfleet: a\nnodes: {a: {address: h, roles: 1️⃣redis2️⃣}}", .wrongType),
    Case("version: 1\nfleet: a\nnodes: {a: {address: h, roles: [1️⃣{a: {}, b: {}}2️⃣]}}", .wrongType),
    Case("version: 1\nfleet: a\nnodes: 1️⃣[a]2️⃣", .wrongType),
    Case("version: 1\nfleet: a\nnodes: {a: {address: 1️⃣[h]2️⃣}}", .wrongType),
    Case("version: 1\nfleet: a\nnodes: 1️⃣{}2️⃣", .invalidValue),
    Case("version: 1\nfleet: 1️⃣'a b'2️⃣\nnodes: {a: {address: h}}", .invalidValue),
    Case("version: 1\nfleet: a\nnodes: {1️⃣-x2️⃣: {address: h}}", .invalidValue),
    Case("version: 1\nfleet: a\nnodes: {a: {address: 1️⃣300.1.1.12️⃣}}", .invalidValue),
    Case("version: 1\nfleet: a\nnodes: {a: {address: 1️⃣-oProxyCommand=x2️⃣}}", .invalidValue),
    Case("version: 1\nfleet: a\nnodes: {a: {address: 1️⃣\"a\\nb\"2️⃣}}", .invalidValue),
    Case("version: 1\nfleet: a\nnetwork: 1️⃣10.0.0.1/82️⃣\nnodes: {a: {address: h}}", .invalidValue),
    Case("version: 1\nfleet: a\nregistry: 1️⃣mine2️⃣\nnodes: {a: {address: h}}", .invalidValue),
    Case("version: 1\nfleet: a\nssh: {user: 1️⃣-l2️⃣}\nnodes: {a: {address: h}}", .invalidValue),
    Case("version: 1\nfleet: a\nssh: {user: 1️⃣\"a b\"2️⃣}\nnodes: {a: {address: h}}", .invalidValue),
    Case("version: 1\nfleet: a\nssh: {port: 1️⃣700002️⃣}\nnodes: {a: {address: h}}", .invalidValue),
    Case(
      "version: 1\nfleet: a\nssh: {identity_file: 1️⃣-x2️⃣}\nnodes: {a: {address: h}}",
      .invalidValue
    ),
    Case(
      "version: 1\nfleet: a\nssh: {connect_timeout: 1️⃣52️⃣}\nnodes: {a: {address: h}}",
      .invalidValue
    ),
    Case(
      "version: 1\nfleet: a\nsettings: {user_mode: 1️⃣single2️⃣}\nnodes: {a: {address: h}}",
      .invalidValue
    ),
    Case(
      "version: 1\nfleet: a\nnodes: {a: {address: h, hardware: {memory: 1️⃣4 GB2️⃣}}}",
      .invalidValue
    ),
    Case(
      "version: 1\nfleet: a\nnodes: {a: {address: h, hardware: {gpus: [{id: g, vendor: 1️⃣nvida2️⃣}]}}}",
      .invalidValue
    ),
    Case(
      "version: 1\nfleet: a\nnodes: {a: {address: h, hardware: {npus: [1️⃣{id: g}2️⃣]}}}",
      .missingKey
    ),
    Case(
      "version: 1\nfleet: a\nnodes: {a: {address: h, hardware: {npus: [{id: g, vendor: intel}, 1️⃣{id: g, vendor: intel}2️⃣]}}}",
      .invalidValue
    ),
    Case(
      "version: 1\nfleet: a\nnodes: {a: {address: h, allow: [{rule: 1️⃣port-colision2️⃣, because: x}]}}",
      .invalidValue
    ),
    Case(
      "version: 1\nfleet: a\nnodes: {a: {address: h, allow: [{rule: 1️⃣port-collision2️⃣, because: x}]}}",
      .invalidValue
    ),
    Case(
      "version: 1\nfleet: a\nnodes: {a: {address: h, allow: [{rule: exposure-widened, because: 1️⃣' '2️⃣}]}}",
      .invalidValue
    ),
    Case(
      "version: 1\nfleet: a\nnodes: {a: {address: h, allow: [1️⃣{rule: exposure-widened}2️⃣]}}",
      .missingKey
    ),
    Case("version: 1\nfleet: a\nsources: {1️⃣a2️⃣: {}}\nnodes: {a: {address: h}}", .missingKey),
    Case(
      "version: 1\nfleet: a\nnodes:\n  é: {}\n  a: {address: h}".replacingFirst("é", "1️⃣é2️⃣"),
      .invalidValue
    ),
  ])
  func oneErrorAtItsPlace(_ test: Case) throws {
    let marked = MarkedText(test.text)
    let (_, findings) = decode(marked)
    #expect(findings.map(\.rule) == [test.rule], "\(findings.map(\.detail))")
    #expect(findings.first?.span == marked.span(1, 2))
  }

  @Test func aMisspeltKeyNamesTheNearestAndHowToWriteIt() throws {
    let marked = MarkedText("version: 1\nfleet: a\nnodes:\n  a: {1️⃣adress2️⃣: h}")
    let (_, findings) = decode(marked)
    let unknown = try #require(findings.first { $0.rule == .unknownKey })
    #expect(
      unknown.suggestions.first?.edits == [.init(replace: marked.span(1, 2), with: "address")]
    )
  }

  @Test func allErrorsAreFoundInOneRun() {
    let (fleet, findings) = decode(
      """
      version: 1
      nodes:
        a: {address: 300.1.1.1, wsl2: perhaps}
        b: {rols: []}
      """
    )
    #expect(findings.count == 5)
    #expect(fleet?.nodes.count == 2)
  }

  @Test(arguments: ["", "[]", "text", "- a", "nodes: [", "\u{0}", "a: *b"])
  func whatIsNoFleetGivesAnErrorAndNoFleet(_ text: String) {
    let (fleet, findings) = decode(text)
    #expect(fleet == nil)
    #expect(findings.contains { $0.severity == .error })
  }
}

extension String {
  /// The text with the first `part` replaced.
  func replacingFirst(_ part: String, _ other: String) -> String {
    guard let range = firstRange(of: part) else { return self }
    return replacingCharacters(in: range, other)
  }

  private func replacingCharacters(in range: Range<Index>, _ other: String) -> String {
    String(self[..<range.lowerBound]) + other + self[range.upperBound...]
  }
}
