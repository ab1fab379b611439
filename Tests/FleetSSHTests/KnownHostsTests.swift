import Glibc
import Testing

@testable import FleetSSH

/// A reproducible stream of numbers (SplitMix64).
private struct Seeded: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// Writes known_hosts files out of everything the format knows, and some of what it does not.
private struct Writer {
  var random: Seeded
  static let hosts = [
    "web-1", "web-2", "WEB-1", "10.0.0.1", "10.0.0.12", "db.example.org", "fe80::1", "ab", "x",
  ]

  init(seed: Int) {
    random = Seeded(state: UInt64(seed))
  }

  mutating func pick<Value>(_ values: [Value], or fallback: Value) -> Value {
    values.randomElement(using: &random) ?? fallback
  }

  mutating func file() -> String {
    let count = Int.random(in: 1...12, using: &random)
    return (0..<count).map { _ in line() }.joined(separator: pick(["\n", "\n", "\r\n"], or: "\n"))
      + pick(["\n", "", "\n\n", "\r\n"], or: "\n")
  }

  private mutating func line() -> String {
    switch Int.random(in: 0..<20, using: &random) {
    case 0: return "# a comment about web-1"
    case 1: return pick(["", "   ", "\t"], or: "")
    case 2:
      return pick(["web-1 ssh-ed25519 !!!", "@@@ web-1", "web-1,"], or: "")
    case 3: return "web-1 ssh-ed25519 \(key().dropLast(7)) cut"
    case 4: return "web-1 ecdsa-sha2-nistp256 \(key()) of another type"
    // Such lines take most of the time where the parser is not optimized.
    case 6 where rarely(): return many() + " ssh-ed25519 \(key())"
    case 7 where rarely():
      return "\(names()) ssh-ed25519 \(key()) " + String(repeating: "long comment ", count: 6000)
    case 5: return "@unknown web-1 ssh-ed25519 \(key())"
    default: break
    }
    let marker = pick(["", "", "", "", "@revoked ", "@cert-authority ", "@revoked  "], or: "")
    let indent = pick(["", "", "", " ", "\t"], or: "")
    let gap = pick([" ", " ", "\t", "  "], or: " ")
    let comment = pick(["", " me@here", " # no comment", "  a b  "], or: "")
    return "\(indent)\(marker)\(names())\(gap)ssh-ed25519\(gap)\(key())\(comment)"
  }

  private mutating func rarely() -> Bool { Int.random(in: 0..<4, using: &random) == 0 }

  private mutating func names() -> String {
    if Int.random(in: 0..<5, using: &random) == 0 { return hashed() }
    let count = Int.random(in: 1...3, using: &random)
    return (0..<count).map { _ in pattern() }.joined(separator: ",")
  }

  /// A line of more than 64 KiB.
  private mutating func many() -> String {
    (0..<6000).map { "host-\($0).example" }.joined(separator: ",") + "," + pattern()
  }

  private mutating func pattern() -> String {
    let host = pick(Self.hosts, or: "x")
    switch Int.random(in: 0..<12, using: &random) {
    case 0: return "*"
    case 1: return "web-?"
    case 2: return "10.0.0.*"
    case 3: return "!" + host
    case 4: return "*.example.org"
    case 5: return "!web-*"
    case 6: return "[\(host)]:2222"
    case 7: return "[*]:2222"
    case 8: return "w*-*1"
    default: return host
    }
  }

  private mutating func hashed() -> String {
    let salt = (0..<20).map { _ in UInt8.random(in: 0...255, using: &random) }
    let host = pick(Self.hosts.filter { $0 != "WEB-1" } + ["[web-1]:2222"], or: "x")
    let hash = Digests.hmacSHA1(key: salt, Array(host.utf8))
    return "|1|\(Digests.base64(salt))|\(Digests.base64(hash))"
  }

  private mutating func key() -> String {
    let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
    return Digests.base64(WireReader.string(Array("ssh-ed25519".utf8)) + WireReader.string(bytes))
  }
}

struct KnownHostsTests {
  private static let key =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGmjhYHAXJcrY1dBpBWTgdpbXyVqbgPaLVi3W0l0lLJg"

  private func numbers(_ text: String, _ name: String) -> [Int] {
    KnownHosts([Array(text.utf8)]).lines(about: name).map(\.number)
  }

  private static let names = ["web-1", "10.0.0.12", "db.example.org", "[web-1]:2222", "ab"]

  /// The lines about `name` that ssh-keygen finds in the file at `path`.
  private func listed(_ name: String, in path: String, _ folder: TemporaryFolder) -> [Int] {
    let command = ["/usr/bin/ssh-keygen", "-F", name, "-f", path]
    let listing = Program.run(command, in: folder).output
    return listing.utf8.split(separator: 0x0A).map { String(Substring($0)) }.compactMap { line in
      guard line.hasPrefix("# Host "), let at = line.firstRange(of: "found: line ") else {
        return nil
      }
      return Int(line[at.upperBound...].prefix(while: \.isNumber))
    }
  }

