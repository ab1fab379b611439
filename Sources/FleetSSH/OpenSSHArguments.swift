import CLibSSH2
import FleetTransport

/// The command lines of the child `ssh`, with the operator's own configuration files left out.
///
/// ssh(1) takes the first value of each option, so nothing here can be overridden from outside.
struct OpenSSHArguments: Sendable {
  /// Where the connection leads.
  let target: SSHTarget
  /// The `ssh` to start, and the operator's agent.
  let configuration: SSHConfiguration
  /// Path of the control socket of this connection.
  let socket: String

  /// The child's environment: nothing of ours but what ssh(1) needs to speak English.
  ///
  /// A proxy command is the operator's own and gets all of theirs; without `SHELL` it is /bin/sh that
  /// runs it.
  var environment: [String] {
    let own = ["LC_ALL=C", "HOME=\(configuration.homeDirectory)"]
    guard case .command = target.route else { return ["PATH=/usr/bin:/bin:/usr/local/bin"] + own }
    return own
      + Self.inherited.filter { pair in
        !["LC_ALL=", "HOME=", "SHELL="].contains { pair.hasPrefix($0) }
      }
  }

  private static var inherited: [String] {
    var pairs: [String] = []
    var next = fleet_environment()
    while let pair = next?.pointee {
      pairs.append(String(cString: pair))
      next = next?.advanced(by: 1)
    }
    return pairs
  }

  /// The connection itself: logs in, says `marker`, and lasts until its input ends.
  ///
  /// `knownHosts` are the files to believe. `agent` is the path of the agent to ask, the operator's or ours; nil for none. `proxy` is the
  /// `ProxyCommand` that the target's route needs; nil for a direct connection.
  func master(
    marker: String,
    agent: String?,
    proxy: String?,
    knownHosts: [String]
  ) -> [String] {
    let seconds = max(1, Int(target.connectTimeout.components.seconds))
    // ssh(1) takes the first: what the operator's ssh_config says.
    var options = target.sshOptions
    options += [
      "ControlMaster=yes", "ControlPersist=no", "StrictHostKeyChecking=yes",
      "UserKnownHostsFile=\(SSHOption.paths(knownHosts))",
      "GlobalKnownHostsFile=none", "UpdateHostKeys=no", "VerifyHostKeyDNS=no", "CheckHostIP=no",
      "PreferredAuthentications=publickey", "PasswordAuthentication=no",
      "KbdInteractiveAuthentication=no", "ConnectTimeout=\(seconds)", "ServerAliveInterval=15",
      "ServerAliveCountMax=2", "ForwardAgent=no", "ForwardX11=no", "PermitLocalCommand=no",
      // The post-quantum exchange that ssh prefers costs six times the processor time; it stays
      // possible for servers that know nothing else.
      "KexAlgorithms=^\(Session.exchanges.joined(separator: ","))",
      "IdentityAgent=\(agent.map(SSHOption.path) ?? "none")",
    ]
    if let alias = target.hostKeyAlias { options.append("HostKeyAlias=\(alias)") }
    if target.identitiesOnly { options.append("IdentitiesOnly=yes") }
    if let proxy { options.append("ProxyCommand=\(proxy)") }
    options += identities.map { "IdentityFile=\(SSHOption.path($0))" }
    return program(options) + place + ["echo \(marker); exec cat >/dev/null"]
  }

  /// Shakes hands, writes the key that the server proved to own into `file`, and tries no login.
  func hostKey(into file: String, proxy: String?) -> [String] {
    let seconds = max(1, Int(target.connectTimeout.components.seconds))
    var options = target.sshOptions
    options += [
      "StrictHostKeyChecking=accept-new", "UserKnownHostsFile=\(SSHOption.path(file))",
      "GlobalKnownHostsFile=none", "HashKnownHosts=no", "UpdateHostKeys=no", "CheckHostIP=no",
      "VerifyHostKeyDNS=no", "PreferredAuthentications=none", "PubkeyAuthentication=no",
      "PasswordAuthentication=no", "KbdInteractiveAuthentication=no", "IdentityAgent=none",
      "ConnectTimeout=\(seconds)", "ControlMaster=no",
    ]
    if let proxy { options.append("ProxyCommand=\(proxy)") }
    return program(options) + place + ["true"]
  }

  /// One command over the connection; never a login of its own.
  func command(_ text: String) -> [String] {
    program(guest) + place + [text]
  }

  /// A TCP stream from the node to `host` over the connection.
  func stream(_ host: String, _ port: Int) -> [String] {
    let name = host.contains(":") ? "[\(host)]" : host
    return program(guest) + ["-W", "\(name):\(port)"] + place
  }

  // Without the master the guest would connect anew, by itself: the proxy command forbids that.
  private var guest: [String] { ["ControlMaster=no", "ProxyCommand=false"] }

  private func program(_ options: [String]) -> [String] {
    let fixed = ["BatchMode=yes", "LogLevel=ERROR", "ControlPath=\(SSHOption.path(socket))"]
    return [configuration.sshProgram ?? "ssh", "-F", "none", "-T"]
      + (fixed + options).flatMap { ["-o", $0] }
  }

  private var place: [String] {
    ["-l", target.user, "-p", String(target.port), "--", target.host]
  }

  private var identities: [String] {
    guard target.identityFiles.isEmpty else { return target.identityFiles }
    guard target.triesDefaultKeys else { return ["none"] }
    return Credentials.defaultNames.map { "\(configuration.homeDirectory)/.ssh/\($0)" }
  }
}
