package import FleetDiagnostics

/// One section of a unit file with the values of its directives.
package struct UnitSection: Hashable, Sendable {
  /// `Unit`, `Service` and so on.
  package let name: String
  /// Directives in the order in which they are written.
  package let directives: [UnitDirective]

  /// Makes a section.
  package init(_ name: String, _ directives: [UnitDirective]) {
    self.name = name
    self.directives = directives
  }
}

/// One directive of a unit file.
package struct UnitDirective: Hashable, Sendable {
  /// Its name, `ExecStart`.
  package let name: String
  /// What it says.
  package let value: UnitValue
  /// Where it comes from, for findings.
  package let span: SourceSpan?

  /// Makes a directive.
  package init(_ name: String, _ value: UnitValue, at span: SourceSpan? = nil) {
    self.name = name
    self.value = value
    self.span = span
  }
}

/// The value of a directive: one, several, or named ones (`Environment`).
package indirect enum UnitValue: Hashable, Sendable {
  case one(Value)
  /// Several assignments; for commands also the words of one.
  case list([UnitValue])
  /// Assignments of an environment in order.
  case map([UnitAssignment])
}

/// `NAME=value` of an environment.
package struct UnitAssignment: Hashable, Sendable {
  /// The variable.
  package let name: String
  /// Its value.
  package let value: Value

  /// Makes an assignment.
  package init(_ name: String, _ value: Value) {
    self.name = name
    self.value = value
  }
}

/// Renders unit files and drop-ins of systemd (systemd.syntax(7), systemd.service(5)).
///
/// Whatever a value holds, it stays the value of its directive: control characters are refused
/// (a line feed would begin another directive), `%` and, in commands, `$` are doubled, words are
/// quoted, sizes and durations are written as systemd reads them.
package enum UnitFile {
  /// The sections that a unit file may have.
  package static let sectionNames: Set<String> = [
    "Unit", "Service", "Socket", "Timer", "Path", "Mount", "Automount", "Swap", "Slice", "Scope",
    "Install",
  ]

  /// The longest line, in bytes; systemd's own limit is a megabyte, nobody reads such lines.
  package static let maximumLine = 2_000

  /// The first line of every file, a comment.
  package static let header =
    "# Managed by fleetctl. Changes made here are overwritten by the next apply."

  /// Whether `name` may stand before `=`: a capital letter, then letters and digits.
  package static func isDirectiveName(_ name: String) -> Bool {
    guard let first = name.utf8.first, (0x41...0x5A).contains(first) else { return false }
    return name.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
    }
  }

  /// What is written.
  package enum Kind: Sendable {
    /// A whole unit: a service without `Type=` gets `Type=exec`, which reports a program that cannot
    /// be started, where systemd's own default does not.
    case unit
    /// A drop-in: nothing is added.
    case dropIn
  }

  /// Returns the file, or nil after reporting `invalid-value` at each directive that has no safe
  /// spelling.
  ///
  /// `raw` names the directives whose text is written as it is, with its `%` specifiers. A boolean is
  /// `true` or `false`; an empty list is an empty assignment, which forgets earlier ones.
  package static func render(
    _ kind: Kind = .unit,
    sections: [UnitSection],
    raw: Set<String> = [],
    into diagnostics: inout Diagnostics
  ) -> String? {
    var writer = UnitWriter(raw: raw)
    for section in sections { writer.write(section, isUnit: kind == .unit) }
    diagnostics.add(contentsOf: writer.diagnostics)
    guard !writer.diagnostics.hasErrors else { return nil }
    return writer.lines.joined(separator: "\n") + "\n"
  }
}
