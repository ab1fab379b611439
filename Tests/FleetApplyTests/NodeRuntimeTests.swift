import FleetDigest
import FleetModel
import FleetProbe
import FleetResources
import FleetTransport
import Glibc
import Testing

@testable import FleetApply

/// On a real systemd machine of the lab, when `FLEETCTL_TEST_NODE` names one.
///
/// The machine is changed for good.
@Suite(.serialized, .enabled(if: LocalShell.node != nil, "FLEETCTL_TEST_NODE names no machine"))
struct NodeRuntimeTests {
  let shell: LocalShell
  let transaction = "test-" + Bench.random().suffix(12)

  init() throws { shell = try #require(LocalShell.node) }

  func session() async throws -> NodeSession {
    let shell = shell
    let session = NodeSession(over: shell, random: Bench.random) {
      () async throws(TransportError) in shell
    }
    try await session.acquireLock(
      holder: "tests",
      planDigest: "d",
      leaseSeconds: 60,
      token: "00112233445566778899aabbccddeeff"
    )
    return session
  }

  func run(_ name: String, _ operations: NodeOperation...) async throws -> [OperationResult] {
    try await session().run(batch: operations, transaction: transaction, name: name)
  }

  /// A batch that the rehearsal refuses.
  func rejected(_ name: String, _ operations: NodeOperation...) async throws -> [OperationResult] {
    do {
      _ = try await session().run(batch: operations, transaction: transaction, name: name)
    } catch let error as ApplyError {
      if case .rejected(let results) = error.code { return results }
      throw error
    }
    Issue.record("\(name) was not refused")
    return []
  }

  func op(_ verb: NodeOperation.Verb, _ arguments: String..., blob: String? = nil) -> NodeOperation
  {
    NodeOperation(verb, arguments, blob: blob.map { Secret(Array($0.utf8)) }, for: nil)
  }

  func file(_ path: String, _ text: String) -> NodeOperation {
    op(.writeFile, path, "0644", "root", "root", SHA256.hex(Array(text.utf8)), "any", blob: text)
  }

  func unit(_ name: String, _ exec: String, extra: String = "") -> NodeOperation {
    let text =
      "[Service]\nType=exec\nExecStart=\(exec)\n\(extra)[Install]\nWantedBy=multi-user.target\n"
    return file("/etc/systemd/system/\(name).service", text)
  }

  /// A program that listens on a port of 127.0.0.1, in the Perl that every Debian has.
  func listener(_ port: Int) -> String {
    #"/usr/bin/perl -MSocket -e "socket(S,PF_INET,SOCK_STREAM,0);setsockopt(S,SOL_SOCKET,SO_REUSEADDR,1);bind(S,sockaddr_in("#
      + "\(port)" + #",inet_aton('127.0.0.1')))||die;listen(S,5);sleep 1000""#
  }

  func observe(_ build: (inout ProbeRequest) -> Void) async throws -> ObservedNode {
    var request = ProbeRequest()
    build(&request)
    return try await NodeProbe.observe(request, over: shell, nonce: Bench.random())
  }

  @Test func `a service is written, rehearsed, started, held to its port, and taken back`()
    async throws
  {
    let name = "fleetctl-test-good"
    let full = name + ".service"
    let results = try await run(
      "up",
      unit(name, listener(7771)),
      file("/etc/systemd/system/\(full).d/50-limit.conf", "[Service]\nLimitNOFILE=4096\n"),
      op(.daemonReload),
      op(.unit, "enable", full),
      op(.unit, "reset-failed", full),
      op(.unit, "start", full),
      op(.waitUnit, full, "10", "1", "tcp 127.0.0.1 7771")
    )
    #expect(results.map(\.status) == Array(repeating: .done, count: 7))
    let seen = try await observe { $0.units = [full] }
    let observed = try #require(seen.units[full]?.known)
    #expect(observed.activeState == "active")
    #expect(observed.unitFileState == "enabled")
    #expect(observed.dropInPaths.count == 1)
    #expect(seen.listeners.known?.first { $0.port == 7771 }?.unit == full)
    #expect(seen.lockHolder?.hasPrefix("tests, ") == true)

    #expect(try await session().rollback(transaction).status == .done)
    let after = try await observe {
      $0.units = [full]
      $0.paths = [
        .init("/etc/systemd/system/" + full), .init("/etc/systemd/system/\(full).d"),
        .init("/etc/systemd/system/multi-user.target.wants/" + full),
      ]
    }
    #expect(after.units[full]?.known?.loadState == "not-found")
    #expect(after.units[full]?.known?.activeState == "inactive")
    #expect(after.paths.values.allSatisfy { $0 == .absent })
  }

  @Test func `a bad unit file fails the rehearsal and nothing is touched`() async throws {
    let before = try await observe { $0.paths = [.init("/etc/ssh/sshd_config")] }
    for (index, (bad, why)) in [
      (
        unit("fleetctl-test-bad", "/bin/true", extra: "Restrat=always\n"),
        "/etc/systemd/system/fleetctl-test-bad.service:4: Unknown key"
      ),
      (unit("fleetctl-test-bad", "/no/such/program"), "/no/such/program is not executable"),
      (
        file("/etc/systemd/system/ssh.service.d/50-bad.conf", "[Service]\nLimitNOFILE=many\n"),
        "ssh.service.d/50-bad.conf:2: Failed to parse resource value"
      ),
      (
        unit("fleetctl-test-bad", "/bin/true", extra: "[Unit]\nRequires=fleetctl-none.service\n"),
        "Unit fleetctl-none.service not found"
      ),
      (
        unit("fleetctl-test-bad@", "/bin/true", extra: "Nice=lots\n"),
        "/etc/systemd/system/fleetctl-test-bad@.service:4: "
      ),
    ].enumerated() {
      let results = try await rejected("bad\(index)", file("/etc/fleetctl-test", "x"), bad)
      #expect(results.map(\.status) == [.skipped, .failed])
      #expect(results.last?.text.contains(why) == true, "\(results.map(\.text))")
    }
    let after = try await observe {
      $0.paths = [
        .init("/etc/fleetctl-test"), .init("/etc/systemd/system/fleetctl-test-bad.service"),
        .init("/etc/systemd/system/ssh.service.d"),
      ]
    }
    #expect(after.paths.values.allSatisfy { $0 == .absent })
    #expect(before.paths.count == 1)
  }

  @Test func `a file's own check judges all that the batch writes, and leaves nothing behind`()
    async throws
  {
    let config = "/etc/fleetctl-check/main.conf"
    let part = "/etc/fleetctl-check/part.conf"
    let check = op(
      .checkFile,
      config,
      "sh",
      "-c",
      "runuser -u nobody -- cat \(config) \(part) && touch /run/fleetctl-was-here /etc/fleetctl-was-here && (sleep 600 &) && grep -q good \(part)"
    )
    let bad = try await rejected("unfit", file(config, "main"), check, file(part, "worse"), check)
    #expect(bad.map(\.status) == [.skipped, .failed, .skipped, .skipped])
    #expect(bad[1].text == "the check of \(config) refuses it:\nmainworse\n", "\(bad[1].text)")
    var seen = try await observe {
      $0.paths = [config, "/run/fleetctl-was-here", "/etc/fleetctl-was-here"].map { .init($0) }
    }
    #expect(seen.paths.values.allSatisfy { $0 == .absent })

    let none = op(.checkFile, config, "no-such-program", config)
    let missing = try await rejected("missing", file(config, "main"), none)
    #expect(missing[1].text == "its check cannot be run: there is no program no-such-program\n")

    let good = try await run("fit", file(config, "main"), check, file(part, "good"), check)
    #expect(good.map(\.status) == Array(repeating: .done, count: 4))
    seen = try await observe {
      $0.paths = ["/run/fleetctl-was-here", "/etc/fleetctl-was-here"].map { .init($0) }
    }
    #expect(seen.paths.values.allSatisfy { $0 == .absent })
    #expect(try await session().rollback(transaction).status == .done)
    #expect(
      try await observe { $0.paths = [.init("/etc/fleetctl-check")] }.paths.values.allSatisfy {
        $0 == .absent
      }
    )
  }

