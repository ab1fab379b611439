package import FleetTransport

/// How a constant script and its data reach a node's shell over one standard input.
///
/// dash reads a script from a pipe in blocks and would swallow the data behind it, so the command
/// reads the script by length first and evaluates it; what follows on standard input is the data.
/// GNU `head -c` reads no byte beyond its count. A script that is cut off does not parse, because all
/// of it is functions until its last line: nothing of it runs.
package enum RemoteScript {
  /// The program text to run: a constant, one simple command, understood by every login shell.
  ///
  /// With `exec` the shell that is told it becomes this one instead of waiting for it.
  package static let program =
    #"exec /bin/sh -c 'IFS= read -r n && s=$(head -c "$n") && eval "$s"'"#

  /// `LENGTH\n` and the bytes.
  package static func frame(_ bytes: some Collection<UInt8>) -> [UInt8] {
    var frame = Array("\(bytes.count)\n".utf8)
    frame.append(contentsOf: bytes)
    return frame
  }

  /// The whole standard input: the script, then each frame.
  package static func input(script: String, frames: [[UInt8]]) -> [UInt8] {
    var input = frame(script.utf8)
    for bytes in frames { input.append(contentsOf: frame(bytes)) }
    return input
  }

  /// The command that runs `script` as root on `data`.
  ///
  /// - Parameters:
  ///   - name: The script's own, lower case letters.
  ///   - script: Its text, in memory once for all commands.
  ///   - data: What it reads, frames as a rule.
  ///   - lasts: Whether more commands of this kind are to come on the connection, of any of the scripts.
  ///   - deadline: How long it may take.
  /// - Returns: The command, which is whole also where nothing lasts.
  package static func command(
    _ name: String,
    _ script: [UInt8],
    data: ByteChain,
    lasts: Bool,
    deadline: Duration
  ) -> RemoteCommand {
    let head = Array("\(script.count)\n".utf8)
    var command = RemoteCommand(program: program, stdin: head, asRoot: true, deadline: deadline)
    command.input.append(script)
    command.input.append(data)
    let range = head.count..<(head.count + script.count)
    command.script = RemoteCommand.Script(name: name, bytes: range, lasts: lasts)
    return command
  }
}
