import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetTestSupport
import Testing

@testable import FleetConfig

/// Requirements 17 to 19 and contradiction X-13: exclusive devices.
@Suite struct HardwareMatchingTests {
  private func run(_ fields: String, settings: String = "{}") -> (MarkedText, Validation) {
    let marked = MarkedText(
      "version: 1\nfleet: f\nsettings: \(settings)\nnodes:\n  a: {address: 10.0.0.1, \(fields)}\n"
    )
    return (marked, Validation(marked.source))
  }

  @Test("item 17: the GPU role without an NVIDIA GPU is an error that names what is there")
  func gpuRole() throws {
    let (marked, run) = run(
      "roles: [1️⃣autobot-llm-gpu2️⃣], 3️⃣hardware4️⃣: {gpus: [5️⃣{id: g, vendor: amd}6️⃣], "
        + "npus: [7️⃣{id: n, vendor: intel}8️⃣]}"
    )
    let finding = try #require(run.findings(.hardwareMissing).first)
    #expect(finding.rule.code == "FLT4001")
    #expect(finding.severity == .error)
    #expect(finding.span == marked.span(1, 2))
    #expect(
      finding.related == [
        RelatedSpan("the node's hardware", at: marked.span(3, 4)),
        RelatedSpan("`g` (an AMD GPU) does not do", at: marked.span(5, 6)),
        RelatedSpan("`n` (an Intel NPU) does not do", at: marked.span(7, 8)),
      ]
    )
    #expect(
      finding.detail
        == "`autobot-llm-gpu` needs an NVIDIA GPU, but `a` declares only `g` (an AMD GPU) and `n` (an "
        + "Intel NPU). If the machine has one, declare it under `hardware`; else move `autobot-llm-gpu` to "
        + "a node that has."
    )
  }

  @Test("item 18: both GPU roles on one GPU are refused, with both claimants and every device")
  func oneDeviceForTwo() throws {
    let (marked, run) = run(
      "roles: [1️⃣npu-worker2️⃣, 3️⃣autobot-llm-gpu4️⃣], hardware: {gpus: [5️⃣{id: gpu0, vendor: nvidia}6️⃣, "
        + "7️⃣{id: igpu, vendor: intel}8️⃣]}"
    )
    let finding = try #require(run.findings(.hardwareExclusive).first)
    #expect(run.findings(.hardwareExclusive).count == 1)
    #expect(finding.rule.code == "FLT4002")
    #expect(finding.severity == .error)
    #expect(finding.span == marked.span(1, 2))
    #expect(
      finding.related == [
        RelatedSpan("`autobot-llm-gpu` claims it here", at: marked.span(3, 4)),
        RelatedSpan("`gpu0` is declared here", at: marked.span(5, 6)),
        RelatedSpan("`igpu` (an Intel GPU) does not do", at: marked.span(7, 8)),
      ]
    )
    #expect(
      finding.detail
        == "`npu-worker` (an Intel NPU or an NVIDIA GPU) and `autobot-llm-gpu` (an NVIDIA GPU) each need "
        + "a device of their own on `a`, which declares one device that would do: `gpu0` (an NVIDIA "
        + "GPU). Declare another device if the machine has one, split a GPU by `partitions`, or move one "
        + "of the roles."
    )
  }

  @Test(
    "item 18: an explicit statement of separate devices or memory lets both run",
    arguments: [
      ("{gpus: [{id: gpu0, vendor: nvidia}], npus: [{id: npu0, vendor: intel}]}", "gpu0", "npu0"),
      (
        "{gpus: [{id: a, vendor: nvidia, uuid: GPU-1}, {id: b, vendor: nvidia, uuid: GPU-2}]}", "a",
        "b"
      ),
      ("{gpus: [{id: g, vendor: nvidia, vram: 48GiB, partitions: [40GiB, 8GiB]}]}", "g.0", "g.1"),
      (
        "{gpus: [{id: g, vendor: nvidia, vram: 48GiB, partitions: [{id: s, vram: 4GiB}, "
          + "{id: l, vram: 44GiB}]}]}", "l", "s"
      ),
    ]
  )
  func separateDevices(_ hardware: String, _ gpu: String, _ npu: String) throws {
    for roles in ["autobot-llm-gpu, npu-worker", "npu-worker, autobot-llm-gpu"] {
      let (_, run) = run("roles: [\(roles)], hardware: \(hardware)")
      #expect(run.findings(.hardwareExclusive).isEmpty)
      #expect(run.findings(.optionalHardware).isEmpty)
      // The fleet lacks its required roles, so the resolved one is asked directly.
      let resolved = try #require(try resolve("roles: [\(roles)], hardware: \(hardware)"))
      #expect(resolved.instances(of: "autobot-llm-gpu").first?.devices.map(\.id) == [gpu])
      #expect(resolved.instances(of: "npu-worker").first?.devices.map(\.id) == [npu])
    }
  }

  private func resolve(_ fields: String) throws -> ResolvedFleet? {
    var diagnostics = Diagnostics()
    let text = "version: 1\nfleet: f\nnodes:\n  a: {address: 10.0.0.1, \(fields)}\n"
    let source = SourceText(name: "fleet.yaml", text: text)
    let fleet = try #require(FleetDecoder.decode(source, into: &diagnostics))
    return FleetResolver.resolve(fleet, registry: .repository, into: &diagnostics)
  }

  @Test("item 18: a written reason waives it, and the one that can do without runs on the CPU")
  func waiver() throws {
    let fields =
      "roles: [npu-worker, autobot-llm-gpu], hardware: {gpus: [{id: g, vendor: nvidia}]}, "
      + "allow: [{rule: hardware-exclusive, because: \"the worker is idle\"}]"
    #expect(run(fields).1.findings(.hardwareExclusive).isEmpty)
    let resolved = try #require(try resolve(fields))
    #expect(resolved.instances(of: "autobot-llm-gpu").first?.devices.count == 1)
    #expect(resolved.instances(of: "npu-worker").first?.devices.isEmpty == true)
  }

  @Test(
    "item 19: the worker takes an Intel NPU or an NVIDIA GPU, the NPU first",
    arguments: [
      ("npus: [{id: n, vendor: intel}]", "n"), ("gpus: [{id: g, vendor: nvidia}]", "g"),
      ("gpus: [{id: g, vendor: nvidia}], npus: [{id: n, vendor: intel}]", "n"),
      ("gpus: [{id: g, vendor: amd}], npus: [{id: n, vendor: amd}]", nil),
    ]
  )
  func worker(_ hardware: String, _ device: String?) throws {
    let resolved = try resolve("roles: [npu-worker], hardware: {\(hardware)}")
    #expect(resolved?.instances(of: "npu-worker").first?.devices.first?.id == device)
  }

  @Test("X-13: without its hardware the worker is a warning, and an error under the strict policy")
  func fallback() throws {
    let (marked, warned) = run("roles: [1️⃣npu-worker2️⃣]")
    let finding = try #require(warned.findings(.optionalHardware).first)
    #expect(finding.rule.code == "FLT4006")
    #expect(finding.severity == .warning)
    #expect(finding.span == marked.span(1, 2))
    #expect(
      finding.detail
        == "`npu-worker` prefers an Intel NPU or an NVIDIA GPU, but `a` declares none; it will run on the "
        + "CPU, slowly. Declare the device under `hardware` if there is one."
    )
    let strict = run("roles: [npu-worker]", settings: "{hardware_policy: strict}").1
    let error = try #require(strict.findings(.optionalHardware).first)
    #expect(error.severity == .error)
    #expect(error.detail.hasSuffix("`hardware_policy: strict` makes this an error."))
    // The exclusivity rule with the GPU role is an error whatever the policy.
    let both = run(
      "roles: [npu-worker, autobot-llm-gpu], hardware: {gpus: [{id: g, vendor: nvidia}]}",
      settings: "{hardware_policy: warn}"
    ).1
    #expect(both.findings(.hardwareExclusive).first?.severity == .error)
  }

  @Test(
    "several independent conflicts on one node are several findings, and nobody is blamed twice"
  )
  func severalConflicts() {
    let need = "{device: %, exclusive: true, fallback: none}"
    func role(_ device: String) -> String {
      "placement: {replicas: many}\nhardware: [\(need.split(separator: "%").joined(separator: device))]\n"
    }
    let registry = Registry.of([
      "g1": role("gpu"), "g2": role("gpu"), "g3": role("gpu"), "n1": role("npu"), "n2": role("npu"),
    ])
    let marked = MarkedText(
      """
      version: 1
      fleet: f
      nodes:
        a:
          address: 10.0.0.1
          roles: [1️⃣g12️⃣, n1, 3️⃣g24️⃣, n2, 5️⃣g36️⃣]
          hardware: {gpus: [{id: g, vendor: amd}], npus: [{id: n, vendor: intel}]}

      """
    )
    let findings = Validation(marked.source, registry: registry).findings(.hardwareExclusive)
    #expect(findings.count == 2)
    let gpus = findings.first { $0.detail.contains("`g1`") }
    #expect(gpus?.span == marked.span(5, 6))
    #expect(gpus?.related.prefix(2).map(\.span) == [marked.span(1, 2), marked.span(3, 4)])
    #expect(gpus?.detail.contains("`n1`") == false)
    #expect(gpus?.detail.contains("`g1` (a GPU), `g2` (a GPU) and `g3` (a GPU)") == true)
  }

  @Test("equal GPUs without a UUID are told apart by position only, with a warning at each")
  func unpinned() throws {
    let (marked, run) = run(
      "roles: [1️⃣autobot-llm-gpu2️⃣], hardware: {gpus: [3️⃣{id: x, vendor: nvidia}4️⃣, "
        + "{id: y, vendor: nvidia}]}"
    )
    let finding = try #require(run.findings(.deviceUnpinned).first)
    #expect(run.findings(.deviceUnpinned).count == 1)
    #expect(finding.rule.code == "FLT4007")
    #expect(finding.severity == .warning)
    #expect(finding.span == marked.span(3, 4))
    #expect(finding.related.map(\.span) == [marked.span(1, 2)])
    #expect(finding.detail.contains("number 0 on the bus"))
    let pinned = self.run(
      "roles: [autobot-llm-gpu], hardware: {gpus: [{id: x, vendor: nvidia, uuid: GPU-1}, "
        + "{id: y, vendor: nvidia, uuid: GPU-2}]}"
    ).1
    #expect(pinned.findings(.deviceUnpinned).isEmpty)
  }
}
