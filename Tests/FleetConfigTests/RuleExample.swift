import FleetConfig
import FleetDiagnostics
import FleetRegistry
import FleetTestSupport
import Testing

/// An example of `fleetctl explain`, made whole and validated as a user's files are.
struct RuleExample {
  let diagnostics: Diagnostics

  /// Validates the listings of `passage`; nil when it has no fleet file.
  init?(_ passage: Passage) {
    guard let fleet = passage.listings.first(where: { $0.file == "fleet.yaml" })?.text else {
      return nil
    }
    let files = passage.listings.compactMap { listing in
      listing.file.flatMap { name in
        name == "fleet.yaml" ? nil : SourceText(name: name, text: listing.text + "\n")
      }
    }
    var diagnostics = Diagnostics()
    var registry = Registry.repository
    if fleet.contains("registry: none") {
      let (own, findings) = Registry.load(
        files: files.filter { $0.name.hasPrefix("roles/") },
        over: nil
      )
      registry = own
      diagnostics.add(contentsOf: findings)
    }
    let main = SourceText(name: "fleet.yaml", text: Self.completed(fleet))
    _ = FleetValidator.validate(
      source: main,
      registry: registry,
      strict: false,
      into: &diagnostics,
      include: { path, _ in
        if path == main.name { return .text(main, identity: path) }
        guard let file = files.first(where: { $0.name == path }) else {
          return .unreadable(why: "there is no such file", nearby: files.map(\.name))
        }
        return .text(file, identity: path)
      }
    )
    self.diagnostics = diagnostics
  }

  /// The part of a fleet inside the AutoBot fleet of the repository: its keys replace those of the
  /// same name, its nodes those of the same id.
  static func completed(_ part: String) -> String {
    guard !part.hasPrefix("version:") else { return part + "\n" }
    let whole = SourceTree.text(at: SourceTree.root + "/fleet.yaml") ?? ""
    var blocks = Block.blocks(of: whole, indent: 0)
    for block in Block.blocks(of: part, indent: 0) {
      if block.key == "nodes", let index = blocks.firstIndex(where: { $0.key == "nodes" }) {
        blocks[index].lines = ["nodes:"] + merged(blocks[index], block)
      } else if let index = blocks.firstIndex(where: { $0.key == block.key }) {
        blocks[index] = block
      } else {
        blocks.insert(block, at: blocks.count - 1)
      }
    }
    return blocks.flatMap(\.lines).joined(separator: "\n") + "\n"
  }

  private static func merged(_ whole: Block, _ part: Block) -> [String] {
    let own = Block.blocks(of: part.lines.dropFirst().joined(separator: "\n"), indent: 2)
    let all = Block.blocks(of: whole.lines.dropFirst().joined(separator: "\n"), indent: 2)
    let ids = Set(own.map(\.key))
    return (all.filter { !ids.contains($0.key) } + own).flatMap(\.lines)
  }

  /// The lines of one key of a mapping in block style.
  private struct Block {
    var key: String
    var lines: [String]

    static func blocks(of text: String, indent: Int) -> [Block] {
      var blocks: [Block] = []
      for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
        let spaces = line.prefix { $0 == " " }.count
        let content = line.dropFirst(spaces)
        if spaces == indent, let colon = content.firstIndex(of: ":"), !content.hasPrefix("#") {
          blocks.append(Block(key: String(content[..<colon]), lines: [line]))
        } else if !blocks.isEmpty {
          blocks[blocks.count - 1].lines.append(line)
        }
      }
      return blocks
    }
  }
}
