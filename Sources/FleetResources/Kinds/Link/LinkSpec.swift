/// `link:`.
package struct LinkSpec: Sendable, Hashable {
  /// Path of the link.
  package var path: String
  /// What it points to, as written.
  package var target: String
  /// What a change means for units.
  package var effect: ChangeEffect

  /// Makes a link.
  package init(path: String, target: String, effect: ChangeEffect = ChangeEffect()) {
    self.path = path
    self.target = target
    self.effect = effect
  }
}
