extension Rule {
  /// Two roles of one node want a user, a kernel setting, a package source, a database or a secret of
  /// one name, and not the same.
  package static let resourceCollision = Rule(
    "resource-collision",
    "FLT3104",
    .error,
    "Two roles on one node want one thing differently"
  )
}
