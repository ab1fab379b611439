import FleetCommands
import Testing

@Suite struct ExitStatusTests {
  @Test(arguments: [
    ([FleetCommands.ExitStatus.success, .changes], FleetCommands.ExitStatus.changes),
    ([.success, .unreachable, .changes], .unreachable),
    ([.partial, .unreachable], .partial),
    ([.rolledBack, .partial], .rolledBack),
    ([.rolledBack, .outcomeUnknown, .nodeFrozen], .outcomeUnknown),
    ([.success], .success),
  ])
  func theGravestOfSeveralIsTold(
    statuses: [FleetCommands.ExitStatus],
    expected: FleetCommands.ExitStatus
  ) {
    #expect(FleetCommands.ExitStatus.worst(statuses) == expected)
    #expect(FleetCommands.ExitStatus.worst(statuses.reversed()) == expected)
  }
}
