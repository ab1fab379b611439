import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import FleetTestSupport
import Testing

/// Devices: FLT4001 to FLT4003 and FLT4006.
@Suite struct HardwareRulesTests {
  private func run(_ fields: String, settings: String = "{}") -> (MarkedText, Validation) {
    let marked = MarkedText(
      "version: 1\nfleet: f\nsettings: \(settings)\nnodes:\n  a: {address: a, \(fields)}\n"
    )
    return (marked, Validation(marked.source))
  }

  @Test func aGPURoleWithoutAGPUIsAnError() {
    let (marked, run) = run("roles: [1️⃣autobot-llm-gpu2️⃣]")
    #expect(run.findings(.hardwareMissing).map(\.span) == [marked.span(1, 2)])
  }

  @Test func aGPUOfAnotherVendorDoesNotDo() {
    let (_, run) = run("roles: [autobot-llm-gpu], hardware: {gpus: [{id: g, vendor: amd}]}")
    #expect(run.findings(.hardwareMissing).count == 1)
  }

  @Test func twoRolesOnOneDeviceNameEveryClaimant() throws {
    let (marked, run) = run(
      "roles: [1️⃣autobot-llm-gpu2️⃣, 3️⃣npu-worker4️⃣], hardware: {gpus: [5️⃣{id: gpu0, vendor: nvidia}6️⃣]}"
    )
    let finding = try #require(run.findings(.hardwareExclusive).first)
    #expect(finding.severity == .error)
    #expect(finding.span == marked.span(3, 4))
    #expect(finding.related.map(\.span) == [marked.span(1, 2), marked.span(5, 6)])
    #expect(run.findings(.hardwareExclusive).count == 1)
    #expect(run.findings(.optionalHardware).isEmpty)
  }

  @Test(arguments: [
    "{gpus: [{id: gpu0, vendor: nvidia}], npus: [{id: npu0, vendor: intel}]}",
    "{gpus: [{id: gpu0, vendor: nvidia}, {id: gpu1, vendor: nvidia}]}",
  ])
  func aDeviceForEachIsEnough(_ hardware: String) {
    for roles in ["autobot-llm-gpu, npu-worker", "npu-worker, autobot-llm-gpu"] {
      let (_, run) = run("roles: [\(roles)], hardware: \(hardware)")
      #expect(run.findings(.hardwareExclusive).isEmpty)
      #expect(run.findings(.hardwareMissing).isEmpty)
    }
  }

  @Test func theWorkerFallsBackToTheCPUWithAWarning() throws {
    let (marked, run) = run("roles: [1️⃣npu-worker2️⃣]")
    let finding = try #require(run.findings(.optionalHardware).first)
    #expect(finding.severity == .warning)
    #expect(finding.span == marked.span(1, 2))
    let strict = self.run("roles: [npu-worker]", settings: "{hardware_policy: strict}").1
    #expect(strict.findings(.optionalHardware).first?.severity == .error)
  }

  @Test func aDeviceThatIsDeclaredWronglyHasNoConsequences() {
    let (_, run) = run("roles: [autobot-llm-gpu], hardware: {gpus: [{id: g, vendor: nvida}]}")
    #expect(run.findings(.hardwareMissing).isEmpty)
    #expect(run.findings(.invalidValue).count == 1)
  }

  @Test func modelsThatDoNotFitTogetherAreAWarning() {
    let small = "roles: [{autobot-llm-gpu: {max_loaded: 1, models: ['mistral:7b']}}]"
    let hardware = "hardware: {gpus: [{id: g, vendor: nvidia, vram: 8GiB}]}"
    #expect(run("\(small), \(hardware)").1.findings(.vramExceeded).isEmpty)
    #expect(run("roles: [autobot-llm-gpu], \(hardware)").1.findings(.vramExceeded).count == 1)
  }

  @Test func theMatchedDeviceIsKnownToTheInstance() throws {
    let text = AutobotFleet.text()
    let resolved = try #require(Validation(text).resolved)
    let gpu = try #require(resolved.instances(of: "autobot-llm-gpu").first)
    #expect(gpu.devices.map(\.id) == ["gpu0"])
  }
}
