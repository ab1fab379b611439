/// The program on a node that looks at it for a user who may do nothing else as root.
///
/// `fleetctl bootstrap` installs it, root's own, and sudo allows exactly it: by path, without arguments,
/// and by the digest of its bytes. It holds the probe's script itself and reads only what to look at.
package enum Observer {
  /// Where it is.
  package static let path = "/usr/local/sbin/fleetctl-observe"
  /// What its first line of input begins with; the digest of the script that is wanted follows.
  package static let greeting = "fleetctl-observe "
  /// What it says on standard error when it holds another script, followed by the digest of its own.
  package static let complaint = "fleetctl-observe: holds another script: "
}
