import FleetTransport

/// A command of the operator's, run for what it prints.
package enum LocalCommand {
  /// Runs `text` with /bin/sh, without input, for at most `patience`.
  ///
  /// - Returns: its standard output, or one sentence that says why there is none.
  package static func output(
    of text: String,
    patience: Duration
  ) -> Result<[UInt8], LocalCommandFailure> {
    let outcome = ChildBatch.run([["/bin/sh", "-c", text]], width: 1, patience: patience)[0]
    guard outcome.status == 0 else {
      let words = PrintableText.line(outcome.errors)
      let how = outcome.status.map { "exited with status \($0)" } ?? "did not end in time"
      return .failure(LocalCommandFailure(text: how + (words.isEmpty ? "" : ": " + words)))
    }
    return .success(outcome.output)
  }
}

/// Why a command gave nothing.
package struct LocalCommandFailure: Error, Hashable {
  /// One sentence without the command.
  package let text: String
}
