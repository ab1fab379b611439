package import FleetDiagnostics
package import FleetModel
package import FleetRender

/// What a unit should be doing.
package enum UnitState: String, Sendable, CaseIterable {
  case started, stopped, absent
  /// Its state is somebody else's business (the service of a timer).
  case untouched
}

/// One section of a unit file, `Service:`.
package struct UnitSectionItem: Sendable {
  /// Name of the section, such as `Service`.
  package let name: String
  /// Where the name stands.
  package let span: SourceSpan
  /// Directives in the order written.
  package let directives: [TemplateEntry]
}

/// One of `units:`.
package struct UnitItem: Sendable {
  /// `name:`.
  package let name: TemplateText
  /// `enable:`.
  package let enable: Bool
  /// `state:`.
  package let state: UnitState
  /// `sections:`.
  package let sections: [UnitSectionItem]
  /// `raw:` directives whose value keeps `%` specifiers.
  package let raw: [String]
  /// `reload_on:` paths.
  package let reloadOn: [TemplateText]
  /// `restart_on:` paths.
  package let restartOn: [TemplateText]
  /// `when:`.
  package let when: Expression?
  /// Where it stands.
  package let span: SourceSpan
}

/// One of `drop_ins:`.
package struct DropInItem: Sendable {
  /// `unit:`.
  package let unit: TemplateText
  /// `name:` such as `50-fleetctl.conf`.
  package let name: String
  /// `sections:`.
  package let sections: [UnitSectionItem]
  /// `raw:`.
  package let raw: [String]
  /// `when:`.
  package let when: Expression?
  /// Where it stands.
  package let span: SourceSpan
}

/// One of `services:`, units that packages bring.
package struct ServiceItem: Sendable {
  /// `name:`.
  package let name: TemplateText
  /// `enable:`.
  package let enable: Bool
  /// `state:`.
  package let state: UnitState
  /// `reload_on:` paths.
  package let reloadOn: [TemplateText]
  /// `restart_on:` paths.
  package let restartOn: [TemplateText]
  /// `when:`.
  package let when: Expression?
  /// Where it stands.
  package let span: SourceSpan
}

/// One of `secrets:`.
package struct SecretItem: Sendable {
  /// `name:`.
  package let name: String
  /// `file:` env file that holds it on its owner's node.
  package let file: TemplateText
  /// `key:` in that file.
  package let key: String
  /// `length:` in characters when generated.
  package let length: Int
  /// `mode:` permission bits of the file.
  package let mode: Int
  /// `owner:`.
  package let owner: TemplateText
  /// `group:`.
  package let group: TemplateText
  /// `when:`.
  package let when: Expression?
  /// Where it stands.
  package let span: SourceSpan
}

/// One of `certificates:`.
package struct CertificateItem: Sendable {
  /// `name:`.
  package let name: String
  /// `cert:` path.
  package let cert: TemplateText
  /// `key:` path.
  package let key: TemplateText
  /// `key_mode:` permission bits.
  package let keyMode: Int
  /// `owner:`.
  package let owner: TemplateText
  /// `group:`.
  package let group: TemplateText
  /// `names:` further DNS names.
  package let names: [TemplateText]
  /// `on_change:`.
  package let onChange: OnChange
  /// `when:`.
  package let when: Expression?
  /// Where it stands.
  package let span: SourceSpan
}

/// `authority:` the fleet's certificate authority stands on this role's node.
package struct AuthorityItem: Sendable {
  /// `dir:`.
  package let directory: TemplateText
  /// `name:` common name.
  package let name: TemplateText
  /// `when:`.
  package let when: Expression?
  /// Where it stands.
  package let span: SourceSpan
}

/// One of `sources:`.
package struct SourceItem: Sendable {
  /// `source:` key of fleet.yaml's `sources:`.
  package let source: String
  /// `path:` inside it; empty for all of it.
  package let path: TemplateText
  /// `target:` folder on the node.
  package let target: TemplateText
  /// `owner:`.
  package let owner: TemplateText
  /// `group:`.
  package let group: TemplateText
  /// `excludes:`.
  package let excludes: [TemplateText]
  /// `on_change:`.
  package let onChange: OnChange
  /// `when:`.
  package let when: Expression?
  /// Where it stands.
  package let span: SourceSpan
}

/// One of `steps:`.
package struct StepItem: Sendable {
  /// When in an apply the step runs.
  package enum Phase: String, Sendable, CaseIterable {
    /// Before activation.
    case build
    /// After the databases, before the restart.
    case migrate
  }

  /// `name:`.
  package let name: String
  /// `creates:` a path that exists once the step has run.
  package let creates: TemplateText?
  /// `user:` who runs it; root unless given.
  package let user: TemplateText
  /// `directory:` where it runs.
  package let directory: TemplateText?
  /// `commands:` argv lists.
  package let commands: [[TemplateText]]
  /// `environment:` in the order written; every value is a text.
  package let environment: [TemplateEntry]
  /// `inputs:` `source:PATH` or `value:TEXT`.
  package let inputs: [TemplateText]
  /// `phase:`.
  package let phase: Phase
  /// `reversible:`.
  package let reversible: Bool
  /// `on_change:`.
  package let onChange: OnChange
  /// `timeout:`.
  package let timeout: TimeSpan
  /// `when:`.
  package let when: Expression?
  /// Where it stands.
  package let span: SourceSpan
}

/// One of `databases:`.
package struct DatabaseItem: Sendable {
  /// `engine:` `postgresql`.
  package let engine: String
  /// `name:`.
  package let name: TemplateText
  /// `owner:` database role.
  package let owner: TemplateText
  /// `password:` name of a secret.
  package let password: String?
  /// `when:`.
  package let when: Expression?
  /// Where it stands.
  package let span: SourceSpan
}

/// One of `roles_in_database:`.
package struct DatabaseRoleItem: Sendable {
  /// `name:`.
  package let name: TemplateText
  /// `password:` name of a secret.
  package let password: String?
  /// `when:`.
  package let when: Expression?
  /// Where it stands.
  package let span: SourceSpan
}
