internal import FleetDiagnostics

/// SARIF 2.1.0 (OASIS standard), for code scanning and editors.
///
/// Rules have their stable codes as ids and all stand in the tool's list, so that an index means the
/// same rule in each run of one version. Files inside the root have relative URIs below `SRCROOT`,
/// others absolute ones. A column counts Unicode scalars.
struct SARIFReport: ReportFormat {
  let name = "sarif"
  let purpose = "code scanning and editors (SARIF 2.1.0)"

  private static let schema =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

  func render(_ report: DiagnosticsReport) -> String {
    let log: JSONValue = [
      "$schema": .string(Self.schema),
      "version": "2.1.0",
      "runs": [run(report)],
    ]
    return log.rendered(pretty: true) + "\n"
  }

  private func run(_ report: DiagnosticsReport) -> JSONValue {
    let rules = Self.rules(of: report)
    let indices = Dictionary(
      rules.enumerated().map { ($0.element.code, $0.offset) },
      uniquingKeysWith: { first, _ in first }
    )
    var fingerprints = Fingerprints(report.paths)
    let results = report.findings.map { finding in
      SARIFResult(finding, of: report).value(
        ruleIndex: indices[finding.rule.code] ?? 0,
        fingerprint: fingerprints.next(finding)
      )
    }
    return [
      "tool": ["driver": driver(report, rules)],
      "invocations": [
        [
          "executionSuccessful": true,
          "exitCode": .int(report.isSound ? 0 : 1),
          "exitCodeDescription": .string(displayable(report.verdict)),
        ]
      ],
      "automationDetails": ["id": "fleetctl/validate/"],
      "originalUriBaseIds": [
        SARIFPlaces.root: [
          "description": ["text": "The root of the repository, or the folder of the run."]
        ]
      ],
      "artifacts": .array(artifacts(report)),
      "columnKind": "unicodeCodePoints",
      "results": .array(results),
    ]
  }

  /// Every rule that could have been broken, by code.
  private static func rules(of report: DiagnosticsReport) -> [Rule] {
    let others = Set(report.findings.map(\.rule)).subtracting(Set(report.rules))
    return (report.rules + others).sorted { ($0.code, $0.slug) < ($1.code, $1.slug) }
  }

  private func driver(_ report: DiagnosticsReport, _ rules: [Rule]) -> JSONValue {
    var members: [(String, JSONValue)] = [
      ("name", "fleetctl"),
      ("semanticVersion", .string(report.version)),
      ("version", .string(report.version)),
    ]
    if let documentation = report.documentation {
      members.append(("informationUri", .string(documentation)))
    }
    members.append(("rules", .array(rules.map { descriptor($0, report.documentation) })))
    return .object(members)
  }

  private func descriptor(_ rule: Rule, _ documentation: String?) -> JSONValue {
    var members: [(String, JSONValue)] = [
      ("id", .string(rule.code)),
      ("name", .string(Self.pascalCase(rule.slug))),
      ("shortDescription", ["text": .string(SARIFPlaces.message(rule.summary))]),
      ("fullDescription", ["text": .string(SARIFPlaces.message(Self.explanation(of: rule)))]),
      (
        "help",
        [
          "text": .string(SARIFPlaces.message(Self.help(for: rule, code: ""))),
          "markdown": .string(SARIFPlaces.message(Self.help(for: rule, code: "`"))),
        ]
      ),
      ("defaultConfiguration", ["level": .string(SARIFResult.level(rule.severity))]),
    ]
    if let documentation {
      members.append(("helpUri", .string(documentation + rule.helpURI)))
    }
    members.append(("properties", ["slug": .string(rule.slug)]))
    return .object(members)
  }

  /// What a rule is about; the one line to change when rules have longer texts than a summary.
  private static func explanation(of rule: Rule) -> String { rule.summary + "." }

  private static func help(for rule: Rule, code: String) -> String {
    explanation(of: rule) + "\n\nWhat it does, why it matters, an example and what to do instead: "
      + "\(code)fleetctl explain \(rule.slug)\(code)"
  }

  /// `port-collision` as `PortCollision`.
  static func pascalCase(_ slug: String) -> String {
    slug.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }

  private func artifacts(_ report: DiagnosticsReport) -> [JSONValue] {
    report.sources.keys.sorted().compactMap { name in
      report.sources[name].map { source in
        [
          "location": SARIFPlaces.artifact(name, report.paths),
          "length": .int(source.bytes.count),
          "roles": ["analysisTarget"],
        ]
      }
    }
  }
}
