import FleetModel
import FleetResources
import Testing

@Suite struct StartupBudgetTests {
  @Test func aStartHasAMinuteUnlessARoleSaysOtherwise() {
    var unit = UnitSpec(name: "a.service", enabled: true, state: .started)
    #expect(unit.startupBudget == TimeSpan(milliseconds: 60_000))
    unit.allow(budget: TimeSpan(milliseconds: 6000))
    #expect(unit.startupBudget == TimeSpan(milliseconds: 6000))
  }

  @Test func ofSeveralRolesTheLongestCounts() {
    var unit = UnitSpec(name: "nginx.service", enabled: true, state: .started)
    for seconds in [10, 90, 30] { unit.allow(budget: TimeSpan(milliseconds: seconds * 1000)) }
    #expect(unit.startupBudget == TimeSpan(milliseconds: 90_000))
  }
}
