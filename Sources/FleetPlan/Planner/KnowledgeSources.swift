internal import FleetModel
internal import FleetResources

/// Which nodes say what is known across nodes, and what they have said so far.
///
/// Nodes are named by their places in the order of their ids.
struct KnowledgeSources: Sendable {
  private var owners: [SecretID: [Int]] = [:]
  private var authorities: [Int] = []
  /// Nodes that own a secret and have not answered.
  private var silentOwners: Set<Int> = []
  private var secretOwners: Set<Int> = []
  private var readers: [Int: [Int]] = [:]
  private var said: [Int: NodeKnowledge] = [:]

  /// Finds the sources; of `nodes` only what is wanted counts.
  init(_ nodes: [NodeInput]) {
    for (place, node) in nodes.enumerated() {
      for resource in node.resources {
        switch resource.spec {
        case .secret(let spec):
          if owners[spec.id]?.last != place { owners[spec.id, default: []].append(place) }
          secretOwners.insert(place)
        case .authority: if authorities.last != place { authorities.append(place) }
        default: continue
        }
      }
    }
    silentOwners = secretOwners
    for (place, node) in nodes.enumerated() {
      for source in sources(of: node.resources) where source != place {
        readers[source, default: []].append(place)
      }
    }
  }

  /// Whether every owner of a secret has answered.
  var secretsAreKnown: Bool { silentOwners.isEmpty }

  /// Whether the node owns secrets.
  func ownsSecrets(_ place: Int) -> Bool { secretOwners.contains(place) }

  /// Whether the node says something that others may read, or that must not be shown of others.
  func knows(_ place: Int) -> Bool { ownsSecrets(place) || authorities.contains(place) }

  /// The nodes that say what `resources` are compared with.
  func sources(of resources: [Resource]) -> Set<Int> {
    var found: Set<Int> = []
    for resource in resources {
      let reads = resource.spec.reads
      for id in reads.secrets { found.formUnion(owners[id] ?? []) }
      if reads.authority { found.formUnion(authorities) }
    }
    return found
  }

  /// Takes what a node says; returns the nodes that read of it.
  mutating func add(
    _ node: NodeInput,
    at place: Int,
    to knowledge: inout FleetKnowledge
  ) -> [Int] {
    guard knows(place) else { return [] }
    let new = NodeKnowledge(node)
    said[place] = new
    silentOwners.remove(place)
    for id in Set(new.secrets.map(\.0)) { settle(id, &knowledge) }
    if new.authority != nil { settleAuthority(&knowledge) }
    return readers[place] ?? []
  }

  /// Puts another answer in the place of one that was there, and tells all anew.
  mutating func replace(_ node: NodeInput, at place: Int, in knowledge: inout FleetKnowledge) {
    said[place] = NodeKnowledge(node)
    for id in owners.keys { settle(id, &knowledge) }
    settleAuthority(&knowledge)
  }

  /// A secret is known when all that own it have answered.
  private func settle(_ id: SecretID, _ knowledge: inout FleetKnowledge) {
    guard let places = owners[id], places.allSatisfy({ said[$0] != nil }) else { return }
    let holders = places.flatMap { said[$0]?.secrets ?? [] }.filter { $0.0 == id }.map(\.1)
    knowledge.learn(id, holders)
  }

  private func settleAuthority(_ knowledge: inout FleetKnowledge) {
    guard let last = authorities.last, authorities.allSatisfy({ said[$0] != nil }),
      let authority = said[last]?.authority
    else { return }
    knowledge.learn(authority)
  }
}
