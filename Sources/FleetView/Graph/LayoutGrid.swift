/// Boxes, labels and passing arrows in columns: even columns hold boxes, odd ones labels.
struct LayoutGrid {
  /// One thing in a column.
  struct Item {
    let column: Int
    let width: Int
    let height: Int
    /// Whether it is a box; else an arrow passes here, perhaps with its label.
    let isBox: Bool
    /// Its middle.
    var y = 0.0
  }

  /// Between two boxes, above one another.
  private static let boxGap = 18.0
  /// Around a passing arrow.
  private static let lineGap = 8.0
  /// Between columns, where the arrows curve.
  private static let columnGap = 30

  let input: GraphLayout.Input
  var items: [Item] = []
  /// Items of each column from top to bottom.
  var rows: [[Int]] = []
  /// The items of each edge from left to right, boxes included.
  private var chains: [[Int]] = []
  private let reversed: [Bool]
  /// Neighbours in the column before and in the one behind.
  private(set) var before: [[Int]] = []
  private(set) var behind: [[Int]] = []
  private var lefts: [Int] = []
  private var widths: [Int] = []
  /// Height at which each edge leaves its left box and reaches its right one.
  private var anchors: [(left: Int, right: Int)] = []
  private(set) var width = 0
  private(set) var height = 0

  init(_ input: GraphLayout.Input) {
    self.input = input
    let columns: [Int]
    (columns, reversed) = LayoutColumns.assign(input)
    for (index, box) in input.boxes.enumerated() {
      items.append(
        Item(column: 2 * columns[index], width: box.width, height: box.height, isBox: true)
      )
    }
    for (index, edge) in input.edges.enumerated() {
      addChain(edge, isReversed: reversed[index])
    }
    let last = items.map(\.column).max() ?? 0
    rows = Array(repeating: [], count: last + 1)
    for (index, item) in items.enumerated() { rows[item.column].append(index) }
    before = Array(repeating: [], count: items.count)
    behind = Array(repeating: [], count: items.count)
    for chain in chains {
      for (left, right) in zip(chain, chain.dropFirst()) {
        behind[left].append(right)
        before[right].append(left)
      }
    }
  }

  private mutating func addChain(
    _ edge: (from: Int, to: Int, labelWidth: Int, labelHeight: Int),
    isReversed: Bool
  ) {
    let (left, right) = isReversed ? (edge.to, edge.from) : (edge.from, edge.to)
    let (first, last) = (items[left].column, items[right].column)
    // The label stands beside the box that needs, where the arrows are farthest apart.
    let labelled = isReversed ? last - 1 : first + 1
    var chain = [left]
    for column in (first + 1)..<max(last, first + 1) {
      let isLabel = column == labelled
      chain.append(items.count)
      items.append(
        Item(
          column: column,
          width: isLabel ? edge.labelWidth : 0,
          height: isLabel ? max(edge.labelHeight, 6) : 6,
          isBox: false
        )
      )
    }
    chain.append(right)
    chains.append(chain)
  }

  // MARK: Coordinates

  /// Gives every item its place.
  mutating func place() {
    for row in rows {
      var y = 0.0
      for (position, item) in row.enumerated() {
        if position > 0 { y += distance(row[position - 1], item) }
        items[item].y = y
      }
    }
    for sweep in 0..<16 {
      let isForward = sweep % 2 == 0
      let columns = isForward ? Array(rows.indices) : rows.indices.reversed()
      for column in columns {
        settle(column, sweep < 14 ? (isForward ? [before] : [behind]) : [before, behind])
      }
    }
    let top = items.map { $0.y - Double($0.height) / 2 }.min() ?? 0
    for index in items.indices { items[index].y -= top }
    height = items.map { Int($0.y) + ($0.height + 1) / 2 }.max() ?? 0
    placeColumns()
    placeAnchors()
  }

  private mutating func placeColumns() {
    var x = 0
    for (column, row) in rows.enumerated() {
      let width = row.map { items[$0].width }.max() ?? 0
      lefts.append(x)
      widths.append(width)
      x += width + (column + 1 < rows.count ? Self.columnGap : 0)
    }
    width = x
  }

  /// Smallest distance between the middles of two neighbours of a column.
  private func distance(_ upper: Int, _ lower: Int) -> Double {
    let gap = items[upper].isBox && items[lower].isBox ? Self.boxGap : Self.lineGap
    return Double(items[upper].height + items[lower].height) / 2 + gap
  }

