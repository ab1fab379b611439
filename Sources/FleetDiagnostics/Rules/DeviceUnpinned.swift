extension Rule {
  /// A role has one of several equal devices, and nothing says which.
  package static let deviceUnpinned = Rule(
    "device-unpinned",
    "FLT4007",
    .warning,
    "A matched device cannot be told from its peers"
  )
}
