package import FleetModel

/// `certificate:`: key made on the node, certificate signed by the fleet's CA.
package struct CertificateSpec: Sendable, Hashable {
  /// Certificate, 0644 root.
  package var certPath: String
  /// Private key.
  package var keyPath: String
  /// Owner, group and mode of the key.
  package var keyOwnership: Ownership
  /// Common name.
  package var commonName: String
  /// Subject alternative names, `IP:172.16.168.20` or `DNS:01-Backend`, sorted.
  package var names: [String]
  /// Node that signs.
  package var authority: NodeID
  /// Folder of the authority there.
  package var authorityDirectory: String
  /// What a change means for units.
  package var effect: ChangeEffect

  /// Makes a certificate.
  package init(
    certPath: String,
    keyPath: String,
    keyOwnership: Ownership,
    commonName: String,
    names: [String],
    authority: NodeID,
    authorityDirectory: String,
    effect: ChangeEffect = ChangeEffect()
  ) {
    self.certPath = certPath
    self.keyPath = keyPath
    self.keyOwnership = keyOwnership
    self.commonName = commonName
    self.names = names
    self.authority = authority
    self.authorityDirectory = authorityDirectory
    self.effect = effect
  }
}
