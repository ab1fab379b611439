/// A directed graph of what must be running before what, over indices.
struct StartOrder {
  /// `before[v]`: what must be up before `v`.
  var before: [[Int]]

  /// Makes a graph of `count` vertices and no edge.
  init(count: Int) {
    before = Array(repeating: [], count: count)
  }

  /// Adds a vertex and returns its index.
  mutating func addVertex() -> Int {
    before.append([])
    return before.count - 1
  }

  /// States that `first` must be up before `second`.
  mutating func add(_ first: Int, before second: Int) {
    before[second].append(first)
  }

  /// The level of every vertex: 0 without predecessors, else one more than the highest of them.
  ///
  /// `weight[v]` 0 makes a vertex take no level of its own (a vertex that only bundles others).
  /// Vertices on a cycle, and all that wait for one, have no level. Linear in vertices and edges.
  func levels(weightless: Set<Int> = []) -> [Int?] {
    var after: [[Int]] = Array(repeating: [], count: before.count)
    var waiting = before.map(\.count)
    for (vertex, predecessors) in before.enumerated() {
      for predecessor in predecessors { after[predecessor].append(vertex) }
    }
    var levels: [Int?] = Array(repeating: nil, count: before.count)
    var ready = before.indices.filter { waiting[$0] == 0 }
    var earliest = Array(repeating: 0, count: before.count)
    var next = 0
    while next < ready.count {
      let vertex = ready[next]
      next += 1
      levels[vertex] = earliest[vertex]
      let own = weightless.contains(vertex) ? 0 : 1
      for successor in after[vertex] {
        earliest[successor] = max(earliest[successor], earliest[vertex] + own)
        waiting[successor] -= 1
        if waiting[successor] == 0 { ready.append(successor) }
      }
    }
    return levels
  }
}
