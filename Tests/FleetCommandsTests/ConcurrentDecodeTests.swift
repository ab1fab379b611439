@testable import FleetCommands
import FleetConfig
import FleetDiagnostics
import FleetModel
import Testing

/// The same numbers in every run (Steele, Lea, Flood 2014).
private struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}

/// Nodes are read on a thread of their own; that must never show.
@Suite struct ConcurrentDecodeTests {
  /// Lines of one node: sound ones, and one for each way to be wrong that leaves a trace in the reader.
  private static let values = [
    "{address: 10.1.2.3, roles: [web, db], labels: {zone: a}}",
    "{address: 10.1.2.3, roles: [{web: {port: 81, on: 1}}], hardware: {memory: 8GiB, gpus: [8GiB]}}",
    "{address: 300.1.1.1}",
    "{adress: web.example, wsl2: yes}",
    "{roles: web}",
    "{address: true, labels: {-: x}, health_via: 010}",
    "{address: \"10.0.0.\\x31\", ssh: {port: 0, host: \"%h\"}, allow: [{rule: nope}]}",
    "",
    "[10.0.0.1]",
    "*shared",
    "{address: a, address: b}",
    "!!str text",
  ]

  private func text(_ random: inout SplitMix64, nodes: Int, sound: Bool) -> String {
    var text = "version: 1\nfleet: f\nregistry: none\n"
    if Bool.random(using: &random) { text += "groups: {g: {nodes: [\"n*\"], ssh: {user: ops}}}\n" }
    text += "settings: &shared {address: 10.0.0.1}\nnodes:\n"
    for index in 0..<nodes {
      let kind = sound ? index % 2 : Int.random(in: 0..<Self.values.count, using: &random)
      var name = "n\(index)"
      switch sound ? 9 : Int.random(in: 0..<400, using: &random) {
      case 0: name = "-bad"
      case 1: name = "0\(index)"
      case 2: name = "n\(index / 2)"
      case 3: name = "<<"
      case 4: name = "? [a]\n "
      default: break
      }
      text += "  \(name): \(Self.values[kind])\n"
    }
    if Bool.random(using: &random) { text += "allow: [{rule: unpinned-version, because: why}]\n" }
    if !sound, Int.random(in: 0..<6, using: &random) == 0 {
      text += "nodes: {last: {address: b}}\n"
    }
    if !sound, Int.random(in: 0..<6, using: &random) == 0 { text += "broken: [\n" }
    return text
  }

  private func outcome(_ text: String, isConcurrent: Bool) -> (fleet: String, found: [String]) {
    var found = Diagnostics()
    let fleet = FleetDecoder.decode(
      SourceText(name: "fleet.yaml", text: text),
      worker: isConcurrent ? WorkerThread() : nil,
      into: &found
    )
    var shown = "\(found.dropped) \(fleet?.isPartial as Any) \(fleet?.nodesSpan as Any)\n"
    for node in fleet?.nodes ?? [] {
      shown +=
        "\(node.id) \(node.span as Any) \(node.address) \(node.ipv4 as Any) \(node.wsl2) "
        + node.roles.map { "\($0.role) \($0.parameters.sorted { $0.key < $1.key }) " }.joined()
        + "\(node.labels.sorted { $0.key < $1.key }) \(node.hardware) \(node.ssh) \(node.allow) "
        + "\(node.groups) \(node.healthVia as Any)\n"
    }
    return (shown, found.all.map { "\($0)" })
  }

  @Test("one thread and two decode the same, and find the same in the same order")
  func sameOutcome() {
    var random = SplitMix64(seed: 7)
    for round in 0..<60 {
      // From none to several batches, with their borders.
      let count = [0, 1, 127, 128, 129, 256, 700][round % 7]
      let text = text(&random, nodes: count, sound: round % 5 == 0)
      let one = outcome(text, isConcurrent: false)
      let two = outcome(text, isConcurrent: true)
      #expect(one.fleet == two.fleet)
      #expect(one.found == two.found)
    }
  }

  @Test("beyond the thousandth mistake both count the rest")
  func limit() {
    let text =
      "version: 1\nfleet: f\nnodes:\n" + (0..<1_500).map { "  n\($0): {adress: x}\n" }.joined()
    let one = outcome(text, isConcurrent: false)
    let two = outcome(text, isConcurrent: true)
    #expect(one.found.count == 1_001)
    #expect(one.fleet == two.fleet && one.found == two.found)
  }

  @Test("a large sound fleet has every node, in order, however often it is read")
  func order() {
    var random = SplitMix64(seed: 8)
    let text = text(&random, nodes: 3_000, sound: true)
    let outcomes = (0..<10).map { _ in outcome(text, isConcurrent: true).fleet }
    #expect(Set(outcomes).count == 1)
    #expect(outcomes[0] == outcome(text, isConcurrent: false).fleet)
    #expect(outcomes[0].split(separator: "\n").count == 3_001)
  }
}
