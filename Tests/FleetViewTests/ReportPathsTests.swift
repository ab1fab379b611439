import FleetDiagnostics
import Testing

@testable import FleetView

@Suite struct ReportPathsTests {
  private let paths = ReportPaths(roots: ["/srv/ops", "/home/me/link"], working: "/srv/ops/prod")

  @Test(arguments: [
    ("fleet.yaml", "prod/fleet.yaml"),
    ("./sub//../fleet.yaml", "prod/fleet.yaml"),
    ("../fleet.yaml", "fleet.yaml"),
    ("/srv/ops/a/b.yaml", "a/b.yaml"),
    ("/home/me/link/a.yaml", "a.yaml"),
    ("stdin", "stdin"),
  ])
  func namesInsideTheRootAreRelative(name: String, expected: String) {
    #expect(paths.relative(name) == expected)
  }

  @Test(arguments: ["/srv/operations/a.yaml", "../../a.yaml", "/etc/fleet.yaml", "/srv/ops", ".."])
  func namesOutsideHaveNone(name: String) {
    #expect(paths.relative(name) == nil)
  }

  @Test func withoutARootOnlyAbsoluteNamesAreOutside() {
    #expect(ReportPaths().relative("a/./b.yaml") == "a/b.yaml")
    #expect(ReportPaths().relative("/a.yaml") == nil)
    #expect(paths.absolute("../x.yaml") == "/srv/ops/x.yaml")
  }

  @Test func aPathIsEncodedByteByByte() {
    #expect(SARIFPlaces.encoded("a b/ü:%#?.yaml") == "a%20b/%C3%BC%3A%25%23%3F.yaml")
    #expect(SARIFPlaces.encoded("\u{1}") == "%01")
  }
}
