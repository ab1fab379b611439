/// What an `SSHConnector` needs to know beside the target of each connection.
///
/// The secrets in it are handed over by the caller, which read them from the environment or asked
/// for them; nothing here is ever printed.
package struct SSHConfiguration: Sendable {
  /// Passphrase of encrypted private keys.
  package var passphrase: String?
  /// Password for `sudo`; without one `sudo -n` is used.
  package var sudoPassword: String?
  /// Path of the agent's socket, the value of `SSH_AUTH_SOCK`.
  package var agentSocket: String?
  /// How many sessions may connect, run or exchange at the same time.
  ///
  /// A session that is merely open does not count, so that a caller can keep all of them from plan to
  /// apply without waiting for itself.
  package var maximumSessions: Int
  /// Home directory of the operator, where the default keys are looked for.
  package var homeDirectory: String
  /// Path of OpenSSH's `ssh`, for nodes that libssh2 cannot reach; nil when it is not installed.
  package var sshProgram: String?

  /// Makes a configuration; no secrets, no agent, 256 sessions unless said otherwise.
  package init(
    passphrase: String? = nil,
    sudoPassword: String? = nil,
    agentSocket: String? = nil,
    maximumSessions: Int = 256,
    homeDirectory: String,
    sshProgram: String? = nil
  ) {
    self.passphrase = passphrase
    self.sudoPassword = sudoPassword
    self.agentSocket = agentSocket
    self.maximumSessions = maximumSessions
    self.homeDirectory = homeDirectory
    self.sshProgram = sshProgram
  }
}
