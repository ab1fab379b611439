/// `archive:`: a tarball unpacked into a folder, with a stamp file `TARGET/.fleetctl-archive`.
package struct ArchiveSpec: Sendable, Hashable {
  /// Where the node gets it: `https://…` or `file:/…`.
  package var url: String
  /// SHA-256 in hex; empty when it is not pinned.
  package var sha256: String
  /// Folder to unpack into.
  package var target: String
  /// Leading path components to drop, as tar's `--strip-components`.
  package var strip: Int
  /// Owner and group of what is unpacked; the mode is of the target folder.
  package var ownership: Ownership

  /// Makes an archive.
  package init(url: String, sha256: String, target: String, strip: Int, ownership: Ownership) {
    self.url = url
    self.sha256 = sha256
    self.target = target
    self.strip = strip
    self.ownership = ownership
  }

  /// Content of the stamp file: what was unpacked.
  package var stamp: String { "\(url) \(sha256.isEmpty ? "unpinned" : sha256) \(strip)\n" }
  /// Path of the stamp file.
  package var stampPath: String { target + "/.fleetctl-archive" }
}
