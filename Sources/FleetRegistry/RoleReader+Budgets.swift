internal import FleetDiagnostics
internal import FleetRender
internal import FleetYAML

/// What a role takes of memory: `memory:` and `inference:`.
extension RoleReader {
  mutating func memoryNeed(_ node: YAMLNode) -> MemoryNeed? {
    let keys = ["what", "size", "most", "param"]
    guard let fields = item(node, of: "a memory need", keys, required: ["what", "size"]),
      let what = string(fields, "what"), let size = text(fields, "size", as: .size)
    else { return nil }
    return MemoryNeed(
      what: what,
      size: size,
      most: fields["most"].map { _ in int(fields, "most", in: 1...100, else: 100) },
      parameter: string(fields, "param"),
      when: when(fields),
      span: node.span
    )
  }

  mutating func inference(_ fields: YAMLFields) -> Inference? {
    let keys = ["device", "models", "at_once", "above", "up_to", "sizes"]
    let required = ["device", "models"]
    guard
      let inner = mapping(fields, "inference", of: "`inference`", keys, required: required),
      let models = text(inner, "models", as: .texts)
    else { return nil }
    var sizes: [String: ModelSize] = [:]
    for entry in entries(inner, "sizes") { sizes[entry.key] = modelSize(entry.value) }
    return Inference(
      place: word(inner, "device", else: Inference.Place.cpu),
      models: models,
      atOnce: text(inner, "at_once", as: .int),
      above: inner["above"].flatMap { modelSize($0) },
      upTo: inner["up_to"].flatMap { modelSize($0) },
      sizes: sizes,
      span: inner.node.span
    )
  }

  private mutating func modelSize(_ node: YAMLNode) -> ModelSize? {
    guard let text = string(node) else { return nil }
    guard let size = ModelSize(text) else {
      invalid(node, "`\(text)` is no number of parameters such as `7B` or `137M`.")
      return nil
    }
    return size
  }
}
