/// A layered drawing of boxes and arrows: columns from left to right (Sugiyama, Tagawa and Toda, 1981).
///
/// Columns by longest path, order within them by barycentre, heights by pooling neighbours. Arrows that
/// pass a column get a place of their own there, so that none runs through a box; labels stand between
/// the columns of boxes, so that none covers another. Coordinates are pixels, y downwards. Equal input
/// gives an equal drawing.
package struct GraphLayout: Sendable {
  /// A point.
  package struct Point: Sendable, Hashable {
    /// From the left.
    package var x: Int
    /// From the top.
    package var y: Int
  }

  /// A rectangle.
  package struct Box: Sendable, Hashable {
    /// Left side.
    package var x: Int
    /// Upper side.
    package var y: Int
    /// Width.
    package var width: Int
    /// Height.
    package var height: Int
  }

  /// What is to be placed.
  package struct Input: Sendable {
    /// Width and height of each box.
    package var boxes: [(width: Int, height: Int)] = []
    /// Column of a box where that is given, else nil.
    package var columns: [Int?] = []
    /// Arrows between different boxes, with the size of the label (0 for none).
    package var edges: [(from: Int, to: Int, labelWidth: Int, labelHeight: Int)] = []

    /// Makes an empty input.
    package init() {}
  }

  /// The way of one arrow.
  package struct Path: Sendable {
    /// From its beginning on one box to its end on another; between the points 2n and 2n+1 it is a
    /// curve through the gap between two columns, between 2n+1 and 2n+2 a straight line through a column.
    package var points: [Point]
    /// Middle of its label.
    package var label: Point
  }

  /// Where each box is.
  package private(set) var boxes: [Box] = []
  /// The way of each edge.
  package private(set) var paths: [Path] = []
  /// Width of the drawing.
  package private(set) var width = 0
  /// Height of the drawing.
  package private(set) var height = 0
  /// Left side and width of each column of boxes.
  package private(set) var columns: [(x: Int, width: Int)] = []

  /// Places everything.
  package init(_ input: Input) {
    var grid = LayoutGrid(input)
    grid.order()
    grid.place()
    boxes = input.boxes.indices.map { grid.box($0) }
    paths = input.edges.indices.map { grid.path($0) }
    width = grid.width
    height = grid.height
    columns = grid.boxColumns
  }
}
