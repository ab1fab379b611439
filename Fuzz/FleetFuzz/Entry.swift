internal import FleetDiagnostics
internal import Glibc

/// What libFuzzer calls with every input it makes up.
///
/// The C signature is libFuzzer's (`LLVMFuzzerTestOneInput`); the result is always 0. The variable
/// `FLEETCTL_FUZZ_TARGET` chooses what reads the input: `fleet` (the default), `role`,
/// `template`, `answer` or `plan`.
@_cdecl("LLVMFuzzerTestOneInput")
package func fuzzOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  target(Array(UnsafeBufferPointer(start: data, count: size)))
  return 0
}

private let target: @Sendable ([UInt8]) -> Void = {
  switch getenv("FLEETCTL_FUZZ_TARGET").map({ String(cString: $0) }) {
  case "role": { RoleTarget.run($0) }
  case "template": { TemplateTarget.run($0) }
  case "answer": { AnswerTarget.run($0) }
  case "plan": { PlanTarget.run($0) }
  default: { FleetTarget.run($0) }
  }
}()

/// Ends the process, which libFuzzer takes for a crash, unless `condition` holds.
func demand(_ condition: Bool, _ what: @autoclosure () -> String) {
  guard !condition else { return }
  let words = Array("BROKEN INVARIANT: \(what())\n".utf8)
  _ = write(2, words, words.count)
  abort()
}

/// What every finding must be, whatever the input.
enum Findings {
  /// Every span lies in one of `sources` and is ordered, every place agrees with its byte, and no
  /// text is longer than a person reads.
  static func check(_ diagnostics: Diagnostics, in sources: [SourceText]) {
    for finding in diagnostics.all {
      let edits = finding.suggestions.flatMap(\.edits).map(\.span)
      let spans = [finding.span] + finding.related.map(\.span) + edits.map { $0 }
      for case let span? in spans {
        guard let source = sources.first(where: { $0.name == span.file }) else { continue }
        check(span, in: source, "\(finding.rule.slug): \(finding.detail)")
      }
      demand(finding.rule.code.hasPrefix("FLT"), "a rule without a code")
      demand(!finding.detail.isEmpty, "\(finding.rule.slug) says nothing")
      demand(finding.detail.utf8.count < 64 << 10, "\(finding.rule.slug) says too much")
    }
  }

  static func check(_ span: SourceSpan, in source: SourceText, _ what: @autoclosure () -> String) {
    demand(span.start.byte >= 0, "\(what()): begins before the text")
    demand(span.start.byte <= span.end.byte, "\(what()): ends before it begins")
    demand(span.end.byte <= source.bytes.count, "\(what()): ends behind the text")
    demand(source.place(at: span.start.byte) == span.start, "\(what()): wrong start \(span.start)")
    demand(source.place(at: span.end.byte) == span.end, "\(what()): wrong end \(span.end)")
  }
}
