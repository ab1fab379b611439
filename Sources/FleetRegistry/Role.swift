package import FleetDiagnostics
package import FleetModel
package import FleetRender

/// A role or component: everything that one `role.yaml` says (docs/role-format.md).
package struct Role: Sendable {
  /// Whether it is assigned to nodes or pulled in by other roles.
  package enum Kind: String, Sendable, CaseIterable { case role, component }
  /// Where in the fleet it belongs; the rule `layer-mixing` compares layers.
  package enum Layer: String, Sendable, CaseIterable { case management, business, shared }
  /// Whether an update may be applied without being asked for.
  package enum UpdatePolicy: String, Sendable, CaseIterable { case auto, manual }

  /// `name:`; equal to the folder's name.
  package let name: String
  /// Where the name stands.
  package let span: SourceSpan
  /// `kind:`.
  package let kind: Kind
  /// `summary:`.
  package let summary: String
  /// `layer:`; components are `shared` unless they say otherwise.
  package let layer: Layer
  /// `required:`.
  package let required: Bool
  /// `degraded_without:`.
  package let degradedWithout: String?
  /// `notes:`.
  package let notes: [String]
  /// What `fleetctl roles` shows and nothing else reads.
  package let facts: RoleFacts
  /// `aliases:` old unit names that mean the same thing.
  package let aliases: [String]
  /// `orphans:`.
  package let orphans: Orphans
  /// `placement:`.
  package let placement: Placement
  /// `params:` in the order written.
  package let parameters: [Parameter]
  /// Typed values of the parameters whose default is no expression, so that a fleet of many nodes
  /// does not read them again for each.
  package let literalDefaults: [String: Value]
  /// `uses:`.
  package let uses: [ComponentUse]
  /// `collect:` keys of `with.` that are joined over the roles using this component on a node.
  package let collect: [String]
  /// `ports:`.
  package let ports: [Port]
  /// `needs:`.
  package let needs: [Need]
  /// `hardware:`.
  package let hardware: [HardwareNeed]
  /// `memory:`.
  package let memory: [MemoryNeed]
  /// `inference:`.
  package let inference: Inference?
  /// `os: {supported:}`; empty means any.
  package let supportedOS: [String]
  /// What the role puts on its node.
  package let content: RoleContent
  /// `health:`.
  package let health: [HealthCheck]
  /// `startup:`.
  package let startup: Startup?
  /// `restart:`.
  package let restart: RestartPolicy
  /// `update_policy:`.
  package let updatePolicy: UpdatePolicy
  /// `rollout:`; nil when the role says nothing.
  package let rollout: RolloutPolicy?
}

extension Role {
  /// Whether a default of a parameter reads `node`; if not, nodes without parameters of their own
  /// have equal values.
  package var parametersDependOnNode: Bool {
    var found = false
    for parameter in parameters where literalDefaults[parameter.name] == nil {
      parameter.defaultValue?.visitPaths { found = found || $0.first?.name == "node" }
    }
    return found
  }

  /// Returns the parameter called `name`.
  package func parameter(_ name: String) -> Parameter? { parameters.first { $0.name == name } }

  /// Returns the port called `name`.
  package func port(_ name: String) -> Port? { ports.first { $0.name == name } }

  /// Returns the secret called `name`.
  package func secret(_ name: String) -> SecretItem? { content.secrets.first { $0.name == name } }

  /// Returns the certificate called `name`.
  package func certificate(_ name: String) -> CertificateItem? {
    content.certificates.first { $0.name == name }
  }
}

/// Keys that inform people and drive nothing.
package struct RoleFacts: Sendable {
  /// `source:` path as documented; nil for package installs.
  package let source: String?
  /// `playbook:`.
  package let playbook: String?
  /// `key_packages:`.
  package let keyPackages: [String]
  /// `models:`.
  package let models: [String]
  /// `install_dirs:`.
  package let installDirectories: [TemplateText]
  /// `python:`.
  package let python: PythonFacts?
  /// `nodejs:`.
  package let nodejs: TemplateText?
  /// `build:`.
  package let build: String?
  /// `post_sync:`.
  package let postSync: String?
}

/// `python:`.
package struct PythonFacts: Sendable {
  /// `version:` such as `3.12`.
  package let version: TemplateText?
  /// `environment:` `venv`, `conda` or `system`.
  package let environment: String?
  /// `path:` of the environment.
  package let path: TemplateText?
}

/// `orphans:` what must not exist any more: reported, its units stopped and disabled.
package struct Orphans: Sendable {
  /// `units:`.
  package let units: [TemplateText]
  /// `paths:`.
  package let paths: [TemplateText]
}

/// `startup:`.
package struct Startup: Sendable {
  /// `typical:` how long a start usually takes (`TemplateText.duration`).
  package let typical: TemplateText
  /// `budget:` how long it may take before the start has failed.
  package let budget: TemplateText
  /// `soak:` how long it is watched once it is healthy; nil for the default.
  package let soak: TemplateText?
}

/// `restart:`.
package struct RestartPolicy: Sendable {
  /// When a restart may happen.
  package enum Policy: String, Sendable, CaseIterable { case auto, manual, window }

  /// `policy:`.
  package let policy: Policy
  /// `cost:` what a restart means to people.
  package let cost: String?
}

/// `on_change:` which units are restarted or reloaded when the item changes.
package struct OnChange: Sendable {
  /// `restart:` unit names.
  package let restart: [TemplateText]
  /// `reload:` unit names.
  package let reload: [TemplateText]

  /// Nothing is restarted or reloaded.
  package static let nothing = OnChange(restart: [], reload: [])
}
