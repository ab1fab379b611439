import ArgumentParser
import FleetConfig
import FleetDiagnostics
import FleetModel
import FleetTransport

/// `fleetctl ping`.
struct PingCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ping",
    abstract: "Log in to the nodes step by step and say which step fails and what to do.",
    discussion: """
      Resolves, connects, exchanges keys, verifies the host key, logs in, becomes
      root, compares the machine with fleet.lock and looks for the programs that
      fleetctl needs there. Changes nothing.

      Exits 0 when every node can be managed, 9 when some cannot, and 11 when
      another machine answers for one than fleet.lock pins.

      EXAMPLES
        fleetctl ping
        fleetctl ping redis-1 web-1
        fleetctl ping --format json | jq '.nodes[] | select(.ok | not)'
      """
  )

  @OptionGroup var options: FleetOptions

  @Argument(help: "Nodes; all when left out.")
  var nodes: [String] = []

  @Flag(help: "Show the steps of nodes that are well, too.")
  var steps = false

  @Option(help: ArgumentHelp("Output format: human or json.", valueName: "format"))
  var format = TextOrJSON.human

  func run() async throws {
    let targets = try NodeTargets.selected(nodes, options)
    let connections = FleetConnections()
    try connections.unlock(targets)
    let reports = await connections.ping(targets)
    switch format {
    case .json: try Terminal.result(json(reports).rendered(pretty: true) + "\n")
    case .human: try Terminal.result(text(reports))
    }
    if reports.contains(where: { $0.error?.isForeign($0.target) == true }) {
      throw ExitStatus.identityRefused.error
    }
    if reports.contains(where: { !$0.isWell }) { throw ExitStatus.unreachable.error }
  }

  // MARK: Output

  private func text(_ reports: [PingReport]) -> String {
    let isOne = reports.count == 1
    return reports.map { report in
      var lines = [report.headline]
      if steps || isOne || !report.isWell {
        let rows = report.steps.map { step in
          ["  " + step.name, PingReport.milliseconds(step.duration), displayable(step.detail)]
        }
        lines += Table.render(rows).split(separator: "\n").map(String.init)
      }
      if let error = report.error {
        lines.append("  \(error.step)  FAILED: \(displayable(error.message))")
        for line in (error.remedy ?? "").split(separator: "\n") {
          lines.append("    " + displayable(String(line)))
        }
      }
      return lines.joined(separator: "\n") + "\n"
    }.joined()
  }

  private func json(_ reports: [PingReport]) -> JSONValue {
    .object([
      ("format_version", .string("1.0")), ("ok", .bool(reports.allSatisfy(\.isWell))),
      ("nodes", .array(reports.map(\.json))),
    ])
  }
}

extension NodeTargets {
  /// The targets of the nodes with these names, all when there are none, in the order of fleet.yaml.
  ///
  /// - Throws: `ExitCode` after telling why, for an unsound fleet or a name that is not in it.
  static func selected(_ names: [String], _ options: FleetOptions) throws -> [SSHTarget] {
    try Selection(names, options).targets
  }

  /// Named nodes of a fleet, with the file's folder.
  struct Selection {
    let fleet: Fleet
    let folder: String
    let nodes: [FleetNode]
    let targets: [SSHTarget]
    let settings: [NodeSSH]
    /// Jump hosts among the names, where such were allowed.
    var jumpHosts: Set<String> = []
    /// The targets of all nodes where a jump host was named, else those that were chosen.
    let all: [SSHTarget]

    /// With `jumpHosts` a name may also be that of a jump host of some node.
    init(_ names: [String], _ options: FleetOptions, jumpHosts isAllowed: Bool = false) throws {
      let loaded = try LoadedFleet.load(options)
      guard let resolved = loaded.resolved else {
        loaded.tell(colour: options.colour)
        throw ExitStatus.failure.error
      }
      let known = resolved.fleet.nodes.map(\.id.name)
      let others = names.filter { !known.contains($0) }
      let asked = isAllowed && !others.isEmpty ? resolved.fleet.nodes : []
      let ways = try NodeTargets.found(asked, resolved.fleet, folder: loaded.folder)
      let hops = Set(asked.flatMap { ways[$0].route.hopNames })
      for name in others where !hops.contains(name) {
        let near = NearestName.of(name, in: known).map { " Did you mean `\($0)`?" } ?? ""
        Terminal.note("error: fleet.yaml has no node `\(displayable(name))`.\(near)\n")
        throw ExitStatus.failure.error
      }
      let chosen = resolved.fleet.nodes.filter { names.isEmpty || names.contains($0.id.name) }
      let found = try NodeTargets.found(chosen, resolved.fleet, folder: loaded.folder)
      fleet = resolved.fleet
      folder = loaded.folder
      nodes = chosen
      targets = chosen.map { found[$0] }
      jumpHosts = Set(others)
      all = asked.isEmpty ? targets : asked.map { ways[$0] }
      settings = chosen.compactMap { found.settings(of: $0) }
    }
  }
}

extension SSHRoute {
  /// The names of the jump hosts on it.
  fileprivate var hopNames: [String] {
    if case .jumps(let chain) = self { chain.map(\.name) } else { [] }
  }
}
