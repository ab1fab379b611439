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
  /// How many of them may be logging in to one sshd at a time.
  ///
  /// sshd_config(5) drops new ones at random from the tenth on (`MaxStartups 10:30:100`). A jump host's sshd
  /// sees one login however many nodes lie behind it; a proxy command may log in anywhere, so that
  /// all proxy commands of a run share one such limit.
  package var maximumLogins: Int
  /// How many streams to nodes may be opening through one jump host at a time.
  package var maximumOpeningStreams: Int
  /// How many large inputs (over 64 KiB) may be on their way to nodes at a time.
  package var maximumUploads: Int
  /// Home directory of the operator, where the default keys are looked for.
  package var homeDirectory: String
  /// Path of OpenSSH's `ssh`, for nodes that libssh2 cannot reach; nil when it is not installed.
  package var sshProgram: String?

  /// Makes a configuration; no secrets, no agent, 256 sessions, 8 logins to one sshd,
  /// 64 opening streams at one jump host and 32 uploads unless said otherwise.
  package init(
    passphrase: String? = nil,
    sudoPassword: String? = nil,
    agentSocket: String? = nil,
    maximumSessions: Int = 256,
    maximumLogins: Int = 8,
    maximumOpeningStreams: Int = 64,
    maximumUploads: Int = 32,
    homeDirectory: String,
    sshProgram: String? = nil
  ) {
    self.passphrase = passphrase
    self.sudoPassword = sudoPassword
    self.agentSocket = agentSocket
    self.maximumSessions = maximumSessions
    self.maximumLogins = maximumLogins
    self.maximumOpeningStreams = maximumOpeningStreams
    self.maximumUploads = maximumUploads
    self.homeDirectory = homeDirectory
    self.sshProgram = sshProgram
  }
}
