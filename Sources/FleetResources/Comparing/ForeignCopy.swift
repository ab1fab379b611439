/// Where the node keeps copies of what was somebody else's and was taken over.
package enum ForeignCopy {
  /// The folder, root 0700; never cleared by fleetctl.
  package static let folder = "/var/lib/fleetctl/adopted"

  /// The newest copy of what was at `path`; older ones have `.~1~` and so on behind.
  package static func path(of path: String) -> String { folder + path }
}
