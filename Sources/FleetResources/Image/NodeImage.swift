package import FleetModel

/// The paths of a node as an apply leaves them, as far as they are known without asking it.
///
/// Made of the resources that `plan` compares and `apply` installs, with the same bytes. What only the
/// node knows stands there as a placeholder and is named; what is no file of fleetctl's own making
/// (packages, source trees, archives) is not here.
package struct NodeImage: Sendable {
  /// What is at a path.
  package enum Content: Sendable, Hashable {
    /// A file with these bytes.
    case file([UInt8])
    case directory
    /// A symbolic link with this target.
    case link(String)
  }

  /// One path.
  package struct Entry: Sendable, Hashable {
    /// Absolute path on the node.
    package var path: String
    /// What is there.
    package var content: Content
    /// Owner, group, mode; nil for a link, which has none of its own.
    package var ownership: Ownership?
    /// The resources that make it, sorted.
    package var addresses: [ResourceAddress]
    /// What of its content only the node knows, each in words; empty when every byte is known.
    package var unknown: [String]
  }

  /// A path whose content only the node has, or that must not be there.
  package struct Remark: Sendable, Hashable {
    /// Absolute path on the node; a folder's ends in `/`.
    package var path: String
    /// The resource.
    package var address: ResourceAddress
    /// Where it comes from.
    package var why: String
  }

  /// What can be written, sorted by path.
  package private(set) var entries: [Entry] = []
  /// What comes into being on the node only, sorted by path.
  package private(set) var remarks: [Remark] = []
  /// What must not be there, sorted by path.
  package private(set) var absent: [Remark] = []

  /// What stands for a secret's value.
  ///
  /// Only characters that no spelling changes: in an EnvironmentFile, in JSON and in a URL it reads the same.
  package static func placeholder(_ id: SecretID) -> String { "__SECRET_\(id)__" }

  /// What stands for the certificate of the fleet's CA.
  package static let authorityPlaceholder = "__CERTIFICATE_OF_THE_FLEETS_CA__\n"

  /// Collects the paths of one node's resources.
  package init(_ resources: [Resource]) {
    var secrets: [String: [(address: ResourceAddress, spec: SecretSpec)]] = [:]
    for resource in resources {
      if case .secret(let spec) = resource.spec {
        secrets[spec.file, default: []].append((resource.address, spec))
      }
    }
    for resource in resources { add(resource, &secrets) }
    for path in secrets.keys.sorted() { addSecrets(secrets[path] ?? []) }
    entries.sort { $0.path < $1.path }
    remarks.sort { ($0.path, $0.why) < ($1.path, $1.why) }
    absent.sort { $0.path < $1.path }
  }

  private mutating func add(
    _ resource: Resource,
    _ secrets: inout [String: [(address: ResourceAddress, spec: SecretSpec)]]
  ) {
    let address = resource.address
    switch resource.spec {
    case .file(let spec):
      add(spec, address, secrets.removeValue(forKey: spec.path) ?? [])
    case .directory(let spec):
      entries.append(
        Entry(
          path: spec.path,
          content: .directory,
          ownership: spec.ownership,
          addresses: [address],
          unknown: []
        )
      )
    case .link(let spec):
      entries.append(
        Entry(
          path: spec.path,
          content: .link(spec.target),
          ownership: nil,
          addresses: [address],
          unknown: []
        )
      )
    case .aptSource(let spec): add(spec, address)
    case .absentPath(let spec): absent.append(Remark(path: spec.path, address: address, why: ""))
    case .certificate(let spec):
      remark(spec.certPath, address, "signed by the fleet's CA on \(spec.authority)")
      remark(spec.keyPath, address, "made on the node and never leaves it")
    case .authority(let spec):
      remark(
        spec.directory + "/",
        address,
        "key and certificate of the fleet's CA, made on the node"
      )
    case .archive(let spec): remark(spec.target + "/", address, "unpacked from \(spec.url)")
    case .source(let spec):
      let count = spec.files.map { $0.count == 1 ? "1 file" : "\($0.count) files" } ?? "files"
      remark(spec.target + "/", address, "\(count) synced from \(spec.localPath)")
    case .step(let spec) where !spec.creates.isEmpty:
      remark(spec.creates, address, "made by the step \(spec.name)")
    default: break
    }
  }

  private mutating func remark(_ path: String, _ address: ResourceAddress, _ why: String) {
    remarks.append(Remark(path: path, address: address, why: why))
  }

  private mutating func add(_ spec: AptSourceSpec, _ address: ResourceAddress) {
    // As NodeOperation.writeFile of the same kind has it.
    let ownership = Ownership(owner: "root", group: "root", mode: 0o644)
    let texts =
      [(spec.path, spec.content)] + (spec.preferences.map { [(spec.preferencesPath, $0)] } ?? [])
    for (path, text) in texts {
      entries.append(
        Entry(
          path: path,
          content: .file(Array(text.utf8)),
          ownership: ownership,
          addresses: [address],
          unknown: []
        )
      )
    }
    if !spec.keyURL.isEmpty { remark(spec.keyPath, address, "fetched from \(spec.keyURL)") }
  }

  private mutating func add(
    _ spec: FileSpec,
    _ address: ResourceAddress,
    _ secrets: [(address: ResourceAddress, spec: SecretSpec)]
  ) {
    let values = spec.content.secrets.map { ($0, Secret(Array(Self.placeholder($0).utf8))) }
    let filled = spec.content.bytes(
      Dictionary(values, uniquingKeysWith: { first, _ in first }),
      authority: Self.authorityPlaceholder
    )
    // Placeholders have a spelling in every encoding, so there are always bytes.
    guard var bytes = filled else { return }
    var unknown = spec.content.secrets.map { "the secret \($0)" }
    if spec.content.holdsAuthority { unknown.append("the certificate of the fleet's CA") }
    if spec.mergesKeys {
      bytes = EnvironmentLines(Self.lines(secrets)).merging(EnvironmentLines(bytes))
      unknown += Self.names(secrets).filter { !unknown.contains($0) }
      unknown.append("lines of others: only the keys shown are set, all else in the file stays")
    }
    entries.append(
      Entry(
        path: spec.path,
        content: .file(bytes),
        ownership: spec.ownership,
        addresses: ([address] + (spec.mergesKeys ? secrets.map(\.address) : [])).sorted(),
        unknown: unknown
      )
    )
  }

  private mutating func addSecrets(_ secrets: [(address: ResourceAddress, spec: SecretSpec)]) {
    guard let first = secrets.first else { return }
    entries.append(
      Entry(
        path: first.spec.file,
        content: .file(Self.lines(secrets)),
        ownership: first.spec.ownership,
        addresses: secrets.map(\.address).sorted(),
        unknown: Self.names(secrets)
      )
    )
  }

  /// The lines that the node's runtime writes for secrets that it generates.
  private static func lines(_ secrets: [(address: ResourceAddress, spec: SecretSpec)]) -> [UInt8] {
    Array(secrets.map { "\($0.spec.key)=\(placeholder($0.spec.id))\n" }.joined().utf8)
  }

  private static func names(_ secrets: [(address: ResourceAddress, spec: SecretSpec)]) -> [String] {
    secrets.map { "the secret \($0.spec.id)" }
  }
}
