import FleetView
import Testing

@Suite struct NameRunsTests {
  private func line(_ names: [String]) -> String {
    NameRuns(names.shuffled()).lines(after: "").joined(separator: "\n")
  }

  @Test func `three consecutive names or more are a run`() {
    #expect(line(["a1", "a2"]) == "a1, a2")
    #expect(line(["a1", "a2", "a3"]) == "a1 … a3")
    #expect(line(["a1", "a2", "a3", "a5", "b"]) == "a1 … a3, a5, b")
    #expect(line(["a8", "a9", "a10", "a11", "a100"]) == "a8 … a11, a100")
  }

  @Test func `a run has one way of writing its numbers`() {
    #expect(line(["a08", "a09", "a10"]) == "a08 … a10")
    #expect(line(["a8", "a09", "a10", "a11"]) == "a8, a09 … a11")
    #expect(line(["a9", "a010", "a11"]) == "a9, a010, a11")
    #expect(line(["a1-x", "a2-x", "a3-y", "a3-x"]) == "a1-x … a3-x, a3-y")
    #expect(line(["01-Backend", "02-Frontend", "03-NPU"]) == "01-Backend, 02-Frontend, 03-NPU")
    #expect(line(["02-Web", "03-Api", "04-Base"]) == "02-Web, 03-Api, 04-Base")
    #expect(line(["06-Node-27", "06-Node-28", "06-Node-29"]) == "06-Node-27 … 06-Node-29")
  }

  @Test func `numbers that no machine word holds are names`() {
    let names = (0..<3).map { "a9223372036854775807\($0)" }
    #expect(line(names) == names.joined(separator: ", "))
    #expect(
      line(["a9223372036854775806", "a9223372036854775807"])
        == "a9223372036854775806, a9223372036854775807"
    )
  }

  @Test func `every name can be recovered from runs of any set of names`() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      let names = Set(
        (0..<40).map { _ in
          let number = Int.random(in: 0...30, using: &random)
          let text = Bool.random(using: &random) && number < 10 ? "0\(number)" : "\(number)"
          return ["n", "web-", ""][Int.random(in: 0...2, using: &random)] + text
            + ["", "-eu"][Int.random(in: 0...1, using: &random)]
        }
      )
      let items = line(Array(names)).split(separator: "\n").flatMap { $0.split(separator: ",") }
      #expect(Set(items.flatMap { Self.expanded($0) }) == names)
    }
  }

  @Test func `lines are bounded and the last word counts what is left out`() {
    let names = (0..<500).map { "n\($0 * 2)" }
    let lines = NameRuns(names).lines(after: "500 nodes: ")
    #expect(lines.count > 10)
    #expect(lines.allSatisfy { $0.count <= 100 })
    #expect(lines.dropFirst().allSatisfy { $0.hasPrefix("    n") })
    #expect(NameRuns(names).line(most: 3) == "n0, n2, n4, and 497 more")
    #expect(
      NameRuns(["a1", "a2", "a3", "b", "c1", "c2", "c3"]).line(most: 2) == "a1 … a3, b, and 3 more"
    )
  }

  /// `a08 … a10` is `a08`, `a09`, `a10`: the reader's side, written anew.
  private static func expanded(_ item: Substring) -> [String] {
    let ends = item.split(separator: "…").map { $0.trimmed() }
    guard ends.count == 2 else { return [item.trimmed()] }
    let (first, last) = (ends[0], ends[1])
    let hasTail = first.hasSuffix("-eu")
    let stems = [first, last].map { hasTail ? String($0.dropLast(3)) : $0 }
    let prefix = String(stems[0].reversed().drop { $0.isNumber }.reversed())
    let texts = stems.map { String($0.dropFirst(prefix.count)) }
    guard let low = Int(texts[0]), let high = Int(texts[1]) else { return [] }
    let width = texts[0].hasPrefix("0") ? texts[0].count : 1
    return (low...high).map { number in
      let digits = "\(number)"
      let zeros = String(repeating: "0", count: max(0, width - digits.count))
      return prefix + zeros + digits + (hasTail ? "-eu" : "")
    }
  }
}

extension Substring {
  fileprivate func trimmed() -> String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
