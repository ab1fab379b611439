import ArgumentParser
import FleetDiagnostics
import FleetModel
import FleetSSH
import FleetTransport

/// `fleetctl hosts`.
struct HostsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hosts",
    abstract: "Pin what the fleet's machines are known by.",
    subcommands: [TrustHostsCommand.self]
  )
}

/// `fleetctl hosts trust`.
struct TrustHostsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trust",
    abstract:
      "Pin the nodes' host keys after one confirmation, then what else the machines are known by.",
    discussion: """
      Fetches the host keys, shows them in one table, and asks once. The pins go
      to fleet.lock beside the fleet file, to be committed, and to your
      known_hosts. Compare the fingerprints with what each machine's console
      prints for
        ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub
      Then it logs in and adds machine-id and node id of each machine to
      fleet.lock; a node that has no node id is given a random one
      (/var/lib/fleetctl/node-id). From then on a machine with other values is
      refused before anything is written to it. --host-keys-only leaves the login
      out, for machines that do not know your user yet (see `fleetctl bootstrap`).

      What is pinned already is left alone. Jump hosts come first, with a
      confirmation of their own, because the way to the nodes leads through them;
      they are pinned in fleet.lock too, and may be named like nodes.

      What changed is never replaced on the way: --rotate does that for the nodes
      that are named, shows the old and the new fingerprint, and wants the word
      `replace`. Where nobody can be asked, --fingerprint says which host key is
      expected of the one machine.

      Exits 9 when some node gave nothing to pin, 11 when two nodes are one
      machine or copies of one image.

      EXAMPLES
        fleetctl hosts trust
        fleetctl hosts trust redis-1 web-1
        fleetctl hosts trust -auto-approve   in a lab, where the network is your own
        fleetctl hosts trust --rotate web-1       after web-1 was installed anew
        fleetctl hosts trust --rotate bastion     a jump host, by the name in `jump` or ProxyJump
        fleetctl hosts trust --rotate --fingerprint SHA256:4sYj... web-1
      """
  )

  @OptionGroup var options: FleetOptions

  @Argument(help: "Nodes and jump hosts; all when left out.")
  var nodes: [String] = []

  @Flag(
    name: [.customLong("auto-approve"), .customLong("auto-approve", withSingleDash: true)],
    help: "Do not ask."
  )
  var autoApprove = false

  @Flag(help: "Replace what is pinned of the named nodes by what they show now.")
  var rotate = false

  @Option(help: "With --rotate and one node: the fingerprint that its host key must have.")
  var fingerprint: String?

  @Flag(help: "Do not log in: pin the host keys, not machine-id and node id.")
  var hostKeysOnly = false

  func validate() throws {
    if rotate {
      guard !nodes.isEmpty else { throw ValidationError("--rotate wants the nodes by name.") }
      guard !autoApprove else {
        throw ValidationError("--rotate is never approved in advance; give --fingerprint instead.")
      }
    }
    if fingerprint != nil, !rotate || nodes.count != 1 {
      throw ValidationError("--fingerprint goes with --rotate and one node.")
    }
  }

  func run() async throws {
    guard autoApprove || fingerprint != nil || Terminal.canAsk else {
      Terminal.note(
        "error: nobody can be asked: standard input is no terminal. Run it in a terminal, or give "
          + (rotate ? "--fingerprint.\n" : "-auto-approve.\n")
      )
      throw ExitStatus.notApproved.error
    }
    let selection = try NodeTargets.Selection(nodes, options, jumpHosts: true)
    var pinning = try HostPinning(self, selection)
    let failed = try await pinning.pinHostKeys()
    let unreached = hostKeysOnly ? false : try await pinning.pinIdentities()
    if failed || unreached { throw ExitStatus.unreachable.error }
    if !pinning.hasChanged { Terminal.note("Everything is pinned already.\n") }
  }
}
