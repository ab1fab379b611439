import FleetApply
import FleetModel
import FleetPlan
import FleetResources
import Testing

/// The order of an apply over the fleet, with nodes that only write down what they are told.
@Suite struct FleetRunTests: RunMaterial {
  @Test func aFailingNodeHaltsAloneAndNamesWhatItSkipped() async throws {
    let log = Log()
    let good = try task("good", [file("good", "/etc/a"), unit("good", "a.service", wave: 0)], log)
    let bad = try task(
      "bad",
      [file("bad", "/etc/a"), unit("bad", "a.service", wave: 0)],
      log,
      failing: .writeFile
    )
    let results = await run([good, bad])
    #expect(results[0].outcome == .changed)
    #expect(results[0].failed.isEmpty)
    #expect(results[1].outcome == .rolledBack)
    #expect(results[1].failed.map(\.address) == ["node.bad/file:/etc/a"])
    #expect(log.entries.contains("good start a.service"))
    #expect(!log.entries.contains("bad start a.service"))
  }

  @Test(arguments: FailurePolicy.allCases)
  func aFailureDoesToTheOthersWhatWasAskedFor(policy: FailurePolicy) async throws {
    let log = Log()
    let bad = try task("bad", [file("bad", "/etc/a")], log, failing: .writeFile)
    let begun = try task(
      "begun",
      [file("begun", "/etc/a"), unit("begun", "a.service", wave: 1)],
      log
    )
    let later = try task("later", [unit("later", "a.service", wave: 1)], log)
    let results = await run([bad, begun, later], policy)
    #expect(results[0].outcome == .rolledBack)
    let wanted: [NodeResult.Outcome] =
      switch policy {
      case .continue: [.changed, .changed]
      case .stop: [.changed, .unchanged]
      case .rollback: [.rolledBack, .unchanged]
      }
    #expect(results.dropFirst().map(\.outcome) == wanted)
    #expect(log.entries.contains("begun start a.service") == (policy != .rollback))
    #expect(log.entries.contains("later start a.service") == (policy == .continue))
    #expect(log.entries.contains("begun roll back") == (policy == .rollback))
    if policy == .rollback {
      let why = "taken back with the run, because node.bad failed"
      #expect(results[1].failed == [.init(address: "node.begun", why: why)])
    }
    guard policy != .continue else { return }
    let skipped = NodeResult.Shortfall(
      address: "node.later/unit:a.service",
      why: "node.bad failed"
    )
    #expect(results[2].skipped == [skipped])
  }

  @Test func aNodeThatCannotBeConfirmedTakesTheConfirmedOnesWithIt() async throws {
    let log = Log()
    let good = try task("good", [file("good", "/etc/a")], log)
    let lost = try task("lost", [file("lost", "/etc/a")], log, isLockedOut: true)
    let results = await run([good, lost], .rollback)
    #expect(results.map(\.outcome) == [.rolledBack, .rolledBack])
    #expect(log.entries.filter { $0 == "good roll back" }.count == 1)
    #expect(!log.entries.contains("lost roll back"))
    let others = await run([good, lost], .continue)
    #expect(others.map(\.outcome) == [.changed, .rolledBack])
  }

  @Test func `a taking back that the node does not begin is left to the node, which is asked`()
    async throws
  {
    let log = Log()
    let no = OperationResult(status: .failed, milliseconds: 0, output: Array("disk".utf8))
    let bad = try task("bad", [file("bad", "/etc/a")], log, failing: .writeFile) {
      $0.rolledBack = .rejected([no])
      $0.settled = .takenBack(isWhole: true, "nobody confirmed it")
    }
    let mute = try task("mute", [file("mute", "/etc/a")], log, failing: .writeFile) {
      $0.rolledBack = .rejected([no])
      $0.settled = .unknown("it does not answer")
    }
    let results = await run([bad, mute])
    #expect(results.map(\.outcome) == [.rolledBack, .unknown])
    #expect(log.entries.filter { $0.hasPrefix("bad") } == ["bad roll back", "bad settle"])
    #expect(
      results[0].failed.map(\.why) == ["no", "rolling back: disk", "nobody confirmed it"]
    )
  }

  @Test func whatIsOwnedIsWrittenOnceAndBeforeTheRunIsConfirmed() async throws {
    let log = Log()
    _ = await run([try task("a", [unit("a", "a.service", wave: 0)], log)])
    #expect(log.entries.suffix(2) == ["a write the manifest", "a confirm"])
    #expect(log.entries.count { $0 == "a write the manifest" } == 1)
  }

  @Test("a node is looked at anew only where something was done since, and at the end")
  func looks() async throws {
    let log = Log()
    let one = try task("one", [file("one", "/etc/a")], log)
    let two = try task("two", [file("two", "/etc/a"), unit("two", "a.service", wave: 0)], log)
    let idle = try task("idle", [], log)
    _ = await run([one, two, idle])
    let looks = try [one, two, idle].map { try #require($0.worker as? Recorder).looks.value }
    // After the files, after the units, and what the report says.
    #expect(looks == [2, 3, 1])
  }

  @Test func providersStartInAnEarlierWaveThanTheirConsumers() async throws {
    let log = Log()
    let database = try task("db", [unit("db", "db.service", wave: 0)], log)
    let web = try task("web", [unit("web", "web.service", wave: 1)], log)
    _ = await run([web, database])
    let entries = log.entries
    let first = try #require(entries.firstIndex(of: "db start db.service"))
    let second = try #require(entries.firstIndex(of: "web start web.service"))
    #expect(first < second)
  }

  @Test func aCertificateIsRequestedSignedAndInstalled() async throws {
    let log = Log()
    let authority = ResourceAddress(try node("ca"), .certificate, "authority")
    let ca = try task(
      "ca",
      [
        Resource(
          authority,
          role: "ca",
          spec: .authority(AuthoritySpec(directory: "/etc/ca", commonName: "CA")),
          origin: "test"
        )
      ],
      log
    )
    let spec = CertificateSpec(
      certPath: "/etc/web.crt",
      keyPath: "/etc/web.key",
      keyOwnership: Ownership(owner: "root", group: "root", mode: 0o640),
      commonName: "web",
      names: ["IP:10.0.0.1"],
      authority: try node("ca"),
      authorityDirectory: "/etc/ca"
    )
    let address = ResourceAddress(try node("web"), .certificate, "/etc/web.crt")
    let web = try task(
      "web",
      [Resource(address, role: "web", spec: .certificate(spec), origin: "test")],
      log
    )
    let results = await run([ca, web])
    #expect(results.allSatisfy { $0.failed.isEmpty })
    let entries = log.entries
    let request = try #require(entries.firstIndex(of: "web request-certificate"))
    let sign = try #require(entries.firstIndex(of: "ca sign-certificate"))
    let install = try #require(entries.firstIndex(of: "web write-file /etc/web.crt"))
    #expect(request < sign && sign < install)
  }

  @Test func onlyWhatWasApprovedIsTouched() async throws {
    let log = Log()
    let resources = [file("n", "/etc/a"), file("n", "/etc/b")]
    let task = try task("n", resources, log, approved: [resources[0].address])
    _ = await run([task])
    #expect(log.entries.contains("n write-file /etc/a"))
    #expect(!log.entries.contains("n write-file /etc/b"))
  }

  // MARK: Material

  private func run(
    _ tasks: [NodeTask],
    _ policy: FailurePolicy = .continue
  ) async -> [NodeResult] {
    await FleetRun(
      tasks,
      fleet: "test",
      options: PlanOptions(),
      sources: NoSources(),
      onFailure: policy
    ) { _ in }
    .perform().results
  }
}
