internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry
internal import FleetRender

/// Finds nodes with less memory than their roles are told to take.
///
/// *What it does*: adds up what the roles of a node state about their memory (caches with the margin of a
/// snapshot, buffers, models on the CPU) and compares it with the node's `hardware.memory`; some items have
/// a largest sound share of their own.
/// *Why it matters*: the kernel kills the largest process, which is the database.
/// *Example*: `redis` with `maxmemory: 6GiB` on a node with 6 GiB.
/// *Instead*: lower the parameter, or move a role.
enum NodeMemory {
  private struct Item {
    let instance: RoleInstance
    let what: String
    let size: ByteCount
    /// The parameter that decides the size.
    let parameter: String?
    /// The largest sound share of the node's memory in percent.
    let most: Int?
  }

  static func check(
    _ resolved: ResolvedFleet,
    _ sizes: ModelSizes,
    into diagnostics: inout Diagnostics
  ) {
    let takes = resolved.profiles.map { !$0.role.memory.isEmpty || $0.role.inference != nil }
    guard takes.contains(true) else { return }
    for (index, node) in resolved.nodes.enumerated() {
      guard let memory = node.hardware.memory else { continue }
      let range = resolved.nodeRanges[index]
      let takers = range.filter { takes[Int(resolved.placement.slots[$0].profile)] }
      guard !takers.isEmpty else { continue }
      let items = takers.flatMap { Self.items(of: resolved.instances[$0], sizes) }
      guard !items.isEmpty else { continue }
      let total = ByteCount.sum(items.map(\.size))
      if total > memory.value {
        diagnostics.add(exceeded(items, total, memory, node, resolved))
        continue
      }
      for item in items {
        guard let most = item.most, item.size > memory.value.share(most) else { continue }
        diagnostics.add(tooLarge(item, most, memory, node, resolved))
      }
    }
  }

  private static func items(of instance: RoleInstance, _ sizes: ModelSizes) -> [Item] {
    var items = sizes.items(of: instance.profile).map { item in
      Item(
        instance: instance,
        what: item.need.what,
        size: item.size,
        parameter: item.need.parameter,
        most: item.need.most
      )
    }
    if let load = sizes.load(of: instance.profile), load.inference.place == .cpu,
      load.memory.bytes > 0
    {
      let count = load.largest.count
      items.append(
        Item(
          instance: instance,
          what: count == 1 ? "one model" : "\(count) models at once",
          size: load.memory,
          parameter: nil,
          most: nil
        )
      )
    }
    return items
  }

  private static func exceeded(
    _ items: [Item],
    _ total: ByteCount,
    _ memory: Located<ByteCount>,
    _ node: FleetNode,
    _ resolved: ResolvedFleet
  ) -> Diagnostic {
    let largest = items.enumerated()
      .sorted { ($1.element.size, $0.offset) < ($0.element.size, $1.offset) }.map(\.element)
    let words = largest.map { item in
      "`\(item.instance.profile.role.name)` \(item.size.rounded) (\(item.what))"
    }
    var places: [RoleInstance] = []
    for item in largest where !places.contains(where: { $0.address == item.instance.address }) {
      places.append(item.instance)
    }
    let subject = places.first ?? items[0].instance
    let cure = lowered(items, total, memory.value, resolved)
    return Diagnostic(
      .memoryExceeded,
      "The roles on `\(node.id)` are told to take about \(total.rounded) of memory, but it has "
        + "\(memory.value.rounded): \(words.list). Lower what they take, or move one of the roles; else "
        + "allow `memory-exceeded` on `\(node.id)` with the reason.",
      at: subject.place,
      related: places.dropFirst().map {
        RelatedSpan("`\($0.profile.role.name)` takes memory too", at: $0.place)
      } + parameterPlaces(items, resolved)
        + [RelatedSpan("the node's memory", at: memory.span)],
      address: subject.address,
      path: "/nodes/\(node.id)/hardware/memory",
      suggestions: cure.map { [$0] } ?? []
    )
  }

  private static func parameterPlaces(
    _ items: [Item],
    _ resolved: ResolvedFleet
  ) -> [RelatedSpan] {
    var seen: Set<SourceSpan> = []
    return items.compactMap { item in
      guard let name = item.parameter,
        let span = ParameterEdit.span(name, of: item.instance, in: resolved),
        seen.insert(span).inserted
      else { return nil }
      return RelatedSpan("`\(name)` is set here", at: span)
    }
  }

  private static func tooLarge(
    _ item: Item,
    _ most: Int,
    _ memory: Located<ByteCount>,
    _ node: FleetNode,
    _ resolved: ResolvedFleet
  ) -> Diagnostic {
    let role = item.instance.profile.role.name
    let limit = memory.value.share(most)
    let span = item.parameter.flatMap { ParameterEdit.span($0, of: item.instance, in: resolved) }
    let lower =
      item.parameter.map { "Lower `roles.\(role).\($0)` to \(limit.wholeMebibytes.display)" }
      ?? "Lower it"
    return Diagnostic(
      .memoryExceeded,
      "`\(role)` on `\(node.id)` may take \(item.size.rounded) (\(item.what)), more than \(most) % of "
        + "the node's \(memory.value.rounded): nothing is left for snapshots and the other services. "
        + "\(lower), or allow `memory-exceeded` on `\(node.id)` with the reason.",
      at: span ?? item.instance.place,
      related: [RelatedSpan("the node's memory", at: memory.span)],
      address: item.instance.address,
      path: "/nodes/\(node.id)/hardware/memory",
      suggestions: item.parameter.map {
        [
          ParameterEdit.suggestion(
            $0,
            limit.wholeMebibytes.display,
            of: item.instance,
            in: resolved
          )
        ]
      } ?? []
    )
  }

  /// The edit that lowers the parameter behind the largest items so far that all have room.
  ///
  /// Items with one `param:` grow in proportion to it.
  private static func lowered(
    _ items: [Item],
    _ total: ByteCount,
    _ memory: ByteCount,
    _ resolved: ResolvedFleet
  ) -> Suggestion? {
    let largest = items.filter { $0.parameter != nil }.max { $0.size < $1.size }
    guard let largest, let name = largest.parameter,
      case .size(let now) = largest.instance.parameters[name]
    else { return nil }
    let group = items.filter {
      $0.parameter == name && $0.instance.address == largest.instance.address
    }
    let taken = ByteCount.sum(group.map(\.size)).bytes
    let room = memory.bytes - (total.bytes - taken)
    guard room > 0, taken > 0, total.bytes < Int.max else { return nil }
    var wanted = Int(Double(now.bytes) * (Double(room) / Double(taken)))
    for item in group {
      guard let most = item.most, item.size.bytes > 0 else { continue }
      let limit = Double(memory.share(most).bytes) / Double(item.size.bytes)
      wanted = min(wanted, Int(Double(now.bytes) * limit))
    }
    let value = ByteCount(bytes: wanted).wholeMebibytes
    guard value.bytes > 0 else { return nil }
    return ParameterEdit.suggestion(name, value.display, of: largest.instance, in: resolved)
  }
}

extension ByteCount {
  /// So many percent of it, rounded down.
  fileprivate func share(_ percent: Int) -> ByteCount {
    ByteCount(bytes: bytes / 100 * percent + bytes % 100 * percent / 100)
  }

  /// Whole mebibytes, rounded down.
  fileprivate var wholeMebibytes: ByteCount { ByteCount(bytes: (bytes >> 20) << 20) }
}
