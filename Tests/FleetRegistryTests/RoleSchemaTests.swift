import FleetDiagnostics
import FleetRegistry
import Testing

/// The keys that the schema of role.yaml knows are those that the decoder knows.
@Suite struct RoleSchemaTests {
  private static let head = "name: x\nsummary: s\nlayer: business\n"

  /// The keys that the decoder says it knows, from its finding about `zzz` in `text`.
  private func known(_ text: String) throws -> [String] {
    let file = SourceText(name: "roles/x/role.yaml", text: text)
    let (_, diagnostics) = Registry.load(files: [file], over: nil)
    let finding = try #require(
      diagnostics.all.first { $0.rule == .unknownKey && $0.detail.contains("`zzz`") },
      "nothing about the unknown key in:\n\(text)"
    )
    let list = finding.detail.split(separator: "Known are ").last ?? ""
    return list.matches(of: /`([^`]+)`/).map { String($0.1) }.sorted()
  }

  /// The keys of a mapping's schema; of the one in an `anyOf` that has any.
  private func keys(_ shape: JSONValue?) -> [String]? {
    let choices = shape?["anyOf"]?.array ?? []
    let properties = shape?["properties"] ?? choices.compactMap { $0["properties"] }.first
    return properties?.members?.map(\.key).sorted()
  }

  private func resolved(_ shape: JSONValue?) -> JSONValue? {
    guard let name = shape?["$ref"]?.string?.split(separator: "/").last else { return shape }
    return RoleSchema.json["$defs"]?[String(name)]
  }

  @Test func theFileHasTheKeysOfTheDecoder() throws {
    #expect(try keys(RoleSchema.json) == known(Self.head + "zzz: 1\n"))
  }

  @Test func everyItemHasTheKeysOfTheDecoder() throws {
    var compared = 0
    for member in RoleSchema.json["properties"]?.members ?? [] {
      let shape = resolved(member.value)
      let item = resolved(shape?["items"])
      if let wanted = keys(item) {
        #expect(try known(Self.head + "\(member.key): [{zzz: 1}]\n") == wanted, "\(member.key)")
        compared += 1
      } else if let wanted = keys(shape) {
        #expect(try known(Self.head + "\(member.key): {zzz: 1}\n") == wanted, "\(member.key)")
        compared += 1
      }
    }
    #expect(compared == 35)
  }

  @Test(arguments: [
    ("parameter", "params: {a: {zzz: 1}}"),
    ("apartFrom", "placement: {apart_from: [{zzz: 1}]}"),
    ("onChange", "links: [{path: /x, target: /y, on_change: {zzz: 1}}]"),
  ])
  func whatStandsDeeperHasTheKeysOfTheDecoder(definition: String, text: String) throws {
    #expect(try keys(RoleSchema.json["$defs"]?[definition]) == known(Self.head + text + "\n"))
  }
}
