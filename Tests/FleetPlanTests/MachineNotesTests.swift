import FleetModel
import FleetPlan
import FleetResources
import Testing

/// Items 17, X-04 and X-18 on live machines: devices that are not there, listeners of nobody.
@Suite struct MachineNotesTests {
  private func notes(
    devices: [Device] = [],
    servesUsers: Bool = false,
    _ change: (inout ObservedNode) -> Void
  ) throws -> [String] {
    let id = Make.node("n1")
    var observed = ObservedNode()
    change(&observed)
    var node = NodeInput(
      id: id,
      address: "10.0.0.1",
      roles: [],
      resources: [
        Make.unit(id, "web.service") {
          $0.ports = [
            .init(addresses: ["10.0.0.1"], number: 443, transport: "tcp", scope: "public")
          ]
        }
      ],
      observation: .observed(observed)
    )
    node.devices = devices
    node.servesUsers = servesUsers
    let plan = try Planner.plan(PlanInput(fleet: "f", nodes: [node]))
    return plan.notes.filter { $0.severity == "warning" }.map(\.text)
  }

  private func gpu(_ id: String, uuid: String? = nil) -> Device {
    var device = Device(kind: "gpu", id: id, vendor: "nvidia", span: nil)
    device.uuid = uuid
    return device
  }

  @Test("item 17: a declared GPU that the machine does not show is a finding")
  func missing() throws {
    #expect(
      try notes(devices: [gpu("gpu0")]) { $0.system.devices = ["gpu intel 0000:00:02.0 8086:a7a0"] }
        == [
          "fleet.yaml declares 1 GPU of nvidia (gpu0), and the machine shows none"
        ]
    )
    #expect(
      try notes(devices: [gpu("gpu0")]) {
        $0.system.devices = ["gpu nvidia 0000:01:00.0 NVIDIA RTX (UUID: GPU-1)"]
      } == []
    )
  }

  @Test("item 17: a GPU of another UUID is a finding; partitions count as one GPU")
  func uuid() throws {
    var parts = [gpu("g.0", uuid: "GPU-2"), gpu("g.1", uuid: "GPU-2")]
    for index in parts.indices {
      parts[index].whole = WholeDevice(
        id: "g",
        vram: ByteCount(bytes: 1 << 30),
        isSeparate: false
      )
    }
    let texts = try notes(devices: parts) {
      $0.system.devices = ["gpu nvidia 0000:01:00.0 NVIDIA RTX (UUID: GPU-1)"]
    }
    #expect(
      texts == ["g is declared with the UUID GPU-2, which the machine does not have"]
    )
  }

  @Test("X-04, X-18: a development server and VNC that nobody declares are named")
  func listeners() throws {
    func listener(_ address: String, _ port: Int, _ process: String) -> Listener {
      Listener(transport: "tcp", address: address, port: port, unit: "", process: process)
    }
    let texts = try notes {
      $0.listeners = .value([
        listener("0.0.0.0", 5173, "node"), listener("*", 6080, "websockify"),
        listener("0.0.0.0", 22, "sshd"), listener("127.0.0.1", 9000, "own"),
        listener("10.0.0.1", 443, "nginx"),
      ])
    }
    #expect(
      texts == [
        "other machines may reach what no role declares: port 5173 (node), 6080 (websockify)"
      ]
    )
  }

  @Test("item 197: the fleet's key and Ansible are findings where users are served, and only there")
  func keys() throws {
    let holds: (inout ObservedNode) -> Void = {
      $0.system.doors = ["/home/autobot/.ssh/autobot_key"]
      $0.system.interpreters = ["ansible": "/usr/bin/ansible", "python3": "/usr/bin/python3"]
    }
    #expect(
      try notes(servesUsers: true, holds) == [
        "/home/autobot/.ssh/autobot_key is a private key that logins of this machine admit: whoever "
          + "breaks into a machine that serves users must not find the fleet's key there; move it to "
          + "the operator's machine",
        "/usr/bin/ansible is here: fleets are managed from the operator's machine or the management "
          + "node, not from a machine that serves users; remove it",
      ]
    )
    #expect(try notes(holds) == [])
  }
}
