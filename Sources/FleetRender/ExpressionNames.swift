extension ExpressionNode {
  /// Calls `body` with every path of names that the expression reads, `["params", "port"]`.
  ///
  /// A key in brackets counts when it is a text (`secrets['redis.password']`), else the path ends.
  func visitPaths(_ body: ([PathPart]) -> Void) {
    if let path = namePath {
      body(path)
      return
    }
    switch kind {
    case .literal, .name: break
    case .list(let items): for item in items { item.visitPaths(body) }
    case .member(let base, _), .not(let base), .negate(let base): base.visitPaths(body)
    case .index(let base, let key), .binary(_, let base, let key):
      base.visitPaths(body)
      key.visitPaths(body)
    case .filter(let base, _, let arguments):
      base.visitPaths(body)
      for argument in arguments { argument.visitPaths(body) }
    }
  }

  private var namePath: [PathPart]? {
    switch kind {
    case .name(let name): return [PathPart(name: name, span: span)]
    case .member(let base, let name):
      return base.namePath.map { $0 + [PathPart(name: name, span: span)] }
    case .index(let base, let key):
      guard case .literal(.string(let name)) = key.kind else { return nil }
      return base.namePath.map { $0 + [PathPart(name: name, span: key.span)] }
    default: return nil
    }
  }
}

extension Expression {
  /// Calls `body` with every path of names that the expression reads, with their places.
  package func visitPaths(_ body: ([PathPart]) -> Void) { root.visitPaths(body) }
}

extension Template {
  /// Calls `body` with every path of names that the template reads; loop variables are left out.
  package func visitPaths(_ body: ([PathPart]) -> Void) { Self.visit(parts, locals: [], body) }

  private static func visit(
    _ parts: [TemplatePart],
    locals: Set<String>,
    _ body: ([PathPart]) -> Void
  ) {
    let outer: ([PathPart]) -> Void = { path in
      if let first = path.first, !locals.contains(first.name) { body(path) }
    }
    for part in parts {
      switch part {
      case .text: break
      case .value(let expression): expression.visitPaths(outer)
      case .condition(let branches):
        for branch in branches {
          branch.condition?.visitPaths(outer)
          visit(branch.body, locals: locals, body)
        }
      case .loop(let variable, let list, let inner):
        list.visitPaths(outer)
        visit(inner, locals: locals.union([variable]), body)
      }
    }
  }
}

extension TemplateText {
  /// Calls `body` with every path of names that the text reads.
  package func visitPaths(_ body: ([PathPart]) -> Void) { template.visitPaths(body) }
}

extension TemplateValue {
  /// Calls `body` with every path of names that the value reads.
  package func visitPaths(_ body: ([PathPart]) -> Void) {
    switch self {
    case .text(let text): text.visitPaths(body)
    case .list(let items): for item in items { item.visitPaths(body) }
    case .map(let entries): for entry in entries { entry.value.visitPaths(body) }
    }
  }
}
