internal import FleetModel
internal import FleetPlan

/// Nodes of which a plan says the same, so that it is said once.
struct PlanGroup {
  /// The nodes, by id; those after the first are told by it.
  private(set) var nodes: [PlannedNode]
  /// Whether all have the same text to the last letter, not only but for their own names and addresses.
  private(set) var isLiteral = true
  private let text: String

  /// Makes a group of one.
  init(_ node: PlannedNode, _ text: String = "") {
    nodes = [node]
    self.text = text
  }

  /// What stands for all.
  var first: PlannedNode { nodes[0] }

  /// Takes in a node with the same text, but for its own name and address.
  mutating func add(_ node: PlannedNode, _ text: String) {
    nodes.append(node)
    if text != self.text { isLiteral = false }
  }
}

/// Finds the groups.
struct PlanGroups {
  private(set) var groups: [PlanGroup] = []
  private var places: [String: Int] = [:]

  /// Adds `node`, of which `lines` are said.
  mutating func add(_ node: PlannedNode, _ lines: [String]) {
    let text = lines.joined(separator: "\n")
    let key = OwnWords(node.id.name, node.address).masked(text)
    if let place = places[key] {
      groups[place].add(node, text)
    } else {
      places[key] = groups.count
      groups.append(PlanGroup(node, text))
    }
  }
}

/// A node's own name and address in a text about it.
package struct OwnWords: Sendable {
  /// The words, and a byte that no displayed text has in the place of each.
  private let words: [(bytes: [UInt8], mask: UInt8)]

  /// Takes a node's name and its address; an empty word is none.
  package init(_ name: String, _ address: String) {
    words = [(Array(name.utf8), 0x01), (Array(address.utf8), 0x02)].filter { !$0.bytes.isEmpty }
  }

  /// Returns `text`, which is displayable, with both taken out where they stand as whole words.
  ///
  /// Two nodes of which the same is said have the same such text.
  package func masked(_ text: String) -> String {
    let bytes = Array(text.utf8)
    let masked = words.reduce(bytes) { Self.replace($1.bytes, by: $1.mask, in: $0) }
    return masked == bytes ? text : String(decoding: masked, as: UTF8.self)
  }

  private static func replace(_ word: [UInt8], by mask: UInt8, in text: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      if text[index] == word[0], stands(word, at: index, in: text) {
        output.append(mask)
        index += word.count
      } else {
        output.append(text[index])
        index += 1
      }
    }
    return output
  }

  private static func stands(_ word: [UInt8], at index: Int, in text: [UInt8]) -> Bool {
    let end = index + word.count
    guard end <= text.count, text[index..<end].elementsEqual(word) else { return false }
    if index > 0, isLetter(text[index - 1]) { return false }
    guard end < text.count else { return true }
    if isLetter(text[end]) { return false }
    // A full stop ends a sentence, a dot goes on.
    let goesOn = text[end] == UInt8(ascii: ".") && end + 1 < text.count && isLetter(text[end + 1])
    return !goesOn
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"), 0x80...0xFF:
      true
    default: false
    }
  }
}
