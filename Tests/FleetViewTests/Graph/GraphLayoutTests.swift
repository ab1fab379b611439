import Testing

@testable import FleetView

@Suite struct GraphLayoutTests {
  /// A random graph: circles, isolated boxes and long arrows included.
  private static func input(_ seed: Int) -> GraphLayout.Input {
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1
    func random(_ limit: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(state % UInt64(limit))
    }
    var input = GraphLayout.Input()
    let count = 1 + random(24)
    for _ in 0..<count {
      input.boxes.append((width: 40 + random(160), height: 20 + random(90)))
      input.columns.append(nil)
    }
    var pairs: Set<[Int]> = []
    for _ in 0..<random(3 * count) {
      let (from, to) = (random(count), random(count))
      guard from != to, pairs.insert([from, to]).inserted else { continue }
      let isLabelled = random(2) == 0
      input.edges.append(
        (from, to, isLabelled ? 10 + random(60) : 0, isLabelled ? 16 : 0)
      )
    }
    return input
  }

  @Test(arguments: 0..<200)
  func noTwoBoxesOverlapAndArrowsEndAtTheirBoxes(seed: Int) {
    let input = Self.input(seed)
    let layout = GraphLayout(input)
    for (index, box) in layout.boxes.enumerated() {
      #expect(box.width >= input.boxes[index].width)
      #expect(box.height >= input.boxes[index].height)
      #expect(box.x >= 0 && box.y >= 0)
      #expect(box.x + box.width <= layout.width && box.y + box.height <= layout.height)
      for other in layout.boxes[..<index] { #expect(!box.overlaps(other), "\(box) \(other)") }
    }
    for (edge, path) in zip(input.edges, layout.paths) {
      #expect(layout.boxes[edge.from].hasOnASide(path.points[0]))
      #expect(layout.boxes[edge.to].hasOnASide(path.points[path.points.count - 1]))
      #expect(path.points.count % 2 == 0)
    }
  }

  @Test(arguments: 0..<200)
  func noArrowRunsThroughABoxAndNoLabelCoversOne(seed: Int) {
    let input = Self.input(seed)
    let layout = GraphLayout(input)
    var labels: [GraphLayout.Box] = []
    for (edge, path) in zip(input.edges, layout.paths) {
      for position in 1..<path.points.count {
        // A curve stays between its ends, in the gap between two columns.
        let (from, to) = (path.points[position - 1], path.points[position])
        let (left, right) = (min(from.x, to.x), max(from.x, to.x))
        let (top, bottom) = (min(from.y, to.y), max(from.y, to.y))
        let span = GraphLayout.Box(
          x: left + 1,
          y: top,
          width: right - left - 2,
          height: bottom - top + 1
        )
        for box in layout.boxes { #expect(!box.overlaps(span), "\(span) \(box)") }
      }
      guard edge.labelWidth > 0 else { continue }
      let label = GraphLayout.Box(
        x: path.label.x - edge.labelWidth / 2,
        y: path.label.y - edge.labelHeight / 2,
        width: edge.labelWidth,
        height: edge.labelHeight
      )
      for other in labels + layout.boxes { #expect(!label.overlaps(other), "\(label) \(other)") }
      labels.append(label)
    }
  }

  @Test func equalInputGivesAnEqualDrawing() {
    for seed in 0..<20 {
      let (first, second) = (GraphLayout(Self.input(seed)), GraphLayout(Self.input(seed)))
      #expect(first.boxes == second.boxes)
      #expect(first.paths.map(\.points) == second.paths.map(\.points))
    }
  }

  @Test func aChainStandsInColumnsAndOnOneLine() {
    var input = GraphLayout.Input()
    input.boxes = Array(repeating: (60, 30), count: 3)
    input.columns = [nil, nil, nil]
    input.edges = [(0, 1, 0, 0), (1, 2, 0, 0)]
    let layout = GraphLayout(input)
    #expect(layout.boxes.map(\.y) == [0, 0, 0])
    #expect(layout.boxes[0].x < layout.boxes[1].x && layout.boxes[1].x < layout.boxes[2].x)
    #expect(layout.columns.count == 3)
  }

  @Test func boxesWithoutArrowsMakeABlock() {
    var input = GraphLayout.Input()
    input.boxes = Array(repeating: (60, 30), count: 32)
    input.columns = Array(repeating: nil, count: 32)
    let layout = GraphLayout(input)
    #expect(layout.columns.count == 4)
    #expect(layout.height < 8 * 60)
  }

  @Test func crossingsAreRemovedWhereTheyNeedNotBe() {
    var input = GraphLayout.Input()
    input.boxes = Array(repeating: (40, 20), count: 8)
    input.columns = Array(repeating: nil, count: 8)
    // 0...3 to 7...4: drawn in the order given, every pair would cross.
    input.edges = (0..<4).map { ($0, 7 - $0, 0, 0) }
    let layout = GraphLayout(input)
    for edge in input.edges {
      #expect(layout.boxes[edge.from].y == layout.boxes[edge.to].y)
    }
  }
}

extension GraphLayout.Box {
  func overlaps(_ other: GraphLayout.Box) -> Bool {
    x < other.x + other.width && other.x < x + width && y < other.y + other.height
      && other.y < y + height
  }

  /// Whether a point lies on the left or the right side.
  func hasOnASide(_ point: GraphLayout.Point) -> Bool {
    (point.x == x || point.x == x + width) && (y...(y + height)).contains(point.y)
  }
}
