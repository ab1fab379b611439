import FleetConfig
import FleetDiagnostics
import FleetRegistry
import FleetRender
import Testing

/// A hostile text at every place of fleet.yaml that takes one: refused at that place, or kept as it is.
@Suite struct HostileFleetTests {
  private static let texts = [
    "-oProxyCommand=touch /tmp/x", "$(touch /tmp/x)", "`id`", "a b", "a;b", "a\nb", "a\u{0}b",
    "a\r\nb",
    "\u{1B}[2J", "\u{85}", "../../etc/passwd", "/etc/../root", "/srv/../\u{301}x", "'", "\"", "\\",
    "%n", "${IFS}",
    "{{ node.id }}", "{% if x %}", "x' OR '1'='1", "\u{202E}abc", "*", "~root", "a|b", "#", "-",
    "-\u{301}a", String(repeating: "x", count: 5_000),
  ]

  /// The text as a double-quoted scalar in which nothing has a meaning.
  private func spelled(_ text: String) -> String {
    let body = text.unicodeScalars.map { scalar in
      "\\U" + String(repeating: "0", count: 8 - String(scalar.value, radix: 16).count)
        + String(scalar.value, radix: 16)
    }
    return "\"" + body.joined() + "\""
  }

  private static let registry = Registry.of([
    "app": """
    params:
      dir: {type: path, default: /srv/app, doc: d}
      size: {type: size, default: 1GiB, doc: d}
      wait: {type: duration, default: 1s, doc: d}
      port: {type: port, default: 80, doc: d}
      url: {type: url, default: "https://x/", doc: d}
      word: {type: enum, values: [a, b], default: a, doc: d}
      text: {type: string, default: a, doc: d}
    """
  ])

  private func run(_ place: String, _ value: String) -> Validation {
    var lines = [
      "fleet": "a", "network": "10.0.0.0/8", "id": "n", "address": "10.0.0.1", "role": "app",
      "key": "zone", "label": "a", "user": "u", "file": "k", "relay": "n2",
    ]
    var parameter = ""
    if lines[place] != nil {
      lines[place] = spelled(value)
    } else {
      parameter = "\(place): \(spelled(value))"
    }
    let text = """
      version: 1
      fleet: \(lines["fleet"] ?? "")
      network: \(lines["network"] ?? "")
      registry: none
      nodes:
        n2: {address: 10.0.0.2}
        \(lines["id"] ?? ""):
          address: \(lines["address"] ?? "")
          health_via: \(lines["relay"] ?? "")
          labels: {\(lines["key"] ?? ""): \(lines["label"] ?? "")}
          ssh: {user: \(lines["user"] ?? ""), identity_file: \(lines["file"] ?? "")}
          roles: [{\(lines["role"] ?? ""): {\(parameter)}}]

      """
    return Validation(text, registry: Self.registry)
  }

  @Test(arguments: [
    "fleet", "network", "id", "address", "relay", "role", "key", "label", "user", "dir", "size",
    "wait",
    "port", "url", "word",
  ])
  func isAnErrorAtItsPlace(place: String) {
    // A label may hold slashes, dots and dashes: it stands in selectors and in no path.
    let labels = ["../../etc/passwd", "/etc/../root", "-"]
    for text in Self.texts where !(["key", "label"].contains(place) && labels.contains(text)) {
      let found = run(place, text).diagnostics.all.filter { $0.severity == .error }
      let lines = [
        "fleet": 2, "network": 3, "id": 7, "address": 8, "relay": 9, "key": 10, "label": 10,
        "user": 11,
      ]
      #expect(
        found.contains { $0.span?.start.line == lines[place] ?? 12 },
        "\(place) took \(text.debugDescription)"
      )
      #expect(found.allSatisfy { $0.detail.utf8.count < 6_500 })
    }
  }

  @Test func isKeptAsItIsWhereAnyTextMayStand() throws {
    for text in Self.texts {
      let run = run("text", text)
      let isControl = text.unicodeScalars.contains {
        $0.value < 0x20 || (0x7F...0x9F).contains($0.value)
      }
      #expect(run.diagnostics.hasErrors == isControl, "\(text.debugDescription)")
      guard let resolved = run.resolved else { continue }
      let instance = try #require(resolved.instances.first { $0.role.name == "app" })
      #expect(instance.parameters["text"] == .string(text))
    }
  }

  @Test func aPathOfTheOperatorCannotBeAnOption() {
    for text in ["-i", "-\u{301}a", "a\nb", ""] {
      #expect(run("file", text).diagnostics.hasErrors, "\(text.debugDescription)")
    }
  }
}
