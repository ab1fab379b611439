/// A circle in the start order.
struct StartCycle: Sendable {
  /// Indices of instances, each waiting for the next and the last for the first; begins with the
  /// smallest name of a role.
  let members: [Int]
  /// How many more circles of the same roles there are, elsewhere in the fleet.
  var repeats: Int
}

extension StartOrder {
  /// The shortest cycle through the smallest name of each knot of `open` vertices, in start order:
  /// `cycle[i]` waits for `cycle[i + 1]`, the last for the first.
  ///
  /// Vertices beyond `names` bundle others and begin no cycle. Linear in vertices and edges.
  func shortestCycles(among open: [Bool], names: [String]) -> [[Int]] {
    knots(among: open).compactMap { knot in
      let start = knot.filter { $0 < names.count }.min { (names[$0], $0) < (names[$1], $1) }
      return start.flatMap { shortestCycle(from: $0, within: Set(knot)) }
    }
  }

  /// Breadth first along what each vertex waits for, until it comes back.
  private func shortestCycle(from start: Int, within knot: Set<Int>) -> [Int]? {
    var cameFrom: [Int: Int] = [:]
    var queue = [start]
    var next = 0
    while next < queue.count {
      let vertex = queue[next]
      next += 1
      for successor in before[vertex] where knot.contains(successor) {
        if successor == start {
          var cycle = [vertex]
          while let last = cycle.last, last != start, let previous = cameFrom[last] {
            cycle.append(previous)
          }
          return cycle.reversed()
        }
        guard cameFrom[successor] == nil else { continue }
        cameFrom[successor] = vertex
        queue.append(successor)
      }
    }
    return nil
  }

  /// The strongly connected components of more than one vertex (Tarjan's algorithm, with its own
  /// stack: a chain of 10,000 roles must not exhaust the thread's).
  private func knots(among open: [Bool]) -> [[Int]] {
    var search = KnotSearch(count: before.count)
    for root in before.indices where open[root] && search.number[root] == nil {
      search.visit(root, in: before, among: open)
    }
    return search.knots.sorted { ($0.min() ?? 0) < ($1.min() ?? 0) }
  }

  /// Takes back that `first` must be up before `second`.
  mutating func remove(_ first: Int, before second: Int) {
    before[second].removeAll { $0 == first }
  }
}

/// The state of one search for strongly connected components.
private struct KnotSearch {
  var number: [Int?]
  private var low: [Int]
  private var isOnStack: [Bool]
  private var stack: [Int] = []
  private var next = 0
  private(set) var knots: [[Int]] = []

  init(count: Int) {
    number = Array(repeating: nil, count: count)
    low = Array(repeating: 0, count: count)
    isOnStack = Array(repeating: false, count: count)
  }

  mutating func visit(_ root: Int, in before: [[Int]], among open: [Bool]) {
    var path: [(vertex: Int, edge: Int)] = [(root, 0)]
    enter(root)
    while let (vertex, edge) = path.last {
      guard edge < before[vertex].count else {
        path.removeLast()
        if let parent = path.last?.vertex { low[parent] = min(low[parent], low[vertex]) }
        close(vertex)
        continue
      }
      path[path.count - 1].edge += 1
      let successor = before[vertex][edge]
      guard open[successor] else { continue }
      if let known = number[successor] {
        if isOnStack[successor] { low[vertex] = min(low[vertex], known) }
      } else {
        enter(successor)
        path.append((successor, 0))
      }
    }
  }

  private mutating func enter(_ vertex: Int) {
    number[vertex] = next
    low[vertex] = next
    next += 1
    stack.append(vertex)
    isOnStack[vertex] = true
  }

  /// Takes the component off the stack when `vertex` is its first.
  private mutating func close(_ vertex: Int) {
    guard low[vertex] == number[vertex] else { return }
    var members: [Int] = []
    while let last = stack.popLast() {
      isOnStack[last] = false
      members.append(last)
      if last == vertex { break }
    }
    if members.count > 1 { knots.append(members) }
  }
}
