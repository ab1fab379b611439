/// Renders unit files and drop-ins of systemd (systemd.syntax(7), systemd.service(5)).
package enum UnitFile {
  /// The sections that a unit file may have.
  package static let sectionNames: Set<String> = [
    "Unit", "Service", "Socket", "Timer", "Path", "Mount", "Automount", "Swap", "Slice", "Scope",
    "Install",
  ]

  /// Whether `name` may stand before `=`: a capital letter, then letters and digits.
  package static func isDirectiveName(_ name: String) -> Bool {
    guard let first = name.utf8.first, (0x41...0x5A).contains(first) else { return false }
    return name.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
    }
  }
}
