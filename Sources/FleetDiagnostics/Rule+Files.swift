/// Rules of fleets in several files (FLT21xx) and of groups (FLT22xx).
extension Rule {
  /// A file that `include` names cannot be read.
  package static let includeUnreadable = Rule(
    "include-unreadable",
    "FLT2101",
    .error,
    "An included file cannot be read"
  )
  /// A file includes itself, by whatever way.
  package static let includeCycle = Rule(
    "include-cycle",
    "FLT2102",
    .error,
    "Files include each other in a circle"
  )
  /// Two files declare a node, a group, a source or a parameter of the same name.
  package static let declaredTwice = Rule(
    "declared-twice",
    "FLT2103",
    .error,
    "Two files declare the same thing"
  )
  /// Two groups of one node give different values for one key.
  package static let groupConflict = Rule(
    "group-conflict",
    "FLT2201",
    .error,
    "Two groups give one node different values"
  )
  /// A group, a pattern or a label of it matches no node.
  package static let groupUnmatched = Rule(
    "group-unmatched",
    "FLT2202",
    .error,
    "A group selects what no node has"
  )

  /// The rules of this file, by code.
  static let fileRules: [Rule] = [
    includeUnreadable, includeCycle, declaredTwice, groupConflict, groupUnmatched,
  ]
}
