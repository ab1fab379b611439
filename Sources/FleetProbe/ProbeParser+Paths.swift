import FleetModel
import FleetResources
import FleetTransport

extension ProbeParser {
  /// The most bytes of a file that are brought over.
  static let contentLimit = 262_144

  /// Records `TYPE MODE USER GROUP SIZE CTIME \0PATH\0TARGET\0` of find(1), digests, contents.
  mutating func readPaths() {
    guard !request.paths.isEmpty else { return }
    guard let section = sections.first("paths") else {
      for path in request.paths { node.paths[path.path] = .unknown("the node did not look") }
      return
    }
    var found = Self.records(section.payload)
    if let own = found.removeValue(forKey: "/proc/self/.") {
      setClock(own.changedMicroseconds)
    }
    for line in sections.first("sums")?.lines ?? [] {
      let digest = line.prefix(64)
      guard digest.count == 64, line.dropFirst(64).hasPrefix("  ") else { continue }
      found[String(line.dropFirst(66))]?.sha256 = String(digest)
    }
    for section in sections.all where section.name.hasPrefix("content:") && section.status == 0 {
      guard section.payload.count <= Self.contentLimit else { continue }
      found[String(section.name.dropFirst(8))]?.content = Secret(Array(section.payload))
    }
    let complaints = sections.first("paths.err")?.lines ?? []
    for path in request.paths {
      node.paths[path.path] = Self.fact(path.path, found: found, complaints: complaints)
      if node.paths[path.path] == .absent {
        node.unsafeParents[path.path] = Self.unsafeParent(of: path.path, found: found)
      }
      node.ownersAbove[path.path] = Self.ownerAbove(path.path, found: found)
    }
  }

  private static func fact(
    _ path: String,
    found: [String: ObservedPath],
    complaints: [Substring]
  ) -> Fact<ObservedPath> {
    guard var seen = found[path] else {
      let complaint = complaints.first { $0.contains(path + "'") || $0.contains(path + "’") }
      guard let complaint else { return .unknown("the node said nothing about it") }
      let gone = ["No such file or directory", "Not a directory"]
      return gone.contains { complaint.hasSuffix($0) }
        ? .absent : .unknown(Printable.line(String(complaint)))
    }
    if seen.kind == .file, seen.sha256.isEmpty {
      return .unknown("its content could not be read")
    }
    seen.unsafeParent = unsafeParent(of: path, found: found)
    return .value(seen)
  }

  /// The nearest folder above `path` that does not belong to root; nil when all do.
  private static func ownerAbove(_ path: String, found: [String: ObservedPath]) -> FolderOwner? {
    var parent = path
    while let slash = parent.lastIndex(of: "/"), slash != parent.startIndex {
      parent = String(parent[..<slash])
      guard let folder = found[parent], folder.kind == .directory else { continue }
      let owner = folder.ownership.owner
      if owner != "root", owner != "0" { return FolderOwner(folder: parent, owner: owner) }
    }
    return nil
  }

  /// Why somebody else could change what is below a parent of `path`; nil when nobody can.
  private static func unsafeParent(of path: String, found: [String: ObservedPath]) -> String? {
    var parent = path
    while let slash = parent.lastIndex(of: "/"), slash != parent.startIndex {
      parent = String(parent[..<slash])
      guard let folder = found[parent] else { continue }
      let mode = folder.ownership.mode
      switch folder.kind {
      case .link:
        // Debian's own links: /lib, /bin and so on, /var/run, /var/lock.
        let depth = parent.utf8.count { $0 == 0x2F }
        let usual = depth == 1 || parent == "/var/run" || parent == "/var/lock"
        if !(usual && folder.ownership.owner == "root") {
          return "\(parent) is a symbolic link to \(Printable.line(folder.target))"
        }
      case .directory:
        // The sticky bit of /tmp keeps others from renaming what is not theirs.
        let open = mode & 0o002 != 0 && mode & 0o1000 == 0
        if open { return "\(parent) may be written by everybody" }
        if folder.ownership.owner != "root", mode & 0o020 != 0 {
          return "\(parent) belongs to \(folder.ownership.owner) and its group may write there"
        }
      case .file, .other: return "\(parent) is no folder"
      }
    }
    return nil
  }

  private static func records(_ payload: ArraySlice<UInt8>) -> [String: ObservedPath] {
    let fields = payload.split(separator: 0, omittingEmptySubsequences: false)
    var found: [String: ObservedPath] = [:]
    var index = fields.startIndex
    while index + 2 < fields.endIndex {
      let words = String(decoding: fields[index], as: UTF8.self).split(separator: " ")
      let path = String(decoding: fields[index + 1], as: UTF8.self)
      let target = String(decoding: fields[index + 2], as: UTF8.self)
      index += 3
      guard words.count == 6, let mode = Int(words[1], radix: 8), (0...0o7777).contains(mode),
        let size = NodeNumber.count(words[4])
      else {
        continue
      }
      found[path] = ObservedPath(
        kind: kind(words[0]),
        ownership: Ownership(
          owner: Printable.line(String(words[2])),
          group: Printable.line(String(words[3])),
          mode: mode
        ),
        size: size,
        target: target,
        changedMicroseconds: NodeNumber.seconds(words[5]) ?? 0
      )
    }
    return found
  }

  private static func kind(_ letter: Substring) -> ObservedPath.Kind {
    switch letter {
    case "f": .file
    case "d": .directory
    case "l": .link
    default: .other
    }
  }

  /// Values found, each without the quotes an env file may put around it.
  mutating func readSecrets() {
    for (number, secret) in request.secrets.enumerated() {
      guard let section = sections.first("secret:\(number)"), !section.payload.isEmpty else {
        continue
      }
      let value = Array(section.payload)
      let quoted = value.count >= 2 && value.first == value.last && [0x22, 0x27].contains(value[0])
      node.secrets[secret.id] = Secret(quoted ? Array(value.dropFirst().dropLast()) : value)
    }
  }
}
