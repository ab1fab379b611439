internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Finds loopback endpoints that are opened because a consumer lives on another node.
///
/// *What it does*: names every loopback port with a consumer elsewhere; it then binds the node's fleet
/// address too, and the firewall admits those consumers only.
/// *Why it matters*: the registry says "this node only", often because the service has no password.
/// *Example*: `chromadb` on a database node, used by `ai-stack` on another.
/// *Instead*: put consumer and provider on one node, or waive the warning with the reason.
enum ExposureWidened {
  static func check(_ resolved: ResolvedFleet, into diagnostics: inout Diagnostics) {
    // Only a loopback port can be widened.
    let suspects = resolved.instances { resolved.resolution.mayBeWidened($0) }
    for instance in suspects {
      for port in instance.ports where port.widened {
        diagnostics.add(finding(port, instance, resolved))
      }
    }
  }

  private static func openTo(_ resolved: ResolvedFleet) -> String {
    resolved.fleet.settings.firewall == "ufw"
      ? "and the firewall admits those nodes only"
      : "open to whoever reaches that address, since `settings.firewall` is `none`"
  }

  private static func finding(
    _ port: ResolvedPort,
    _ instance: RoleInstance,
    _ resolved: ResolvedFleet
  ) -> Diagnostic {
    let role = instance.profile.role.name
    var consumers: [(index: Int, role: RoleInstance?)] = []
    var more = 0
    for index in port.consumerNodes where index != instance.nodeIndex {
      guard consumers.count < 4 else {
        more += 1
        continue
      }
      let user = resolved.instances[resolved.nodeRanges[index]].first { candidate in
        candidate.dependencies.contains { $0.role == role && $0.endpoint == port.name }
      }
      consumers.append((index, user))
    }
    var names = consumers.map { entry in
      let node = resolved.nodes[entry.index].id
      return entry.role.map { "`\($0.profile.role.name)` on `\(node)`" } ?? "`\(node)`"
    }
    if more > 0 { names.append("\(more) more") }
    let list =
      names.count < 2
      ? names.joined() : names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
    return Diagnostic(
      .exposureWidened,
      "The port `\(port.name)` (\(port.number)) of `\(role)` on `\(instance.node.id)` is meant for "
        + "its own node, but \(list) connect\(names.count == 1 ? "s" : "") to it. It will listen on "
        + "`\(instance.node.address.value)` too, \(openTo(resolved)). Put both on one node to "
        + "avoid it, or allow `exposure-widened` on `\(instance.node.id)` with the reason.",
      at: instance.place,
      related: consumers.map {
        RelatedSpan("connects from `\(resolved.nodes[$0.index].id)`", at: $0.role?.place)
      },
      address: instance.address,
      path: "/nodes/\(instance.node.id)/roles"
    )
  }
}
