import ArgumentParser
import FleetDiagnostics
import FleetTestSupport
import FleetView
import Testing

@testable import FleetCommands

@Suite struct RolesExportTests {
  @Test func theCommittedDocumentIsTheExport() throws {
    let committed = try #require(SourceTree.text(at: SourceTree.root + "/docs/roles.md"))
    let isSame = committed == RoleExport(try RolesExportCommand.builtIn()).markdown
    #expect(isSame, "docs/roles.md differs: run `fleetctl roles export > docs/roles.md`")
  }

  @Test func jsonHoldsTheSameConflictsAndRoles() throws {
    let json = RoleExport(try RolesExportCommand.builtIn()).json
    #expect(json["format_version"] == "1.0")
    #expect(json["roles"]?.array?.count == 17)
    let ports = json["conflicts"]?["ports"]?.array ?? []
    #expect(ports.map { $0["port"]?.int } == [11434, 8001, 3000, 8000, 5432])
    #expect(ports.compactMap { $0["condition"]?.string } == ["redis.insight"])
    #expect(json["nodes"]?.array?.count == 9)
    #expect(json["databases"]?.array?.count == 4)
  }

  @Test(arguments: [["roles"], ["roles", "redis"], ["roles", "redis", "--format", "json"]])
  func rolesAreShownWithAndWithoutTheWordShow(arguments: [String]) throws {
    let command = try Fleetctl.parseAsRoot(arguments)
    let show = try #require(command as? RolesShowCommand)
    #expect(show.name == (arguments.count > 1 ? "redis" : nil))
    let explicit = try Fleetctl.parseAsRoot(["roles", "show"] + arguments.dropFirst())
    #expect((explicit as? RolesShowCommand)?.name == show.name)
  }

  @Test func exportIsACommandOfItsOwn() throws {
    let command = try Fleetctl.parseAsRoot(["roles", "export", "--format", "json"])
    #expect((command as? RolesExportCommand)?.format == .json)
  }
}
