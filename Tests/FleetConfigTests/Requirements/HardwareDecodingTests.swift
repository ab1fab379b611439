import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetTestSupport
import Testing

/// `hardware:` in fleet.yaml: devices, their peers, and partitions of a GPU.
@Suite struct HardwareDecodingTests {
  private func devices(_ hardware: String) -> (MarkedText, [Device], [Diagnostic]) {
    let marked = MarkedText(
      "version: 1\nfleet: f\nnodes:\n  a: {address: a, hardware: \(hardware)}\n"
    )
    let (fleet, findings) = decode(marked)
    return (marked, fleet?.nodes.first?.hardware.devices ?? [], findings)
  }

  @Test func partitionsStandInPlaceOfTheirGPU() throws {
    let (marked, devices, findings) = devices(
      "{gpus: [{id: g, vendor: nvidia, vram: 16GiB, uuid: GPU-1, partitions: [1️⃣10GiB2️⃣, "
        + "{id: small, vram: 6GiB, uuid: MIG-7}]}, {id: h, vendor: nvidia}]}"
    )
    #expect(findings.isEmpty)
    #expect(devices.map(\.id) == ["g.0", "small", "h"])
    #expect(devices.map(\.uuid) == ["GPU-1", "MIG-7", nil])
    #expect(devices.map { $0.vram?.display } == ["10GiB", "6GiB", nil])
    #expect(devices.map { $0.whole?.isSeparate } == [false, true, nil])
    #expect(devices.map(\.ordinal) == [0, 0, 1])
    #expect(devices.map(\.peers) == [2, 2, 2])
    #expect(devices.first?.span == marked.span(1, 2))
  }

  @Test func peersAreThoseOfTheSameVendor() {
    let (_, devices, _) = devices(
      "{gpus: [{id: a, vendor: nvidia}, {id: b, vendor: amd}, {id: c, vendor: nvidia}]}"
    )
    #expect(devices.map(\.ordinal) == [0, 0, 1])
    #expect(devices.map(\.peers) == [2, 1, 2])
  }

  @Test(arguments: [
    (
      "{gpus: [{id: g, vendor: nvidia, vram: 8GiB, partitions: 1️⃣[6GiB, 4GiB]2️⃣}]}", "FLT2004",
      "The partitions of `g` have 10GiB together, but its `vram` is 8GiB. Make them smaller, or correct "
        + "`vram`."
    ),
    (
      "{gpus: [1️⃣{id: g, vendor: nvidia, partitions: [6GiB]}2️⃣]}", "FLT2002",
      "A GPU with `partitions` has no `vram`; it must have one."
    ),
    (
      "{gpus: [{id: g, vendor: nvidia, vram: 8GiB, partitions: 1️⃣[]2️⃣}]}", "FLT2004",
      "`partitions` of `g` is empty. List the parts, such as `[8GiB, 8GiB]`, or leave it out."
    ),
    (
      "{gpus: [{id: g, vendor: nvidia, vram: 8GiB, partitions: [1️⃣half2️⃣]}]}", "FLT2004",
      "A partition is `half`; it must be a size such as `6GiB`."
    ),
    (
      "{gpus: [{id: g, vendor: nvidia, vram: 8GiB, partitions: [1️⃣{id: x}2️⃣]}]}", "FLT2002",
      "A partition has no `vram`; it must have one."
    ),
    (
      "{gpus: [{id: g, vendor: nvidia, vram: 8GiB, partitions: [{vram: 1GiB, 1️⃣share2️⃣: 1}]}]}",
      "FLT2001", "A partition has no key `share`. It knows `id`, `vram` and `uuid`."
    ),
    (
      "{gpus: [{id: g, vendor: nvidia, vram: 8GiB, partitions: [{id: g, vram: 1GiB}, "
        + "1️⃣{id: g, vram: 1GiB}2️⃣]}]}", "FLT2004",
      "Two devices of one node are called `g`. Give each an id of its own."
    ),
    (
      "{gpus: [{id: g, vendor: nvidia, uuid: GPU-1}, 1️⃣{id: h, vendor: nvidia, uuid: GPU-1}2️⃣]}",
      "FLT2004",
      "Two devices of one node have the UUID `GPU-1`. `nvidia-smi -L` prints each one's own."
    ),
    (
      "{npus: [{id: n, vendor: intel, 1️⃣partitions2️⃣: [1GiB]}]}", "FLT2001",
      "An NPU has no key `partitions`. It knows `id`, `vendor`, `model` and `uuid`."
    ),
    (
      "{gpus: [{id: g, vendor: nvidia, vram: 9223372036854775807, partitions: "
        + "1️⃣[9223372036854775807, 9223372036854775807]2️⃣}, {id: h, vendor: nvidia}]}", "none", ""
    ),
  ])
  func mistakesAreOneFindingAtTheirPlace(_ hardware: String, _ code: String, _ detail: String) {
    let (marked, _, findings) = devices(hardware)
    // Sums that have no representation are the largest there is, and never a crash.
    guard code != "none" else { return #expect(findings.count <= 1) }
    #expect(findings.map(\.rule.code) == [code])
    #expect(findings.first?.detail == detail)
    #expect(findings.first?.span == marked.span(1, 2))
  }
}
