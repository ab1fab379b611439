package import FleetDiagnostics
package import FleetRender

/// `placement:`.
package struct Placement: Sendable {
  /// On how many nodes the role runs.
  package enum Replicas: String, Sendable, CaseIterable {
    case one, many
    case everyNode = "every-node"
    case everyPythonNode = "every-python-node"
  }

  /// `default_nodes:`.
  package let defaultNodes: [String]
  /// `replicas:`.
  package let replicas: Replicas
  /// `portable:`: it may move freely, with no placement warning.
  package let portable: Bool
  /// `separable:`: it may stand on another node than the roles it is documented beside.
  package let separable: Bool
  /// `apart_from:`.
  package let apartFrom: [ApartFrom]
}

/// A role that must not share a node with this one.
package struct ApartFrom: Sendable {
  /// The other role.
  package let role: String
  /// Why, as a sentence.
  package let because: String
  /// Where it stands.
  package let span: SourceSpan
}

/// One of `params:`.
package struct Parameter: Sendable {
  /// The type of its values.
  package enum Kind: String, Sendable, CaseIterable {
    case string, int, bool, size, duration, port, path, url
    /// One of `values`.
    case `enum`
    /// A list of strings.
    case list
  }

  /// The key under `params:`.
  package let name: String
  /// `type:`.
  package let kind: Kind
  /// `default:`; nil makes the parameter required.
  package let defaultValue: TemplateValue?
  /// `doc:`.
  package let doc: String
  /// `unit:` for people, such as `connections`.
  package let unit: String?
  /// `min:`, of the parameter's type.
  package let minimum: Value?
  /// `max:`, of the parameter's type.
  package let maximum: Value?
  /// `values:` of an enum (or allowed items of a list).
  package let values: [String]
  /// Where the key stands.
  package let span: SourceSpan
}

/// One of `uses:`.
package struct ComponentUse: Sendable {
  /// `component:`.
  package let component: String
  /// `with:` in the order written.
  package let with: [TemplateEntry]
  /// `when:`.
  package let when: Expression?
  /// Where it stands.
  package let span: SourceSpan
}

/// One of `ports:`.
package struct Port: Sendable {
  /// Who may reach it.
  package enum Scope: String, Sendable, CaseIterable { case loopback, fleet, `public` }
  /// The transport protocol.
  package enum Transport: String, Sendable, CaseIterable { case tcp, udp }

  /// `name:`, the endpoint's name.
  package let name: String
  /// `number:`; evaluates to 1...65535 (`evaluateInt`).
  package let number: TemplateText
  /// `protocol:`.
  package let transport: Transport
  /// `scope:`.
  package let scope: Scope
  /// `holder:` the unit that holds the listener.
  package let holder: TemplateText?
  /// `shared:` name of the shared server whose sites do not collide with each other.
  package let shared: String?
  /// `proxy_of:` the role's own loopback port behind this one.
  package let proxyOf: String?
  /// `optional:`.
  package let optional: Bool
  /// `when:`.
  package let when: Expression?
  /// `doc:`.
  package let doc: String?
  /// Where it stands.
  package let span: SourceSpan
}

/// One of `needs:`.
package struct Need: Sendable {
  /// `role:` as a list of one, or `any_of:`.
  package let roles: [String]
  /// Whether it was written as `any_of:`.
  package let isAnyOf: Bool
  /// `endpoint:`; nil where only the role's presence is needed.
  package let endpoint: String?
  /// `hard:`: a missing provider is an error.
  package let hard: Bool
  /// `order:`: the provider starts first.
  package let order: Bool
  /// `doc:`.
  package let doc: String?
  /// `when:`.
  package let when: Expression?
  /// Where it stands.
  package let span: SourceSpan
}

/// One of `hardware:`.
package struct HardwareNeed: Sendable {
  /// What happens without a device.
  package enum Fallback: String, Sendable, CaseIterable { case none, cpu }

  /// One kind of device that would do.
  package struct Choice: Sendable {
    /// `device:` `gpu` or `npu`.
    package let device: String
    /// `vendors:`; empty means any.
    package let vendors: [String]
  }

  /// What would do, best first: one entry, or those of `one_of:`.
  package let choices: [Choice]
  /// `exclusive:`.
  package let exclusive: Bool
  /// `fallback:`.
  package let fallback: Fallback
  /// `when:`.
  package let when: Expression?
  /// Where it stands.
  package let span: SourceSpan
}

/// One of `health:`.
package struct HealthCheck: Sendable {
  /// How the check is made.
  package enum Kind: String, Sendable, CaseIterable { case http, https, tcp, command, unit }

  /// `kind:`.
  package let kind: Kind
  /// `port:` name of one of the role's ports.
  package let port: String?
  /// `path:` of the request.
  package let path: TemplateText?
  /// `expect_status:`; 200 unless given.
  package let expectStatus: [Int]
  /// `expect_body:` text that the answer holds.
  package let expectBody: TemplateText?
  /// `required:`.
  package let required: Bool
  /// `starting_statuses:` that mean "not yet" within the start-up budget.
  package let startingStatuses: [Int]
  /// `command:` argv.
  package let command: [TemplateText]
  /// `user:` who runs the command; nil means root.
  package let user: TemplateText?
  /// `unit:`.
  package let unit: TemplateText?
  /// `when:`.
  package let when: Expression?
  /// Where it stands.
  package let span: SourceSpan
}
