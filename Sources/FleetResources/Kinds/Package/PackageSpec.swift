/// `package:`.
package struct PackageSpec: Sendable, Hashable {
  /// Name of the Debian package.
  package var name: String
  /// Exact version wanted, or nil for any.
  package var version: String?

  /// Makes a package.
  package init(name: String, version: String? = nil) {
    self.name = name
    self.version = version
  }
}
