internal import FleetDiagnostics
internal import FleetModel
internal import FleetYAML

extension FleetReader {
  static let hardwareKeys = ["gpus", "npus", "memory", "cpus"] + hardwareExtras
  static let hardwareExtras = ["nvme", "smart", "ipmi", "mellanox"]
  static let vendors = ["nvidia", "amd", "intel", "other"]

  static func deviceKeys(_ kind: String) -> [String] {
    ["id", "vendor", "model", "uuid"] + (kind == "gpu" ? ["vram", "partitions"] : [])
  }

  mutating func hardware(_ node: YAMLNode, of what: String) -> Hardware {
    var hardware = Hardware()
    var npus: [Device] = []
    for entry in scalars.mapping(node, "`hardware` of \(what.lowercasedFirst)") ?? [] {
      let value = entry.value
      hardware.keys.append(Located(entry.key, at: entry.keySpan))
      switch entry.key {
      case "gpus": hardware.devices = devices(value, kind: "gpu")
      case "npus": npus = devices(value, kind: "npu")
      case "memory":
        hardware.memory = scalars.size(value, "`memory`").map { Located($0, at: value.span) }
      case "cpus": hardware.cpus = scalars.number(value, in: 1...65536)
      case let extra where Self.hardwareExtras.contains(extra):
        if scalars.flag(value) == true { hardware.extras.append(extra) }
      default: scalars.unknownKey(entry, of: "`hardware`", known: Self.hardwareKeys)
      }
    }
    hardware.devices += npus
    hardware.extras.sort()
    reportRepeated(hardware.devices)
    return hardware
  }

  /// The devices of a list, each GPU with `partitions` replaced by them.
  private mutating func devices(_ node: YAMLNode, kind: String) -> [Device] {
    var read: [(device: Device, partitions: YAMLNode?)] = []
    for item in scalars.list(node, "`\(kind)s`") ?? [] {
      guard var entry = device(item, kind: kind) else { continue }
      entry.device.ordinal = read.count { $0.device.vendor == entry.device.vendor }
      read.append(entry)
    }
    var peers: [String: Int] = [:]
    for (device, _) in read { peers[device.vendor, default: 0] += 1 }
    var result: [Device] = []
    for (var device, parts) in read {
      device.peers = peers[device.vendor] ?? 1
      result += parts.map { partitions($0, of: device) } ?? [device]
    }
    return result
  }

  private mutating func device(
    _ node: YAMLNode,
    kind: String
  ) -> (device: Device, partitions: YAMLNode?)? {
    let what = kind == "gpu" ? "A GPU" : "An NPU"
    guard let fields = scalars.mapping(node, what) else { return nil }
    let word = "a text without control characters"
    var meant: Set<String> = []
    var device = Device(kind: kind, id: "", vendor: "", span: node.span)
    var partitions: YAMLNode?
    for field in fields {
      let value = field.value
      switch field.key {
      case "id": device.id = deviceID(value, example: "\(kind)0")
      case "vendor": device.vendor = scalars.word(value, of: Self.vendors) ?? ""
      case "model":
        device.model = scalars.text(value, "`model`", form: word) { !Grammar.hasControl($0) }
      case "uuid": device.uuid = deviceUUID(value)
      case "vram" where kind == "gpu": device.vram = scalars.size(value, "`vram`")
      case "partitions" where kind == "gpu": partitions = value
      default:
        if let key = scalars.unknownKey(field, of: what, known: Self.deviceKeys(kind)) {
          meant.insert(key)
        }
      }
    }
    for key in ["id", "vendor"]
    where !meant.contains(key) && !fields.contains(where: { $0.key == key }) {
      scalars.missingKey(key, of: what, at: node.span, path: node.path)
    }
    if partitions != nil, !meant.contains("vram"), !fields.contains(where: { $0.key == "vram" }) {
      scalars.missingKey("vram", of: "A GPU with `partitions`", at: node.span, path: node.path)
    }
    // A device without a usable vendor is kept and serves every need: its error is reported, that a
    // role lacks a device would only be a consequence.
    return (device, partitions)
  }

  mutating func deviceID(_ value: YAMLNode, example: String) -> String {
    let form = "letters, digits, `.`, `_` or `-`, such as `\(example)`"
    return scalars.text(value, "`id`", form: form) { NodeID($0) != nil } ?? ""
  }

  mutating func deviceUUID(_ value: YAMLNode) -> String? {
    let form = "letters, digits and `-`, as `nvidia-smi -L` prints it"
    return scalars.text(value, "`uuid`", form: form) { NodeID($0) != nil }
  }

  mutating func reportRepeated(_ devices: [Device]) {
    var first: [String: Device] = [:]
    var uuids: [String: Device] = [:]
    for device in devices {
      if !device.id.isEmpty, let other = first.updateValue(device, forKey: device.id) {
        repeated(device, other, "are called `\(device.id)`. Give each an id of its own.")
      }
      // Partitions without a UUID of their own have their device's.
      guard device.whole?.isSeparate ?? true, let uuid = device.uuid,
        let other = uuids.updateValue(device, forKey: uuid)
      else { continue }
      repeated(device, other, "have the UUID `\(uuid)`. `nvidia-smi -L` prints each one's own.")
    }
  }

  private mutating func repeated(_ device: Device, _ other: Device, _ what: String) {
    scalars.diagnostics.add(
      Diagnostic(
        .invalidValue,
        "Two devices of one node \(what)",
        at: device.span,
        related: [RelatedSpan("the other device", at: other.span)]
      )
    )
  }
}
