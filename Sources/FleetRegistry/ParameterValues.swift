package import FleetDiagnostics
package import FleetModel
package import FleetRender

/// Brings the parameters of a role together: defaults, then fleet.yaml's `roles:`, then the node's.
package enum ParameterValues {
  /// Returns a value for every parameter of `role`, for `params` in the scope of its expressions.
  ///
  /// `scope` holds the other names that defaults may use (`settings`, `node`, `fleet`, `role`).
  /// What is unknown, of a wrong type or out of range is reported as `parameter-invalid` at its place
  /// in fleet.yaml, and the level below counts instead, so that later checks can go on. A parameter
  /// without a value at all is reported at `place` and becomes an absent value.
  package static func resolve(
    role: Role,
    fleet: [String: Located<RawValue>],
    node: [String: Located<RawValue>],
    scope: Scope,
    at place: SourceSpan? = nil,
    into diagnostics: inout Diagnostics
  ) -> [String: Value] {
    var resolver = Resolver(role: role, scope: scope, place: place)
    resolver.take(fleet)
    resolver.take(node)
    resolver.fillDefaults()
    diagnostics.add(contentsOf: resolver.diagnostics)
    return resolver.values
  }
}

private struct Resolver {
  let role: Role
  let scope: Scope
  let place: SourceSpan?
  var values: [String: Value] = [:]
  var diagnostics = Diagnostics()

  mutating func take(_ given: [String: Located<RawValue>]) {
    for (name, located) in given.sorted(by: { $0.key < $1.key }) {
      guard let parameter = role.parameter(name) else {
        reportUnknown(name, at: located.span)
        continue
      }
      do throws(ParameterMismatch) {
        values[name] = try parameter.typed(located.value.value)
      } catch {
        report(parameter, error, at: located.span)
      }
    }
  }

  private mutating func reportUnknown(_ name: String, at span: SourceSpan?) {
    let names = role.parameters.map(\.name)
    let known = names.sorted().map { "`\($0)`" }.joined(separator: ", ")
    let list = names.isEmpty ? "It has none." : "It has \(known)."
    let question = NearestName.question(name, in: names)
    diagnostics.add(
      Diagnostic(
        .parameterInvalid,
        "Role `\(role.name)` has no parameter `\(name)`. \(question ?? list)",
        at: span,
        suggestions: question.map { [Suggestion($0)] } ?? []
      )
    )
  }

  private mutating func report(
    _ parameter: Parameter,
    _ mismatch: ParameterMismatch,
    at span: SourceSpan?
  ) {
    diagnostics.add(
      Diagnostic(
        .parameterInvalid,
        "`\(role.name).\(parameter.name)` \(mismatch.why)",
        at: span,
        related: [RelatedSpan("the parameter is declared here", at: parameter.span)],
        suggestions: mismatch.suggestion.map { [Suggestion($0)] } ?? []
      )
    )
  }

  /// Evaluates the defaults of what was not given.
  ///
  /// A default may use other parameters, in whatever order they are written: those that have no
  /// value yet are absent, and what fails for that reason is tried again once others have one.
  mutating func fillDefaults() {
    if values.isEmpty {
      values = role.literalDefaults
    } else {
      values.merge(role.literalDefaults) { given, _ in given }
    }
    var open = role.parameters.filter { values[$0.name] == nil }
    for parameter in open where parameter.defaultValue == nil {
      values[parameter.name] = .absent("parameter `\(parameter.name)` is not given")
      diagnostics.add(
        Diagnostic(
          .parameterInvalid,
          "Role `\(role.name)` needs the parameter `\(parameter.name)`: \(parameter.doc)",
          at: place ?? parameter.span,
          related: [RelatedSpan("it is declared here, without a default", at: parameter.span)]
        )
      )
    }
    open.removeAll { $0.defaultValue == nil }
    while !open.isEmpty {
      let before = open.count
      var failures = Diagnostics()
      open = open.filter { !fill($0, among: open, &failures) }
      guard open.count == before else { continue }
      diagnostics.add(contentsOf: failures)
      for parameter in open {
        values[parameter.name] = .absent(
          "the default of parameter `\(parameter.name)` has an error"
        )
      }
      return
    }
  }

  /// Evaluates one default; true once the parameter has a value or was reported.
  private mutating func fill(
    _ parameter: Parameter,
    among open: [Parameter],
    _ failures: inout Diagnostics
  ) -> Bool {
    var params = values
    for other in open where params[other.name] == nil {
      params[other.name] = .absent("the default of `\(other.name)` has no value yet")
    }
    var scope = scope
    scope["params"] = .map(params)
    guard let value = parameter.defaultValue?.evaluate(scope, into: &failures) else { return false }
    do throws(ParameterMismatch) {
      values[parameter.name] = try parameter.typed(value)
    } catch {
      report(parameter, error, at: parameter.defaultSpan)
      values[parameter.name] = .absent("the default of `\(parameter.name)` has an error")
    }
    return true
  }
}

extension RawValue {
  /// The value before it is read as a parameter's type.
  fileprivate var value: Value {
    switch self {
    case .text(let text): .string(text)
    case .list(let items): .list(items.map(\.value))
    case .map(let entries): .map(entries.mapValues(\.value))
    }
  }
}
