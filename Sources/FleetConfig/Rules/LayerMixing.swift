internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Finds management and business roles on one node.
///
/// *What it does*: compares the layers of the roles on each node; `shared` goes with both.
/// *Why it matters*: whoever breaks into a business service must not stand beside the keys to the
/// whole fleet.
/// *Example*: `slm-monitoring` beside `ai-stack`.
/// *Instead*: separate nodes.
enum LayerMixing {
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    resolved.visitNodes { instances in
      let management = instances.filter { $0.profile.role.layer == .management }
      guard let manager = management.first else { return true }
      let business = instances.filter { $0.profile.role.layer == .business }
      guard let worker = business.first else { return true }
      let isManagerLater = isLater(manager, than: worker)
      let subject = isManagerLater ? manager : worker
      let others = isManagerLater ? business : management
      let managers = ScalarReader.words(management.map(\.profile.role.name))
      let workers = ScalarReader.words(business.map(\.profile.role.name))
      diagnostics.add(
        Diagnostic(
          .layerMixing,
          "`\(subject.node.id)` carries roles of the management layer (\(managers)) and of the "
            + "business layer (\(workers)). The manager holds the keys to every node, so nothing that "
            + "serves users may share its machine. Move one side to another node.",
          at: subject.place,
          related: others.map { other in
            RelatedSpan(
              "`\(other.profile.role.name)` belongs to the \(other.profile.role.layer.rawValue) layer",
              at: other.place
            )
          },
          address: subject.address,
          path: "/nodes/\(subject.node.id)/roles"
        )
      )
      return false
    }
  }

  /// Whether `left` is written behind `right`: the side that came later is the one to move.
  static func isLater(_ left: RoleInstance, than right: RoleInstance) -> Bool {
    (left.place?.start.byte ?? -1) > (right.place?.start.byte ?? -1)
  }
}
