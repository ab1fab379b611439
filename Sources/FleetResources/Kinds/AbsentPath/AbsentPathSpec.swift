/// A path that must not exist.
package struct AbsentPathSpec: Sendable, Hashable {
  /// Path.
  package var path: String
  /// What its removal means for units.
  package var effect: ChangeEffect

  /// Makes one.
  package init(path: String, effect: ChangeEffect = ChangeEffect()) {
    self.path = path
    self.effect = effect
  }
}
