internal import FleetDiagnostics
internal import FleetRegistry
internal import FleetYAML

extension FleetSchema {
  static var hardware: Shape {
    Shape.mapping(
      [
        Field("gpus", "Graphics cards.", Shape.list(.ref("gpu")).orNothing),
        Field("npus", "Neural processors.", Shape.list(.ref("npu")).orNothing),
        Field("memory", "Main memory.", .ref("size")),
        Field("cpus", "Logical processors.", .number(1...65_536)),
      ]
        + FleetReader.hardwareExtras.map {
          Field($0, "Whether its collector is installed.", Shape.flag.otherwise(false))
        }
    ).orNothing
  }

  static var gpu: Shape {
    let partition = Shape.mapping([
      Field("id", "Name of the part; `GPU.NUMBER` by default.", .ref("name")),
      .required("vram", "Memory of the part.", .ref("size")),
      Field("uuid", "UUID of a MIG device.", .ref("name")),
    ])
    return Shape.mapping(
      device(example: "gpu0") + [
        Field("vram", "Memory of the card.", .ref("size")),
        Field(
          "partitions",
          "Parts of its memory that roles claim like cards of their own.",
          Shape.list(.anyOf([.ref("size"), partition])).orNothing.with("minItems", 1)
            .like(["8GiB", "8GiB"])
        ),
      ]
    ).with("dependentRequired", ["partitions": ["vram"]])
  }

  static var npu: Shape { .mapping(device(example: "npu0")) }

  private static func device(example: String) -> [Field] {
    [
      .required("id", "Name of the device on its node.", Shape.ref("name").like(.string(example))),
      .required("vendor", "Who makes it.", .word(FleetReader.vendors)),
      Field("model", "For people.", Shape.text(ValuePatterns.clean).like("RTX 4070 Laptop")),
      Field("uuid", "As `nvidia-smi -L` prints it.", .ref("name")),
    ]
  }
}
