package import FleetModel

/// A source tree that nobody wants any more: what we put there goes, everything else stays.
package struct SourceRemoval: Sendable, Hashable {
  /// Folder on the node.
  package let target: String
  /// Paths below it that we put there, sorted.
  package let paths: [String]
  private let ownership: Ownership

  /// Reads what is there; nil when nothing of ours is, or when that is not known.
  package init?(target: String, observed: ObservedNode) {
    guard case .value(let list) = observed.paths[Self.listPath(target)] ?? .absent,
      let content = list.content,
      case .value(let folder) = observed.paths[target] ?? .absent, folder.kind == .directory
    else { return nil }
    self.target = target
    ownership = folder.ownership
    let text = content.reveal { String(decoding: $0, as: UTF8.self) }
    paths = SourceDelta(list: text, wanted: []).deleted
    if paths.isEmpty { return nil }
  }

  /// Where the node keeps the list of what we put below `target`.
  package static func listPath(_ target: String) -> String {
    SourceSpec(
      localPath: "",
      target: target,
      ownership: Ownership(owner: "root", group: "root", mode: 0o755),
      files: nil
    ).manifestPath
  }

  /// Returns the step that deletes the paths and empties the list.
  package func operation(for address: ResourceAddress) -> NodeOperation {
    NodeOperation(
      .syncSource,
      [target, ownership.owner, ownership.group, Self.listPath(target)] + paths,
      blob: Secret(Self.emptyTree),
      for: address
    )
  }

  /// A tar archive (POSIX.1-1988 ustar) that holds an empty `.fleetctl-manifest` and nothing else.
  static let emptyTree: [UInt8] = {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
      for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
    }
    put(".fleetctl-manifest", at: 0)
    put("0000600", at: 100)
    put("0000000", at: 108)
    put("0000000", at: 116)
    put("00000000000", at: 124)
    put("00000000000", at: 136)
    put("        ", at: 148)
    put("0", at: 156)
    put("ustar", at: 257)
    put("00", at: 263)
    // The checksum counts its own field as blanks.
    let sum = header.reduce(0) { $0 + Int($1) }
    let octal = String(sum, radix: 8)
    put(String(repeating: "0", count: 6 - octal.utf8.count) + octal + "\u{0} ", at: 148)
    return header + [UInt8](repeating: 0, count: 1024)
  }()
}
