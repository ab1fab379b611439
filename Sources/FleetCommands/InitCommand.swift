import ArgumentParser
import FleetDiagnostics
import FleetRegistry
import Glibc

/// `fleetctl init`.
struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Write a fleet.yaml to start from.",
    discussion: """
      Writes the AutoBot fleet of nine machines, or with --minimal one machine for
      roles of your own. Both are sound as they stand: `fleetctl validate` says
      so. A file that is there is never overwritten without --force. Exits 0; 1
      when nothing could be written, and then nothing was changed.

      EXAMPLES
        fleetctl init
        fleetctl init --minimal -f lab/fleet.yaml
        fleetctl init -f - | less                     print it, write nothing
      """
  )

  @Flag(help: "One machine and no built-in roles, with comments that say what to add.")
  var minimal = false

  @Option(
    name: [.customShort("f"), .customLong("file")],
    help: ArgumentHelp("The file to write; - is standard output.", valueName: "file")
  )
  var file = "fleet.yaml"

  @Flag(help: "Overwrite a file that is there.")
  var force = false

  func run() throws {
    let bytes = Self.fleet(minimal: minimal)
    guard file != "-" else { return try Terminal.result(String(decoding: bytes, as: UTF8.self)) }
    do {
      try Files.create(bytes, at: file, replacing: force)
    } catch {
      Terminal.note("error: \(Self.explained(error))\n")
      throw ExitStatus.failure.error
    }
    try Terminal.result(Self.nextSteps(file: file, minimal: minimal))
  }

  /// The bytes of the fleet file.
  static func fleet(minimal: Bool) -> [UInt8] {
    minimal ? Array(MinimalFleet.text.utf8) : EmbeddedFleet.autobot
  }

  /// Why nothing was written, and what to do.
  static func explained(_ error: FileError) -> String {
    guard error.number == EEXIST else { return displayable(error.description) }
    return displayable(
      "`\(error.path)` is there already and was left as it is. Name another file with -f FILE, or "
        + "overwrite it with --force."
    )
  }

  /// What was written and what comes next.
  static func nextSteps(file: String, minimal: Bool) -> String {
    let option = file == "fleet.yaml" ? "" : " -f " + ShellWord.quoted(file)
    let what = minimal ? "one machine, no role yet" : "the AutoBot fleet, nine machines"
    let roles =
      minimal
      ? "its address, your login under `ssh`, and the roles that it shall have"
      : "the addresses, your login under `ssh`, and `sources` to where the code is checked out"
    return displayable(
      """
      Wrote \(file): \(what). Next:
        1. Edit it: \(roles).
        2. fleetctl validate\(option)       check it, without a network
        3. fleetctl hosts trust\(option)    pin the machines' host keys, once
        4. fleetctl plan\(option)           what would change; nothing is changed before `apply`

      """,
      keepingNewlines: true
    )
  }
}

/// Words for a shell line that people copy.
enum ShellWord {
  /// `word` as it is where a POSIX shell takes it literally, else in single quotes.
  static func quoted(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x2F, 0x5F, 0x2B, 0x3D, 0x3A: true
      default: false
      }
    }
    if isPlain, !word.isEmpty { return word }
    return "'"
      + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
      + "'"
  }
}
