import ArgumentParser
import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetSSH
import FleetTransport

/// `fleetctl hosts`.
struct HostsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hosts",
    abstract: "Pin the host keys of the fleet's nodes.",
    subcommands: [TrustHostsCommand.self]
  )
}

/// `fleetctl hosts trust`.
struct TrustHostsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trust",
    abstract:
      "Fetch the nodes' host keys, show them in one table, and pin them after one confirmation.",
    discussion: """
      Compare the fingerprints with what each machine's console prints for
        ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub
      Keys that are pinned already are left alone; a key that changed is refused, never replaced.

      EXAMPLES
        fleetctl hosts trust
        fleetctl hosts trust redis-1 web-1
        fleetctl hosts trust -auto-approve        in a lab, where the network is your own
      """
  )

  @OptionGroup var options: FleetOptions

  @Argument(help: "Nodes; all when left out.")
  var nodes: [String] = []

  @Flag(
    name: [.customLong("auto-approve"), .customLong("auto-approve", withSingleDash: true)],
    help: "Do not ask."
  )
  var autoApprove = false

  /// What a node offered.
  private struct Offer {
    let target: SSHTarget
    let outcome: Result<HostKey, TransportError>
  }

  func run() async throws {
    guard autoApprove || Terminal.canAsk else {
      Terminal.note(
        "error: nobody can be asked: standard input is no terminal. Run it in a terminal, or give "
          + "-auto-approve.\n"
      )
      throw ExitStatus.notApproved.error
    }
    let targets = try selected()
    let offers = await fetch(targets)
    let (unpinned, failed) = try await report(offers)
    guard !unpinned.isEmpty else {
      Terminal.note(failed ? "" : "Every host key is pinned already.\n")
      if failed { throw ExitStatus.unreachable.error }
      return
    }
    if !autoApprove {
      let answer = Terminal.ask("Pin these \(unpinned.count) keys? Only `yes` is accepted: ")
      guard answer == "yes" else {
        Terminal.note("Nothing was pinned.\n")
        throw ExitStatus.notApproved.error
      }
    }
    try pin(unpinned)
    if failed { throw ExitStatus.unreachable.error }
  }

  private func selected() throws -> [SSHTarget] {
    let loaded = try LoadedFleet.load(options)
    guard let resolved = loaded.resolved else {
      loaded.tell(colour: options.colour)
      throw ExitStatus.failure.error
    }
    let known = resolved.fleet.nodes.map(\.id.name)
    for name in nodes where !known.contains(name) {
      let near = NearestName.of(name, in: known).map { " Did you mean `\($0)`?" } ?? ""
      Terminal.note("error: fleet.yaml has no node `\(displayable(name))`.\(near)\n")
      throw ExitStatus.failure.error
    }
    return resolved.fleet.nodes.filter { nodes.isEmpty || nodes.contains($0.id.name) }.map {
      NodeTargets.target($0, resolved.fleet, folder: loaded.folder)
    }
  }

  private func fetch(_ targets: [SSHTarget]) async -> [Offer] {
    let connector = SSHConnector(
      SSHConfiguration(homeDirectory: Environment.home, sshProgram: Programs.find("ssh"))
    )
    return await withTaskGroup(of: (Int, Offer).self) { group in
      for (index, target) in targets.enumerated() {
        group.addTask {
          (index, Offer(target: target, outcome: await Self.key(of: target, connector)))
        }
      }
      var offers: [(Int, Offer)] = []
      for await offer in group { offers.append(offer) }
      return offers.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  private static func key(
    of target: SSHTarget,
    _ connector: SSHConnector
  ) async -> Result<HostKey, TransportError> {
    do throws(TransportError) {
      return .success(try await connector.fetchHostKey(of: target))
    } catch {
      return .failure(error)
    }
  }

  /// Prints the table; returns what is to be pinned, and whether some node gave nothing to pin.
  private func report(
    _ offers: [Offer]
  ) async throws -> (unpinned: [(SSHTarget, HostKey)], failed: Bool) {
    var unpinned: [(SSHTarget, HostKey)] = []
    var failed = false
    var lines: [[String]] = [["NODE", "ADDRESS", "KEY", "FINGERPRINT", "STATE"]]
    for offer in offers {
      let target = offer.target
      let place = target.port == 22 ? target.host : "[\(target.host)]:\(target.port)"
      switch offer.outcome {
      case .failure(let error):
        failed = true
        lines.append([target.node, place, "-", "-", "\(error.step): \(displayable(error.message))"])
      case .success(let key):
        let state = HostKeyState(key, of: target)
        switch state {
        case .pinned: break
        case .unknown: unpinned.append((target, key))
        case .refused: failed = true
        }
        lines.append([target.node, place, key.type, key.fingerprint, state.description])
      }
    }
    try Terminal.result(Table.render(lines))
    return (unpinned, failed)
  }

  private func pin(_ keys: [(SSHTarget, HostKey)]) throws {
    let files = Dictionary(grouping: keys) { $0.0.knownHostsFiles.first ?? "" }
    for file in files.keys.sorted() {
      let lines = (files[file] ?? []).map {
        KnownHosts.line(host: $0.0.host, port: $0.0.port, key: $0.1)
      }
      do throws(TransportError) {
        try KnownHosts.append(lines, to: file)
      } catch {
        Terminal.note("error: \(error.message)\n")
        throw ExitStatus.failure.error
      }
      Terminal.note("Pinned \(lines.count) keys in \(file).\n")
    }
  }
}
