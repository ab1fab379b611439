import FleetTransport
import Glibc

/// One login to a jump host: an `ssh` in master mode whose socket carries the streams to the nodes.
final class JumpMaster: Sendable {
  /// The hop.
  let hop: SSHHop
  /// Its control socket.
  let socket: String
  private let ssh: String
  private let process: HelperProcess
  /// The way to this hop and the folder of the socket, which must outlive it.
  private let before: JumpMaster?
  private let folder: PrivateFolder

  private init(
    hop: SSHHop,
    socket: String,
    ssh: String,
    process: HelperProcess,
    before: JumpMaster?,
    folder: PrivateFolder
  ) {
    self.hop = hop
    self.socket = socket
    self.ssh = ssh
    self.process = process
    self.before = before
    self.folder = folder
  }

  deinit {
    // ssh does so itself, but not when it was killed.
    unlink(socket)
  }

  /// The `ProxyCommand` that leads another `ssh` through this hop, without a login of its own.
  var proxyCommand: String {
    // Without a master `ssh` would connect by itself: `false` is its only way.
    let words = [
      ssh, "-F", "none", "-S", socket, "-o", "ControlMaster=no", "-o", "ProxyCommand=false", "-o",
      "BatchMode=yes",
    ]
    return words.map(SSHOption.shellWord).joined(separator: " ") + " -W '[%h]:%p' fleetctl-jump"
  }

  /// Whether its `ssh` has ended.
  var hasEnded: Bool { process.hasEnded }

  /// Logs in to `hop`, through `before` where there is one; returns once streams can be opened.
  ///
  /// - Throws: an error of the step `jump` that names the hop.
  static func start(
    _ hop: SSHHop,
    through before: JumpMaster?,
    ssh: String,
    in folder: PrivateFolder,
    patience: Duration
  ) async throws(TransportError) -> JumpMaster {
    guard let leash = ChildProcess.pipe() else {
      throw failure(hop, .internalFailure, "too many open files")
    }
    let socket = folder.nextPath()
    let pins: HopPins
    do throws(TransportError) {
      pins = try HopPins(hop, in: folder)
    } catch {
      close(leash.reading)
      close(leash.writing)
      throw error
    }
    let words = ["/bin/sh", "-c", keeper, "fleetctl-jump", folder.path, pins.made ?? ""]
    let command = Command(
      hop: hop,
      ssh: ssh,
      socket: socket,
      before: before,
      patience: patience,
      knownHostsFiles: pins.files
    )
    let started = HelperProcess.start(
      words + command.words,
      input: leash.reading,
      output: -1,
      leash: leash.writing
    )
    close(leash.reading)
    let process: HelperProcess
    switch started {
    case .success(let running): process = running
    case .failure(let errno):
      close(leash.writing)
      throw failure(hop, .internalFailure, "cannot start ssh: \(errno.text)")
    }
    let master = JumpMaster(
      hop: hop,
      socket: socket,
      ssh: ssh,
      process: process,
      before: before,
      folder: folder
    )
    // ssh makes the socket only after the login, and under another name first.
    let deadline = Deadline(in: patience)
    while access(socket, F_OK) != 0 {
      guard !process.hasEnded else { throw refusal(hop, process.words, pins) }
      guard !deadline.hasPassed else {
        throw failure(hop, .timedOut, "it did not let us in within \(deadline.text)")
      }
      do {
        try await Task.sleep(for: .milliseconds(4))
      } catch {
        throw failure(hop, .cancelled, "the login was cancelled")
      }
    }
    return master
  }

  /// Ends ssh when we end, however that comes about: our end of its standard input closes.
  private static let keeper = """
    exec 3<&0
    folder=$1 pins=$2; shift 2
    "$@" </dev/null 3<&- & child=$!
    { read -r line <&3; kill "$child" 2>/dev/null; } & leash=$!
    wait "$child"; status=$?
    kill "$leash" 2>/dev/null
    [ -z "$pins" ] || rm -f "$pins"
    rmdir "$folder" 2>/dev/null
    exit "$status"
    """

