package import FleetDiagnostics
package import FleetModel
package import FleetRegistry
package import FleetRender

/// One port of one role on one node, with everything that is known about who connects.
package struct ResolvedPort: Sendable {
  /// What all instances of the profile have in common.
  let state: RoleProfile.PortState
  /// 1...65535.
  package let number: Int
  /// Addresses to bind, loopback first.
  package let bind: [String]
  /// Whether a loopback port binds the fleet address too because a consumer lives elsewhere.
  package let widened: Bool
  /// The claim's place in fleet.yaml: the parameter that sets the number, else the role's name; nil
  /// for an automatic role without parameters.
  package let span: SourceSpan?
  /// Indices (into `ResolvedFleet.nodes`) of all nodes with a consumer of this endpoint, in order.
  ///
  /// This node may be among them: all instances of the role share one array.
  package let consumerNodes: [Int]

  /// Name of the endpoint.
  package var name: String { state.port.name }
  /// tcp or udp.
  package var transport: Port.Transport { state.port.transport }
  /// As the role declares it; `widened` says when reality is wider.
  package var scope: Port.Scope { state.port.scope }
  /// Unit that holds the listener.
  package var holder: String? { state.holder }
  /// Shared server (`nginx`) whose sites may share the number.
  package var shared: String? { state.port.shared }
  /// The role's own loopback port behind this one.
  package var proxyOf: String? { state.port.proxyOf }
  /// Parameter of the role that moves the port.
  var parameter: String? { state.parameter }

  /// Whether other nodes can connect: scope `fleet` or `public`, or widened.
  package var isExposed: Bool { widened || scope != .loopback }
}

/// One need of an instance with the instances that answer it.
package struct ResolvedDependency: Sendable {
  /// The need as the role states it; all instances of the profile share it.
  let stated: RoleProfile.StatedNeed
  /// The provider's role: the chosen one of `any_of`; the first listed where there is none.
  package let role: String
  /// Indices (into `ResolvedFleet.instances`) of the providers, in node order.
  ///
  /// Empty when there is none. A provider on the same node is the only one, unless the role runs on
  /// every node.
  package let providers: [Int]
  /// Whether the provider is on the same node.
  package let isLocal: Bool

  /// The need as the role states it.
  package var need: Need { stated.need }
  /// Name of the endpoint; nil where only the role's presence is needed.
  package var endpoint: String? { stated.need.endpoint }
  /// Whether a missing provider is an error.
  package var isHard: Bool { stated.need.hard }
  /// Whether the provider starts first.
  package var isOrdered: Bool { stated.need.order }
  /// Whether anybody answers the need.
  package var isAvailable: Bool { !providers.isEmpty }
}

/// One role on one node: typed parameters, ports, dependencies and devices.
///
/// A number and a reference to what all instances share, so cheap to hand on. Ports and dependencies are
/// put together at each call: keep them where they are needed twice.
package struct RoleInstance: Sendable {
  let resolution: Resolution
  /// Its index in `ResolvedFleet.instances`.
  let index: Int

  private var slot: Placement.Slot { resolution.placement.slots[index] }

  /// The node.
  package var node: FleetNode { resolution.fleet.nodes[nodeIndex] }
  /// Index of the node in `ResolvedFleet.nodes`.
  package var nodeIndex: Int { Int(slot.node) }
  /// The role with its parameter values.
  package var profile: RoleProfile { resolution.placement.profile(at: index) }
  /// Where fleet.yaml assigns the role; nil for an automatic role.
  package var span: SourceSpan? { resolution.assignment(of: slot)?.role.span }
  /// Whether the fleet added it (`replicas: every-node`, `every-python-node`).
  package var automatic: Bool { slot.position < 0 }
  /// The ports that are switched on, in the order of the role.
  package var ports: [ResolvedPort] { resolution.ports(of: index) }
  /// The needs that apply, in the order of the role.
  package var dependencies: [ResolvedDependency] {
    resolution.dependencies.dependencies(of: index, resolution.placement)
  }
  /// The declared devices matched to the role here.
  package var devices: [Device] { resolution.devices[index] ?? [] }

  /// The role.
  package var role: Role { profile.role }
  /// Typed values of all parameters.
  package var parameters: [String: Value] { profile.parameters }
  /// `node.web-1/role.redis`.
  package var address: String { "node.\(node.id)/role.\(profile.role.name)" }
  /// The place to show for this instance: its role's name, else the node's key.
  package var place: SourceSpan? { span ?? node.span }

  /// Returns the port called `name` if it is switched on.
  package func port(_ name: String) -> ResolvedPort? {
    // A role may have two ports of one name, of which its parameters switch one on.
    let isOn = profile.ports.contains { $0.port.name == name && $0.number != nil }
    return isOn ? ports.first { $0.name == name } : nil
  }
}
