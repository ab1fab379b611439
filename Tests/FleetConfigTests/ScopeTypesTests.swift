import FleetConfig
import FleetRegistry
import FleetRender
import FleetTestSupport
import Testing

/// What the registry promises of the names in scope, and what a fleet makes of them.
@Suite struct ScopeTypesTests {
  @Test(arguments: ["fleet.yaml", "lab/fleet.yaml"])
  func everyNameOfEveryInstanceIsOfTheTypeThatTemplatesAreCheckedAgainst(file: String) throws {
    let text = try #require(SourceTree.text(at: SourceTree.root + "/" + file))
    let resolved = try #require(Validation(text).resolved)
    for instance in resolved.instances {
      let types = Registry.repository.scopeTypes(of: instance.profile.role)
      let scope = resolved.scope(for: instance)
      for (name, value) in scope {
        let type = try #require(types[name], "\(name) has no type")
        #expect(value.conforms(to: type), "\(instance.address): \(name) is no \(type)")
      }
      #expect(Set(types.keys).subtracting(scope.keys) == ["secrets", "certificates", "with"])
    }
  }
}
