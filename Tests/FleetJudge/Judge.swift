import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetRegistry
import Glibc

/// Validates many fleets or roles in one process, for scripts/check-schema.py.
///
/// One JSON object a line on standard input: `{"text": "…", "files": {"part.yaml": "…"}}` is a fleet
/// with what it may include, `{"role": "…"}` a role.yaml in a folder `x`. One JSON array a line comes
/// back: the findings, each with `code`, `detail` and `file`.
@main
enum Judge {
  static func main() {
    while let line = readLine() {
      guard let request = try? JSONValue(parsing: Array(line.utf8)),
        let found = request["role"]?.string.map(role)
          ?? request["text"]?.string.map({
            fleet($0, files: request["files"])
          })
      else {
        print("no request: \(line)")
        exit(64)
      }
      print(JSONValue.array(found.sorted().map(described)).rendered(pretty: false))
    }
  }

  private static func fleet(_ text: String, files: JSONValue?) -> Diagnostics {
    var found = Diagnostics()
    let source = SourceText(name: "fleet.yaml", text: text)
    let fleet = FleetDecoder.decode(source, into: &found) { path, _ in
      guard let text = files?[path]?.string else {
        return .unreadable(why: "there is no such file", nearby: [])
      }
      return .text(SourceText(name: path, text: text), identity: path)
    }
    // What is refused already is asked no more: the rules cost most of the time.
    guard let fleet, !isRefused(found) else { return found }
    let registry = fleet.registry == "none" ? Registry.empty : Registry.builtIn().0
    var parameters = Diagnostics()
    _ = FleetResolver.resolve(fleet, registry: registry, into: &parameters)
    guard !isRefused(parameters) else { return parameters }
    _ = FleetValidator.validate(fleet, registry: registry, strict: false, into: &found)
    return found
  }

  /// Whether a finding speaks of keys, kinds and grammar, or of a parameter.
  private static func isRefused(_ found: Diagnostics) -> Bool {
    found.all.contains { $0.rule.code.hasPrefix("FLT200") || $0.rule == .parameterInvalid }
  }

  private static func role(_ text: String) -> Diagnostics {
    Registry.load(
      files: [SourceText(name: "roles/x/role.yaml", text: text)],
      over: Registry.builtIn().0
    ).1
  }

  private static func described(_ finding: Diagnostic) -> JSONValue {
    [
      "code": .string(finding.rule.code), "detail": .string(finding.detail),
      "file": JSONValue(finding.span?.file),
    ]
  }
}
