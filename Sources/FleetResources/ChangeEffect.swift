/// What must happen to units when something they consume changes.
package struct ChangeEffect: Sendable, Hashable {
  /// Units to restart.
  package var restart: [String]
  /// Units to reload.
  package var reload: [String]

  /// Makes an effect; nothing by default.
  package init(restart: [String] = [], reload: [String] = []) {
    self.restart = restart
    self.reload = reload
  }
}
