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
