/// Where things stood and where they stand in the canonical layout.
///
/// One level for each list and mapping in block style that is open; a level's members are two columns
/// deeper than its parent's.
struct FormatLayout {
  struct Level {
    /// The column of its members in the text as written.
    let old: Int
    /// The same in the formatted text.
    let new: Int
    let isMapping: Bool
    /// Whether it is a list that stands at the column of its mapping, which YAML allows.
    var isImplied = false
  }

  private(set) var levels: [Level] = []
  /// Levels that ended since the last visible token, the deepest first: a comment may belong to one.
  private(set) var closed: [Level] = []
  /// Open brackets.
  private(set) var flowDepth = 0
  /// Where lines inside brackets begin, without what the brackets add.
  private var flowBase = 0
  private var flowMinimum = 0

  var top: Level? { levels.last }

  /// The column for a value of the innermost block that begins a line.
  var valueColumn: Int { top.map { $0.new + 2 } ?? 0 }

  /// The column that libyaml counts the indentation of a block scalar from, as written.
  var oldParent: Int { levels.last { !$0.isImplied }?.old ?? 0 }

  mutating func open(column: Int, isMapping: Bool) {
    levels.append(Level(old: column, new: valueColumn, isMapping: isMapping))
  }

  /// Before a `-`: opens the list that stands at the column of its mapping.
  mutating func enterDash(column: Int) {
    guard let top, top.isMapping else { return }
    levels.append(Level(old: column, new: top.new + 2, isMapping: false, isImplied: true))
  }

  /// Before a key: the list that stands at the same column is over.
  mutating func enterKey() {
    guard flowDepth == 0, let top, top.isImplied else { return }
    closed.append(levels.removeLast())
  }

  mutating func close() {
    enterKey()
    if let level = levels.popLast() { closed.append(level) }
  }

  mutating func forgetClosed() { closed.removeAll(keepingCapacity: true) }

  // MARK: Brackets

  /// Opens a bracket; `startsLine` and `isItem` (right behind a `-`) tell about the outermost.
  mutating func openBracket(startsLine: Bool, isItem: Bool) {
    if flowDepth == 0 {
      // YAML 1.2 wants every line of a bracketed value deeper than the key that holds it.
      let isInside = !startsLine && !isItem && top != nil
      flowBase = isInside ? valueColumn - 2 : valueColumn
      flowMinimum = isInside ? 1 : 0
    }
    flowDepth += 1
  }

  mutating func closeBracket() { flowDepth -= 1 }

  /// The column of a line inside brackets that begins with `closing` of them.
  func flowColumn(closing: Int = 0) -> Int {
    flowBase + 2 * max(flowMinimum, flowDepth - closing)
  }

  // MARK: Comments

  /// The column of a comment that stood alone at column `old`, before something at `next`.
  ///
  /// It belongs to the deepest block that it was indented for.
  func commentColumn(old: Int, next: (old: Int, new: Int), empty: Level?) -> Int {
    var column = next.new
    var best = next.old
    for level in closed.reversed() where level.old <= old && level.old > best {
      column = level.new
      best = level.old
    }
    // Below a key without a value the comment stands where the value would.
    if let empty, old > empty.old, empty.old >= best { column = empty.new + 2 }
    return column
  }
}
