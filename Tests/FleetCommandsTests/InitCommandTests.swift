import ArgumentParser
import FleetConfig
import FleetDiagnostics
import FleetRegistry
import FleetTestSupport
import Glibc
import Testing

@testable import FleetCommands

@Suite struct InitCommandTests {
  private let scratch = Scratch()

  private func run(_ arguments: String...) throws {
    try InitCommand.parse(arguments).run()
  }

  @Test func theFleetThatIsWrittenIsTheOneOfThisRepository() throws {
    let path = scratch.path("fleet.yaml")
    try run("-f", path)
    let committed = try #require(SourceTree.text(at: SourceTree.root + "/fleet.yaml"))
    let isSame = try scratch.text("fleet.yaml") == committed
    #expect(isSame, "fleet.yaml differs from the embedded one: run scripts/embed-roles.sh")
  }

  @Test(arguments: [[], ["--minimal"]])
  func whatIsWrittenIsSoundInAnyFolder(flags: [String]) throws {
    mkdir(scratch.path("elsewhere"), 0o755)
    let path = scratch.path("elsewhere/x.yaml")
    try InitCommand.parse(flags + ["-f", path]).run()
    let loaded = try LoadedFleet.at(path)
    #expect(loaded.diagnostics.sorted().map(\.detail) == [])
    #expect(loaded.resolved?.nodes.count == (flags.isEmpty ? 9 : 1))
  }

  @Test func aFileThatIsThereIsLeftAlone() throws {
    let path = try scratch.write("fleet.yaml", "mine\n")
    #expect(throws: ExitCode(1)) { try run("-f", path) }
    #expect(try scratch.text("fleet.yaml") == "mine\n")
    #expect(Scratch.names(in: scratch.root) == ["fleet.yaml"])
  }

  @Test func aDanglingLinkIsLeftAlone() throws {
    symlink("nowhere", scratch.path("fleet.yaml"))
    #expect(throws: ExitCode(1)) { try run("-f", scratch.path("fleet.yaml")) }
    #expect(!Files.exists(scratch.path("nowhere")))
  }

  @Test func forceReplacesItWhole() throws {
    let path = try scratch.write("fleet.yaml", "mine\n")
    try run("-f", path, "--force", "--minimal")
    #expect(try scratch.text("fleet.yaml") == MinimalFleet.text)
    #expect(Scratch.names(in: scratch.root) == ["fleet.yaml"])
  }

  @Test func theRefusalSaysWhatToDo() {
    let error = FileError(path: "fleet.yaml", action: "write", number: EEXIST)
    #expect(
      InitCommand.explained(error)
        == "`fleet.yaml` is there already and was left as it is. Name another file with -f FILE, or "
        + "overwrite it with --force."
    )
    let other = FileError(path: "no/fleet.yaml", action: "write", number: ENOENT)
    #expect(
      InitCommand.explained(other) == "cannot write `no/fleet.yaml`: No such file or directory"
    )
  }

  @Test func aMissingFolderIsNotMade() {
    #expect(throws: ExitCode(1)) { try run("-f", scratch.path("no/fleet.yaml")) }
    #expect(Scratch.names(in: scratch.root) == [])
  }

  @Test func theNextStepsNameTheFileAsAShellTakesIt() {
    let steps = InitCommand.nextSteps(file: "my fleet/x.yaml", minimal: true)
    #expect(steps.contains("fleetctl validate -f 'my fleet/x.yaml'"))
    let usual = InitCommand.nextSteps(file: "fleet.yaml", minimal: false)
    #expect(usual.contains("  2. fleetctl validate       check it, without a network\n"))
    #expect(usual.contains("`sources`"))
  }

  @Test(arguments: [("a.b/c-d", "a.b/c-d"), ("", "''"), ("it's", #"'it'\''s'"#), ("$x", "'$x'")])
  func wordsAreQuotedForAShell(word: String, expected: String) {
    #expect(ShellWord.quoted(word) == expected)
  }
}
