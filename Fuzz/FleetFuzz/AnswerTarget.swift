internal import FleetProbe
internal import FleetResources

/// What a node answers to the probe: a machine that somebody else took over may say anything.
///
/// The input is read as it is, and once more with its parts (`%%% NAME STATUS` before each) framed as the
/// probe frames them: an input that has to guess the frame would never reach what is behind it.
enum AnswerTarget {
  static func run(_ bytes: [UInt8]) {
    _ = parse(bytes)
    let framed = frame(bytes)
    guard let node = parse(framed) else {
      return demand(false, "a framed answer is refused")
    }
    let again = parse(framed)
    demand(
      again?.system == node.system && again?.paths == node.paths && again?.units == node.units,
      "reading an answer is not deterministic"
    )
    check(node)
  }

  private static let nonce = "N"

  private static let request: ProbeRequest = {
    var request = ProbeRequest()
    request.paths = [.init("/etc/a"), .init("/etc/b", wantsContent: true), .init("/srv/c/d")]
    request.units = ["a.service", "b.timer"]
    request.packages = ["a", "b"]
    request.users = ["a"]
    request.groups = ["b"]
    request.sysctls = ["vm.overcommit_memory"]
    request.secrets = [
      .init(id: SecretID(role: "r", name: "s"), file: "/etc/b", key: "KEY")
    ]
    request.certificates = [.init(certPath: "/etc/a", keyPath: "/etc/b")]
    request.authorityDirectory = "/var/lib/ca"
    request.postgres = true
    request.firewall = true
    request.packageFiles = ["/etc/a"]
    request.past = true
    return request
  }()

  private static func parse(_ bytes: [UInt8]) -> ObservedNode? {
    do {
      return try ProbeParser.parse(bytes, request: request, nonce: nonce)
    } catch {
      demand(!error.message.isEmpty && error.message.utf8.count < 1_000, "an error of no length")
      checkText(error.message)
      // An observer may say that it hides a file; every other refusal is of the frame.
      return error.code == .hidden ? ObservedNode() : nil
    }
  }

  private static func frame(_ bytes: [UInt8]) -> [UInt8] {
    let separator = Array("%%% ".utf8)
    var framed = Array("\n@@\(nonce) begin 0\n".utf8)
    var count = 1
    // The name stands before the payload here, behind it in an answer.
    var name = "system 0"
    var payload: [UInt8] = []
    func close() {
      framed += payload + Array("\n@@\(nonce) \(name)\n".utf8)
      count += 1
    }
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      if line.starts(with: separator) {
        close()
        name = heading(line.dropFirst(separator.count))
        payload = []
      } else if !line.starts(with: Array("@@\(nonce) ".utf8)) {
        payload += line + [0x0A]
      }
    }
    close()
    return framed + Array("\n@@\(nonce) end \(count)\n".utf8)
  }

  /// `end` and `begin` are the frame's own.
  private static func heading(_ bytes: ArraySlice<UInt8>) -> String {
    let words = String(decoding: bytes, as: UTF8.self)
    return words.hasPrefix("end") || words.hasPrefix("begin") ? "other 0" : words
  }

  /// Everything that was asked has an answer, and what is shown to people cannot steer a terminal.
  private static func check(_ node: ObservedNode) {
    guard !node.paths.isEmpty else { return }
    demand(node.paths.keys.sorted() == request.paths.map(\.path), "a path without an answer")
    demand(node.units.keys.sorted() == request.units, "a unit without an answer")
    demand(node.packages.keys.sorted() == request.packages, "a package without an answer")
    checkText(node.system.hostname)
    if let holder = node.lockHolder { checkText(holder) }
    for case .unknown(let why) in node.paths.values { checkText(why) }
    for case .unknown(let why) in node.units.values { checkText(why) }
  }

  private static func checkText(_ text: String) {
    demand(!text.utf8.contains { $0 < 0x20 || $0 == 0x7F }, "\(text.debugDescription) is shown")
  }
}
