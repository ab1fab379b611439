import CLibSSH2
import FleetTransport
import Glibc

extension SSHConnection {
  /// Makes the stream to the node's sshd.
  func reach() async throws(TransportError) -> Wire {
    switch target.route {
    case .direct: return Wire(socket: try await dial(Deadline(in: target.connectTimeout)))
    case .jumps(let chain):
      let wire = try await jump(through: chain)
      recorder?.mark("jump", "through " + chain.map(\.name).joined(separator: ", "))
      return wire
    case .command(let text):
      let wire = try run(command: text)
      recorder?.mark("proxy", "started: \(PrintableText.line(text.utf8, limit: 80))")
      return wire
    }
  }

  // MARK: ProxyCommand

  private func run(command text: String) throws(TransportError) -> Wire {
    guard let ends = Wire.ends() else { throw noMoreFiles() }
    defer { ends.closeTheirs() }
    let started = HelperProcess.start(
      ["/bin/sh", "-c", "exec " + text],
      input: ends.input,
      output: ends.output
    )
    switch started {
    case .success(let process):
      command = process
      return ends.kept(by: process)
    case .failure(let failure):
      ends.ours.discard()
      throw TransportError(
        .unreachable,
        step: "connect",
        "the proxy command of \(place) cannot be started: \(failure.text)"
      )
    }
  }

  /// What a `ProxyCommand` said, as the end of a sentence; empty without one.
  var wordsOfCommand: String {
    guard let words = command?.words, !words.isEmpty else { return "" }
    return "; its proxy command said: \(words)"
  }

  // MARK: Jump hosts

  private func jump(through chain: [SSHHop]) async throws(TransportError) -> Wire {
    let patience = target.connectTimeout
    // Each hop of the chain may take as long as a connection of its own.
    let master = try await shared.jumps.master(for: chain, patience: patience)
    let deadline = Deadline(in: patience)
    let control = try await call(master, deadline)
    guard let ends = Wire.ends() else { throw noMoreFiles() }
    defer { ends.closeTheirs() }
    do throws(TransportError) {
      try request(ends, over: control, master)
      try await confirm(control, master, deadline)
    } catch {
      ends.ours.discard()
      throw error
    }
    return ends.kept(by: control)
  }

  private func call(
    _ master: JumpMaster,
    _ deadline: Deadline
  ) async throws(TransportError) -> ControlSocket {
    guard let control = ControlSocket(master) else { throw noMoreFiles() }
    while true {
      switch control.connect() {
      case 0: return control
      case EAGAIN:
        // Its queue holds 64 callers; we may be more.
        guard !deadline.hasPassed else { throw timedOut("jump", deadline) }
        try await pause(.milliseconds(5))
      case let code:
        throw JumpMaster.failure(master.hop, .connectionLost, Errno(code: code).text)
      }
    }
  }

  private func request(
    _ ends: Wire.Ends,
    over control: ControlSocket,
    _ master: JumpMaster
  ) throws(TransportError) {
    let words = MuxMessage.hello + MuxMessage.stream(to: target.host, port: target.port)
    let sent = send(control.descriptor, words, words.count, Int32(MSG_NOSIGNAL))
    var code = sent == words.count ? 0 : errno
    for descriptor in [ends.input, ends.output] where code == 0 {
      code = fleet_send_descriptor(control.descriptor, descriptor)
    }
    guard code == 0 else {
      throw JumpMaster.failure(master.hop, .connectionLost, Errno(code: code).text)
    }
  }

  private func confirm(
    _ control: ControlSocket,
    _ master: JumpMaster,
    _ deadline: Deadline
  ) async throws(TransportError) {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      switch MuxMessage.take(&bytes) {
      case .opened?: return
      case .hello(let version)?:
        guard version == 4 else {
          throw JumpMaster.failure(
            master.hop,
            .internalFailure,
            "its ssh speaks version \(version) of the control protocol"
          )
        }
      case .refused(let why)?:
        throw TransportError(
          .unreachable,
          step: "jump",
          "the jump host \(master.hop.name) cannot reach"
            + " \(KnownHosts.name(host: target.host, port: target.port)): \(why)",
          remedy: "Nothing listens there as seen from the jump host, or its sshd forbids it"
            + " (AllowTcpForwarding, PermitOpen). Try it yourself:\n"
            + "  ssh -W '[\(target.host)]:\(target.port)' \(master.hop.name)"
        )
      case nil:
        let count = recv(control.descriptor, &buffer, buffer.count, 0)
        if count > 0 {
          bytes += buffer[..<count]
        } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
          throw JumpMaster.failure(master.hop, .connectionLost, "its connection broke")
        } else {
          try await park("jump", control.descriptor, EPOLLIN.rawValue, deadline)
        }
      }
    }
  }

  private func noMoreFiles() -> TransportError {
    TransportError(
      .internalFailure,
      step: "connect",
      "no more files can be opened for \(place)",
      remedy: "Raise the limit of open files: ulimit -n 65536"
    )
  }
}

/// A conversation with a master; the stream that it asked for ends with it.
final class ControlSocket {
  let descriptor: Int32
  private let master: JumpMaster

  /// A socket that is not connected yet; nil when there are too many files.
  init?(_ master: JumpMaster) {
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    descriptor = socket(AF_UNIX, kind, 0)
    self.master = master
    guard descriptor >= 0 else { return nil }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Connects to the master's socket; returns 0 or errno.
  func connect() -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(master.socket.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return ENAMETOOLONG }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let outcome = withUnsafeBytes(of: &address) { raw in
      raw.baseAddress.map {
        Glibc.connect(descriptor, $0.assumingMemoryBound(to: sockaddr.self), size)
      } ?? -1
    }
    return outcome == 0 ? 0 : errno
  }
}
