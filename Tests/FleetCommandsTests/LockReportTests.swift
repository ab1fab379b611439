import FleetApply
import FleetDiagnostics
import Testing

@testable import FleetCommands

/// What `lock list` shows.
@Suite struct LockReportTests {
  private static var held: NodeLock {
    var lock = NodeLock()
    (lock.holder, lock.plan) = ("alice@desk, process 12", "sha256:ab")
    (lock.secondsHeld, lock.secondsLeft) = (90, 30)
    return lock
  }

  @Test func `a lock is shown with its holder, since when and for how long`() {
    var old = Self.held
    old.secondsHeld = nil
    var frozen = NodeLock()
    (frozen.frozen, frozen.pending) = ("a disk", "f00")
    let lost = ApplyError(.protocolViolation, "it says nothing")
    let report = LockReport(
      nodes: [
        ("n1", .success(Self.held)), ("node-2", .success(old)), ("n3", .success(frozen)),
        ("n4", .success(NodeLock())), ("n5", .failure(lost)),
      ]
    ) { "\($0) s ago" }
    #expect(
      report.text == """
        n1      locked       alice@desk, process 12, since 90 s ago, 30 s left, plan sha256:ab
        node-2  locked       alice@desk, process 12, 30 s left, plan sha256:ab
        n3      frozen       a disk
        n3      unconfirmed  run f00 waits for its confirmation
        n4      free
        n5      unreachable  it says nothing

        """
    )
    #expect(!report.isWhole)
  }

  @Test func `programs are told the same, with a null for what is not known`() {
    let report = LockReport(
      nodes: [("n1", .success(Self.held)), ("n2", .success(NodeLock()))]
    ) { "\($0) s ago" }
    let none = #""frozen":null,"unconfirmed":null}"#
    #expect(
      report.json.rendered(pretty: false)
        == #"{"format_version":"1.0","ok":true,"nodes":[{"node":"n1","error":null,"lock":"#
        + #"{"holder":"alice@desk, process 12","plan":"sha256:ab","since":"90 s ago","#
        + #""seconds_held":90,"seconds_left":30},"# + none
        + #",{"node":"n2","error":null,"lock":null,"# + none + "]}"
    )
    #expect(report.isWhole)
  }

  @Test func `the moment of some seconds ago is told in UTC`() throws {
    let (now, then) = (Clock.now, Clock.ago(86_400 * 400))
    #expect(then.count == "2026-01-01T00:00:00Z".count)
    #expect(then.hasSuffix("Z"))
    #expect(then < now)
  }
}
