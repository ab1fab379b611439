/// What `fleetctl graph` draws, before any format: boxes and arrows.
package struct FleetGraph: Sendable, Hashable {
  /// What the boxes are.
  package enum Subject: String, Sendable, CaseIterable {
    /// The roles of the registry in use and their needs.
    case roles
    /// The machines with their roles, and the ports between them.
    case nodes
    /// The waves in which the roles start.
    case startOrder = "start-order"
  }

  /// How a box is coloured.
  package enum Tone: String, Sendable, CaseIterable {
    case management, business, shared
    /// A machine whose roles belong to no one layer.
    case mixed
  }

  /// A box.
  package struct Vertex: Sendable, Hashable {
    /// Name that is unique in the graph: a role, a node, `role@wave`.
    package var id: String
    /// First line.
    package var title: String
    /// Further lines.
    package var lines: [String]
    /// Colour.
    package var tone: Tone
    /// Drawn dashed: a role that no node has, a node in reserve.
    package var isFaint = false
    /// Column that the box must stand in, from 0; nil: the layout chooses.
    package var wave: Int?
    /// The nodes that it stands for, in the order of fleet.yaml.
    package var nodes: [String] = []
    /// The roles in it.
    package var roles: [String] = []

    /// Makes a box that stands for nothing yet.
    package init(id: String, title: String, lines: [String], tone: Tone) {
      self.id = id
      self.title = title
      self.lines = lines
      self.tone = tone
    }
  }

  /// How strong a need is; decides how its arrow is drawn.
  package enum Strength: String, Sendable, CaseIterable, Comparable {
    /// Without it the fleet is refused.
    case hard
    /// Without it the fleet is degraded.
    case soft
    /// Only under a condition, or as the second choice.
    case conditional

    /// Orders from hard to conditional.
    package static func < (left: Self, right: Self) -> Bool { left.order < right.order }

    private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
  }

  /// An arrow.
  package struct Edge: Sendable, Hashable {
    /// Index of the box that needs; in `start-order` of the one that starts first.
    package var from: Int
    /// Index of the box that is needed; in `start-order` of the one that waits.
    package var to: Int
    /// The strongest of the needs that it stands for.
    package var strength: Strength
    /// Ports that are connected to, ascending; empty where only presence or order counts.
    package var ports: [Int] = []
    /// Conditions of the needs, as the roles write them.
    package var conditions: [String] = []
    /// Not drawn: implied by other arrows, or the same from or to every node (`notes` tell of it).
    package var isImplied = false
  }

  /// More arrows than anybody can use; every machine of a large fleet may connect to every other.
  package static let mostEdges = 50_000

  /// What the boxes are.
  package var subject: Subject
  /// Name of the fleet.
  package var fleet: String
  /// The boxes, in an order that depends on the fleet alone.
  package var vertices: [Vertex] = []
  /// The arrows, sorted by from and to; of each pair at most one is drawn and one implied.
  package var edges: [Edge] = []
  /// Sentences below the picture.
  package var notes: [String] = []
  /// Whether it has more than `mostEdges` arrows; those beyond are missing, so it must not be shown.
  package var isTooLarge = false

  /// Makes a graph without boxes.
  package init(subject: Subject, fleet: String) {
    self.subject = subject
    self.fleet = fleet
  }

  /// The arrows that are drawn.
  package var drawnEdges: [Edge] { edges.filter { !$0.isImplied } }
}

extension FleetGraph.Edge {
  /// `:5432 :6379`, empty without ports; more than three are counted.
  package var label: String {
    let shown = ports.prefix(3).map { ":\($0)" }.joined(separator: " ")
    return ports.count > 3 ? "\(shown) +\(ports.count - 3)" : shown
  }
}

/// Joins needs between the same two boxes into one arrow.
struct EdgeCollection {
  private struct Pair: Hashable {
    let from: Int
    let to: Int
    let isImplied: Bool
  }

  private var edges: [Pair: FleetGraph.Edge] = [:]

  /// Whether there are more than a graph may have.
  var isTooLarge: Bool { edges.count > FleetGraph.mostEdges }

  mutating func add(
    from: Int,
    to: Int,
    _ strength: FleetGraph.Strength,
    port: Int? = nil,
    condition: String? = nil,
    isImplied: Bool = false
  ) {
    let pair = Pair(from: from, to: to, isImplied: isImplied)
    var edge =
      edges[pair]
      ?? FleetGraph.Edge(from: from, to: to, strength: strength, isImplied: isImplied)
    edge.strength = min(edge.strength, strength)
    if let port, !edge.ports.contains(port) { edge.ports = (edge.ports + [port]).sorted() }
    if let condition, !edge.conditions.contains(condition) { edge.conditions.append(condition) }
    edges[pair] = edge
  }

  /// All of them, sorted.
  var sorted: [FleetGraph.Edge] {
    edges.values.sorted {
      ($0.from, $0.to, $0.isImplied ? 1 : 0) < ($1.from, $1.to, $1.isImplied ? 1 : 0)
    }
  }
}

/// Short lists of names for boxes and notes.
enum NameList {
  /// `a, b, c`, or `a, b, … (9)` when there are more than `most`.
  static func short(_ names: [String], most: Int) -> String {
    guard names.count > most else { return names.joined(separator: ", ") }
    return names.prefix(most - 1).joined(separator: ", ") + ", … (\(names.count))"
  }
}
