/// What to look at on one node: everything in one round trip.
package struct ProbeRequest: Sendable, Hashable {
  /// One path to look at.
  package struct Path: Sendable, Hashable {
    /// Absolute path.
    package var path: String
    /// Digest that is expected; the content of a text file that differs is returned.
    package var expectedSHA256: String?
    /// Return the content whatever it is (env files that are merged, files that hold secrets).
    package var wantsContent: Bool

    /// Makes one.
    package init(_ path: String, expectedSHA256: String? = nil, wantsContent: Bool = false) {
      self.path = path
      self.expectedSHA256 = expectedSHA256
      self.wantsContent = wantsContent
    }
  }

  /// One secret to read: file and key.
  package struct SecretLocation: Sendable, Hashable {
    /// Whose.
    package var id: SecretID
    /// File that keeps it.
    package var file: String
    /// Key in that file.
    package var key: String

    /// Makes one.
    package init(id: SecretID, file: String, key: String) {
      self.id = id
      self.file = file
      self.key = key
    }
  }

  /// One certificate to check.
  package struct Certificate: Sendable, Hashable {
    /// Certificate.
    package var certPath: String
    /// Private key.
    package var keyPath: String

    /// Makes one.
    package init(certPath: String, keyPath: String) {
      self.certPath = certPath
      self.keyPath = keyPath
    }
  }

  /// Paths, sorted.
  package var paths: [Path] = []
  /// Units, sorted.
  package var units: [String] = []
  /// Packages, sorted.
  package var packages: [String] = []
  /// Users, sorted.
  package var users: [String] = []
  /// Groups, sorted.
  package var groups: [String] = []
  /// Sysctl keys, sorted.
  package var sysctls: [String] = []
  /// Secrets.
  package var secrets: [SecretLocation] = []
  /// Certificates.
  package var certificates: [Certificate] = []
  /// Folder of the authority, when this node holds it.
  package var authorityDirectory: String?
  /// Whether to ask PostgreSQL.
  package var postgres = false
  /// Whether to ask UFW.
  package var firewall = false
  /// Paths of which to say whether they are still as their package brought them, sorted.
  package var packageFiles: [String] = []
  /// Whether to look through the journals of earlier runs for what they brought.
  package var past = false

  /// Makes a request that asks only for the system facts, the listeners and the manifest.
  package init() {}
}
