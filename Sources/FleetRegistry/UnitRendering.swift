package import FleetDiagnostics
package import FleetRender

extension UnitItem {
  /// Returns the unit file, or nil after reporting what is wrong at its place.
  package func render(_ scope: Scope, into diagnostics: inout Diagnostics) -> String? {
    UnitItems.render(.unit, sections, raw: raw, scope, into: &diagnostics)
  }
}

extension DropInItem {
  /// Returns the drop-in, or nil after reporting what is wrong at its place.
  package func render(_ scope: Scope, into diagnostics: inout Diagnostics) -> String? {
    UnitItems.render(.dropIn, sections, raw: raw, scope, into: &diagnostics)
  }
}

private enum UnitItems {
  static func render(
    _ kind: UnitFile.Kind,
    _ items: [UnitSectionItem],
    raw: [String],
    _ scope: Scope,
    into diagnostics: inout Diagnostics
  ) -> String? {
    var failed = false
    let sections = items.map { item in
      let directives = item.directives.compactMap { entry -> UnitDirective? in
        guard let value = value(entry.value, scope, into: &diagnostics) else {
          failed = true
          return nil
        }
        return UnitDirective(entry.key, value, at: entry.span)
      }
      return UnitSection(item.name, directives)
    }
    let text = UnitFile.render(kind, sections: sections, raw: Set(raw), into: &diagnostics)
    return failed ? nil : text
  }

  private static func value(
    _ value: TemplateValue,
    _ scope: Scope,
    into diagnostics: inout Diagnostics
  ) -> UnitValue? {
    switch value {
    case .text(let text): return text.evaluate(scope, into: &diagnostics).map { .one($0) }
    case .list(let items):
      let values = items.map { Self.value($0, scope, into: &diagnostics) }
      let known = values.compactMap { $0 }
      return known.count == values.count ? .list(known) : nil
    case .map(let entries):
      let values = entries.map { entry in
        entry.value.evaluate(scope, into: &diagnostics).map { UnitAssignment(entry.key, $0) }
      }
      let known = values.compactMap { $0 }
      return known.count == values.count ? .map(known) : nil
    }
  }
}
