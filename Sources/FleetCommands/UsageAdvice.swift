package import ArgumentParser
import FleetDiagnostics

/// Says what was probably meant when a command line cannot be read.
///
/// ArgumentParser guesses misspelt options of a command by itself; commands, options of the root and
/// words of an enumeration it does not.
package struct UsageAdvice {
  private let root: any ParsableCommand.Type
  private let arguments: [String]

  /// Takes the command line without the name of the program.
  package init(_ root: any ParsableCommand.Type, _ arguments: [String]) {
    self.root = root
    self.arguments = arguments
  }

  /// Returns ArgumentParser's `message` with the guess at the end of its first line.
  package func improved(_ message: String) -> String {
    var lines = message.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard let first = lines.first else { return message }
    // A word behind an option could be the option's value.
    let isWord = arguments.first?.hasPrefix("-") == false
    if isWord || first.contains("nexpected argument"), let unknown = unknownCommand() {
      lines[0] = "Error: " + unknown
    } else if !first.contains("Did you mean"), let guess = guess(first) {
      lines[0] = (first.hasSuffix(".") ? first : first + ".") + " " + guess
    }
    return lines.joined(separator: "\n")
  }

  /// Returns why a word is no command, when the first word where a command should be is none:
  /// "There is no command `valdate`. Did you mean `validate`?"
  ///
  /// Also for `help WORD`, for which ArgumentParser shows the root's help as if nothing were wrong.
  package func unknownCommand() -> String? {
    var command = root
    var path: [String] = []
    var words = arguments.filter { !$0.hasPrefix("-") }
    if words.first == "help" { words.removeFirst() }
    for word in words {
      let subcommands = command.configuration.subcommands
      guard !subcommands.isEmpty else { return nil }
      if let next = subcommands.first(where: { Self.names($0).contains(word) }) {
        command = next
        path.append(word)
        continue
      }
      let name = (path + [word]).joined(separator: " ")
      return "There is no command \(quoted(displayable(name)))."
        + suggestion(word, path, subcommands)
    }
    return nil
  }

  private func suggestion(
    _ word: String,
    _ path: [String],
    _ subcommands: [any ParsableCommand.Type]
  ) -> String {
    let known = subcommands.flatMap(Self.names) + ["help"]
    if let near = NearestName.of(word, in: known) {
      return " Did you mean `\((path + [near]).joined(separator: " "))`?"
    }
    // `fleetctl trust` for `fleetctl hosts trust`.
    for outer in subcommands {
      for inner in outer.configuration.subcommands where Self.names(inner).contains(word) {
        return " Did you mean `\(outer._commandName) \(word)`?"
      }
    }
    return " `fleetctl --help` lists the commands."
  }

  private static func names(_ command: any ParsableCommand.Type) -> [String] {
    [command._commandName] + command.configuration.aliases
  }

  private func guess(_ line: String) -> String? {
    if let match = line.firstMatch(
      of: /The value '(.*)' is invalid for '.*'\. Please provide one of (.*)/
    ) {
      let words = match.output.2.matches(of: /'([^']+)'/).map { String($0.output.1) }
      return NearestName.question(String(match.output.1), in: words)
    }
    if let match = line.firstMatch(of: /Unknown option '(-[^']*)'/) {
      return NearestName.question(String(match.output.1), in: options())
    }
    return nil
  }

  /// The long options of the command that the line names.
  private func options() -> [String] {
    var command = root
    for word in arguments where !word.hasPrefix("-") {
      guard
        let next = command.configuration.subcommands.first(where: { Self.names($0).contains(word) })
      else { break }
      command = next
    }
    let help = root.helpMessage(for: command)
    return Set(help.matches(of: /--?[a-z][a-z-]+/).map { String($0.output) }).sorted()
  }
}
