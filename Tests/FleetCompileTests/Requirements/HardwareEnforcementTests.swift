import FleetModel
import FleetResources
import Testing

/// What was proved about devices is what the rendered units may open (items 17 to 19, DESIGN section 4).
@Suite struct HardwareEnforcementTests {
  private func compiled(_ roles: String, _ hardware: String) throws -> Compiled {
    try Compiled(
      "version: 1\nfleet: f\nnodes:\n  a: {address: 10.0.0.1, roles: [\(roles)], hardware: {\(hardware)}}\n"
    )
  }

  private func dropIn(_ unit: String, _ name: String, _ compiled: Compiled) throws -> String {
    try compiled.file("/etc/systemd/system/\(unit).d/\(name)", on: "a")
  }

  @Test("item 17: the GPU role opens NVIDIA's devices and nothing else, the GPU chosen by UUID")
  func gpu() throws {
    let fleet = try compiled("autobot-llm-gpu", "gpus: [{id: g, vendor: nvidia, uuid: GPU-7}]")
    let devices = try dropIn("ollama.service", "60-gpu.conf", fleet)
    #expect(devices.contains("DevicePolicy=closed\n"))
    for line in ["char-nvidia rw", "char-nvidia-uvm rw", "/dev/dxg rw"] {
      #expect(devices.contains("DeviceAllow=\(line)\n"))
    }
    let uuid = try dropIn("ollama.service", "61-gpu-uuid.conf", fleet)
    #expect(uuid.contains("Environment=\"CUDA_VISIBLE_DEVICES=GPU-7\"\n"))
  }

  @Test("item 18: two roles on two equal GPUs without UUIDs are given two positions")
  func positions() throws {
    let fleet = try compiled(
      "autobot-llm-gpu, npu-worker",
      "gpus: [{id: g, vendor: nvidia}, {id: h, vendor: nvidia}]"
    )
    for (unit, position) in [("ollama.service", 0), ("autobot-npu-worker.service", 1)] {
      let text = try dropIn(unit, "61-gpu-uuid.conf", fleet)
      #expect(text.contains("CUDA_DEVICE_ORDER=PCI_BUS_ID"))
      #expect(text.contains("CUDA_VISIBLE_DEVICES=\(position)"))
    }
  }

  @Test(
    "item 18: a partition leaves the rest of the GPU alone; one with its own UUID is the driver's"
  )
  func partitions() throws {
    let shared = try compiled(
      "autobot-llm-gpu, npu-worker",
      "gpus: [{id: g, vendor: nvidia, vram: 24GiB, uuid: GPU-7, partitions: [20GiB, 4GiB]}]"
    )
    let share = try dropIn("ollama.service", "62-gpu-share.conf", shared)
    #expect(share.contains("OLLAMA_GPU_OVERHEAD=\(4 << 30)\"\n"))
    #expect(try dropIn("ollama.service", "61-gpu-uuid.conf", shared).contains("=GPU-7\"\n"))
    let separate = try compiled(
      "autobot-llm-gpu",
      "gpus: [{id: g, vendor: nvidia, vram: 24GiB, partitions: [{vram: 20GiB, uuid: MIG-1}]}]"
    )
    #expect(try dropIn("ollama.service", "61-gpu-uuid.conf", separate).contains("=MIG-1\"\n"))
    #expect(throws: Compiled.Missing.self) {
      try dropIn("ollama.service", "62-gpu-share.conf", separate)
    }
  }

  @Test("item 19, X-13: the worker opens its NPU, or its GPU, or no device at all")
  func worker() throws {
    let unit = "autobot-npu-worker.service"
    let npu = try compiled("npu-worker", "npus: [{id: n, vendor: intel}]")
    #expect(try dropIn(unit, "60-device.conf", npu).contains("DeviceAllow=char-accel rw\n"))
    let gpu = try compiled("npu-worker", "gpus: [{id: g, vendor: nvidia}]")
    #expect(try dropIn(unit, "60-device.conf", gpu).contains("DeviceAllow=char-nvidia rw\n"))
    let none = try compiled("npu-worker", "cpus: 4")
    let text = try dropIn(unit, "60-device.conf", none)
    #expect(text.contains("PrivateDevices=yes\n"))
    #expect(!text.contains("DeviceAllow"))
  }

  @Test("item 21: the CPU role sees no GPU")
  func cpu() throws {
    let fleet = try compiled("autobot-llm-cpu", "gpus: [{id: g, vendor: nvidia}]")
    let text = try dropIn("ollama.service", "60-device.conf", fleet)
    #expect(text.contains("CUDA_VISIBLE_DEVICES=-1"))
    #expect(text.contains("PrivateDevices=yes\n"))
  }
}