  // MARK: Errors

  static func failure(_ hop: SSHHop, _ code: TransportError.Code, _ why: String) -> TransportError {
    let name = hop.name == hop.host ? hop.name : "\(hop.name) (\(hop.host))"
    return TransportError(
      code,
      step: "jump",
      "the jump host \(name) cannot be used: \(why)",
      remedy: "Try it yourself: ssh \(hop.name)"
    )
  }

  private static func refusal(_ hop: SSHHop, _ said: String, _ pins: HopPins) -> TransportError {
    let words = pins.made.map { said.replacing($0, with: "fleet.lock") } ?? said
    let code: TransportError.Code =
      if words.contains("REVOKED") {
        .hostKeyRevoked
      } else if words.contains("IDENTIFICATION HAS CHANGED") {
        .hostKeyChanged
      } else if words.contains("host key is known") || words.contains("verification failed") {
        .hostKeyUnknown
      } else if words.contains("Permission denied") || words.contains("authentication failures") {
        .authenticationRefused
      } else if words.contains("Connection refused") {
        .refused
      } else if words.contains("timed out") {
        .timedOut
      } else {
        .unreachable
      }
    let error = failure(hop, code, words.isEmpty ? "ssh ended without a word" : words)
    let remedy: String? =
      switch code {
      case .hostKeyUnknown:
        "Compare its fingerprint with the jump host's own, then pin it:\n  fleetctl hosts trust"
      case .hostKeyChanged:
        "No login was tried. If it was installed anew, compare the fingerprint with its own, then:\n"
          + "  fleetctl hosts trust --rotate \(hop.name)"
      case .hostKeyRevoked: "Do not connect. Find out who uses the revoked key."
      default: error.remedy
      }
    return TransportError(code, step: error.step, error.message, remedy: remedy)
  }
}

extension JumpMaster {
  /// The `ssh` that becomes a master.
  struct Command {
    let hop: SSHHop
    let ssh: String
    let socket: String
    let before: JumpMaster?
    let patience: Duration
    let knownHostsFiles: [String]

    /// Program and arguments.
    var words: [String] {
      var words = [ssh]
      switch hop.config {
      case .standard: break
      case .none: words += ["-F", "none"]
      case .file(let path): words += ["-F", path]
      }
      words += ["-M", "-S", socket, "-N", "-T", "-a", "-x"]
      for option in options { words += ["-o", option] }
      for file in hop.identityFiles ?? [] { words += ["-i", file] }
      if let user = hop.user { words += ["-l", user] }
      if let port = hop.port { words += ["-p", String(port)] }
      return words + ["--", hop.name]
    }

    private var options: [String] {
      var options = [
        // Strict and silent: what is unknown, changed or wants a password is an error.
        "StrictHostKeyChecking=yes", "BatchMode=yes", "UpdateHostKeys=no", "VerifyHostKeyDNS=no",
        "UserKnownHostsFile=\(SSHOption.paths(knownHostsFiles))", "GlobalKnownHostsFile=none",
        // Nothing of an interactive login.
        "ControlPersist=no", "ClearAllForwardings=yes", "PermitLocalCommand=no",
        "RemoteCommand=none", "Tunnel=no", "LogLevel=ERROR",
        "ConnectTimeout=\(max(1, patience.components.seconds))", "ConnectionAttempts=1",
        "ServerAliveInterval=15", "ServerAliveCountMax=3",
      ]
      if hop.identityFiles?.isEmpty == true { options.append("IdentityFile=none") }
      if let agent = hop.identityAgent {
        options.append("IdentityAgent=\(agent.isEmpty ? "none" : SSHOption.path(agent))")
      }
      if hop.identitiesOnly { options.append("IdentitiesOnly=yes") }
      if let before {
        options.append("ProxyCommand=\(before.proxyCommand)")
      } else if !hop.hasProxyCommand {
        options += ["ProxyCommand=none", "ProxyJump=none"]
      }
      return options
    }
  }
}
