package import FleetTransport

/// The lines of known_hosts files (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT").
///
/// libssh2's own reader is not used: it accepts keys marked `@revoked`, ignores wildcards and
/// negation, and stops reading at the first damaged line. `ssh-keygen -F` is the oracle in the tests.
/// Looking up a plain name is one dictionary access; hashed names cost one HMAC a line.
package struct KnownHosts: Sendable {
  /// What stands before the host names of a line.
  enum Marker: Hashable, Sendable {
    case none, revoked, certificateAuthority
  }

  /// One usable line; its fields are parts of the file's own bytes.
  struct Line: Hashable, Sendable {
    let marker: Marker
    /// Host patterns or one hashed name, as written.
    let hosts: ArraySlice<UInt8>
    /// Key type as written.
    let type: ArraySlice<UInt8>
    /// Key in base64 as written.
    let encoded: ArraySlice<UInt8>
    /// Number within its file, from 1.
    let number: Int
    /// Index of its file among those that were read.
    let file: Int

    /// The key; nil when it is damaged or of another type than the line says.
    ///
    /// Decoded on demand, because most lines of a big file are never asked for.
    var key: HostKey? {
      guard let blob = Digests.base64Decoded(encoded), let key = HostKey(blob: blob),
        key.type.utf8.elementsEqual(type)
      else { return nil }
      return key
    }
  }

  private var lines: [Line] = []
  private var literal: [[UInt8]: [Int]] = [:]
  private var patterned: [Int] = []
  private var hashed = HashedNames()

  /// Reads the contents of known_hosts files, in order; damaged lines are skipped.
  init(_ files: [[UInt8]]) {
    for (file, bytes) in files.enumerated() {
      var number = 0
      for text in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
        number += 1
        if let line = Self.parse(text, number: number, file: file) { add(line) }
      }
    }
  }

  private mutating func add(_ line: Line) {
    let index = lines.count
    if line.hosts.first == UInt8(ascii: "|") {
      guard hashed.add(line.hosts, line: index) else { return }
    } else if line.hosts.contains(where: HostPattern.isSpecial) {
      patterned.append(index)
    } else {
      for name in line.hosts.split(separator: UInt8(ascii: ",")) {
        literal[name.map(HostPattern.lowercased), default: []].append(index)
      }
    }
    lines.append(line)
  }

  /// The lines with a sound key that speak about `name`, in file order.
  ///
  /// `name` is `host`, or `[host]:port` for a port other than 22.
  func lines(about name: String) -> [Line] {
    entries(about: name).filter { $0.key != nil }
  }

  /// The lines that speak about `name`, also those whose key is damaged, as `ssh-keygen -F` lists them.
  func entries(about name: String) -> [Line] {
    let name = name.utf8.map(HostPattern.lowercased)
    var found = literal[name] ?? []
    found += patterned.filter { HostPattern.matches(lines[$0].hosts, name) }
    found += hashed.lines(about: name)
    return Set(found).sorted().map { lines[$0] }
  }

  /// The sound keys of all lines, in file order.
  var keys: [HostKey] { lines.compactMap(\.key) }

  /// How known_hosts names `host` at `port`.
  static func name(host: String, port: Int) -> String {
    port == 22 ? host.lowercased() : "[\(host.lowercased())]:\(port)"
  }

  /// How known_hosts names `target`: its `HostKeyAlias`, which has no port, or host and port.
  package static func name(of target: SSHTarget) -> String {
    target.hostKeyAlias?.lowercased() ?? name(host: target.host, port: target.port)
  }

  /// How known_hosts and fleet.lock name the jump host `hop`.
  package static func name(of hop: SSHHop) -> String {
    hop.hostKeyAlias?.lowercased() ?? name(host: hop.host, port: hop.effectivePort)
  }

  /// The line that pins `key` for `target`, without a newline.
  ///
  /// With a `salt` of 20 random bytes the name is hashed, as `HashKnownHosts` wants it.
  package static func line(_ target: SSHTarget, _ key: HostKey, salt: [UInt8]? = nil) -> String {
    let name = name(of: target)
    guard let salt else { return "\(name) \(key.line)" }
    let hash = Digests.hmacSHA1(key: salt, Array(name.utf8))
    return "|1|\(Digests.base64(salt))|\(Digests.base64(hash)) \(key.line)"
  }

  /// Whether the files of `target` pin `key` for it by themselves, whatever fleet.lock says.
  package static func hold(_ key: HostKey, of target: SSHTarget) -> Bool {
    var bare = target
    bare.pin = nil
    return HostKeyState(key, of: bare) == .pinned
  }

  /// The line that pins `key` for `host` at `port`, without a newline.
  package static func line(host: String, port: Int, key: HostKey) -> String {
    "\(name(host: host, port: port)) \(key.type) \(key.base64)"
  }
}

// MARK: Parsing

extension KnownHosts {
  private static func parse(_ text: ArraySlice<UInt8>, number: Int, file: Int) -> Line? {
    var rest = text.drop(while: isBlank)
    guard let first = rest.first, first != UInt8(ascii: "#") else { return nil }
    var marker = Marker.none
    while rest.first == UInt8(ascii: "@") {
      let word = takeWord(&rest)
      guard marker == .none else { return nil }
      if word.elementsEqual("@revoked".utf8) {
        marker = .revoked
      } else if word.elementsEqual("@cert-authority".utf8) {
        marker = .certificateAuthority
      } else {
        return nil
      }
    }
    let hosts = takeWord(&rest)
    let type = takeWord(&rest)
    let encoded = takeWord(&rest)
    guard !hosts.isEmpty, !type.isEmpty, !encoded.isEmpty else { return nil }
    return Line(
      marker: marker,
      hosts: hosts,
      type: type,
      encoded: encoded.last == 0x0D ? encoded.dropLast() : encoded,
      number: number,
      file: file
    )
  }

  private static func takeWord(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let word = rest.prefix { !isBlank($0) }
    rest = rest[word.endIndex...].drop(while: isBlank)
    return word
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09
  }
}
