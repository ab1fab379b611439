internal import FleetDiagnostics
internal import FleetModel
internal import FleetYAML

extension FleetReader {
  /// Reads `protect`: role names and addresses; those of a node leave the node out.
  mutating func protected(_ node: YAMLNode, isOfNode: Bool) -> [Located<String>] {
    let form =
      isOfNode
      ? "a role, `KIND:NAME` or `*`: `redis`, `dir:/var/lib/*`"
      : "a role or an address: `redis`, `node.db-*`, `*/dir:/var/lib/*`, `node.db-1/role.redis`"
    return (scalars.list(node, "`protect`") ?? []).compactMap { item in
      let text = scalars.text(item, "`protect`", form: form) {
        isOfNode ? Protection.isOnNode($0) : Protection.isInFleet($0)
      }
      return text.map { Located($0, at: item.span) }
    }
  }
}
