import FleetDiagnostics
import Testing

@testable import FleetYAML

/// Formats `text`; nil when it is no YAML that fleetctl reads.
func formatted(_ text: String) throws -> String? {
  var diagnostics = Diagnostics()
  switch YAMLFormatter.format(SourceText(name: "f.yaml", text: text), into: &diagnostics) {
  case .formatted(let bytes): return String(decoding: bytes, as: UTF8.self)
  case .refused:
    #expect(diagnostics.hasErrors)
    return nil
  case .failed:
    Issue.record("formatting would change the meaning of:\n\(text)")
    return nil
  }
}

@Suite struct FormatPropertyTests {
  /// What must hold whatever was written; that comments and meaning stay is checked here again, by
  /// other means than the formatter's own.
  private func check(_ text: String) throws -> Bool {
    guard let once = try formatted(text) else { return false }
    #expect(try formatted(once) == once, "formatting twice differs for:\n\(text)")
    #expect(sketch(once) == sketch(text), "another tree for:\n\(text)")
    return true
  }

  /// The tree with the styles of its scalars, as `YAMLLoader` reads it.
  private func sketch(_ text: String) -> String? {
    var diagnostics = Diagnostics()
    return YAMLLoader.load(SourceText(name: "f.yaml", text: text), into: &diagnostics).map(sketch)
  }

  private func sketch(_ node: YAMLNode) -> String {
    switch node.kind {
    case .scalar(let text, let style): "\(style) \(text.debugDescription)"
    case .sequence(let items): "[" + items.map(sketch).joined(separator: ",") + "]"
    case .mapping(let entries):
      "{" + entries.map { "\($0.key):\(sketch($0.value))" }.joined(separator: ",") + "}"
    }
  }

  @Test func randomDocumentsKeepMeaningAndCommentsAndAreStable() throws {
    var accepted = 0
    for seed in 1...1500 where try check(RandomYAML.document(seed)) { accepted += 1 }
    // The generator must not be so wild that nothing is left to test.
    #expect(accepted > 1000)
  }

  @Test func damagedDocumentsAreFormattedRightOrRefused() throws {
    for seed in 1...1500 {
      var random = SeededGenerator(seed &* 7919)
      var scalars = Array(RandomYAML.document(seed).unicodeScalars)
      for _ in 0..<Int.random(in: 1...4, using: &random) where !scalars.isEmpty {
        let place = Int.random(in: 0..<scalars.count, using: &random)
        switch Int.random(in: 0...2, using: &random) {
        case 0: scalars.remove(at: place)
        case 1: scalars.swapAt(place, Int.random(in: 0..<scalars.count, using: &random))
        default:
          scalars.insert(
            " \n\t#:-[]{},&*!|>'\"%@?~\\x".unicodeScalars.randomElement(using: &random) ?? " ",
            at: place
          )
        }
      }
      var text = String.UnicodeScalarView()
      text.append(contentsOf: scalars)
      _ = try check(String(text))
    }
  }

  /// Every comment of the random documents has a number of its own, so a plain search finds them in
  /// order, without the formatter's idea of what a comment is.
  @Test func commentsStayInOrder() throws {
    for seed in 1...1500 {
      let text = RandomYAML.document(seed)
      guard let once = try formatted(text) else { continue }
      let marks = { (text: String) in
        text.replacing("\r\n", with: "\n").matches(of: /#[^\n]*?([0-9]+)[ \t\r]*(?:\n|$)/).map {
          String($0.1)
        }
      }
      #expect(marks(once) == marks(text), "comments of:\n\(text)")
    }
  }
}
