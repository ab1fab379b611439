import ArgumentParser
import FleetApply
import FleetDiagnostics
import FleetModel
import FleetProbe
import FleetSSH
import FleetTransport

/// `fleetctl bootstrap`.
struct BootstrapCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bootstrap",
    abstract:
      "First contact: make the login user, its key and the sudo rule that the fleet declares.",
    discussion: """
      Logs in to a machine that knows only root, or a user of sudo, and makes what
      fleet.yaml's `ssh:` says of the node: the `user`, its key in authorized_keys
      beside what is there, and the sudo rule. With `observer:` also that user,
      fleetctl-observe, and a rule for nothing else (see `plan --read-only`). It
      shows what is there and what it will do, and asks. A sudoers file is checked
      by visudo before it counts. At the end it logs in anew as the fleet's user.
      A second time there is nothing to do.

      The host key must be pinned: `fleetctl hosts trust --host-keys-only NODE`.
      It logs in with a key, never with a password: put one there with the
      machine's console or its installer, or paste what --print prints there.

      Exits 1 when something is in the way or a step failed, 8 when it was not
      approved, 9 when the machine is out of reach, 11 when it is another one than
      fleet.lock pins.

      EXAMPLES
        fleetctl bootstrap web-1 --user root
        fleetctl bootstrap web-1 --user debian --identity ~/.ssh/cloud -auto-approve
        fleetctl bootstrap web-1 --print > setup.sh   for the machine's own console
        fleetctl bootstrap web-1 --print-sudoers
      """
  )

  @OptionGroup var options: FleetOptions

  @Argument(help: "The node.")
  var node: String

  @Option(help: ArgumentHelp("Whom to log in as for the first contact.", valueName: "name"))
  var user = "root"

  @Option(help: ArgumentHelp("The key for the first contact.", valueName: "file"))
  var identity: String?

  @Option(help: ArgumentHelp("The port of sshd at the first contact.", valueName: "number"))
  var port: Int?

  @Option(
    help: ArgumentHelp(
      "The public key that the fleet's user accepts; left out: that of `identity_file`.",
      valueName: "file.pub"
    )
  )
  var key: String?

  @Flag(
    name: [.customLong("auto-approve"), .customLong("auto-approve", withSingleDash: true)],
    help: "Do not ask."
  )
  var autoApprove = false

  @Flag(help: "Print a shell script that does the same as root; connect to nobody.")
  var print = false

  @Flag(help: "Print the sudo rules alone; connect to nobody.")
  var printSudoers = false

  func validate() throws {
    if let port, !(1...65_535).contains(port) {
      throw ValidationError("--port is a number from 1 to 65535.")
    }
  }

  func run() async throws {
    let selection = try NodeTargets.Selection([node], options)
    let wanted = try FirstContact.of(selection, key: key)
    if print { return try Terminal.result(wanted.script) }
    if printSudoers {
      guard let sudoers = wanted.sudoers else {
        Terminal.note("\(node) needs no sudo rules: fleet.yaml says `become: none`.\n")
        return
      }
      return try Terminal.result(sudoers)
    }
    try await BootstrapRun(command: self, selection: selection, wanted: wanted).perform()
  }
}

extension FirstContact {
  /// What the first node of `selection` needs.
  ///
  /// - Throws: `ExitCode` after telling which key is missing.
  static func of(_ selection: NodeTargets.Selection, key: String?) throws -> FirstContact {
    let (target, settings) = (selection.targets[0], selection.settings[0])
    let home = Environment.home
    let candidates =
      key.map { [Environment.expanded($0)] }
      ?? (target.identityFiles.isEmpty && target.triesDefaultKeys
        ? IdentityCheck.defaultNames.map { "\(home)/.ssh/\($0)" } : target.identityFiles)
    guard let line = candidates.lazy.compactMap(IdentityCheck.publicLine).first else {
      Terminal.note(
        "error: no public key for \(displayable(target.user)): "
          + displayable(candidates.joined(separator: ", ")) + " show none.\n"
          + "  Name it with --key FILE.pub; `ssh-add -L` prints those of your agent.\n"
      )
      throw ExitStatus.failure.error
    }
    let login = Account(user: target.user, key: "\(line) fleetctl:\(selection.fleet.name)")
    return FirstContact(
      login: login,
      usesSudo: target.become == .sudo && target.user != "root",
      hasPassword: target.becomePassword != nil,
      observer: try observer(settings, line, selection.fleet.name)
    )
  }

  private static func observer(
    _ settings: NodeSSH,
    _ own: String,
    _ fleet: String
  ) throws -> Account? {
    guard let user = settings.observer else { return nil }
    guard let path = settings.observerKey else {
      Terminal.note(
        "error: `ssh.observer` is \(displayable(user)), and `ssh.observer_key` does not say which public "
          + "key it has.\n  Add `observer_key: FILE.pub` beside it.\n"
      )
      throw ExitStatus.failure.error
    }
    guard let line = IdentityCheck.publicLine(path) else {
      Terminal.note("error: \(displayable(path)) (`ssh.observer_key`) is no public key.\n")
      throw ExitStatus.failure.error
    }
    guard line != own else {
      Terminal.note(
        "error: `ssh.observer_key` is the key of the fleet's own user: whoever has it can change "
          + "everything.\n  Make a key of its own: ssh-keygen -t ed25519\n"
      )
      throw ExitStatus.failure.error
    }
    return Account(user: user, key: "\(line) fleetctl:\(fleet):observer")
  }
}
