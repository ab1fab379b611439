import FleetDigest

/// A file's bytes, and how much of them would survive a power cut.
package final class Inode {
  /// What is read now.
  package var bytes: [UInt8] { didSet { digest = nil } }
  /// What was last synced; nil for never.
  package var safe: [UInt8]?
  private var digest: String?

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// SHA-256 in hex.
  package var sha256: String {
    if let digest { return digest }
    let made = SHA256.hex(bytes)
    digest = made
    return made
  }
}

/// One path.
package struct DiskEntry {
  /// What is there.
  package enum Kind { case file, directory, link }
  /// What is there.
  package var kind: Kind
  /// Permission bits.
  package var mode: Int
  /// Owner.
  package var owner: String
  /// Group.
  package var group: String
  /// Target of a link.
  package var target = ""
  /// Bytes of a file.
  package var inode: Inode?
  /// Time of the last change, microseconds since 1970.
  package var changed: Int

  /// Text that two equal states have in common.
  package var state: String {
    switch kind {
    case .file: "file \(inode?.sha256 ?? "") \(String(mode, radix: 8)) \(owner) \(group)"
    case .directory: "dir \(String(mode, radix: 8)) \(owner) \(group)"
    case .link: "link \(target)"
    }
  }
}

/// A file system that forgets what was not synced, as ext4 with `data=writeback` at its worst.
///
/// Names, modes and owners are journalled: after a power cut a prefix of the changes since the last
/// fsync of anything is there. Bytes are not: a file that was not synced itself is cut somewhere.
/// What is older than half a minute was written out by the kernel.
package struct Disk {
  /// What is seen.
  package private(set) var live: [String: DiskEntry] = [:]
  private var safe: [String: DiskEntry] = [:]
  private var log: [(time: Int, path: String, entry: DiskEntry?)] = []
  /// Files written since they were synced, with the time of the first such write.
  private var dirty: [(time: Int, inode: Inode)] = []
  /// Number of changes so far.
  package private(set) var changes = 0
  /// The disk does not keep what it was told to sync (a deliberate defect).
  package var ignoresFsync = false
  private static let writeBack = 35_000_000

  /// Makes an empty disk.
  package init() {}

  /// What is at `path`.
  package subscript(path: String) -> DiskEntry? { live[path] }

  /// Puts something at `path`, or removes what is there.
  mutating func put(_ path: String, _ entry: DiskEntry?, at time: Int) {
    changes += 1
    live[path] = entry
    log.append((time, path, entry))
    if let inode = entry?.inode, inode.safe == nil || inode.safe != inode.bytes {
      if !dirty.contains(where: { $0.inode === inode }) { dirty.append((time, inode)) }
    }
  }

  /// Adds bytes to a file.
  mutating func append(_ path: String, _ bytes: [UInt8], at time: Int) {
    guard let inode = live[path]?.inode else { return }
    changes += 1
    inode.bytes += bytes
    if !dirty.contains(where: { $0.inode === inode }) { dirty.append((time, inode)) }
  }

  /// Paths below `folder`, sorted.
  package func paths(below folder: String) -> [String] {
    live.keys.filter { $0.hasPrefix(folder + "/") }.sorted()
  }

  /// fsync(2) of a file or folder: the journal up to here, and a file's own bytes.
  mutating func sync(_ path: String) {
    guard !ignoresFsync else { return }
    commit(log.count)
    if let inode = live[path]?.inode {
      inode.safe = inode.bytes
      dirty.removeAll { $0.inode === inode }
    }
  }

  /// sync(2).
  mutating func syncAll() {
    commit(log.count)
    for item in dirty { item.inode.safe = item.inode.bytes }
    dirty = []
  }

  private mutating func commit(_ count: Int) {
    for item in log.prefix(count) { safe[item.path] = item.entry }
    log.removeFirst(count)
  }

  /// The power goes: what was not written yet is lost as the dice say.
  mutating func cut(at time: Int, _ dice: inout Dice) {
    let old = log.prefix { $0.time < time - Self.writeBack }.count
    commit(old + dice.below(log.count - old + 1))
    log = []
    for item in dirty {
      let inode = item.inode
      guard item.time >= time - Self.writeBack else {
        inode.safe = inode.bytes
        continue
      }
      let kept = inode.safe ?? []
      // An append loses its end; a new file has any length, most often none.
      if inode.bytes.starts(with: kept), dice.chance(30) {
        inode.bytes = Array(
          inode.bytes.prefix(kept.count + dice.below(inode.bytes.count - kept.count + 1))
        )
      } else {
        inode.bytes = kept
      }
      inode.safe = inode.bytes
    }
    dirty = []
    // What stood below a folder that is not there is gone with it.
    live = safe.filter { item in
      var folder = item.key
      while let slash = folder.lastIndex(of: "/"), slash != folder.startIndex {
        folder = String(folder[..<slash])
        if safe[folder]?.kind != .directory { return false }
      }
      return true
    }
    safe = live
  }
}
