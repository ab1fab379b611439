internal import FleetDiagnostics

/// The table at the end of every apply: on success, failure and interrupt alike.
package struct ApplyTable: Sendable, Hashable {
  /// One node.
  package struct Row: Sendable, Hashable {
    /// Node id.
    package var node: String
    /// `ok`, `no changes`, `failed`, `rolled back`, `skipped`, `unreachable`, `refused`, `unknown`.
    package var result: String
    /// Changes made; nil when not known.
    package var changed: Int?
    /// Changes that failed; nil when not known.
    package var failed: Int?
    /// Changes that were not tried; nil when not known.
    package var skipped: Int?
    /// Changes that were made and taken back; nil when not known.
    package var rolledBack: Int?
    /// Time taken; nil when nothing was tried.
    package var milliseconds: Int?
    /// Time that the slowest of the nodes of this row took; nil for a row of one node.
    package var slowest: Int?
    /// What happened, one line.
    package var detail: String

    /// Makes a row.
    package init(
      node: String,
      result: String,
      changed: Int?,
      failed: Int?,
      skipped: Int?,
      rolledBack: Int? = nil,
      milliseconds: Int?,
      detail: String = ""
    ) {
      self.node = node
      self.result = result
      self.changed = changed
      self.failed = failed
      self.skipped = skipped
      self.rolledBack = rolledBack
      self.milliseconds = milliseconds
      self.detail = detail
    }

    private var time: String {
      guard let milliseconds else { return "-" }
      let least = ApplyTable.seconds(milliseconds)
      guard let slowest, ApplyTable.seconds(slowest) != least else { return least }
      return "\(least.dropLast(2)) to \(ApplyTable.seconds(slowest))"
    }

    fileprivate var cells: [String] {
      [
        displayable(node), displayable(result), changed.map(String.init) ?? "-",
        failed.map(String.init) ?? "-", skipped.map(String.init) ?? "-",
        rolledBack.map(String.init) ?? "-", time,
        displayable(detail),
      ]
    }
  }

  /// Rows in the order shown.
  package var rows: [Row]

  /// Makes a table.
  package init(_ rows: [Row]) {
    self.rows = rows
  }

  /// `1.8 s`.
  package static func seconds(_ milliseconds: Int) -> String {
    let tenths = (milliseconds + 50) / 100
    return "\(tenths / 10).\(tenths % 10) s"
  }

  /// Returns the table, ending in a line feed: a heading and a line for each row.
  package func rendered() -> String {
    let heading = [
      "NODE", "RESULT", "CHANGED", "FAILED", "SKIPPED", "TAKEN BACK", "TIME", "DETAIL",
    ]
    let table = [heading] + rows.map(\.cells)
    let widths = heading.indices.map { column in table.map { cellWidth($0[column]) }.max() ?? 0 }
    var text = ""
    for row in table {
      var line = ""
      for (column, cell) in row.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - cellWidth(cell))
        let isNumber = (2...6).contains(column)
        line += (column == 0 ? "" : "  ") + (isNumber ? padding + cell : cell + padding)
      }
      while line.last == " " { line.removeLast() }
      text += line + "\n"
    }
    return text
  }
}
