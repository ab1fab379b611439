import FleetModel
import FleetResources
import Testing

@testable import FleetProbe

/// The parser alone, on recorded answers.
@Suite struct ProbeParserTests {
  func answer(_ sections: [(String, Int, String)], count: Int? = nil) -> [UInt8] {
    var text = "motd of the login shell\n@@wrong begin 0\n\n@@N begin 0\n"
    for (name, status, payload) in sections { text += payload + "\n@@N \(name) \(status)\n" }
    return Array((text + "\n@@N end \(count ?? sections.count + 1)\n").utf8)
  }

  func parse(_ request: ProbeRequest, _ sections: [(String, Int, String)]) throws -> ObservedNode {
    try ProbeParser.parse(answer(sections), request: request, nonce: "N")
  }

  @Test func `a trailer that counts other sections is refused`() {
    let error = #expect(throws: ProbeError.self) {
      try ProbeParser.parse(
        answer([("system", 0, "")], count: 7),
        request: ProbeRequest(),
        nonce: "N"
      )
    }
    #expect(error?.code == .wrongCount)
  }

  @Test func `what was asked and not answered is unknown`() throws {
    var request = ProbeRequest()
    request.paths = [.init("/a")]
    request.units = ["a.service"]
    request.packages = ["a"]
    request.users = ["a"]
    request.groups = ["a"]
    let node = try parse(request, [])
    func isUnknown<Value>(_ fact: Fact<Value>?) -> Bool {
      if case .unknown = fact { true } else { false }
    }
    #expect(isUnknown(node.paths["/a"]))
    #expect(isUnknown(node.units["a.service"]))
    #expect(isUnknown(node.packages["a"]))
    #expect(isUnknown(node.users["a"]))
    #expect(isUnknown(node.groups["a"]))
    #expect(isUnknown(node.listeners))
    #expect(node.manifest == .absent)
  }

  @Test func `a systemd that does not say when it reloaded is judged by its generators`() throws {
    let old = "Version=247\nUnitsLoadStartTimestampMonotonic=5\n"
    let missing = "stat: cannot statx '/run/systemd/generator.late': No such file or directory"
    let times = "1795250653.205351\n1795250654.037354\n" + missing
    let node = try parse(ProbeRequest(), [("manager", 0, old), ("generators", 1, times)])
    #expect(node.system.unitsLoaded == 1_795_250_654_037_354)
    let new =
      old + "UnitsLoadTimestamp=Sat 2026-11-21 02:39:36.249922 UTC\nUnitsLoadTimestampMonotonic=7\n"
    let newer = try parse(ProbeRequest(), [("manager", 0, new), ("generators", 1, times)])
    #expect(newer.system.unitsLoaded == ProbeParser.civil("Sat 2026-11-21 02:39:36.249922 UTC"))
  }

  @Test func `the files' word for the last reload is taken to the microsecond`() throws {
    let text = "Version=252\nUnitsReadAt=1795282562.9080680000"
    let node = try parse(ProbeRequest(), [("manager", 0, text)])
    #expect(node.system.unitsLoaded == 1_795_282_562_908_068)
    #expect(node.system.systemdVersion == 252)
    let odd = try parse(ProbeRequest(), [("manager", 0, "UnitsReadAt=soon")])
    #expect(odd.system.unitsLoaded == 0)
  }

  @Test func `a clock among the paths stands for the moment when the uptime was read`() throws {
    var request = ProbeRequest()
    request.paths = [.init("/a")]
    request.units = ["a.service"]
    let own = "d 555 root root 0 1795285335.7110123460 \u{0}/proc/self/.\u{0}\u{0}"
    let unit = "Id=a.service\nLoadState=loaded\nStateChangeTimestampMonotonic=5000000\n"
    let node = try parse(
      request,
      [
        ("system", 0, "kernel=6"), ("uptime", 0, "uptime=10.00 9"), ("paths", 0, own),
        ("units", 0, unit),
      ]
    )
    #expect(node.system.clockMicroseconds == 1_795_285_335_711_012)
    #expect(node.units["a.service"]?.known?.stateChanged == 1_795_285_330_711_012)
  }

  @Test func `accounts and manifest that came as parts of one section are taken apart`() throws {
    var request = ProbeRequest()
    request.users = ["bench", "odd", "twice"]
    request.groups = ["adm", "broken", "gone"]
    let passwd = """
      # comment
      bench:x:999:997::/nonexistent:/bin/false
      odd:x:many:997::/:/bin/sh
      twice:x:5:6::/:/bin/sh
      twice:x:7:8::/:/bin/sh
      """
    let group = "bench:x:997:\nadm:x:4:bench\nbroken:x:a:\nsix:x:6:\neight:x:8:\n"
    let parts = passwd + "\n\n@@N+users\n" + group + "\n@@N+groups\n{\n@@N+manifest\n"
    let node = try parse(request, [("parts", 0, parts)])
    #expect(
      node.users == [
        "bench": .value(["adm", "bench"]), "odd": .absent, "twice": .value(["six"]),
      ]
    )
    #expect(node.groups == ["adm": .value(true), "broken": .absent, "gone": .absent])
    #expect(node.manifest == .unknown("/var/lib/fleetctl/manifest.json is not a manifest"))
    // Where reading them at once did not work, what was asked for after that counts.
    let again = try parse(
      request,
      [("parts", 1, parts), ("users", 2, "odd:x:1:4::/:/bin/sh"), ("groups", 0, group)]
    )
    #expect(again.users["bench"] == .absent)
    #expect(again.users["odd"] == .value(["adm"]))
    #expect(again.manifest == .absent)
  }

  @Test func `a variable of an environment ends with NUL`() throws {
    let text = "kernel=6\nSSH_CONNECTION=10.0.0.1 5 10.0.0.2 22\u{0}SSH_CONNECTION=x\u{0}clock=5\n"
    let node = try parse(ProbeRequest(), [("system", 0, text)])
    #expect(node.system.clientAddress == "10.0.0.1")
    #expect(node.system.clockMicroseconds == 5)
  }

  @Test func `units are matched by position, so an alias keeps the name that was asked`() throws {
    var request = ProbeRequest()
    request.units = ["nope.service", "sshd.service"]
    let text = """
      Id=nope.service
      LoadState=not-found
      ActiveState=inactive

      Id=ssh.service
      LoadState=loaded
      ActiveState=active
      NRestarts=2
      MainPID=33
      RequiredBy=b.service a.service
      ConsistsOf=a.service
      ExecMainStartTimestamp=Sat 2026-11-21 02:39:36.249922 UTC
      StateChangeTimestamp=
      StateChangeTimestampMonotonic=5000000

      """
    let node = try parse(
      request,
      [("system", 0, "uptime=100.50 1\nclock=1000000000"), ("units", 0, text)]
    )
    let unit = try #require(node.units["sshd.service"]?.known)
    #expect(unit.activeState == "active")
    #expect(unit.restarts == 2)
    #expect(unit.propagatesTo == ["a.service", "b.service"])
    #expect(unit.processStarted == 1_795_228_776_249_922)
    // An old systemd: boot at 899.5 s, five seconds later.
    #expect(unit.stateChanged == 904_500_000)
    #expect(node.units["nope.service"]?.known?.loadState == "not-found")
  }

  @Test(
    arguments: [
      ("1970-01-01", 0), ("2000-02-29", 11_016), ("2026-11-21", 20_778), ("2100-03-01", 47_541),
    ]
  )
  func `dates become days`(_ date: String, _ days: Int) {
    #expect(ProbeParser.civil("Sat \(date) 00:00:00.000001 UTC") == days * 86_400_000_000 + 1)
  }

  @Test func `locale dates are not guessed at`() {
    #expect(ProbeParser.civil("Sat 2026-11-21 02:39:36 UTC") == nil)
    #expect(ProbeParser.civil("Sat 2026-11-21 02:39:36.1 CET") == nil)
    #expect(ProbeParser.civil("n/a") == nil)
  }

  @Test func `listeners are joined with the units of their processes`() throws {
    let sockets = """
      udp UNCONN 0 0 127.0.0.53%lo:53 0.0.0.0:* users:(("systemd-resolve",pid=7,fd=3))
      tcp LISTEN 0 511 0.0.0.0:443 0.0.0.0:* users:(("nginx",pid=12,fd=6),("nginx",pid=11,fd=6))
      tcp LISTEN 0 128 [::]:22 [::]:*
      tcp LISTEN 0 128 *:9090 *:* users:(("prometheus",pid=9,fd=3))
      junk
      """
    let groups = """
      /proc/12/cgroup:0::/system.slice/nginx.service
      /proc/9/cgroup:9:name=systemd:/system.slice/system-x.slice/prometheus@a.service/sub
      """
    let node = try parse(ProbeRequest(), [("listeners", 0, sockets), ("cgroups", 0, groups)])
    #expect(
      node.listeners
        == .value([
          Listener(transport: "tcp", address: "::", port: 22, unit: "", process: ""),
          Listener(
            transport: "udp",
            address: "127.0.0.53",
            port: 53,
            unit: "",
            process: "systemd-resolve"
          ),
          Listener(
            transport: "tcp",
            address: "0.0.0.0",
            port: 443,
            unit: "nginx.service",
            process: "nginx"
          ),
          Listener(
            transport: "tcp",
            address: "::",
            port: 9090,
            unit: "prometheus@a.service",
            process: "prometheus"
          ),
        ])
    )
  }

  @Test func `only installed counts, and the closure leaves out what was asked`() throws {
    var request = ProbeRequest()
    request.packages = ["gone", "nginx", "redis"]
    let rows =
      "installed nginx 1.22.1-9\nconfig-files redis 5:7.0.15\ndpkg-query: no packages found matching gone"
    let closure =
      "Inst libjemalloc2 (5.3 Debian [amd64])\nInst redis (7 Debian)\nConf redis (7 Debian)"
    let node = try parse(request, [("packages", 1, rows), ("closure", 0, closure)])
    #expect(node.packages == ["gone": .absent, "nginx": .value("1.22.1-9"), "redis": .absent])
    #expect(node.packageClosure == ["libjemalloc2"])
  }

  @Test func `PostgreSQL that is down is unknown, missing is absent`() throws {
    var request = ProbeRequest()
    request.postgres = true
    #expect(try parse(request, []).postgres == .absent)
    let down = try parse(request, [("postgres", 2, "psql: error: connection refused")])
    #expect(down.postgres == .unknown("not running: psql: error: connection refused"))
    let up = try parse(
      request,
      [("postgres", 0, "role|postgres\nrole|app\ndatabase|app|app|odd\n")]
    )
    #expect(
      up.postgres
        == .value(ObservedPostgres(roles: ["app", "postgres"], databases: ["app|odd": "app"]))
    )
  }

  @Test func `only our firewall rules are ours`() throws {
    var request = ProbeRequest()
    request.firewall = true
    #expect(try parse(request, []).firewall == .absent)
    let rules = """
      ### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in
      ### tuple ### allow tcp 6379 0.0.0.0/0 any 172.16.168.20 in comment=666c65657463746c3a72656469733a36333739
      ### tuple ### allow tcp 443 ::/0 any ::/0 in comment=666c65657463746c3a78
      ### tuple ### allow tcp 443 0.0.0.0/0 any 0.0.0.0/0 in comment=666c65657463746c3a78
      ### tuple ### allow any any 0.0.0.0/0 any 0.0.0.0/0 in_lo comment=666c65657463746c3a6c6f
      """
    let node = try parse(
      request,
      [("ufw", 0, "ENABLED=yes\n"), ("rules", 0, rules), ("chains", 0, "")]
    )
    let expected = [
      "allow 172.16.168.20 6379/tcp # fleetctl:redis:6379",
      "allow any 443/tcp # fleetctl:x",
      "allow in on lo # fleetctl:lo",
    ]
    #expect(node.firewall == .value(ObservedFirewall(active: true, rules: expected)))
    let asleep = try parse(request, [("ufw", 0, "ENABLED=yes\n"), ("chains", 1, "")])
    #expect(asleep.firewall.known?.active == false)
  }

  @Test func `a manifest of another format is not read`() throws {
    let rest =
      #""fleet":"f","node":"n","uuid":"u","generation":3,"owned":{},"loaded":{},"startups":{}}"#
    let good = try parse(ProbeRequest(), [("manifest", 0, #"{"format":1,"# + rest)])
    #expect(good.manifest.known?.generation == 3)
    for text in [#"{"format":2,"# + rest, "", "not json"] {
      guard case .unknown = try parse(ProbeRequest(), [("manifest", 0, text)]).manifest else {
        Issue.record("a manifest that cannot be understood must be unknown")
        return
      }
    }
  }

  @Test func `a lock counts while its lease runs and the machine was not started again`() throws {
    let system = ("system", 0, "uptime=100.0 1\nclock=1000000000\nboot_id=b1")
    func lock(_ deadline: Int, _ boot: String) -> (String, Int, String) {
      ("lock", 0, "token=0123\nholder=alice@host pid 12\ndeadline=\(deadline)\nboot=\(boot)\n")
    }
    #expect(
      try parse(ProbeRequest(), [system, lock(140, "b1")]).lockHolder
        == "alice@host pid 12, 40 s left"
    )
    #expect(try parse(ProbeRequest(), [system, lock(99, "b1")]).lockHolder == nil)
    #expect(try parse(ProbeRequest(), [system, lock(140, "b0")]).lockHolder == nil)
  }

  @Test func `what a node says cannot control the terminal`() throws {
    let node = try parse(ProbeRequest(), [("system", 0, "hostname=a\u{1B}[31mb\u{202E}c")])
    #expect(node.system.hostname == "a [31mb c")
  }

  @Test(
    arguments: [
      ("system", "uptime=inf 1"), ("system", "uptime=1e300"),
      ("system", "clock=9223372036854775807\nuptime=-9223372036854775808"),
      ("system", "memory=x 9223372036854775807 kB\ndisk=9223372036854775807 4096"),
      ("manager", "Version=252\nUnitsLoadTimestamp=Sat 9223372036854775807-01-01 00:00:00.0 UTC"),
      ("manager", "UnitsLoadTimestamp=Sat 2026-01-01 9223372036854775807:00:00.0 UTC"),
      ("manager", "UnitsLoadStartTimestampMonotonic=9223372036854775807"),
      ("generators", "9223372036854775807.999999"),
      ("lock", "deadline=9223372036854775807\nboot="),
      ("cert:0", "notAfter=Jan 9223372036854775807 02:00:00 9223372036854775807 GMT"),
      ("paths", "f 644 root root 1 9223372036854775807.0 \0/a\0\0"),
      ("paths", "f 7777777777777777777777 root root 9223372036854775807 1.0 \0/a\0\0"),
      ("past", "1\u{1F}make-dir\u{1F}n\u{1F}"),
      ("past", "1\u{1F}unpack-archive\u{1F}n\u{1F}a\u{1F}"),
      (
        "manifest",
        #"{"format":1,"fleet":"f","node":"n","uuid":"u","generation":9223372036854775807,"owned":{},"loaded":{},"startups":{}}"#
      ),
    ]
  )
  func `no number of a node ends the program`(_ name: String, _ payload: String) throws {
    var request = ProbeRequest()
    request.paths = [.init("/a")]
    request.certificates = [.init(certPath: "/c", keyPath: "/k")]
    request.past = true
    let node = try parse(request, [(name, 0, payload)])
    // What cannot be a number of this world counts as not said.
    #expect(node.manifest.known == nil)
    #expect(node.paths["/a"]?.known?.changedMicroseconds ?? 0 == 0)
    #expect(abs(node.system.unitsLoaded) < 1 << 62)
    #expect(node.lockHolder == nil)
  }

  @Test func `devices are told apart by class and vendor`() throws {
    let text = """
      pci=0000:00:0b.0 0x120000 0x8086 0x7d1d
      pci=0000:01:00.0 0x030000 0x10de 0x28a0
      device=/dev/nvidia0
      GPU 0: NVIDIA GeForce RTX 4070 Laptop GPU (UUID: GPU-1234)
      """
    let node = try parse(ProbeRequest(), [("devices", 0, text)])
    #expect(
      node.system.devices == [
        "gpu nvidia 0000:01:00.0 NVIDIA GeForce RTX 4070 Laptop GPU (UUID: GPU-1234)",
        "node /dev/nvidia0",
        "npu intel 0000:00:0b.0 8086:7d1d",
      ]
    )
  }
}
