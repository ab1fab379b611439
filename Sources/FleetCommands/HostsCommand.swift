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
      Keys that are pinned already are left alone. Jump hosts come first, with a confirmation of
      their own, because the way to the nodes leads through them.

      A key that changed is never replaced on the way: --rotate does that for the nodes that are
      named, shows the old and the new fingerprint, and wants the word `replace`. Where nobody can be
      asked, --fingerprint says which new key is expected of the one node.

      EXAMPLES
        fleetctl hosts trust
        fleetctl hosts trust redis-1 web-1
        fleetctl hosts trust -auto-approve        in a lab, where the network is your own
        fleetctl hosts trust --rotate web-1       after web-1 was installed anew
        fleetctl hosts trust --rotate --fingerprint SHA256:4sYj... web-1
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

  @Flag(help: "Replace the pinned keys of the named nodes by those that they show now.")
  var rotate = false

  @Option(help: "With --rotate and one node: the fingerprint that its new key must have.")
  var fingerprint: String?

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
    let targets = try NodeTargets.selected(nodes, options)
    let names = Set(targets.map(\.node))
    let steps = HostKeySteps(targets)
    var failed = false
    var pinned = 0
    for targets in steps.levels {
      let survey = await HostKeySurvey.of(targets)
      try Terminal.result(Table.render(survey.table))
      try refuse(survey.clones(among: names))
      failed = failed || survey.hasFailures(rotating: rotate)
      if rotate { pinned += try replace(survey.changed) }
      pinned += try trust(survey.unknown)
    }
    if failed { throw ExitStatus.unreachable.error }
    if pinned == 0 { Terminal.note("Every host key is pinned already.\n") }
  }

  /// Copies of one image are one identity; pinning them would let each stand in for the other.
  private func refuse(_ clones: [(nodes: [String], fingerprint: String)]) throws {
    guard !clones.isEmpty else { return }
    for clone in clones {
      let names = clone.nodes.map { "`\($0)`" }.joined(separator: ", ")
      Terminal.note(
        "error: nodes \(names) show one host key, \(clone.fingerprint): they are one machine, or copies "
          + "of one image.\n  Make a key of its own on each copy, then trust it:\n"
          + "    rm /etc/ssh/ssh_host_* && ssh-keygen -A && systemctl restart ssh\n"
      )
    }
    Terminal.note("None of them was pinned.\n")
    throw ExitStatus.identityRefused.error
  }

  // MARK: Pinning

  private func trust(_ keys: [(SSHTarget, HostKey)]) throws -> Int {
    guard !keys.isEmpty else { return 0 }
    if !autoApprove {
      guard Terminal.canAsk else {
        Terminal.note("error: \(keys.count) more keys are new, and nobody can be asked.\n")
        throw ExitStatus.notApproved.error
      }
      let answer = Terminal.ask("Pin these \(keys.count) keys? Only `yes` is accepted: ")
      guard answer == "yes" else {
        Terminal.note("Nothing was pinned.\n")
        throw ExitStatus.notApproved.error
      }
    }
    let files = Dictionary(grouping: keys) { $0.0.knownHostsFiles.first ?? "" }
    for file in files.keys.sorted() {
      let lines = (files[file] ?? []).map { KnownHosts.line($0.0, $0.1) }
      do throws(TransportError) {
        try KnownHosts.append(lines, to: file)
      } catch {
        Terminal.note("error: \(error.message)\n")
        throw ExitStatus.failure.error
      }
      Terminal.note("Pinned \(lines.count) keys in \(file).\n")
    }
    return keys.count
  }

  private func replace(_ keys: [(SSHTarget, HostKey)]) throws -> Int {
    // Jump hosts of the named nodes are in the table too, but were not named.
    let keys = keys.filter { nodes.contains($0.0.node) }
    guard !keys.isEmpty else { return 0 }
    try confirmReplacing(keys)
    for (target, key) in keys {
      let left: [String]
      do throws(TransportError) {
        left = try KnownHosts.rotate(target, to: key)
      } catch {
        Terminal.note("error: \(error.message)\n")
        throw ExitStatus.failure.error
      }
      Terminal.note("Replaced the key of \(target.node) by \(key.type) \(key.fingerprint).\n")
      for place in left {
        Terminal.note("warning: \(place) still pins another key for it by a pattern.\n")
      }
    }
    return keys.count
  }

  private func confirmReplacing(_ keys: [(SSHTarget, HostKey)]) throws {
    if let fingerprint {
      for (target, key) in keys where key.fingerprint != fingerprint {
        Terminal.note(
          "error: \(target.node) shows \(key.fingerprint), not \(displayable(fingerprint)). Nothing "
            + "was replaced.\n"
        )
        throw ExitStatus.identityRefused.error
      }
      return
    }
    let answer = Terminal.ask(
      "A changed key may be an attack. If you compared the new fingerprints with the machines' own,\n"
        + "write `replace` to replace the pins of \(keys.count) nodes: "
    )
    guard answer == "replace" else {
      Terminal.note("Nothing was replaced.\n")
      throw ExitStatus.notApproved.error
    }
  }
}
