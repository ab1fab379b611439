internal import FleetDiagnostics
internal import FleetModel
internal import FleetYAML

extension FleetReader {
  static let hardwareKeys = ["gpus", "npus", "memory", "cpus"] + hardwareExtras
  static let hardwareExtras = ["nvme", "smart", "ipmi", "mellanox"]
  static let vendors = ["nvidia", "amd", "intel", "other"]

  static func deviceKeys(_ kind: String) -> [String] {
    ["id", "vendor", "model", "uuid"] + (kind == "gpu" ? ["vram"] : [])
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

  private mutating func devices(_ node: YAMLNode, kind: String) -> [Device] {
    (scalars.list(node, "`\(kind)s`") ?? []).compactMap { device($0, kind: kind) }
  }

  private mutating func device(_ node: YAMLNode, kind: String) -> Device? {
    let what = kind == "gpu" ? "A GPU" : "An NPU"
    guard let fields = scalars.mapping(node, what) else { return nil }
    let word = "a text without control characters"
    var meant: Set<String> = []
    var device = Device(kind: kind, id: "", vendor: "", span: node.span)
    for field in fields {
      let value = field.value
      switch field.key {
      case "id":
        let form = "letters, digits, `.`, `_` or `-`, such as `\(kind)0`"
        device.id = scalars.text(value, "`id`", form: form) { NodeID($0) != nil } ?? ""
      case "vendor": device.vendor = scalars.word(value, of: Self.vendors) ?? ""
      case "model":
        device.model = scalars.text(value, "`model`", form: word) { !Grammar.hasControl($0) }
      case "uuid":
        let form = "letters, digits and `-`, as `nvidia-smi -L` prints it"
        device.uuid = scalars.text(value, "`uuid`", form: form) { NodeID($0) != nil }
      case "vram" where kind == "gpu": device.vram = scalars.size(value, "`vram`")
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
    // A device without a usable vendor is kept and serves every need: its error is reported, that a
    // role lacks a device would only be a consequence.
    return device
  }

  mutating func reportRepeated(_ devices: [Device]) {
    var first: [String: Device] = [:]
    for device in devices where !device.id.isEmpty {
      guard let other = first.updateValue(device, forKey: device.id) else { continue }
      scalars.diagnostics.add(
        Diagnostic(
          .invalidValue,
          "Two devices of one node are called `\(device.id)`. Give each an id of its own.",
          at: device.span,
          related: [RelatedSpan("the other `\(device.id)`", at: other.span)]
        )
      )
    }
  }
}
