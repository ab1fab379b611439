/// The other end of a conversation that lasts: a shell that is told a script once and then runs it again
/// and again, each time on data of its own.
///
/// A turn is `MARK NAME SCRIPT-LENGTH DATA-LENGTH\n`, the script where it is new (else length 0), and the
/// data. The script runs in a process of its own whose standard input is exactly the data, and in which
/// `$s` is its text; what it leaves unread is passed over. After it comes a line `@@MARK over STATUS`.
/// Scripts are kept in the shell's memory and nowhere else. The shell ends with its input.
package enum LastingShell {
  /// The program text: a constant, one simple command, understood by every login shell.
  package static let program =
    #"exec /bin/sh -c 'unset TMOUT; while IFS=" " read -r m k n l; do "#
    + #"[ "$n" = 0 ] || { s=$(head -c "$n") && eval "script_$k=\$s"; }; eval "s=\$script_$k"; "#
    + #"head -c "$l" | { (eval "$s"); r=$?; cat >/dev/null; exit "$r"; }; "#
    + #"printf "\n@@%s over %s\n" "$m" "$?"; done'"#

  /// The input of one turn; `isKnown` says that the shell has the script already.
  package static func turn(
    _ command: RemoteCommand,
    _ script: RemoteCommand.Script,
    mark: String,
    isKnown: Bool
  ) -> ByteChain {
    let data = command.input.part(script.bytes.upperBound..<command.input.count)
    let length = isKnown ? 0 : script.bytes.count
    var turn = ByteChain(Array("\(mark) \(script.name) \(length) \(data.count)\n".utf8))
    if !isKnown { turn.append(command.input.part(script.bytes)) }
    turn.append(data)
    return turn
  }

  /// Whether `output` ends with the line that ends the turn `mark`.
  package static func isOver(_ output: [UInt8], mark: String) -> Bool {
    guard output.last == 0x0A else { return false }
    guard let before = output.dropLast().lastIndex(of: 0x0A) else { return false }
    return output[(before + 1)...].starts(with: "@@\(mark) over ".utf8)
  }

  /// The output of each turn, in order; turns without their last line are missing.
  package static func answers(
    in output: [UInt8],
    marks: [String]
  ) -> [(output: ArraySlice<UInt8>, status: Int)] {
    var answers: [(output: ArraySlice<UInt8>, status: Int)] = []
    var rest = output[...]
    for mark in marks {
      guard let range = rest.firstRange(of: Array("\n@@\(mark) over ".utf8)),
        let end = rest[range.upperBound...].firstIndex(of: 0x0A)
      else { break }
      let status = Int(String(decoding: rest[range.upperBound..<end], as: UTF8.self)) ?? -1
      answers.append((rest[..<range.lowerBound], status))
      rest = rest[(end + 1)...]
    }
    return answers
  }
}
