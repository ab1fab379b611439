package import FleetDiagnostics
package import FleetRender

/// What a role puts on its node, one list for each key, each in the order written.
///
/// Every item has `span`, the place of the item, and `when`, nil for always.
package struct RoleContent: Sendable {
  /// `apt_sources:`.
  package let aptSources: [AptSource]
  /// `packages:`.
  package let packages: [PackageItem]
  /// `archives:`.
  package let archives: [ArchiveItem]
  /// `groups:`.
  package let groups: [GroupItem]
  /// `users:`.
  package let users: [UserItem]
  /// `directories:`.
  package let directories: [DirectoryItem]
  /// `files:`.
  package let files: [FileItem]
  /// `links:`.
  package let links: [LinkItem]
  /// `units:`.
  package let units: [UnitItem]
  /// `drop_ins:`.
  package let dropIns: [DropInItem]
  /// `services:`.
  package let services: [ServiceItem]
  /// `sysctl:`.
  package let sysctl: [SysctlItem]
  /// `secrets:`.
  package let secrets: [SecretItem]
  /// `certificates:`.
  package let certificates: [CertificateItem]
  /// `authority:`.
  package let authority: AuthorityItem?
  /// `sources:`.
  package let sources: [SourceItem]
  /// `steps:`.
  package let steps: [StepItem]
  /// `databases:`.
  package let databases: [DatabaseItem]
  /// `roles_in_database:`.
  package let databaseRoles: [DatabaseRoleItem]
  /// `firewall:`.
  package let firewall: [FirewallItem]
  /// `backups:`.
  package let backups: [BackupItem]
}

/// One of `apt_sources:`.
package struct AptSource: Sendable {
  /// `pin:`.
  package struct Pin: Sendable {
    /// `packages:` as apt_preferences(5) writes them.
    package let packages: TemplateText
    /// `priority:`.
    package let priority: Int
  }

  /// `name:` of the files under /etc/apt.
  package let name: String
  /// `uris:`.
  package let uris: [TemplateText]
  /// `suites:`.
  package let suites: [TemplateText]
  /// `components:`.
  package let components: [TemplateText]
  /// `key:` a URL or a path on the node; nil or empty when the source is trusted otherwise.
  package let key: TemplateText?
  /// `pin:`.
  package let pin: Pin?
  /// `when:`.
  package let when: Expression?
  /// Where it stands.
  package let span: SourceSpan
}

/// One of `packages:`.
package struct PackageItem: Sendable {
  /// `name:`; a list-valued expression names several.
  package let name: TemplateText
  /// `version:` exact.
  package let version: TemplateText?
  /// `when:`.
  package let when: Expression?
  /// Where it stands.
  package let span: SourceSpan
}

/// One of `archives:`.
package struct ArchiveItem: Sendable {
  /// `name:`.
  package let name: String
  /// `url:`.
  package let url: TemplateText
  /// `sha256:` of the archive, 64 hexadecimal digits.
  package let sha256: TemplateText
  /// `target:` folder.
  package let target: TemplateText
  /// `strip:` leading path components to drop.
  package let strip: Int
  /// `owner:`.
  package let owner: TemplateText
  /// `group:`.
  package let group: TemplateText
  /// `on_change:`.
  package let onChange: OnChange
  /// `when:`.
  package let when: Expression?
  /// Where it stands.
  package let span: SourceSpan
}

/// One of `groups:`.
package struct GroupItem: Sendable {
  /// `name:`.
  package let name: TemplateText
  /// `system:`.
  package let system: Bool
  /// `when:`.
  package let when: Expression?
  /// Where it stands.
  package let span: SourceSpan
}

/// One of `users:`.
package struct UserItem: Sendable {
  /// `name:`.
  package let name: TemplateText
  /// `system:`.
  package let system: Bool
  /// `group:` primary; nil means a group of the user's name.
  package let group: TemplateText?
  /// `groups:` further ones.
  package let groups: [TemplateText]
  /// `home:`.
  package let home: TemplateText?
  /// `shell:`.
  package let shell: TemplateText?
  /// `create_home:`.
  package let createHome: Bool
  /// `manage:`; false: must exist, is not created.
  package let manage: Bool
  /// `when:`.
  package let when: Expression?
  /// Where it stands.
  package let span: SourceSpan
}

/// One of `directories:`.
package struct DirectoryItem: Sendable {
  /// `path:`.
  package let path: TemplateText
  /// `owner:`.
  package let owner: TemplateText
  /// `group:`.
  package let group: TemplateText
  /// `mode:` permission bits.
  package let mode: Int
  /// `data:` kept when the role goes.
  package let data: Bool
  /// `shared:` several roles may declare it, equally.
  package let shared: Bool
  /// `when:`.
  package let when: Expression?
  /// Where it stands.
  package let span: SourceSpan
}

/// One of `files:`.
package struct FileItem: Sendable {
  /// Where the content comes from.
  package enum Body: Sendable {
    /// `template:` a file under the role's `files/`.
    case template(String)
    /// `content:`.
    case content(TemplateText)
  }

  /// How the file is shared with others.
  package enum Merge: String, Sendable, CaseIterable {
    /// KEY=VALUE lines; only our keys are set.
    case env
  }

  /// `path:`.
  package let path: TemplateText
  /// `template:` or `content:`.
  package let body: Body
  /// `owner:`.
  package let owner: TemplateText
  /// `group:`.
  package let group: TemplateText
  /// `mode:` permission bits.
  package let mode: Int
  /// `on_change:`.
  package let onChange: OnChange
  /// `check:` argv.
  package let check: [TemplateText]
  /// `merge:`.
  package let merge: Merge?
  /// `shared:`.
  package let shared: Bool
  /// `replaces_package_file:` a package of the role brings the file; what is there may be replaced.
  package let replacesPackageFile: Bool
  /// `when:`.
  package let when: Expression?
  /// Where it stands.
  package let span: SourceSpan
}

/// One of `links:`.
package struct LinkItem: Sendable {
  /// `path:` of the link.
  package let path: TemplateText
  /// `target:` as the link holds it.
  package let target: TemplateText
  /// `on_change:`.
  package let onChange: OnChange
  /// `when:`.
  package let when: Expression?
  /// Where it stands.
  package let span: SourceSpan
}

/// One of `sysctl:`.
package struct SysctlItem: Sendable {
  /// `key:` with dots.
  package let key: String
  /// `value:`.
  package let value: TemplateText
  /// `when:`.
  package let when: Expression?
  /// Where it stands.
  package let span: SourceSpan
}

/// One of `firewall:`.
package struct FirewallItem: Sendable {
  /// `port:`.
  package let port: TemplateText
  /// `protocol:`.
  package let transport: Port.Transport
  /// `from:` CIDR blocks; empty means anywhere.
  package let from: [TemplateText]
  /// `when:`.
  package let when: Expression?
  /// Where it stands.
  package let span: SourceSpan
}

/// One of `backups:`.
package struct BackupItem: Sendable {
  /// `name:`.
  package let name: String
  /// `unit:`, a timer or the service that makes the copy.
  package let unit: TemplateText?
  /// `covers:` units whose data it copies: it runs before their data is put at risk.
  package let covers: [TemplateText]
  /// `doc:`.
  package let doc: String?
  /// `when:`.
  package let when: Expression?
  /// Where it stands.
  package let span: SourceSpan
}
