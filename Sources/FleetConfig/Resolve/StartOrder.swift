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
    // The successors of `v` are `successors[first[v]..<first[v + 1]]`: two arrays, not one a vertex.
    var first = Array(repeating: 0, count: before.count + 1)
    for predecessors in before {
      for predecessor in predecessors { first[predecessor + 1] += 1 }
    }
    for vertex in before.indices { first[vertex + 1] += first[vertex] }
    var free = first
    var successors = Array(repeating: 0, count: first[before.count])
    for (vertex, predecessors) in before.enumerated() {
      for predecessor in predecessors {
        successors[free[predecessor]] = vertex
        free[predecessor] += 1
      }
    }
    var waiting = before.map(\.count)
    var levels: [Int?] = Array(repeating: nil, count: before.count)
    var ready = before.indices.filter { waiting[$0] == 0 }
    var earliest = Array(repeating: 0, count: before.count)
    var next = 0
    while next < ready.count {
      let vertex = ready[next]
      next += 1
      levels[vertex] = earliest[vertex]
      let own = weightless.contains(vertex) ? 0 : 1
      for successor in successors[first[vertex]..<first[vertex + 1]] {
        earliest[successor] = max(earliest[successor], earliest[vertex] + own)
        waiting[successor] -= 1
        if waiting[successor] == 0 { ready.append(successor) }
      }
    }
    return levels
  }
}