  /// 2,000 generated files, the same in every run; `seed` names one of them.
  ///
  /// Each is asked for one of the names by itself, and together with 49 more, one behind the other,
  /// for every name: that is 2,200 starts of ssh-keygen instead of 10,000.
  @Test(
    .enabled(if: Program.find(["/usr/bin/ssh-keygen"]) != nil, "needs ssh-keygen"),
    arguments: (0..<40).map { $0 * 50 }
  )
  func findsTheLinesThatSSHKeygenFinds(first: Int) throws {
    let folder = TemporaryFolder()
    var all = ""
    for seed in first..<first + 50 {
      var writer = Writer(seed: seed)
      let text = writer.file()
      let name = Self.names[seed % Self.names.count]
      let expected = listed(name, in: folder.write("hosts", text), folder)
      let found = KnownHosts([Array(text.utf8)]).entries(about: name).map(\.number)
      #expect(found == expected, "seed \(seed), \(name) in:\n\(text)")
      all += text + (text.hasSuffix("\n") ? "" : "\n")
    }
    let path = folder.write("hosts", all)
    let hosts = KnownHosts([Array(all.utf8)])
    for name in Self.names {
      let expected = listed(name, in: path, folder)
      let found = hosts.entries(about: name).map(\.number)
      #expect(found == expected, "seeds from \(first) on, \(name)")
      #expect(!expected.isEmpty)
    }
  }

  @Test
  func fileOfTenThousandHashedLinesIsSearchedWhole() {
    var text = ""
    for number in 0..<10_000 {
      let salt = (0..<20).map { UInt8(truncatingIfNeeded: number &* $0 &+ number >> 8) }
      let hash = Digests.hmacSHA1(key: salt, Array("node-\(number)".utf8))
      text += "|1|\(Digests.base64(salt))|\(Digests.base64(hash)) \(Self.key)\n"
    }
    #expect(numbers(text, "node-9999") == [10_000])
    #expect(numbers(text, "node-10000") == [])
  }

  @Test
  func hmacIsThatOfRFC2202() {
    let digest = Digests.hmacSHA1(
      key: Array("Jefe".utf8),
      Array("what do ya want for nothing?".utf8)
    )
    let text = digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    #expect(text == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
  }

  @Test
  func carriageReturnsAndGarbageDoNotHideLaterLines() {
    let text = "\u{1}\u{FF}garbage\r\nweb-1 \(Self.key)\r\n@revoked web-1 \(Self.key)\r\n"
    let lines = KnownHosts([Array(text.utf8)]).lines(about: "web-1")
    #expect(lines.map(\.marker) == [.none, .revoked])
  }

  @Test
  func linesWithADamagedKeyPinNothing() {
    let text = """
      web-1 \(Self.key.dropLast(4))
      web-1 ecdsa-sha2-nistp256 \(Self.key.split(separator: " ")[1])
      web-1 ssh-ed25519 !!!
      web-1 \(Self.key)
      """
    #expect(numbers(text, "web-1") == [4])
  }

  @Test
  func laterFilesAddToEarlierOnes() {
    let files = ["web-1 \(Self.key)", "@revoked * \(Self.key)"].map { Array($0.utf8) }
    #expect(KnownHosts(files).lines(about: "web-1").map(\.file) == [0, 1])
  }

  @Test
  func appendingKeepsALinkAndItsTarget() throws {
    let folder = TemporaryFolder()
    folder.write("real", "# kept\n")
    symlink(folder.path("real"), folder.path("link"))
    try KnownHosts.append(["web-1 \(Self.key)"], to: folder.path("link"))
    #expect(TemporaryFolder.text(of: folder.path("real")) == "# kept\nweb-1 \(Self.key)\n")
    var status = stat()
    lstat(folder.path("link"), &status)
    #expect(status.st_mode & S_IFMT == S_IFLNK)
  }

  @Test
  func newFileIsReadableForItsOwnerAlone() throws {
    let folder = TemporaryFolder()
    try KnownHosts.append(["web-1 \(Self.key)"], to: folder.path("new"))
    var status = stat()
    stat(folder.path("new"), &status)
    #expect(status.st_mode & 0o777 == 0o600)
  }

  @Test
  func folderThatDoesNotExistIsAnErrorWithTheCure() {
    #expect(throws: (any Error).self) {
      try KnownHosts.append(["x"], to: "/nonexistent/folder/known_hosts")
    }
  }

  @Test
  func portsOtherThan22StandInBrackets() throws {
    let parts = Self.key.split(separator: " ")
    let blob = try #require(Digests.base64Decoded(Array(parts[1].utf8)))
    let key = try #require(HostKey(blob: blob))
    #expect(KnownHosts.line(host: "Web-1", port: 22, key: key) == "web-1 \(Self.key)")
    #expect(KnownHosts.line(host: "fe80::1", port: 2222, key: key) == "[fe80::1]:2222 \(Self.key)")
  }
}
