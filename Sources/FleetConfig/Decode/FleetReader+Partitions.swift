internal import FleetDiagnostics
internal import FleetModel
internal import FleetYAML

/// `partitions:` of a GPU: parts of its memory that are claimed like devices.
extension FleetReader {
  /// The parts in place of `device`; the device itself where none of them could be read.
  mutating func partitions(_ node: YAMLNode, of device: Device) -> [Device] {
    guard let items = scalars.list(node, "`partitions`") else { return [device] }
    if items.isEmpty {
      scalars.report(
        .invalidValue,
        node,
        "`partitions` of `\(device.id)` is empty. List the parts, such as `[8GiB, 8GiB]`, or leave "
          + "it out."
      )
    }
    guard let vram = device.vram else { return [device] }
    let parts = items.enumerated().compactMap { position, item in
      part(item, position, of: device, vram)
    }
    let sum = ByteCount.sum(parts.compactMap(\.vram))
    if sum > vram {
      scalars.report(
        .invalidValue,
        node,
        "The partitions of `\(device.id)` have \(sum.display) together, but its "
          + "`vram` is \(vram.display). Make them smaller, or correct `vram`."
      )
    }
    return parts.isEmpty ? [device] : parts
  }

  /// `8GiB`, or `{id: large, vram: 8GiB, uuid: MIG-…}`.
  private mutating func part(
    _ node: YAMLNode,
    _ position: Int,
    of device: Device,
    _ vram: ByteCount
  ) -> Device? {
    var part = device
    part.span = node.span
    part.id = "\(device.id).\(position)"
    part.vram = nil
    guard node.isMapping else {
      part.vram = scalars.size(node, "A partition")
      part.whole = WholeDevice(id: device.id, vram: vram, isSeparate: false)
      return part.vram == nil ? nil : part
    }
    var uuid: String?
    let fields = node.entries
    for field in fields {
      switch field.key {
      case "id": part.id = deviceID(field.value, example: "\(device.id).\(position)")
      case "vram": part.vram = scalars.size(field.value, "`vram`")
      case "uuid": uuid = deviceUUID(field.value)
      default: scalars.unknownKey(field, of: "A partition", known: ["id", "vram", "uuid"])
      }
    }
    if !fields.contains(where: { $0.key == "vram" }) {
      scalars.missingKey("vram", of: "A partition", at: node.span, path: node.path)
    }
    part.uuid = uuid ?? device.uuid
    part.whole = WholeDevice(id: device.id, vram: vram, isSeparate: uuid != nil)
    return part.vram == nil ? nil : part
  }
}
