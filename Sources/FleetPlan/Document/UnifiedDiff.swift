/// Line diffs for people, as diff(1) prints them with `-u`.
package enum UnifiedDiff {
  /// The most lines of one diff; what is beyond them is counted in a last line.
  package static let lineLimit = 400
  /// Beyond so many changed lines a side the text is shown as replaced: the exact diff would take
  /// quadratic time and nobody would read it.
  private static let searchLimit = 2_000

  /// Returns hunks with three lines of context; empty when both are equal, nil for binary content.
  ///
  /// Nil `before` or `after` stands for no file. Lines keep a carriage return as `^M`. At most `limit`
  /// lines come back.
  package static func lines(
    before: [UInt8]?,
    after: [UInt8]?,
    limit: Int = lineLimit
  ) -> [String]? {
    guard let old = Text(before ?? []), let new = Text(after ?? []) else { return nil }
    guard (before ?? []) != (after ?? []) else { return [] }
    let script = edits(old.lines, new.lines)
    var output = hunks(script)
    if output.count > limit {
      let more = output.count - limit
      output = Array(output.prefix(limit)) + [cutMark + "\(more) more lines"]
    }
    return output
  }

  /// No line of a diff begins so.
  private static let cutMark = "... "

  /// The number of lines that `line`, the last of a diff, stands for; nil when it is a line of the diff.
  package static func count(ofMore line: String) -> Int? {
    guard line.hasPrefix(cutMark) else { return nil }
    return Int(line.dropFirst(cutMark.count).prefix { $0 != " " })
  }

  /// One side, split into lines; a last line without newline differs from the same line with one.
  private struct Text {
    var lines: [String] = []

    init?(_ bytes: [UInt8]) {
      if bytes.contains(0) { return nil }
      guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
      var parts = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
        .map { String(Substring($0)) }
      let endsInNewline = parts.last == ""
      if endsInNewline { parts.removeLast() }
      lines = parts.map { $0.utf8.last == 0x0D ? $0.dropLast() + "^M" : $0 }
      if !endsInNewline, let last = lines.popLast() {
        lines.append(last + "\n\\ No newline at end of file")
      }
    }
  }

  private enum Edit {
    case keep(String)
    case delete(String)
    case insert(String)

    var isChange: Bool {
      if case .keep = self { false } else { true }
    }
  }

  private static func edits(_ old: [String], _ new: [String]) -> [Edit] {
    var start = 0
    while start < old.count, start < new.count, old[start] == new[start] { start += 1 }
    var tail = 0
    while tail < old.count - start, tail < new.count - start,
      old[old.count - 1 - tail] == new[new.count - 1 - tail]
    {
      tail += 1
    }
    let left = Array(old[start..<(old.count - tail)])
    let right = Array(new[start..<(new.count - tail)])
    return old[..<start].map(Edit.keep) + middle(left, right)
      + old[(old.count - tail)...].map(Edit.keep)
  }

  private static func middle(_ left: [String], _ right: [String]) -> [Edit] {
    guard max(left.count, right.count) <= searchLimit else {
      return left.map(Edit.delete) + right.map(Edit.insert)
    }
    let difference = right.difference(from: left)
    var removed: Set<Int> = []
    var inserted: Set<Int> = []
    for change in difference {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): inserted.insert(offset)
      }
    }
    var output: [Edit] = []
    var (old, new) = (0, 0)
    while old < left.count || new < right.count {
      if removed.contains(old), old < left.count {
        output.append(.delete(left[old]))
        old += 1
      } else if inserted.contains(new), new < right.count {
        output.append(.insert(right[new]))
        new += 1
      } else {
        output.append(.keep(left[old]))
        old += 1
        new += 1
      }
    }
    return output
  }

  private static func hunks(_ script: [Edit]) -> [String] {
    let changed = script.indices.filter { script[$0].isChange }
    var output: [String] = []
    var index = 0
    var (oldLine, newLine, done) = (1, 1, 0)
    while index < changed.count {
      let start = max(0, changed[index] - 3)
      var last = changed[index]
      while index < changed.count, changed[index] - last <= 6 {
        last = changed[index]
        index += 1
      }
      let end = min(script.count, last + 4)
      advance(script[done..<start], &oldLine, &newLine)
      output += hunk(script[start..<end], oldLine, newLine)
      advance(script[start..<end], &oldLine, &newLine)
      done = end
    }
    return output
  }

  private static func advance(_ part: ArraySlice<Edit>, _ oldLine: inout Int, _ newLine: inout Int)
  {
    for edit in part {
      switch edit {
      case .keep:
        oldLine += 1
        newLine += 1
      case .delete: oldLine += 1
      case .insert: newLine += 1
      }
    }
  }

  private static func hunk(_ part: ArraySlice<Edit>, _ oldLine: Int, _ newLine: Int) -> [String] {
    var (olds, news) = (0, 0)
    var lines: [String] = []
    for edit in part {
      switch edit {
      case .keep(let text):
        olds += 1
        news += 1
        append(" ", text, to: &lines)
      case .delete(let text):
        olds += 1
        append("-", text, to: &lines)
      case .insert(let text):
        news += 1
        append("+", text, to: &lines)
      }
    }
    let old = range(oldLine, olds)
    let new = range(newLine, news)
    return ["@@ -\(old) +\(new) @@"] + lines
  }

  /// A range as diff(1) writes it: the line before an empty one, no count for a single line.
  private static func range(_ line: Int, _ count: Int) -> String {
    count == 1 ? "\(line)" : "\(count == 0 ? line - 1 : line),\(count)"
  }

  private static func append(_ mark: String, _ text: String, to lines: inout [String]) {
    let parts = text.split(separator: "\n", omittingEmptySubsequences: false)
    lines.append(mark + (parts.first ?? ""))
    lines += parts.dropFirst().map(String.init)
  }
}
