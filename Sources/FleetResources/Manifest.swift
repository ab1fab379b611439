/// The record, kept on the node it describes, of what fleetctl owns there.
///
/// Stored as `/var/lib/fleetctl/manifest.json`, root 0600, written atomically. JSON keys are the
/// property names; an unknown major `format` is refused by `FleetProbe`.
package struct Manifest: Sendable, Hashable, Codable {
  /// One owned resource.
  package struct Entry: Sendable, Hashable, Codable {
    /// Role that wanted it.
    package var role: String
    /// Digest of what was written, where that makes sense; empty otherwise.
    package var sha256: String
    /// Data: kept when the role goes.
    package var data: Bool
    /// Units to restart when it goes.
    package var restart: [String]?
    /// Units to reload when it goes.
    package var reload: [String]?

    /// Makes an entry.
    package init(
      role: String,
      sha256: String,
      data: Bool = false,
      effect: ChangeEffect = ChangeEffect()
    ) {
      self.role = role
      self.sha256 = sha256
      self.data = data
      restart = effect.restart.isEmpty ? nil : effect.restart
      reload = effect.reload.isEmpty ? nil : effect.reload
    }

    /// What its removal means for units.
    package var effect: ChangeEffect {
      ChangeEffect(restart: restart ?? [], reload: reload ?? [])
    }
  }

  /// What a running process was last started or reloaded with by us.
  package struct Loaded: Sendable, Hashable, Codable {
    /// Invocation it is true for.
    package var invocation: String
    /// Path to SHA-256 of what it had read.
    package var digests: [String: String]

    /// Makes a record.
    package init(invocation: String, digests: [String: String]) {
      self.invocation = invocation
      self.digests = digests
    }
  }

  /// The format that this program reads and writes.
  package static let knownFormat = 1

  /// Format, 1.
  package var format: Int
  /// Fleet's name.
  package var fleet: String
  /// Node's id.
  package var node: String
  /// Random id given at the first apply.
  package var uuid: String
  /// Counts applies that changed something.
  package var generation: Int
  /// `kind:name` to entry.
  package var owned: [String: Entry]
  /// Unit to what it has loaded.
  package var loaded: [String: Loaded]
  /// Unit to milliseconds until healthy, of the last apply that started it.
  package var startups: [String: Int]

  /// Makes an empty manifest.
  package init(fleet: String, node: String, uuid: String) {
    format = Self.knownFormat
    self.fleet = fleet
    self.node = node
    self.uuid = uuid
    generation = 0
    owned = [:]
    loaded = [:]
    startups = [:]
  }
}
