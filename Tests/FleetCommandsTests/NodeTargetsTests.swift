import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetSSH
import FleetTransport
import Glibc
import Testing

@testable import FleetCommands

/// Which of fleet.yaml and ssh_config decides; with and without OpenSSH.
struct NodeTargetsTests {
  /// A file that vanishes with its owner.
  private final class Scratch {
    let path: String

    init(_ text: String) throws {
      path = "/tmp/fleetctl-targets-\(UInt64.random(in: 0...UInt64.max))"
      try Files.write(Array(text.utf8), to: path)
    }

    deinit { unlink(path) }
  }

  /// The one that `ssh` sees as well.
  private static let account =
    LocalAccount.current()
    ?? LocalAccount(name: "me", number: 1000, home: "/home/me", machine: "desk")
  private var me: String { Self.account.name }

  private func targets(
    _ fleetText: String,
    _ configText: String,
    openSSH: Bool = false
  ) throws -> [SSHTarget] {
    let config = try Scratch(configText)
    let text = "version: 1\nfleet: a\n" + fleetText.replacing("CONFIG", with: config.path)
    var diagnostics = Diagnostics()
    let fleet = try #require(
      FleetDecoder.decode(SourceText(name: "fleet.yaml", text: text), into: &diagnostics)
    )
    #expect(diagnostics.sorted().map(\.detail) == [])
    let found = try NodeTargets(
      fleet.nodes,
      fleet,
      folder: "/fleet",
      resolver: ConfigResolver(account: Self.account, usesOpenSSH: openSSH)
    )
    return fleet.nodes.map { found[$0] }
  }

  private func failure(_ fleet: String, _ config: String, openSSH: Bool = true) -> TargetFailure? {
    do {
      _ = try targets(fleet, config, openSSH: openSSH)
    } catch let failure as TargetFailure {
      return failure
    } catch {
      Issue.record("another error: \(error)")
    }
    return nil
  }

  @Test(arguments: [false, true])
  func nodeBeforeFleetBeforeSSHConfigBeforeDefault(openSSH: Bool) throws {
    let targets = try targets(
      """
      ssh: {config: CONFIG, user: fleet-user, known_hosts: [pins, /more]}
      nodes:
        a: {address: 10.0.0.1, ssh: {user: node-user, port: 2201}}
        b: {address: 10.0.0.2}
        c: {address: 192.168.0.3}
      """,
      "Host 10.*\n  User config-user\n  Port 2200\n  HostName other-%h\n  ConnectTimeout 9\n"
        + "Host *\n  GlobalKnownHostsFile /global\n",
      openSSH: openSSH
    )
    #expect(targets.map(\.user) == ["node-user", "fleet-user", "fleet-user"])
    #expect(targets.map(\.port) == [2201, 2200, 22])
    #expect(targets.map(\.host) == ["other-10.0.0.1", "other-10.0.0.2", "192.168.0.3"])
    #expect(targets.map(\.connectTimeout) == [.seconds(9), .seconds(9), .seconds(5)])
    #expect(targets[2].knownHostsFiles == ["/fleet/pins", "/more", "/global"])
  }

  @Test(arguments: [false, true])
  func nodeNameIsLookedUpWhereTheFleetSaysSo(openSSH: Bool) throws {
    let targets = try targets(
      """
      ssh: {config: CONFIG, host: "%n.lab"}
      nodes: {a: {address: 10.0.0.1}, b: {address: 10.0.0.2, ssh: {host: special}}}
      """,
      "Host a.lab\n  HostName 10.9.9.9\nHost special\n  HostKeyAlias one\n",
      openSSH: openSSH
    )
    #expect(targets.map(\.host) == ["10.9.9.9", "special"])
    #expect(targets.map(\.hostKeyAlias) == [nil, "one"])
  }

  @Test(arguments: [false, true])
  func keysAndAgentAreTheNodesElseTheFleetsElseThoseOfSSHConfig(openSSH: Bool) throws {
    let targets = try targets(
      """
      ssh: {config: CONFIG}
      groups:
        g: {nodes: [b, c], ssh: {identity_file: [one, ~/two], identity_agent: agents/g, identities_only: false}}
      nodes:
        a: {address: 10.0.0.1}
        b: {address: 10.0.0.2}
        c: {address: 10.0.0.3, ssh: {identity_file: none, identity_agent: none, identities_only: true}}
        d: {address: 10.0.0.4, ssh: {identity_agent: SSH_AUTH_SOCK, host_key_alias: "%n.Pins", hash_known_hosts: false}}
        e: {address: 10.0.0.5, ssh: {identity_agent: "$FLEETCTL_NOT_SET", known_hosts: pins}}
        f: {address: 10.0.0.6, ssh: {identity_agent: "%d/a-%n", known_hosts: pins, hash_known_hosts: true}}
        g: {address: 10.0.0.7, ssh: {identity_agent: "${HOME}/a"}}
      """,
      "Host *\n  IdentityFile /etc/hostname\n  IdentityAgent /config/agent\n  IdentitiesOnly yes\n"
        + "  HostKeyAlias Config\n  HashKnownHosts yes\n",
      openSSH: openSSH
    )
    let home = try #require(Environment["HOME"])
    let config = ["/etc/hostname"]
    #expect(
      targets.map(\.identityFiles) == [
        config, ["/fleet/one", home + "/two"], [], config, config, config, config,
      ]
    )
    #expect(targets.map(\.triesDefaultKeys) == targets.map { _ in false })
    #expect(
      targets.map(\.identityAgent) == [
        "/config/agent", "/fleet/agents/g", "", nil, "", Self.account.home + "/a-10.0.0.6",
        home + "/a",
      ]
    )
    #expect(targets.map(\.identitiesOnly) == [true, false, true, true, true, true, true])
    #expect(targets.map(\.hostKeyAlias).prefix(4) == ["config", "config", "config", "d.pins"])
    #expect(targets.map(\.hashesKnownHosts) == [true, true, true, false, false, true, true])
  }

  @Test(arguments: [false, true])
  func defaultKeysAreTriedOnlyWhereNobodySaysOtherwise(openSSH: Bool) throws {
    let targets = try targets(
      """
      ssh: {config: CONFIG}
      nodes: {a: {address: a1}, b: {address: b1}, c: {address: c1}, d: {address: d1, ssh: {identity_file: x}}}
      """,
      "Host b1\n  IdentityFile none\nHost c1\n  IdentityFile /nonexistent/key\n",
      openSSH: openSSH
    )
    #expect(targets.map(\.triesDefaultKeys) == [true, false, false, false])
    #expect(targets.map(\.identityFiles) == [[], [], [], ["/fleet/x"]])
  }

  @Test(arguments: [("%z/a", "%z"), ("${FLEETCTL_NOT_SET}/a", "${FLEETCTL_NOT_SET}")])
  func agentThatCannotBeExpandedIsRefused(_ text: String, _ token: String) {
    let refused = failure(
      "ssh: {config: none, identity_agent: \"\(text)\"}\nnodes: {a: {address: a1}}\n",
      ""
    )
    #expect(
      refused?.message
        == "node `a`: `identity_agent` uses `\(token)`, which is no token of a path in "
        + "ssh_config(5) and no variable that is set"
    )
  }

  @Test(.enabled(if: ConfigResolver(account: account).hasOpenSSH, "needs openssh-client"))
  func withoutSSHConfigTheHopsGetTheNodesKeysAndAgent() throws {
    let keys = "jump: hop, identity_file: [one, two], identity_agent: ~/a, identities_only: true"
    let alias = "host_key_alias: x, hash_known_hosts: true"
    let targets = try targets(
      """
      nodes:
        a: {address: a1, ssh: {config: none, \(keys), \(alias)}}
        b: {address: b1, ssh: {config: CONFIG, \(keys), \(alias)}}
        c: {address: c1, ssh: {config: none, jump: hop, identity_file: none, identity_agent: none}}
      """,
      "",
      openSSH: true
    )
    let hops = targets.map { target -> SSHHop? in
      guard case .jumps(let hops) = target.route else { return nil }
      return hops.first
    }
    #expect(hops.map { $0?.identityFiles } == [["/fleet/one", "/fleet/two"], nil, []])
    #expect(hops.map { $0?.identityAgent } == [Environment["HOME"].map { $0 + "/a" }, nil, ""])
    #expect(hops.map { $0?.identitiesOnly } == [true, false, false])
    // The alias is the node's own; what is written is the fleet's business everywhere.
    #expect(hops.map { $0?.hostKeyAlias } == [nil, nil, nil])
    #expect(hops.map { $0?.hashesKnownHosts } == [true, true, false])
  }

  @Test
  func configNoneTakesEverythingFromTheFleet() throws {
    let target = try #require(
      try targets("ssh: {config: none}\nnodes: {a: {address: 10.0.0.1}}\n", "").first
    )
    #expect(target.port == 22)
    #expect(
      target.knownHostsFiles.prefix(2) == [
        Self.account.home + "/.ssh/known_hosts", Self.account.home + "/.ssh/known_hosts2",
      ]
    )
    #expect(target.route == .direct)
  }

  // MARK: The ways through jump hosts (pyinfra 1963, 1445, 728; see docs/ssh.md)

  private func way(_ target: SSHTarget) -> [String] {
    guard case .jumps(let hops) = target.route else { return [] }
    return hops.map { "\($0.effectiveUser)@\($0.host):\($0.effectivePort)" }
  }

  @Test(.enabled(if: ConfigResolver(account: account).hasOpenSSH, "needs openssh-client"))
  func nestedJumpsAreFollowedToTheirBeginning() throws {
    let targets = try targets(
      """
      ssh: {config: CONFIG}
      nodes: {a: {address: node}, b: {address: node2, ssh: {jump: [x, "u@[fe80::1]:7"]}}}
      """,
      """
      Host node
        ProxyJump inner
      Host inner
        HostName 10.0.0.2
        User in
        ProxyJump outer
      Host outer
        HostName 10.0.0.1
        Port 2200
        User out
      Host x
        ProxyJump outer
      Host fe80::1
        ProxyJump ignored
      """,
      openSSH: true
    )
    #expect(way(targets[0]) == ["out@10.0.0.1:2200", "in@10.0.0.2:22"])
    #expect(way(targets[1]) == ["out@10.0.0.1:2200", "\(me)@x:22", "u@fe80::1:7"])
  }

  @Test(.enabled(if: ConfigResolver(account: account).hasOpenSSH, "needs openssh-client"))
  func jumpNoneIsNoHostWhereverItStands() throws {
    let targets = try targets(
      """
      ssh: {config: CONFIG, jump: bastion}
      nodes: {a: {address: a1, ssh: {jump: none}}, b: {address: b1}, c: {address: c1, ssh: {proxy_command: "nc %h %p %% %r"}}}
      """,
      "Host a1\n  ProxyJump never\nHost *\n  ProxyJump none\n",
      openSSH: true
    )
    #expect(targets[0].route == .direct)
    #expect(way(targets[1]) == ["\(me)@bastion:22"])
    #expect(targets[2].route == .command("nc c1 22 % \(me)"))
  }

  @Test(.enabled(if: ConfigResolver(account: account).hasOpenSSH, "needs openssh-client"))
  func circlesAndSelvesAreRefused() throws {
    let circle = failure(
      "ssh: {config: CONFIG}\nnodes: {a: {address: a1}}\n",
      "Host a1\n  ProxyJump b\nHost b\n  ProxyJump c\nHost c\n  ProxyJump b\n"
    )
    #expect(circle?.message.contains("its jump hosts go round in circles") == true)
    #expect(circle?.status == .failure)
    let own = failure("ssh: {config: CONFIG, jump: a1}\nnodes: {a: {address: a1}}\n", "")
    #expect(own?.message == "node `a`: its jump host a1 is the node itself")
  }

  @Test
  func jumpWithoutOpenSSHIsRefusedAndNotForgotten() throws {
    let refused = failure(
      "ssh: {config: CONFIG}\nnodes: {a: {address: a1}}\n",
      "Host a1\n  ProxyJump b\n",
      openSSH: false
    )
    #expect(refused?.message.contains("reached through the jump host b") == true)
  }

  @Test
  func transportIsTheNodesElseTheFleetsElseAuto() throws {
    let nodes = "nodes: {a: {address: a1}, b: {address: b1, ssh: {transport: libssh2}}}\n"
    let told = try targets("ssh: {config: CONFIG, transport: openssh}\n" + nodes, "")
    #expect(told.map(\.transport) == [.openssh, .libssh2])
    let untold = try targets("ssh: {config: CONFIG}\n" + nodes, "")
    #expect(untold.map(\.transport) == [.auto, .libssh2])
  }

  // MARK: Refusals

  @Test(arguments: [false, true])
  func listOfRevokedKeysIsNotPassedOver(openSSH: Bool) throws {
    let refused = failure(
      "ssh: {config: CONFIG}\nnodes: {a: {address: 10.0.0.1}}\n",
      "Host 10.*\n  RevokedHostKeys /etc/ssh/revoked\n",
      openSSH: openSSH
    )
    #expect(
      refused?.message
        == "node `a`: ssh_config has `RevokedHostKeys /etc/ssh/revoked` for 10.0.0.1, which fleetctl does"
        + " not read"
    )
    #expect(refused?.remedy.contains("`@revoked * KEYTYPE KEY`") == true)
    #expect(refused?.status == .failure)
    let none = try targets(
      "ssh: {config: CONFIG}\nnodes: {a: {address: 10.0.0.1}}\n",
      "RevokedHostKeys none\n",
      openSSH: openSSH
    )
    #expect(none.count == 1)
  }

  @Test(arguments: [false, true])
  func twoNodesAtOneMachineAreRefused(openSSH: Bool) throws {
    let refused = failure(
      "ssh: {config: CONFIG}\nnodes: {a: {address: 10.0.0.1}, b: {address: 10.0.0.2}}\n",
      "HostName 10.0.0.9\n",
      openSSH: openSSH
    )
    #expect(
      refused?.message
        == "nodes `a` and `b` both lead to 10.0.0.9 port 22, and one machine cannot be two nodes"
    )
    #expect(refused?.status == .identityRefused)
  }

  @Test
  func firewallThatWouldShutTheDoorIsRefused() throws {
    let text = "settings: {firewall: ufw}\nssh: {config: CONFIG}\nnodes: {a: {address: 10.0.0.1}}\n"
    let refused = failure(text, "Port 2200\n", openSSH: false)
    #expect(refused?.remedy == "Give sshd's port in fleet.yaml: `ssh: {port: 2200}`.")
  }
}
