/// The fleet's CA, on one node.
///
/// Address `certificate:authority`.
package struct AuthoritySpec: Sendable, Hashable {
  /// Folder, 0700 root, with `ca-key.pem` and `ca-cert.pem`.
  package var directory: String
  /// Common name.
  package var commonName: String

  /// Makes an authority.
  package init(directory: String, commonName: String) {
    self.directory = directory
    self.commonName = commonName
  }

  /// Path of the certificate.
  package var certificatePath: String { directory + "/ca-cert.pem" }
}
