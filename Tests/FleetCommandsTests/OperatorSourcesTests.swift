import Testing

@testable import FleetCommands

@Suite struct OperatorSourcesTests {
  private static let excludes = ["venv/", "*.egg-info/", "*.pyc", ".env", "data/"]

  @Test(arguments: ["venv/", "a/venv/", "x.egg-info/", "a/b.pyc", ".env", "a/.env", "data/"])
  func documentedExcludesAreLeftOut(path: String) {
    #expect(OperatorSources.isExcluded(path, by: Self.excludes))
  }

  @Test(arguments: ["main.py", "venv", "data.py", "environment/", "a/b.py", "my.env.example"])
  func everythingElseIsSent(path: String) {
    #expect(!OperatorSources.isExcluded(path, by: Self.excludes))
  }
}
