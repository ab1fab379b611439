import FleetResources
import FleetTransport
import Testing

@testable import FleetProbe

/// On a real systemd machine, when `FLEETCTL_TEST_NODE` names one.
@Suite(.enabled(if: LocalShell.node != nil, "FLEETCTL_TEST_NODE names no machine"))
struct ProbeNodeTests {
  @Test func `a real systemd answers for its units`() async throws {
    let shell = try #require(LocalShell.node)
    var request = ProbeRequest()
    request.units = ["no-such-unit-here.service", "ssh.service", "sshd.service"]
    request.paths = [.init("/etc/ssh/sshd_config")]
    let nonce = "ffeeddccbbaa99887766554433221100"
    let node = try await NodeProbe.observe(request, over: shell, nonce: nonce)
    #expect(node.system.systemdVersion >= 247)
    #expect(node.system.unitsLoaded > 1_600_000_000_000_000)
    #expect(node.units["no-such-unit-here.service"]?.known?.loadState == "not-found")
    let unit = try #require(node.units["ssh.service"]?.known)
    #expect(unit.activeState == "active")
    #expect(unit.unitFileState == "enabled")
    #expect(unit.mainPID > 1)
    #expect(unit.processStarted > 1_600_000_000_000_000)
    #expect(unit.activeEntered >= unit.processStarted)
    #expect(node.units["sshd.service"]?.known?.mainPID == unit.mainPID)
    let listener = node.listeners.known?.first { $0.port == 22 && $0.transport == "tcp" }
    #expect(listener?.unit == "ssh.service")
    #expect(node.paths["/etc/ssh/sshd_config"]?.known?.kind == .file)
  }

  @Test func `the last reload is the manager's own, whatever touches the files that tell of it`()
    async throws
  {
    let shell = try #require(LocalShell.node)
    var request = ProbeRequest()
    request.units = ["ssh.service"]
    request.paths = [.init("/etc/ssh/sshd_config")]
    let nonce = "ffeeddccbbaa99887766554433221100"
    func said(_ script: String) async throws -> String {
      let result = try await shell.run(RemoteCommand(program: "sh", stdin: Array(script.utf8)))
      return String(decoding: result.stdout, as: UTF8.self)
    }
    let ask = "systemctl show --timestamp=us+utc -p UnitsLoadTimestamp --value 2>&1"
    // systemd-analyze verify moves one file on, a hand the others; both times the manager is asked.
    for step in [
      "systemctl daemon-reload",
      "systemd-analyze verify --man=no /lib/systemd/system/ssh.service >/dev/null 2>&1",
      "systemctl daemon-reload; sleep 0.1; touch /run/systemd/generator", "systemctl daemon-reload",
    ] {
      let manager = try await said(step + "; " + ask).trimmed
      let node = try await NodeProbe.observe(request, over: shell, nonce: nonce)
      #expect(node.system.systemdVersion >= 247)
      #expect(node.system.unitsLoaded > 1_600_000_000_000_000)
      // Before 250 the manager does not say it.
      if node.system.systemdVersion >= 250 {
        #expect(node.system.unitsLoaded == ProbeParser.civil(manager), "after \(step)")
      }
    }
  }

  @Test func `packages are what dpkg says, also what it has not yet written into its list`()
    async throws
  {
    let shell = try #require(LocalShell.node)
    var request = ProbeRequest()
    request.packages = ["dash", "fleetctl-pending", "libc6", "no-such-package-here", "sudo"]
    let nonce = "ffeeddccbbaa99887766554433221100"
    let ask = "dpkg-query -W -f '${Package} ${Version}\\n' dash libc6 sudo"
    let rows = try await shell.run(RemoteCommand(program: "sh", stdin: Array(ask.utf8)))
    var expected: [String: Fact<String>] = [
      "fleetctl-pending": .absent, "no-such-package-here": .absent,
    ]
    for row in String(decoding: rows.stdout, as: UTF8.self).split(separator: "\n") {
      let words = row.split(separator: " ").map(String.init)
      expected[words[0]] = .value(words[1])
    }
    #expect(expected.count == 5)
    #expect(try await NodeProbe.observe(request, over: shell, nonce: nonce).packages == expected)
    let pend = """
      cat >/var/lib/dpkg/updates/0000 <<'END'
      Package: fleetctl-pending
      Status: install ok installed
      Maintainer: nobody
      Architecture: all
      Version: 1.5
      Description: a package that dpkg has only noted

      END
      """
    _ = try await shell.run(RemoteCommand(program: "sh", stdin: Array(pend.utf8)))
    let node = try await NodeProbe.observe(request, over: shell, nonce: nonce)
    let clear = "rm -f /var/lib/dpkg/updates/0000"
    _ = try await shell.run(RemoteCommand(program: "sh", stdin: Array(clear.utf8)))
    expected["fleetctl-pending"] = .value("1.5")
    #expect(node.packages == expected)
  }

  @Test func `accounts are the same whether getent is asked or their files are read`() async throws
  {
    let shell = try #require(LocalShell.node)
    var request = ProbeRequest()
    request.users = ["autobot", "no-such-user", "root"]
    request.groups = ["adm", "no-such-group", "root"]
    let nonce = "ffeeddccbbaa99887766554433221100"
    let files = try await NodeProbe.observe(request, over: shell, nonce: nonce)
    #expect(files.users["autobot"]?.known?.contains("autobot") == true)
    #expect(files.users["no-such-user"] == .absent)
    #expect(files.groups["adm"] == .value(true))
    #expect(files.groups["no-such-group"] == .absent)
    let twice =
      "cp -p /etc/nsswitch.conf /run/kept && sed -i 's/^group:.*/& files/' /etc/nsswitch.conf"
    _ = try await shell.run(RemoteCommand(program: "sh", stdin: Array(twice.utf8)))
    let asked = try await NodeProbe.observe(request, over: shell, nonce: nonce)
    let back = "mv /run/kept /etc/nsswitch.conf"
    _ = try await shell.run(RemoteCommand(program: "sh", stdin: Array(back.utf8)))
    #expect(asked.users == files.users)
    #expect(asked.groups == files.groups)
    #expect(asked.manifest == files.manifest)
  }

  @Test func `a private key that a login admits is a door, another key is none`() async throws {
    let shell = try #require(LocalShell.node)
    let make = """
      cd /home/autobot/.ssh && for key in door other bare; do
        ssh-keygen -q -t ed25519 -N '' -C probe-test -f "$key"
      done
      cat door.pub bare.pub >>authorized_keys && rm bare.pub && chmod 0644 bare && mkfifo pipe
      """
    let clear = """
      cd /home/autobot/.ssh && rm -f door* other* bare pipe
      sed -i '/ probe-test$/d' authorized_keys
      """
    _ = try await shell.run(RemoteCommand(program: "sh", stdin: Array(make.utf8)))
    let nonce = "ffeeddccbbaa99887766554433221100"
    let node = try await NodeProbe.observe(ProbeRequest(), over: shell, nonce: nonce)
    _ = try await shell.run(RemoteCommand(program: "sh", stdin: Array(clear.utf8)))
    #expect(node.system.doors == ["/home/autobot/.ssh/bare", "/home/autobot/.ssh/door"])
  }
}

extension String {
  fileprivate var trimmed: String {
    String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
  }
}
