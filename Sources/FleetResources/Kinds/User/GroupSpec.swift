/// `group:`.
package struct GroupSpec: Sendable, Hashable {
  /// Name.
  package var name: String
  /// Whether it is a system group.
  package var system: Bool

  /// Makes a group.
  package init(name: String, system: Bool = true) {
    self.name = name
    self.system = system
  }
}
