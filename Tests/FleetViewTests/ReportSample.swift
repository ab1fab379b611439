import FleetDiagnostics
import FleetTestSupport
import FleetView

/// A report about two files: errors and warnings with related places in both, edits of every kind,
/// and findings without a place.
enum ReportSample {
  static let fleet = MarkedText(
    """
    version: 1
    nodes:
      web-1:
        roles:
          - 1️⃣ai-stack2️⃣
          - 3️⃣chromadb4️⃣
      db-ü: {roles: [5️⃣reddis6️⃣], addres: 7️⃣10.0.0.18️⃣}
    """
  )
  static let group = MarkedText(
    """
    nodes:
      web-2:
        address: 1️⃣10.0.0.12️⃣
        labels: 3️⃣{a: b,
          c: d}4️⃣
    """,
    name: "sites/b & c/web.yaml"
  )

  static var findings: [Diagnostic] {
    var found = Diagnostics()
    for finding in placed + loose { found.add(finding) }
    return found.sorted()
  }

  private static var placed: [Diagnostic] {
    [
      Diagnostic(
        .unknownRole,
        "`db-ü` lists the role `reddis`, which the registry does not have.",
        at: fleet.span(5, 6),
        address: "node.db-ü",
        path: "/nodes/db-ü/roles/0",
        suggestions: [
          Suggestion(
            "did you mean `redis`?",
            edits: [.init(replace: fleet.span(5, 6), with: "redis")]
          )
        ]
      ),
      Diagnostic(
        .portCollision,
        "`ai-stack` and `chromadb` both claim tcp port 8000 of `web-1`.\nTo see the ports:\n\n"
          + "    fleetctl roles chromadb",
        at: fleet.span(3, 4),
        related: [
          RelatedSpan("`ai-stack` claims it here", at: fleet.span(1, 2)),
          RelatedSpan("8000 is the default of `chromadb`", at: nil),
        ],
        address: "node.web-1/role.chromadb",
        path: "/nodes/web-1/roles",
        suggestions: [Suggestion("move one of them to another node")]
      ),
      Diagnostic(
        .duplicateAddress,
        "`web-2` and `db-ü` both have the address `10.0.0.1`.",
        at: group.span(1, 2),
        related: [RelatedSpan("`db-ü` has it here", at: fleet.span(7, 8))],
        address: "node.web-2",
        suggestions: [
          Suggestion(
            "give one of them another address",
            edits: [
              .init(replace: group.span(1, 1), with: "10.0.0.2 # was "),
              .init(replace: fleet.span(7, 8), with: ""),
            ]
          )
        ]
      ),
      Diagnostic(
        .placementUnusual,
        "100% unusual: {0}, [a](b), <b>&\"'.",
        at: group.span(3, 4),
        address: "node.web-2"
      ),
      Diagnostic(
        .duplicateAddress,
        "`web-2` and `db-ü` both have the address `10.0.0.1`.",
        at: group.span(3, 4),
        address: "node.web-2"
      ),
    ]
  }

  private static var loose: [Diagnostic] {
    [
      Diagnostic(.memoryExceeded, "The roles need 9 GiB of 8 GiB.", address: "node.web-1"),
      Diagnostic(.noLLM, "No language model is declared.", severity: .info),
    ]
  }

  static var report: DiagnosticsReport {
    var report = DiagnosticsReport(
      findings,
      sources: [fleet.source.name: fleet.source, group.source.name: group.source],
      subject: "fleet.yaml",
      verdict: "fleet.yaml is not sound: 4 errors, 2 warnings.",
      version: "1.2.3"
    )
    report.rules = rules
    report.paths = ReportPaths(roots: ["/home/me/ops"], working: "/home/me/ops/prod")
    return report
  }

  /// A few of the rules, so that a new one does not change every golden file.
  private static let rules: [Rule] = [
    .yamlSyntax, .unknownRole, .duplicateAddress, .noLLM, .portCollision, .placementUnusual,
    .memoryExceeded,
  ]

  static var sound: DiagnosticsReport {
    var report = DiagnosticsReport(
      [],
      sources: [fleet.source.name: fleet.source],
      subject: "fleet.yaml",
      verdict: "fleet.yaml is sound: 2 nodes, 3 role instances.",
      version: "1.2.3"
    )
    report.rules = rules
    return report
  }
}
