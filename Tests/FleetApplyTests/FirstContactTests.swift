import FleetTransport
import Testing

@testable import FleetApply

struct FirstContactTests {
  private static let key = "ssh-ed25519 AAAAC3Nz fleetctl:a"

  private func wanted(
    usesSudo: Bool = true,
    hasPassword: Bool = false,
    observer: Bool = false
  ) -> FirstContact {
    FirstContact(
      login: .init(user: "deploy", key: Self.key),
      usesSudo: usesSudo,
      hasPassword: hasPassword,
      observer: observer ? .init(user: "fleet-ci", key: "ssh-ed25519 AAAAC3Nx ci") : nil
    )
  }

  /// A machine on which all that `wanted` wants is there.
  private func finished(_ wanted: FirstContact) -> FirstContactPlan.Seen {
    var seen = FirstContactPlan.Seen()
    seen.hasSudo = true
    seen.hasApt = true
    seen.readsFolder = true
    seen.accounts = wanted.accounts.map { "\($0.user):x:1000:1000::/home/x:/bin/bash" }
    seen.keys = wanted.accounts.map { "# mine\n\($0.key)\n" }
    seen.sudoers = wanted.sudoers
    seen.observer = wanted.observer
    return seen
  }

  private func actions(_ plan: FirstContactPlan) -> [String] {
    plan.steps.map { "\($0.action.rawValue) \($0.what)" }
  }

  @Test
  func bareMachineGetsEverythingInOrder() {
    var seen = FirstContactPlan.Seen()
    seen.hasApt = true
    let plan = FirstContactPlan(wanted(observer: true), seen)
    #expect(
      actions(plan) == [
        "create package sudo", "create user deploy", "create key of deploy",
        "create user fleet-ci", "create key of fleet-ci", "create observer", "create sudo rules",
      ]
    )
    #expect(plan.pending.count == 7)
  }

  @Test(arguments: [false, true])
  func nothingIsDoneTwice(observer: Bool) {
    let wanted = wanted(observer: observer)
    let plan = FirstContactPlan(wanted, finished(wanted))
    #expect(!plan.hasChanges)
    #expect(plan.pending == [])
    #expect(plan.steps.allSatisfy { $0.action == .noOp })
  }

  @Test
  func keyCountsWhateverItsCommentButNotWithOptions() {
    let wanted = wanted()
    var seen = finished(wanted)
    seen.keys = ["ssh-ed25519 AAAAC3Nz somebody else's comment"]
    #expect(!FirstContactPlan(wanted, seen).hasChanges)
    seen.keys = ["command=\"true\" ssh-ed25519 AAAAC3Nz"]
    #expect(actions(FirstContactPlan(wanted, seen)).contains("create key of deploy"))
  }

  @Test
  func whatIsInTheWayIsNamedWithTheCure() {
    let wanted = wanted()
    var seen = finished(wanted)
    seen.accounts = ["deploy:x:1:1::/:/usr/sbin/nologin"]
    #expect(
      FirstContactPlan(wanted, seen).blocked.map(\.detail) == [
        "its shell is /usr/sbin/nologin; give it one: usermod -s /bin/sh deploy"
      ]
    )
    seen = finished(wanted)
    seen.readsFolder = false
    #expect(FirstContactPlan(wanted, seen).blocked.count == 1)
    seen = finished(wanted)
    seen.hasSudo = false
    seen.hasApt = false
    #expect(
      FirstContactPlan(wanted, seen).blocked.map(\.detail) == [
        "there is no apt-get; install sudo on the machine"
      ]
    )
  }

  @Test
  func rulesAreExactlyThese() {
    #expect(
      wanted().sudoers
        == "# Written by `fleetctl bootstrap`, replaced as a whole. Check it with: visudo -c\n"
        + "Defaults:deploy !requiretty\ndeploy ALL=(root) NOPASSWD: ALL\n"
    )
    #expect(wanted(hasPassword: true).sudoers?.contains("deploy ALL=(root) ALL\n") == true)
    #expect(wanted(usesSudo: false).sudoers == nil)
    let lines = wanted(usesSudo: false, observer: true).sudoers?.split(separator: "\n") ?? []
    #expect(lines.count == 3)
    #expect(lines.last?.hasPrefix("fleet-ci ALL=(root) NOPASSWD: sha256:") == true)
    #expect(lines.last?.hasSuffix(" /usr/local/sbin/fleetctl-observe \"\"") == true)
  }

  @Test
  func machineThatNeedsNoSudoIsNotGivenIt() {
    var seen = FirstContactPlan.Seen()
    seen.accounts = ["root:x:0:0::/root:/bin/bash"]
    let plan = FirstContactPlan(wanted(usesSudo: false), seen)
    #expect(actions(plan) == ["no-op user deploy", "create key of deploy"])
  }
}
