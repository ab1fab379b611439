import FleetView
import Testing

@Suite struct ApplyTableTests {
  @Test func columnsLineUpAndHostileTextIsTamed() {
    let table = ApplyTable([
      .init(
        node: "web-1",
        result: "ok",
        changed: 2,
        failed: 0,
        skipped: 0,
        rolledBack: 0,
        milliseconds: 1849
      ),
      .init(
        node: "web-2",
        result: "rolled back",
        changed: 0,
        failed: 1,
        skipped: 12,
        rolledBack: 31,
        milliseconds: 4000,
        detail: "health: GET :80/healthz 502\u{1B}[31m"
      ),
      .init(
        node: "db-2",
        result: "unreachable",
        changed: nil,
        failed: nil,
        skipped: nil,
        milliseconds: nil,
        detail: "connect timed out after 5 s"
      ),
    ])
    #expect(
      table.rendered() == """
        NODE   RESULT       CHANGED  FAILED  SKIPPED  TAKEN BACK   TIME  DETAIL
        web-1  ok                 2       0        0           0  1.8 s
        web-2  rolled back        0       1       12          31  4.0 s  health: GET :80/healthz 502␛[31m
        db-2   unreachable        -       -        -           -      -  connect timed out after 5 s

        """
    )
  }
}
