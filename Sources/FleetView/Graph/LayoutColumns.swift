/// Decides which column each box stands in.
enum LayoutColumns {
  /// The columns, and for each edge whether it runs backwards against them.
  static func assign(_ input: GraphLayout.Input) -> (columns: [Int], reversed: [Bool]) {
    let count = input.boxes.count
    if input.columns.contains(where: { $0 != nil }) {
      let columns = input.columns.map { $0 ?? 0 }
      return (columns, input.edges.map { columns[$0.from] > columns[$0.to] })
    }
    let reversed = backwardEdges(input, count: count)
    var next: [[Int]] = Array(repeating: [], count: count)
    var waiting = Array(repeating: 0, count: count)
    for (index, edge) in input.edges.enumerated() {
      let (from, to) = reversed[index] ? (edge.to, edge.from) : (edge.from, edge.to)
      next[from].append(to)
      waiting[to] += 1
    }
    let columns = longestPaths(next, waiting)
    return (compacted(columns, next, isolated: isolated(input, count: count)), reversed)
  }

  /// Edges that close a circle in a walk from the first box on.
  private static func backwardEdges(_ input: GraphLayout.Input, count: Int) -> [Bool] {
    var outgoing: [[Int]] = Array(repeating: [], count: count)
    var incoming = Array(repeating: 0, count: count)
    for (index, edge) in input.edges.enumerated() {
      outgoing[edge.from].append(index)
      incoming[edge.to] += 1
    }
    var reversed = Array(repeating: false, count: input.edges.count)
    // 0 not seen, 1 on the way, 2 done.
    var state = Array(repeating: 0, count: count)
    let starts = (0..<count).sorted {
      // What nobody needs comes first; then what needs much and is needed little.
      let left = incoming[$0] - outgoing[$0].count
      let right = incoming[$1] - outgoing[$1].count
      return (incoming[$0] == 0 ? 0 : 1, left, $0) < (incoming[$1] == 0 ? 0 : 1, right, $1)
    }
    for start in starts where state[start] == 0 {
      var stack: [(box: Int, position: Int)] = [(start, 0)]
      state[start] = 1
      while let top = stack.last {
        guard top.position < outgoing[top.box].count else {
          state[top.box] = 2
          stack.removeLast()
          continue
        }
        stack[stack.count - 1].position += 1
        let edge = outgoing[top.box][top.position]
        let target = input.edges[edge].to
        if state[target] == 1 {
          reversed[edge] = true
        } else if state[target] == 0 {
          state[target] = 1
          stack.append((target, 0))
        }
      }
    }
    return reversed
  }

  private static func longestPaths(_ next: [[Int]], _ incoming: [Int]) -> [Int] {
    var waiting = incoming
    var columns = Array(repeating: 0, count: next.count)
    var ready = next.indices.filter { waiting[$0] == 0 }
    var position = 0
    while position < ready.count {
      let box = ready[position]
      position += 1
      for target in next[box] {
        columns[target] = max(columns[target], columns[box] + 1)
        waiting[target] -= 1
        if waiting[target] == 0 { ready.append(target) }
      }
    }
    return columns
  }

  private static func isolated(_ input: GraphLayout.Input, count: Int) -> [Int] {
    var isolated = Array(repeating: true, count: count)
    for edge in input.edges {
      isolated[edge.from] = false
      isolated[edge.to] = false
    }
    return (0..<count).filter { isolated[$0] }
  }

  /// Moves what nobody needs next to what it needs, and what stands alone to where room is.
  private static func compacted(
    _ columns: [Int],
    _ next: [[Int]],
    isolated: [Int]
  ) -> [Int] {
    var columns = columns
    var incoming = Array(repeating: 0, count: next.count)
    for targets in next { for target in targets { incoming[target] += 1 } }
    for box in next.indices where incoming[box] == 0 && !next[box].isEmpty {
      columns[box] = (next[box].map { columns[$0] }.min() ?? 1) - 1
    }
    let alone = Set(isolated)
    var counts = Array(repeating: 0, count: (columns.max() ?? 0) + 1)
    for box in next.indices where !alone.contains(box) { counts[columns[box]] += 1 }
    if counts.count == 1 {
      // Nothing but boxes on their own: a block, not one endless column.
      var side = 1
      while side * side * 2 < isolated.count { side += 1 }
      counts = Array(repeating: 0, count: side)
    }
    for box in isolated {
      let least = counts.indices.min { (counts[$0], $0) < (counts[$1], $1) } ?? 0
      columns[box] = least
      counts[least] += 1
    }
    return columns
  }
}
