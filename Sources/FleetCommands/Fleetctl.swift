package import ArgumentParser
import Glibc

/// The command `fleetctl`.
package struct Fleetctl: AsyncParsableCommand {
  /// Name, summary and subcommands.
  package static let configuration = CommandConfiguration(
    commandName: "fleetctl",
    abstract: "Plans and applies the state of a fleet of Linux machines over SSH.",
    discussion: """
      One file, fleet.yaml, declares nodes, roles and hardware. Nothing is
      installed on the nodes and there is no state file: what fleetctl owns is
      recorded on the node it owns it on.

      EXAMPLES
        fleetctl init                    write a fleet.yaml to start from
        fleetctl validate                check fleet.yaml, without a network
        fleetctl fmt                     bring it into the canonical layout
        fleetctl hosts trust             pin the nodes' host keys, once
        fleetctl ping                    log in to every node, step by step
        fleetctl plan                    what would change, and be down how long
        fleetctl plan -out fleet.plan    save the plan for review
        fleetctl apply fleet.plan        apply exactly that plan, or refuse
        fleetctl rollback                take the last run back
        fleetctl roles redis             what the role brings with it
        fleetctl explain port-collision  what a rule means, and what to do
      """,
    version: Version.current,
    subcommands: [
      InitCommand.self, ValidateCommand.self, FormatCommand.self, RenderCommand.self,
      PlanCommand.self, ApplyCommand.self, ShowCommand.self, HistoryCommand.self,
      RollbackCommand.self, RestartCommand.self, AdoptCommand.self, DecommissionCommand.self,
      RolesCommand.self, ExplainCommand.self, GraphCommand.self, SchemaCommand.self,
      HostsCommand.self, BootstrapCommand.self, PingCommand.self, DoctorCommand.self,
      LockCommand.self, VersionCommand.self,
    ]
  )

  /// Runs the command line of this process.
  ///
  /// On the main thread, whose heap is the one that `Memory.prepare` tunes.
  @MainActor
  package static func start() async {
    Memory.prepare()
    Memory.keepPrivate()
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      var command = try parsed(arguments)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      let text = fullMessage(for: error)
      let code = exitCode(for: error).rawValue
      if !text.isEmpty {
        _ = Terminal.write(text + "\n", to: code == 0 ? STDOUT_FILENO : STDERR_FILENO)
      }
      leave(code)
    }
    leave(0)
  }

  /// Ends the process without what libraries have registered for its end.
  ///
  /// Connections are still being closed in other threads then, with keys and locks that OpenSSL's handler
  /// frees under them: some one in a hundred clients died of signal 11 in place of their exit status.
  private static func leave(_ code: Int32) -> Never {
    fflush(nil)
    _exit(code)
  }

  /// Reads a command line, or ends the process with ArgumentParser's message and what was meant.
  private static func parsed(_ arguments: [String]) throws -> any ParsableCommand {
    let advice = UsageAdvice(self, arguments)
    do {
      if arguments.first == "help", let unknown = advice.unknownCommand() {
        throw ValidationError(unknown)
      }
      return try parseAsRoot(arguments)
    } catch  where exitCode(for: error).rawValue == ExitStatus.usage.rawValue {
      Terminal.note(advice.improved(fullMessage(for: error)) + "\n")
      throw ExitStatus.usage.error
    }
  }

  /// Makes the command; ArgumentParser fills it.
  package init() {}
}

/// The version of this program.
package enum Version {
  /// Semantic version.
  package static let current = "0.1.0"
}

/// `fleetctl version`.
struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version",
    abstract: "Print the version."
  )

  func run() throws {
    try Terminal.result("fleetctl \(Version.current)\n")
  }
}
