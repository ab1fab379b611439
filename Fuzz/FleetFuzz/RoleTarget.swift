internal import FleetDiagnostics
internal import FleetRegistry

/// A role of the user's own: `role.yaml` and, behind a line `%%%`, one template of it.
enum RoleTarget {
  static func run(_ bytes: [UInt8]) {
    let (definition, template) = halves(bytes)
    let files = [
      SourceText(name: "roles/mine/role.yaml", bytes: definition),
      SourceText(name: "roles/mine/files/app.conf", bytes: template),
    ]
    let (registry, findings) = Registry.load(files: files, over: nil)
    Findings.check(findings, in: files)
    demand(
      registry.role("mine") != nil || registry.component("mine") != nil || findings.hasErrors,
      "no role and no error"
    )
    if let role = registry.role("mine") {
      demand(RoleText.describe(role, in: registry).hasSuffix("\n"), "a page without an end")
      _ = RoleText.table(registry)
    }
    let (_, again) = Registry.load(files: files, over: nil)
    demand(findings == again, "loading a role is not deterministic")
  }

  private static func halves(_ bytes: [UInt8]) -> ([UInt8], [UInt8]) {
    let separator = Array("\n%%%\n".utf8)
    guard bytes.count >= separator.count else { return (bytes, []) }
    for start in 0...bytes.count - separator.count
    where bytes[start..<start + separator.count].elementsEqual(separator) {
      return (Array(bytes[..<start]), Array(bytes[(start + separator.count)...]))
    }
    return (bytes, [])
  }
}
