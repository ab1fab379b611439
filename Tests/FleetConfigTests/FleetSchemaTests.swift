import FleetDiagnostics
import FleetRegistry
import Testing

@testable import FleetConfig

/// The keys that the schema of fleet.yaml knows are those that the decoder knows.
@Suite struct FleetSchemaTests {
  private static let schema = FleetSchema.json(
    .fleet,
    registry: Registry.builtIn().0,
    closed: false
  )

  /// Keys that the schema describes though no release reads them yet.
  private static let ahead: Set<String> = []

  private func known(_ text: String) throws -> Set<String> {
    var diagnostics = Diagnostics()
    _ = FleetDecoder.decode(SourceText(name: "fleet.yaml", text: text), into: &diagnostics)
    let finding = try #require(diagnostics.all.first { $0.rule == .unknownKey })
    let list = finding.detail.split(separator: "It knows ").last ?? ""
    return Set(list.matches(of: /`([^`]+)`/).map { String($0.1) })
  }

  @Test(arguments: [
    ("", "zzz: 1\nversion: 1\nfleet: f\n"),
    ("settings", "version: 1\nfleet: f\nsettings: {zzz: 1}\n"),
    ("ssh", "version: 1\nfleet: f\nssh: {zzz: 1}\n"),
    ("source", "version: 1\nfleet: f\nsources: {a: {path: x, zzz: 1}}\n"),
    ("node", "version: 1\nfleet: f\nnodes: {a: {address: b, zzz: 1}}\n"),
    ("hardware", "version: 1\nfleet: f\nnodes: {a: {address: b, hardware: {zzz: 1}}}\n"),
    ("gpu", "version: 1\nfleet: f\nnodes: {a: {address: b, hardware: {gpus: [{zzz: 1}]}}}\n"),
    ("npu", "version: 1\nfleet: f\nnodes: {a: {address: b, hardware: {npus: [{zzz: 1}]}}}\n"),
    ("allow", "version: 1\nfleet: f\nnodes: {a: {address: b, allow: [{zzz: 1}]}}\n"),
  ])
  func everyMappingHasTheKeysOfTheDecoder(name: String, text: String) throws {
    let shape: JSONValue? =
      switch name {
      case "": Self.schema
      case "settings": Self.schema["properties"]?["settings"]
      case "source": Self.schema["properties"]?["sources"]?["additionalProperties"]
      case "allow": Self.schema["$defs"]?["allow"]?["items"]
      default: Self.schema["$defs"]?[name]
      }
    let described = Set(try #require(shape?["properties"]?.members).map(\.key))
    let known = try known(text)
    #expect(known.subtracting(described) == [], "the schema lacks keys")
    #expect(
      described.subtracting(known).isSubset(of: name == "node" ? [] : Self.ahead),
      "the decoder lacks keys"
    )
    #expect(shape?["additionalProperties"] == false)
  }

  @Test func aParameterHasItsTypeDefaultLimitsAndWords() throws {
    let celery = try #require(Self.schema["$defs"]?["parameters-celery"]?["properties"])
    let number = try #require(celery["broker_db"])
    #expect(number["default"] == 1)
    #expect(number["anyOf"]?.array?.first == ["type": "integer", "minimum": 0, "maximum": 15])
    let concurrency = celery["concurrency"]?["description"]?.string
    #expect(concurrency == "Worker processes. Unit: processes.")
    #expect(celery["memory_max"]?["default"] == "8GiB")
  }

  @Test func onlyRulesThatMayBeWaivedAreOffered() throws {
    let rule = Self.schema["$defs"]?["allow"]?["items"]?["properties"]?["rule"]
    let slugs = try #require(rule?["anyOf"]?.array?.first?["enum"]?.array).compactMap(\.string)
    #expect(slugs.contains("unpinned-version"))
    #expect(!slugs.contains("port-collision"))
    #expect(slugs == slugs.sorted())
  }

  @Test func anIncludedFileNeedsNothingAndHasNoKeysOfTheMainFile() throws {
    let schema = FleetSchema.json(.included, registry: .empty, closed: false)
    #expect(schema["required"] == nil)
    let keys = try #require(schema["properties"]?.members).map(\.key)
    #expect(
      keys == [
        "version", "include", "role_paths", "sources", "roles", "groups", "nodes", "allow",
        "protect",
      ]
    )
  }

  @Test func aClosedSchemaKnowsItsRolesOnlyAndHasNoId() {
    let schema = FleetSchema.json(.fleet, registry: .empty, closed: true)
    #expect(schema["$id"] == nil)
    #expect(schema["properties"]?["roles"]?["additionalProperties"] == false)
    #expect(schema["$defs"]?["role"]?["anyOf"]?.array?.first?["enum"] == [])
  }
}
