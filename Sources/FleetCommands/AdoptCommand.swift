import ArgumentParser
import FleetApply
import FleetDiagnostics

/// `fleetctl adopt`.
struct AdoptCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adopt",
    abstract: "Take over a machine that already runs: what is there, and nothing else.",
    discussion: """
      Plans the node as `plan` does, shows what is taken over, and asks. Files and
      services that are as fleet.yaml wants them are recorded and not touched.
      What differs is brought into line, with a copy of the old one in
      /var/lib/fleetctl/adopted on the node. Live passwords, certificates that are
      right and databases stay; where a role has a backup it is made before the
      first change that could cost data. What is missing on the node waits for the
      next `fleetctl apply`, unless something taken over needs it.

      The exit codes are those of `apply`. docs/adopting.md goes through it step
      by step.

      EXAMPLES
        fleetctl plan -target node.redis-1   what differs, with a diff for each file
        fleetctl adopt redis-1
        fleetctl adopt redis-1 redis-2 -parallelism 1   one after the other
        fleetctl adopt redis-1 --maintenance redis
            and restart redis, after a copy of its data
        fleetctl apply --adopt node.redis-1/file:/etc/redis.conf   one thing only
      """
  )

  @Argument(help: "Nodes of fleet.yaml.")
  var nodes: [String]

  @OptionGroup var options: FleetOptions

  @OptionGroup var approval: ApprovalOptions

  @OptionGroup var lockWait: LockWaitOptions
  @OptionGroup var confirm: ConfirmOptions
  @OptionGroup var parallelism: ParallelismOptions

  @Option(
    name: [.customLong("max-destroy"), .customLong("max-destroy", withSingleDash: true)],
    help: ArgumentHelp(
      "Refuse (exit 5) when more than so many things would be deleted or services ended.",
      valueName: "number"
    )
  )
  var maxDestroy: Int?

  @Option(
    help: ArgumentHelp(
      "Restart what a role keeps for its maintenance window, after a copy of its data. Repeatable.",
      valueName: "role"
    )
  )
  var maintenance: [String] = []

  @Option(
    help: ArgumentHelp("Output format: human or jsonl (one event a line).", valueName: "format")
  )
  var format = TextOrEvents.human

  @Option(help: ArgumentHelp("Also write the events to this file (mode 0600).", valueName: "file"))
  var events: String?

  func run() async throws {
    // `apply`, limited to what is taken over on these nodes.
    let words = nodes.flatMap { ["--target=node.\($0)", "--adopt=node.\($0)"] }
    var apply = try ApplyCommand.parse(words + ["--takeover"])
    apply.options = options
    apply.approval = approval
    apply.confirm = confirm
    apply.planOptions.maxDestroy = maxDestroy
    apply.planOptions.maintenance = maintenance
    apply.format = format
    apply.events = events
    apply.lockWait = lockWait
    apply.parallelism = parallelism
    try await apply.run(as: "adopt")
  }
}
