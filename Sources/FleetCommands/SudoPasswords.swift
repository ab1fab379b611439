import FleetDiagnostics
import FleetModel
import FleetSSH
import FleetTransport
import Glibc

/// Finds sudo's passwords where fleet.yaml says they are, each source asked once a run.
struct SudoPasswords {
  /// How long a password manager may take.
  private static let patience = Duration.seconds(60)

  /// The passwords of those `targets` that name a source, by node.
  ///
  /// - Throws: `ExitCode` after telling why one cannot be had: nobody is contacted without it.
  static func found(for targets: [SSHTarget]) throws -> [String: String] {
    var users: [Question: [String]] = [:]
    for target in targets where target.become == .sudo {
      guard let source = target.becomePassword else { continue }
      let user = source == .prompt ? target.user : ""
      users[Question(source: source, user: user), default: []].append(target.node)
    }
    var passwords: [String: String] = [:]
    let questions = users.sorted { "\($0.key)" < "\($1.key)" }
    for (question, nodes) in questions {
      let answer: String
      do throws(Failure) {
        answer = try question.source == .prompt ? ask(question.user, nodes) : read(question.source)
      } catch {
        let name = nodes.sorted()[0] + (nodes.count > 1 ? " and \(nodes.count - 1) more" : "")
        Terminal.note(
          "error: no sudo password for \(displayable(name)): \(displayable(error.text))\n  "
            + "`become_password` says \(displayable("\(question.source)")). No machine was contacted.\n"
        )
        throw ExitStatus.failure.error
      }
      Redactor.learn(answer, as: "sudo")
      for node in nodes { passwords[node] = answer }
    }
    return passwords
  }

  private struct Question: Hashable, CustomStringConvertible {
    let source: PasswordSource
    let user: String
    var description: String { "\(source) \(user)" }
  }

  private struct Failure: Error {
    let text: String
  }

  private static func ask(_ user: String, _ nodes: [String]) throws(Failure) -> String {
    // Scripts set the one variable and meet no question.
    if let given = Environment["FLEETCTL_SUDO_PASSWORD"] { return given }
    guard Terminal.canAsk else {
      throw Failure(
        text:
          "nobody can be asked: standard input is no terminal, and FLEETCTL_SUDO_PASSWORD is not set"
      )
    }
    let shown = nodes.count > 3 ? "\(nodes.count) nodes" : nodes.sorted().joined(separator: ", ")
    let question = "Password of \(displayable(user)) for sudo on \(displayable(shown)): "
    guard let answer = Terminal.askSecret(question), !answer.isEmpty else {
      throw Failure(text: "none was given")
    }
    return answer
  }

  private static func read(_ source: PasswordSource) throws(Failure) -> String {
    switch source {
    case .prompt: throw Failure(text: "it is to be asked for")
    case .env(let name):
      guard let value = Environment[name] else { throw Failure(text: "\(name) is not set") }
      return try line(Array(value.utf8), "\(name) is empty")
    case .file(let path): return try line(try bytes(path), "the file's first line is empty")
    case .command(let text):
      switch LocalCommand.output(of: text, patience: patience) {
      case .success(let output): return try line(output, "the command printed nothing")
      case .failure(let failure): throw Failure(text: "the command \(failure.text)")
      }
    }
  }

  private static func bytes(_ path: String) throws(Failure) -> [UInt8] {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & 0o077 != 0 {
      throw Failure(text: "others may read \(path); run `chmod 600 \(path)`")
    }
    do {
      return try Files.readRegular(path, limit: 4096)
    } catch {
      throw Failure(text: "\(error)")
    }
  }

  /// The first line; sudo reads no more, and at most 255 bytes of it.
  private static func line(_ bytes: [UInt8], _ complaint: String) throws(Failure) -> String {
    let line = bytes.prefix { $0 != 0x0A && $0 != 0x0D }
    guard !line.isEmpty else { throw Failure(text: complaint) }
    guard line.count <= 255, !line.contains(0) else {
      throw Failure(
        text: "its first line is no password: more than 255 bytes, or a zero byte in it"
      )
    }
    return String(decoding: line, as: UTF8.self)
  }
}
