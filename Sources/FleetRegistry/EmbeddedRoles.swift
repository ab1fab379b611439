internal import FleetDiagnostics

/// The folder `roles/`, compiled in (`scripts/embed-roles.sh`).
enum EmbeddedRoles {
  /// One file of a role.
  struct File: Sendable {
    /// Path below `roles/`, `redis/files/redis.conf`.
    let path: StaticString
    /// The whole file.
    let contents: StaticString
  }

  /// The folders, which are the roles' names, without reading a file.
  static let folders = Set(
    all.joined().map { file in String("\(file.path)".prefix { $0 != "/" }) }
  )

  /// The files as the loader reads them, named `roles/…`.
  static var sources: [SourceText] {
    all.joined().map { file in
      let bytes = file.contents.withUTF8Buffer { Array($0) }
      return SourceText(name: "roles/\(file.path)", bytes: bytes)
    }
  }
}
