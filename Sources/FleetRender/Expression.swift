package import FleetDiagnostics

/// The names an expression may use, `params`, `node`, `ports`… (docs/role-format.md).
package typealias Scope = [String: Value]

/// A parsed expression of the role language.
package struct Expression: Sendable {
  /// As written.
  package let text: String
  /// Where it stands.
  package let span: SourceSpan
  let root: ExpressionNode
}

/// One node of a parsed expression with its place.
struct ExpressionNode: Sendable {
  let kind: Kind
  let span: SourceSpan

  indirect enum Kind: Sendable {
    case literal(Value)
    case list([ExpressionNode])
    case name(String)
    case member(ExpressionNode, String)
    case index(ExpressionNode, ExpressionNode)
    case not(ExpressionNode)
    case negate(ExpressionNode)
    case binary(Operator, ExpressionNode, ExpressionNode)
    case filter(ExpressionNode, String, [ExpressionNode])
  }

  enum Operator: String, Sendable {
    case or, and
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case isIn = "in"
    case notIn = "not in"
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
  }
}
