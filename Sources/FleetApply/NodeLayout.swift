/// Where and how the runtime works on a node.
package struct NodeLayout: Sendable, Hashable {
  /// How the runner is started.
  package enum Launcher: String, Sendable, Hashable {
    /// As a transient unit of systemd: what every node does.
    case systemd
    /// In a session of its own, where no systemd runs (containers of tests).
    case detached
  }

  /// What is kept: manifest, transactions, history.
  package var stateDirectory: String
  /// What a reboot forgets: the lock.
  package var runDirectory: String
  /// How the runner is started.
  package var launcher: Launcher
  /// How many seconds one round trip follows a batch before it says how far it is.
  package var followSeconds: Int

  /// The layout of every node; the parameters are for tests.
  package init(
    stateDirectory: String = "/var/lib/fleetctl",
    runDirectory: String = "/run/fleetctl",
    launcher: Launcher = .systemd,
    followSeconds: Int = 10
  ) {
    self.stateDirectory = stateDirectory
    self.runDirectory = runDirectory
    self.launcher = launcher
    self.followSeconds = followSeconds
  }
}