  @Test func `what is refused is not armed`() async throws {
    let session = try await session()
    let bad = unit("fleetctl-test-bad", "/no/such/program")
    do {
      _ = try await session.run(batch: [bad], transaction: transaction, name: "bad", window: 60)
      Issue.record("it was not refused")
    } catch {
      guard case .rejected = error.code else { throw error }
    }
    #expect(await session.isArmed == false)
    #expect(try await session.inspectLock().pending == nil)
    #expect(try await session.fate(of: transaction) == .none)
  }

  @Test func `a crash loop is a failure, a port that does not come is still starting`() async throws
  {
    let looping = "fleetctl-test-loop"
    let loop = try await run(
      "loop",
      unit(
        looping,
        "/bin/sh -c 'sleep 0.3; echo last-words; exit 7'",
        extra: "Restart=always\nRestartSec=100ms\n"
      ),
      op(.daemonReload),
      op(.unit, "start", looping + ".service"),
      op(.waitUnit, looping + ".service", "30", "2", "")
    )
    #expect(loop.last?.status == .failed)
    let said = try #require(loop.last?.text)
    #expect(said.contains("failed: ") && said.contains("last-words"), "\(said)")

    let mute = "fleetctl-test-mute"
    let late = try await run(
      "mute",
      unit(mute, "/bin/sleep 1000"),
      op(.daemonReload),
      op(.unit, "start", mute + ".service"),
      op(.waitUnit, mute + ".service", "1", "0", "tcp 127.0.0.1 7772")
    )
    #expect(late.last?.text.contains("starting: ") == true)
    #expect(late.last?.text.contains("tcp 127.0.0.1 7772 is not bound") == true)
    // sshd's port is bound, but not by it.
    let foreign = try await run(
      "foreign",
      op(.waitUnit, mute + ".service", "1", "0", "tcp 0.0.0.0 22")
    )
    #expect(foreign.last?.text.contains("is held by sshd") == true, "\(foreign.last?.text ?? "")")
    #expect(try await session().rollback(transaction).status == .done)
  }

