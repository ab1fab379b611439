internal import FleetDiagnostics
internal import FleetModel
internal import FleetRegistry

/// Something that a role, or a component on its behalf, occupies on a node.
struct RoleClaim: Sendable {
  enum Kind: Hashable, Sendable {
    case unit, path
    /// A user, a kernel setting, a package source: one name, one meaning on a node.
    case thing
  }

  /// How claims of several roles on one thing go together.
  enum Sharing: Sendable {
    /// One owner.
    case never
    /// All who say so, when they say it equally.
    case alike(String)
    /// It must not exist: goes together with others who want it gone.
    case gone
  }

  let kind: Kind
  /// The unit, the path or the name.
  let name: String
  /// What is claimed, for people: `the directory`.
  let what: String
  let sharing: Sharing
  /// The parameter that the name is, if it is one.
  let parameter: String?
  /// The component whose claim it is; nil for the role's own.
  let component: String?
  /// Where the definition declares it.
  let span: SourceSpan

  /// Equal for claims on one thing.
  let key: String

  init(
    _ kind: Kind,
    _ name: String,
    _ what: String,
    _ sharing: Sharing,
    parameter: String?,
    component: String?,
    at span: SourceSpan
  ) {
    self.kind = kind
    self.name = name
    self.what = what
    self.sharing = sharing
    self.parameter = parameter
    self.component = component
    self.span = span
    switch kind {
    case .unit: key = "unit \(name)"
    case .path: key = name
    case .thing: key = "\(what) \(name)"
    }
  }

  /// Whether both may stand on one node.
  func goesWith(_ other: Self) -> Bool {
    switch (sharing, other.sharing) {
    case (.alike(let left), .alike(let right)): left == right
    case (.gone, .gone): true
    default: false
    }
  }
}

/// Claims behind a reference: equal roles on many nodes share one list, which is their key.
final class ClaimList: Sendable {
  let claims: [RoleClaim]

  init(_ claims: [RoleClaim]) {
    self.claims = claims
  }
}
