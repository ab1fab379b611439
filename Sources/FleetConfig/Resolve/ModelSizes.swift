internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry
internal import FleetRender

/// Evaluates what roles say about their memory, once for each profile.
final class ModelSizes {
  /// One model that a role may load.
  struct Model {
    let name: String
    /// Nil where neither its name nor the role tells.
    let size: ModelSize?
  }

  /// The models of a role.
  struct Load {
    let inference: Inference
    /// As listed.
    let models: [Model]
    /// How many of them may be loaded at once.
    let atOnce: Int

    /// The largest of those whose size is known, as many as may be loaded at once, largest first.
    var largest: [Model] {
      let known = models.filter { $0.size != nil }
      return Array(known.sorted { Self.memory($0) > Self.memory($1) }.prefix(atOnce))
    }

    /// What they take together.
    var memory: ByteCount { ByteCount.sum(largest.compactMap(\.size?.memory)) }

    private static func memory(_ model: Model) -> ByteCount {
      model.size?.memory ?? ByteCount(bytes: 0)
    }
  }

  /// One item of `memory:` with its size.
  struct Item {
    let need: MemoryNeed
    let size: ByteCount
  }

  private let settings: Value
  private var loads: [ObjectIdentifier: Load?] = [:]
  private var items: [ObjectIdentifier: [Item]] = [:]
  /// What could not be evaluated.
  private(set) var diagnostics = Diagnostics()

  init(_ settings: FleetSettings) {
    self.settings = NodeScope.settings(settings)
  }

  /// The models of a role; nil where it loads none, or where its parameters are broken.
  func load(of profile: RoleProfile) -> Load? {
    guard let inference = profile.role.inference, !profile.isBroken else { return nil }
    if let known = loads[ObjectIdentifier(profile)] { return known }
    let load = evaluate(inference, scope(profile))
    loads[ObjectIdentifier(profile)] = .some(load)
    return load
  }

  /// The memory of a GPU that a role's models want; nil where it loads none there.
  func videoMemory(of profile: RoleProfile) -> ByteCount? {
    guard profile.role.inference?.place == .gpu else { return nil }
    return load(of: profile)?.memory
  }

  /// What a role takes of its node's memory.
  func items(of profile: RoleProfile) -> [Item] {
    guard !profile.role.memory.isEmpty, !profile.isBroken else { return [] }
    if let known = items[ObjectIdentifier(profile)] { return known }
    let scope = scope(profile)
    let found = profile.role.memory.compactMap { need -> Item? in
      guard need.when.holds(scope, into: &diagnostics) ?? false else { return nil }
      return size(need.size, scope).map { Item(need: need, size: $0) }
    }
    items[ObjectIdentifier(profile)] = found
    return found
  }

  private func scope(_ profile: RoleProfile) -> Scope {
    [
      "params": profile.parameterScope, "settings": settings, "role": .string(profile.role.name),
    ]
  }

  private func evaluate(_ inference: Inference, _ scope: Scope) -> Load? {
    guard let names = inference.models.strings(scope, into: &diagnostics) else { return nil }
    var atOnce = names.count
    if let text = inference.atOnce {
      guard let number = text.int(scope, into: &diagnostics) else { return nil }
      atOnce = max(0, number)
    }
    let models = names.map { name in
      Model(name: name, size: inference.sizes[name] ?? ModelSize(named: name))
    }
    return Load(inference: inference, models: models, atOnce: atOnce)
  }

  private func size(_ text: TemplateText, _ scope: Scope) -> ByteCount? {
    switch text.evaluate(scope, into: &diagnostics) {
    case .size(let size): return size
    case .string(let text) where ByteCount(text) != nil: return ByteCount(text)
    case nil: return nil
    default:
      diagnostics.add(
        Diagnostic(.templateError, "`size` must be a size such as `2GiB`.", at: text.span)
      )
      return nil
    }
  }
}