  @Test func `a failing start says why in the journal's words`() async throws {
    let name = "fleetctl-test-fail"
    let results = try await run(
      "fail",
      unit(name, "/bin/true", extra: "User=nobody-here\n"),
      op(.daemonReload),
      op(.unit, "start", name + ".service"),
      op(.unit, "stop", "never-there.service"),
      op(.unit, "disable", "never-there.service")
    )
    #expect(results.map(\.status) == [.done, .done, .failed, .skipped, .skipped])
    #expect(results[2].text.contains("failed: systemctl start"), "\(results[2].text)")
    let gone = try await run(
      "gone",
      op(.unit, "stop", "never-there.service"),
      op(.unit, "disable", "never-there.service")
    )
    #expect(gone.map(\.status) == [.done, .done])
    #expect(try await session().rollback(transaction).status == .done)
  }

  @Test func `the runner is a unit of its own and outlives the session`() async throws {
    let results = try await run(
      "own",
      op(
        .runStep,
        "own",
        "root",
        "/",
        "10",
        "/var/lib/fleetctl/steps/own",
        "s",
        "0",
        "1",
        "3",
        "sh",
        "-c",
        "cat /proc/self/cgroup >&2; exit 1"
      )
    )
    #expect(
      results[0].text.contains("fleetctl-tx-\(transaction)-own.service"),
      "\(results[0].text)"
    )
  }

  @Test func `packages are installed and start nothing`() async throws {
    // A machine that was tested before.
    _ = try await run("before", op(.unit, "stop", "nginx.service"))
    let results = try await run(
      "apt",
      op(.aptUpdate),
      op(.aptInstall, "nginx"),
      op(.addUserGroups, "www-data", "adm")
    )
    try #require(results.map(\.status) == [.done, .done, .done], "\(results.map(\.text))")
    let seen = try await observe {
      $0.units = ["nginx.service"]
      $0.packages = ["nginx", "redis"]
      $0.users = ["www-data"]
      $0.paths = [.init("/usr/sbin/policy-rc.d")]
    }
    #expect(seen.packages["nginx"]?.known != nil)
    #expect(seen.units["nginx.service"]?.known?.activeState == "inactive")
    #expect(seen.users["www-data"]?.known?.contains("adm") == true)
    #expect(seen.paths["/usr/sbin/policy-rc.d"] == .absent)
    let bad = try await run("none", op(.aptInstall, "no-such-package-here"))
    #expect(bad.map(\.status) == [.failed])
    #expect(bad[0].text.contains("no-such-package-here"))
    #expect(
      try await observe { $0.paths = [.init("/usr/sbin/policy-rc.d")] }.paths[
        "/usr/sbin/policy-rc.d"
      ] == .absent
    )
    // Its umbrella of workers is one unit, and its port is its own.
    let up = try await run(
      "nginx",
      op(.unit, "start", "nginx.service"),
      op(.waitUnit, "nginx.service", "10", "0", "tcp 0.0.0.0 80")
    )
    #expect(up.map(\.status) == [.done, .done], "\(up.map(\.text))")
  }

  @Test func `what a killed installation left in the way of services goes with the next batch`()
    async throws
  {
    let policy = "/usr/sbin/policy-rc.d"
    let theirs = "#!/bin/sh\nexit 0\n"
    _ = try await run(
      "killed",
      file(policy + ".fleetctl-saved", theirs),
      file(policy, "#!/bin/sh\n# fleetctl: no service starts\nexit 101\n")
    )
    _ = try await run("next", op(.removeDirectory, "/never-there"))
    let seen = try await observe {
      $0.paths = [.init(policy, wantsContent: true), .init(policy + ".fleetctl-saved")]
    }
    #expect(seen.paths[policy]?.known?.content == Secret(Array(theirs.utf8)))
    #expect(seen.paths[policy + ".fleetctl-saved"] == .absent)
    _ = try await run("clean", op(.remove, policy))
  }

  @Test func `users are made as asked`() async throws {
    let results = try await run(
      "users",
      op(.addGroup, "fleetctl-group", "1"),
      op(
        .addUser,
        "fleetctl-user",
        "1",
        "/var/lib/fleetctl-user",
        "/usr/sbin/nologin",
        "fleetctl-group",
        "adm,nogroup",
        "1"
      ),
      op(.addUser, "fleetctl-user", "1", "/other", "/bin/sh", "", "", "0"),
      op(.addUser, "fleetctl-two", "1", "/nonexistent", "/usr/sbin/nologin", "", "", "0"),
      op(
        .runStep,
        "who",
        "fleetctl-user",
        "/",
        "5",
        "/var/lib/fleetctl/steps/who",
        "s",
        "0",
        "1",
        "3",
        "sh",
        "-c",
        "id -un; pwd; echo ~; exit 9"
      )
    )
    #expect(
      results.prefix(4).map(\.status) == [.done, .done, .done, .done],
      "\(results.map(\.text))"
    )
    #expect(
      results[4].text.hasPrefix("fleetctl-user\n/\n/var/lib/fleetctl-user\n"),
      "\(results[4].text)"
    )
    let seen = try await observe {
      $0.users = ["fleetctl-two", "fleetctl-user"]
      $0.paths = [.init("/var/lib/fleetctl-user")]
    }
    #expect(seen.users["fleetctl-user"] == .value(["adm", "fleetctl-group", "nogroup"]))
    #expect(seen.users["fleetctl-two"] == .value(["fleetctl-two"]))
    #expect(seen.paths["/var/lib/fleetctl-user"]?.known?.ownership.owner == "fleetctl-user")
  }

  @Test func `PostgreSQL gets its roles and databases`() async throws {
    _ = try await run("pg-before", op(.unit, "stop", "postgresql.service"))
    // The lab's nodes have PostgreSQL where a vendor would have it.
    let source = """
      Types: deb
      URIs: file:/srv/lab/vendor/pgdg
      Suites: bookworm-pgdg
      Components: main
      Signed-By: /etc/apt/keyrings/lab-vendor.asc

      """
    let installed = try await run(
      "pg-apt",
      op(
        .fetch,
        "file:/srv/lab/vendor/keys/lab-vendor.asc",
        "/etc/apt/keyrings/lab-vendor.asc",
        "",
        "0644"
      ),
      file("/etc/apt/sources.list.d/pgdg.sources", source),
      op(.aptUpdate),
      op(.aptInstall, "postgresql-15")
    )
    try #require(installed.allSatisfy { $0.status == .done }, "\(installed.map(\.text))")
    func look() async throws -> Fact<ObservedPostgres> {
      try await observe { $0.postgres = true }.postgres
    }
    guard case .unknown(let why) = try await look() else {
      Issue.record("a server that is down must be unknown")
      return
    }
    #expect(why.hasPrefix("not running: "))
    let hostile = #"it's "odd" \ $(x)"#
    let results = try await run(
      "pg",
      op(.unit, "start", "postgresql.service"),
      op(.waitUnit, "postgresql.service", "30", "1", "tcp 127.0.0.1 5432"),
      op(.postgresRole, "app_user", blob: hostile),
      op(.postgresRole, "app_user", blob: hostile),
      op(.postgresDatabase, "app-db", "app_user"),
      op(.postgresDatabase, "app-db", "app_user"),
      op(.postgresRole, #"o'"dd"#, blob: "x")
    )
    #expect(results.allSatisfy { $0.status == .done }, "\(results.map(\.text))")
    let seen = try #require(try await look().known)
    #expect(seen.databases["app-db"] == "app_user")
    #expect(seen.roles.contains("app_user") && seen.roles.contains(#"o'"dd"#))
    let login = try await run(
      "pg-login",
      NodeOperation(
        .runStep,
        [
          "login", "root", "/", "10", "/var/lib/fleetctl/steps/l", "s", "1",
          "PGPASSWORD=" + hostile, "1", "10",
        ]
          + ["psql", "-h", "127.0.0.1", "-U", "app_user", "-d", "app-db", "-c", "select 1", "-w"],
        for: nil
      )
    )
    #expect(login.map(\.status) == [.done], "\(login.map(\.text))")
  }

  @Test func `firewall rules come back from the look as they went in`() async throws {
    let installed = try await run("ufw-apt", op(.aptUpdate), op(.aptInstall, "ufw"))
    try #require(installed.map(\.status) == [.done, .done], "\(installed.map(\.text))")
    let kinds: [FirewallSpec] = [
      FirewallSpec(
        kind: .allow(source: "172.16.168.19", port: 6379, transport: "tcp"),
        tag: "fleetctl:redis:6379"
      ),
      FirewallSpec(
        kind: .allow(source: "172.16.168.0/24", port: 8443, transport: "tcp"),
        tag: "fleetctl:backend:8443"
      ),
      FirewallSpec(kind: .allow(source: "", port: 443, transport: "tcp"), tag: "fleetctl:web:443"),
      FirewallSpec(kind: .allowInterface("lo"), tag: "fleetctl:lo"),
    ]
    let node = try #require(NodeID("n"))
    let address = ResourceAddress(node, .firewall, "x")
    var rules: [String] = []
    for kind in kinds { rules += kind.rules }
    let steps = rules.map { FirewallSpec.operation($0, deleting: false, address) }
    let results = try await session().run(
      batch: steps + [
        op(.firewall, "default", "deny", "incoming"), op(.firewall, "--force", "enable"),
      ],
      transaction: transaction,
      name: "ufw"
    )
    #expect(results.allSatisfy { $0.status == .done }, "\(results.map(\.text))")
    let seen = try await observe { $0.firewall = true }.firewall
    #expect(seen == .value(ObservedFirewall(active: true, rules: rules.sorted())))
    let deleted = try await session().run(
      batch: rules.map { FirewallSpec.operation($0, deleting: true, address) } + [
        op(.firewall, "disable")
      ],
      transaction: transaction,
      name: "ufw-off"
    )
    #expect(deleted.allSatisfy { $0.status == .done }, "\(deleted.map(\.text))")
    #expect(
      try await observe { $0.firewall = true }.firewall
        == .value(ObservedFirewall(active: false, rules: []))
    )
  }
}
