internal import FleetDiagnostics

/// Reads one expression; `or` binds loosest, then `and`, `not`, comparisons, `+ -`, `* /`, filters.
struct ExpressionParser {
  /// Deeper nesting is a mistake or an attack on the stack.
  static let maximumDepth = 64
  /// More nodes than this are no expression that somebody can read.
  static let maximumNodes = 500

  private var lexer: ExpressionLexer
  private(set) var token: Token
  private var nodes = 0
  private var depth = 0

  init(bytes: [UInt8], origin: TextOrigin, offset: Int) throws(TemplateFailure) {
    lexer = ExpressionLexer(bytes: bytes, origin: origin, offset: offset)
    token = try lexer.next()
  }

  var origin: TextOrigin { lexer.origin }
  var bytes: [UInt8] { lexer.bytes }
  /// Where the text goes on after the current token.
  var end: Int { token.range.upperBound }

  mutating func advance() throws(TemplateFailure) { token = try lexer.next() }

  /// Reads an expression with the text and place it has.
  mutating func expression() throws(TemplateFailure) -> Expression {
    let start = token.range.lowerBound
    if case .end = token.kind {
      throw TemplateFailure("An expression is missing here.", at: origin.span(token.range))
    }
    let root = try disjunction()
    var end = token.range.lowerBound
    while end > start, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[end - 1]) { end -= 1 }
    return Expression(
      text: String(decoding: bytes[start..<end], as: UTF8.self),
      span: origin.span(start..<end),
      root: root
    )
  }

  func unexpected() -> TemplateFailure {
    let text = String(decoding: bytes[token.range], as: UTF8.self)
    return TemplateFailure(
      text.isEmpty ? "The expression ends too early." : "`\(text)` is not expected here.",
      at: origin.span(token.range)
    )
  }

  private func isSymbol(_ symbols: String...) -> String? {
    guard case .symbol(let symbol) = token.kind, symbols.contains(symbol) else { return nil }
    return symbol
  }

  private mutating func make(
    _ kind: ExpressionNode.Kind,
    _ span: SourceSpan
  ) throws(TemplateFailure) -> ExpressionNode {
    nodes += 1
    guard nodes <= Self.maximumNodes else {
      throw TemplateFailure("This expression is too long.", at: span)
    }
    return ExpressionNode(kind: kind, span: span)
  }

  private mutating func binary(
    _ operation: ExpressionNode.Operator,
    _ left: ExpressionNode,
    _ right: ExpressionNode
  ) throws(TemplateFailure) -> ExpressionNode {
    let span = SourceSpan(file: left.span.file, start: left.span.start, end: right.span.end)
    return try make(.binary(operation, left, right), span)
  }

  private mutating func disjunction() throws(TemplateFailure) -> ExpressionNode {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else {
      throw TemplateFailure("This expression is nested too deeply.", at: origin.span(token.range))
    }
    var left = try conjunction()
    while isSymbol("or") != nil {
      try advance()
      left = try binary(.or, left, conjunction())
    }
    return left
  }

  private mutating func conjunction() throws(TemplateFailure) -> ExpressionNode {
    var left = try negation()
    while isSymbol("and") != nil {
      try advance()
      left = try binary(.and, left, negation())
    }
    return left
  }

  private mutating func negation() throws(TemplateFailure) -> ExpressionNode {
    var starts: [SourceSpan] = []
    while isSymbol("not") != nil {
      starts.append(origin.span(token.range))
      guard starts.count <= Self.maximumDepth else {
        throw TemplateFailure("This expression is nested too deeply.", at: origin.span(token.range))
      }
      try advance()
    }
    var node = try comparison()
    for span in starts.reversed() {
      let whole = SourceSpan(file: span.file, start: span.start, end: node.span.end)
      node = try make(.not(node), whole)
    }
    return node
  }

  private mutating func comparison() throws(TemplateFailure) -> ExpressionNode {
    let left = try sum()
    guard let symbol = isSymbol("==", "!=", "<", "<=", ">", ">=", "in", "not") else { return left }
    try advance()
    var name = symbol
    if symbol == "not" {
      guard isSymbol("in") != nil else { throw unexpected() }
      try advance()
      name = "not in"
    }
    guard let operation = ExpressionNode.Operator(rawValue: name) else { throw unexpected() }
    return try binary(operation, left, sum())
  }

  private mutating func sum() throws(TemplateFailure) -> ExpressionNode {
    var left = try product()
    while let symbol = isSymbol("+", "-") {
      try advance()
      left = try binary(symbol == "+" ? .add : .subtract, left, product())
    }
    return left
  }

  private mutating func product() throws(TemplateFailure) -> ExpressionNode {
    var left = try prefixed()
    while let symbol = isSymbol("*", "/") {
      try advance()
      left = try binary(symbol == "*" ? .multiply : .divide, left, prefixed())
    }
    return left
  }

  private mutating func prefixed() throws(TemplateFailure) -> ExpressionNode {
    guard isSymbol("-") != nil else { return try postfixed() }
    let start = origin.span(token.range)
    try advance()
    let operand = try postfixed()
    let span = SourceSpan(file: start.file, start: start.start, end: operand.span.end)
    return try make(.negate(operand), span)
  }

  private mutating func postfixed() throws(TemplateFailure) -> ExpressionNode {
    var node = try primary()
    while let symbol = isSymbol(".", "[", "|") {
      try advance()
      switch symbol {
      case ".": node = try member(of: node)
      case "[": node = try index(into: node)
      default: node = try filter(on: node)
      }
    }
    return node
  }

  private mutating func member(of node: ExpressionNode) throws(TemplateFailure) -> ExpressionNode {
    guard case .name(let name) = token.kind else { throw unexpected() }
    let span = origin.span(token.range)
    try advance()
    return try make(.member(node, name), span)
  }

  private mutating func index(into node: ExpressionNode) throws(TemplateFailure) -> ExpressionNode {
    let key = try disjunction()
    guard isSymbol("]") != nil else { throw unexpected() }
    try advance()
    return try make(.index(node, key), key.span)
  }

  private mutating func filter(on node: ExpressionNode) throws(TemplateFailure) -> ExpressionNode {
    guard case .name(let name) = token.kind else { throw unexpected() }
    let span = origin.span(token.range)
    guard Filter.names.contains(name) else {
      throw TemplateFailure(
        "There is no filter `\(name)`.",
        at: span,
        suggestion: NearestName.question(name, in: Filter.names.sorted())
      )
    }
    try advance()
    var arguments: [ExpressionNode] = []
    if isSymbol("(") != nil {
      try advance()
      arguments = try items(until: ")")
    }
    return try make(.filter(node, name, arguments), span)
  }

  /// Reads comma-separated expressions up to and including `close`.
  private mutating func items(until close: String) throws(TemplateFailure) -> [ExpressionNode] {
    var result: [ExpressionNode] = []
    while isSymbol(close) == nil {
      result.append(try disjunction())
      guard isSymbol(",") != nil else { break }
      try advance()
    }
    guard isSymbol(close) != nil else { throw unexpected() }
    try advance()
    return result
  }

  private mutating func primary() throws(TemplateFailure) -> ExpressionNode {
    let span = origin.span(token.range)
    switch token.kind {
    case .literal(let value):
      try advance()
      return try make(.literal(value), span)
    case .name(let name):
      try advance()
      return try make(.name(name), span)
    case .symbol("("):
      try advance()
      let inner = try disjunction()
      guard isSymbol(")") != nil else { throw unexpected() }
      try advance()
      return inner
    case .symbol("["):
      try advance()
      return try make(.list(items(until: "]")), span)
    default: throw unexpected()
    }
  }
}