  /// Moves the items of a column as near to their neighbours as their order and sizes allow: the least
  /// sum of squares, by pooling adjacent violators.
  private mutating func settle(_ column: Int, _ sides: [[[Int]]]) {
    let row = rows[column]
    guard !row.isEmpty else { return }
    var offsets: [Double] = [0]
    for (upper, lower) in zip(row, row.dropFirst()) {
      offsets.append(offsets[offsets.count - 1] + distance(upper, lower))
    }
    // Blocks of items that touch: sum of wishes and how many.
    var blocks: [(sum: Double, weight: Double, count: Int)] = []
    for (position, item) in row.enumerated() {
      let neighbours = sides.flatMap { $0[item] }
      let wish =
        neighbours.isEmpty
        ? items[item].y
        : neighbours.reduce(0) { $0 + items[$1].y } / Double(neighbours.count)
      // Straight arrows matter more than centred boxes; a box without neighbours gives way.
      let weight = neighbours.isEmpty ? 0.1 : items[item].isBox ? 1.0 : 3.0
      blocks.append(((wish - offsets[position]) * weight, weight, 1))
      while blocks.count > 1 {
        let (upper, lower) = (blocks[blocks.count - 2], blocks[blocks.count - 1])
        guard upper.sum / upper.weight > lower.sum / lower.weight else { break }
        blocks.removeLast(2)
        blocks.append(
          (upper.sum + lower.sum, upper.weight + lower.weight, upper.count + lower.count)
        )
      }
    }
    var position = 0
    for block in blocks {
      for _ in 0..<block.count {
        items[row[position]].y = block.sum / block.weight + offsets[position]
        position += 1
      }
    }
  }

  /// Spreads the arrows along the sides of their boxes, in the order in which they come.
  private mutating func placeAnchors() {
    anchors = Array(repeating: (0, 0), count: chains.count)
    var leaving: [[Int]] = Array(repeating: [], count: input.boxes.count)
    var reaching = leaving
    for (edge, chain) in chains.enumerated() {
      leaving[chain[0]].append(edge)
      reaching[chain[chain.count - 1]].append(edge)
    }
    for box in input.boxes.indices {
      let right = leaving[box].sorted {
        (items[chains[$0][1]].y, $0) < (items[chains[$1][1]].y, $1)
      }
      for (position, edge) in right.enumerated() {
        anchors[edge].left = anchor(box, position, of: right.count)
      }
      let left = reaching[box].sorted {
        let (first, second) = (chains[$0], chains[$1])
        return (items[first[first.count - 2]].y, $0) < (items[second[second.count - 2]].y, $1)
      }
      for (position, edge) in left.enumerated() {
        anchors[edge].right = anchor(box, position, of: left.count)
      }
    }
  }

  private func anchor(_ box: Int, _ position: Int, of count: Int) -> Int {
    let place = self.box(box)
    let room = max(0, place.height - 12)
    return place.y + 6 + room * (2 * position + 1) / (2 * count)
  }

  // MARK: Results

  func box(_ index: Int) -> GraphLayout.Box {
    let item = items[index]
    let column = item.column
    // As wide as its column: arrows then curve between the columns only.
    return GraphLayout.Box(
      x: lefts[column],
      y: Int(item.y - Double(item.height) / 2),
      width: widths[column],
      height: item.height
    )
  }

  func path(_ edge: Int) -> GraphLayout.Path {
    let chain = chains[edge]
    var points: [GraphLayout.Point] = []
    var label = GraphLayout.Point(x: 0, y: 0)
    let labelled = reversed[edge] ? chain.count - 2 : 1
    for (position, index) in chain.enumerated() {
      let item = items[index]
      let (left, right) = (lefts[item.column], lefts[item.column] + widths[item.column])
      if position == 0 {
        let place = box(index)
        points.append(.init(x: place.x + place.width, y: anchors[edge].left))
      } else if position == chain.count - 1 {
        points.append(.init(x: box(index).x, y: anchors[edge].right))
      } else {
        points.append(.init(x: left, y: Int(item.y)))
        points.append(.init(x: right, y: Int(item.y)))
        if position == labelled { label = .init(x: (left + right) / 2, y: Int(item.y)) }
      }
    }
    if reversed[edge] { points.reverse() }
    return GraphLayout.Path(points: points, label: label)
  }

  /// Left side and width of each column of boxes.
  var boxColumns: [(x: Int, width: Int)] {
    rows.indices.filter { $0 % 2 == 0 }.map { (lefts[$0], widths[$0]) }
  }
}
