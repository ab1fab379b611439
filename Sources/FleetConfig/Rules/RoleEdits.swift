internal import FleetDiagnostics
internal import FleetModel

/// Edits of the list of roles of a node: what a suggestion can do by itself.
enum RoleEdits {
  /// Removes one item, together with the comma or the line that it takes.
  ///
  /// Nil for the only item of a list, which cannot go without its key.
  static func removal(of index: Int, from roles: [RoleAssignment]) -> Suggestion.Edit? {
    guard let item = roles[index].span else { return nil }
    // What groups add stands in lists of their own.
    let group = roles[index].group
    if index + 1 < roles.count, roles[index + 1].group == group,
      let next = roles[index + 1].span, next.file == item.file,
      next.start.byte >= item.end.byte
    {
      return .init(
        replace: SourceSpan(file: item.file, start: item.start, end: next.start),
        with: ""
      )
    }
    guard index > 0, roles[index - 1].group == group, let last = roles[index - 1].span,
      last.file == item.file,
      last.end.byte <= item.start.byte
    else { return nil }
    // On a line of its own the comment of the line before must stay.
    let isOwnLine = last.end.line < item.start.line
    let start = isOwnLine ? item.start.lineStart : last.end
    return .init(replace: SourceSpan(file: item.file, start: start, end: item.end), with: "")
  }

  /// Gives a role a parameter: the value that the node sets is replaced, a bare name becomes a
  /// mapping; nil where neither is there.
  static func parameter(
    _ name: String,
    _ value: String,
    of assignment: RoleAssignment
  ) -> Suggestion.Edit? {
    if let given = assignment.parameters[name] {
      return given.span.map { .init(replace: $0, with: value) }
    }
    guard let item = assignment.span, item == assignment.role.span else { return nil }
    return .init(replace: item, with: "{\(assignment.role.value): {\(name): \(value)}}")
  }
}

extension SourcePlace {
  /// The first column of the line; right where only ASCII stands before, as before a list's item.
  fileprivate var lineStart: SourcePlace {
    SourcePlace(line: line, column: 1, byte: byte - (column - 1))
  }
}
