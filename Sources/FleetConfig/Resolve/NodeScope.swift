internal import FleetModel
internal import FleetRender

/// The values under `node`, `fleet` and `settings` that expressions of roles see.
enum NodeScope {
  /// `node`: sizes and counts that are not declared are 0, texts are empty.
  static func node(_ node: FleetNode, roles: [String]) -> Value {
    let devices = node.hardware.devices
    return .map([
      "id": .string(node.id.name),
      "address": .string(node.address.value),
      "url_host": .string(urlHost(node.address.value)),
      "wsl2": .bool(node.wsl2),
      "reserved": .bool(node.reserved),
      "memory": .size(node.hardware.memory?.value ?? ByteCount(bytes: 0)),
      "cpus": .int(node.hardware.cpus ?? 0),
      "roles": .list(roles.map { .string($0) }),
      "gpus": .list(devices.filter { $0.kind == "gpu" }.map(device)),
      "npus": .list(devices.filter { $0.kind == "npu" }.map(device)),
      "extras": .list(node.hardware.extras.map { .string($0) }),
      "labels": .map(node.labels.mapValues { .string($0) }),
    ])
  }

  /// `address` as it stands in a URL or a `Host:` line: IPv6 in brackets (RFC 3986 section 3.2.2).
  static func urlHost(_ address: String) -> String {
    address.contains(":") ? "[\(address)]" : address
  }

  /// A declared device; `vram` is 0 and the texts are empty where nothing is declared.
  ///
  /// `index` and `peers` tell it from the others of its kind and vendor where it has no `uuid`. `shared`
  /// says that it is part of a device whose other parts nothing but good manners protects; `others`
  /// is the memory of those parts.
  static func device(_ device: Device) -> Value {
    .map([
      "id": .string(device.id),
      "kind": .string(device.kind),
      "vendor": .string(device.vendor),
      "model": .string(device.model ?? ""),
      "uuid": .string(device.uuid ?? ""),
      "vram": .size(device.vram ?? ByteCount(bytes: 0)),
      "index": .int(device.ordinal),
      "peers": .int(device.peers),
      "shared": .bool(device.whole.map { !$0.isSeparate } ?? false),
      "others": .size(device.memoryOfOtherParts),
    ])
  }

  /// `settings`.
  static func settings(_ settings: FleetSettings) -> Value {
    .map([
      "user_mode": .string(settings.userMode.value),
      "multi_user": .bool(settings.userMode.value != "single_user"),
      "cloud_llm": .list(settings.cloudLLM.map { .string($0) }),
      "firewall": .string(settings.firewall),
      "hardware_policy": .string(settings.hardwarePolicy),
    ])
  }
}

extension Device {
  /// The memory of the device's other parts, 0 for a whole device.
  fileprivate var memoryOfOtherParts: ByteCount {
    guard let whole, let vram else { return ByteCount(bytes: 0) }
    return ByteCount(bytes: max(0, whole.vram.bytes - vram.bytes))
  }
}
