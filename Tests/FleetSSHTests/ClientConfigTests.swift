import FleetTransport
import Glibc
import Testing

@testable import FleetSSH

/// A reproducible stream of numbers (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// Writes ssh_config files out of what our own reader knows.
private struct ConfigWriter {
  var random: SeededNumbers
  let folder: String

  mutating func pick(_ values: [String]) -> String {
    values.randomElement(using: &random) ?? ""
  }

  mutating func chance(_ part: Int) -> Bool { Int.random(in: 0..<part, using: &random) == 0 }

  mutating func file(includes: Bool = true) -> String {
    var lines: [String] = []
    for _ in 0..<Int.random(in: 1...14, using: &random) {
      lines.append(line(includes: includes))
    }
    return lines.joined(separator: pick(["\n", "\n", "\r\n"])) + "\n"
  }

  private mutating func line(includes: Bool) -> String {
    let indent = pick(["", "  ", "\t"])
    switch Int.random(in: 0..<20, using: &random) {
    case 0: return pick(["# comment", "", "   ", "  # HostName no"])
    case 1 where includes:
      return "Include \(pick(["\(folder)/inc1", "\(folder)/inc*", "/nonexistent/*"]))"
    case 2: return pick(["Match all", "match ALL"])
    case 3...6: return "\(indent)\(pick(["Host", "host", "HOST"])) \(patterns())"
    default: return indent + setting()
    }
  }

  private mutating func patterns() -> String {
    (0..<Int.random(in: 1...3, using: &random)).map { _ in
      pick([
        "*", "web-1", "web-*", "!web-2", "db", "10.0.?.*", "\"web-1\"", "!*.example.org", "w?b-1",
      ])
    }.joined(separator: pick([" ", "  ", "\t"]))
  }

  private mutating func setting() -> String {
    let gap = pick([" ", " ", "=", " = ", "\t"])
    switch Int.random(in: 0..<14, using: &random) {
    case 0:
      return "HostName\(gap)\(pick(["10.1.1.1", "%h.example.org", "other", "%%%h", "\"quoted\""]))"
    case 1: return "User\(gap)\(pick(["ops", "admin", "\"ops\""]))"
    case 2: return "Port\(gap)\(pick(["22", "2222", "65535"]))"
    case 3, 4:
      return
        "IdentityFile\(gap)\(pick(["~/.ssh/a", "/keys/%r_%h", "\"/with space/%n\"", "%d/%u-%i", "none", "/p/%p", "/k/%k"]))"
    case 5: return "IdentitiesOnly\(gap)\(pick(["yes", "no"]))"
    case 6:
      return
        "IdentityAgent\(gap)\(pick(["none", "SSH_AUTH_SOCK", "/run/agent-%u", "~/agent", "$FLEETCTL_NO"]))"
    case 7: return "ProxyJump\(gap)\(pick(["none", "bastion", "a,b", "ops@j:2200"]))"
    case 8:
      return "ProxyCommand\(gap)\(pick(["none", "nc %h %p", "ssh -W '[%h]:%p' j  # x", "nc %%"]))"
    case 9:
      return
        "UserKnownHostsFile\(gap)\(pick(["~/.ssh/kh", "/kh/%h /kh/2", "\"/with space/k\" /z", "none"]))"
    case 10: return "GlobalKnownHostsFile\(gap)\(pick(["/g/1", "/g/1 /g/2", "none"]))"
    case 11: return "HostKeyAlias\(gap)\(pick(["alias", "alias-2"]))"
    case 12: return "ConnectTimeout\(gap)\(pick(["7", "1m", "none", "1m30s"]))"
    default:
      return
        "\(pick(["Compression yes", "ForwardAgent no", "LogLevel ERROR", "serveraliveinterval 5"])) # end"
    }
  }
}

@Suite(.enabled(if: Program.find(["/usr/bin/ssh"]) != nil, "needs openssh-client"))
struct ClientConfigTests {
  private static func account() throws -> LocalAccount {
    try #require(LocalAccount.current())
  }

  /// The generated files are the same in every run; the number names one of them.
  @Test(arguments: (0..<8).map { $0 * 25 })
  func ownReaderSaysWhatSSHSays(first seed: Int) throws {
    let account = try Self.account()
    let folder = TemporaryFolder()
    for seed in seed..<seed + 25 {
      var writer = ConfigWriter(random: SeededNumbers(state: UInt64(seed)), folder: folder.root)
      folder.write("inc1", writer.file(includes: false))
      folder.write("inc2", writer.file(includes: false))
      let text = writer.file()
      let path = folder.write("config", text)
      let own = ConfigResolver(account: account, usesOpenSSH: false)
      let openSSH = ConfigResolver(account: account)
      let queries = ["web-1", "web-2", "db", "10.0.0.12", "x.example.org"].map {
        ConfigQuery(name: $0, user: seed % 3 == 0 ? "given" : nil, source: .file(path))
      }
      let ours = own.resolve(queries)
      let theirs = openSSH.resolve(queries)
      for query in queries {
        #expect(
          ours[query] == theirs[query],
          "seed \(seed), \(query.name) in:\n\(text)\ninc1:\n\(TemporaryFolder.text(of: folder.path("inc1")))\ninc2:\n\(TemporaryFolder.text(of: folder.path("inc2")))"
        )
      }
    }
  }

  private func resolved(
    _ text: String,
    _ name: String = "web-1",
    user: String? = nil,
    usesOpenSSH: Bool = true
  ) throws -> ClientConfig {
    let folder = TemporaryFolder()
    let path = folder.write("config", text)
    let resolver = ConfigResolver(account: try Self.account(), usesOpenSSH: usesOpenSSH)
    return try resolver.resolve(ConfigQuery(name: name, user: user, source: .file(path)))
  }

  @Test
  func matchSeesTheUserThatTheFleetGives() throws {
    let text = "Match user ops host 10.*\n  Port 2200\n"
    #expect(try resolved(text, "10.0.0.1", user: "ops").port == 2200)
    #expect(try resolved(text, "10.0.0.1", user: "root").port == 22)
  }

  @Test
  func matchWithConditionsNeedsOpenSSH() throws {
    let error = #expect(throws: ConfigFailure.self) {
      try resolved("User x\nMatch user ops\n  Port 2200\n", usesOpenSSH: false)
    }
    #expect(error?.message.contains("config:2 has a `Match` with conditions") == true)
  }

  @Test
  func brokenFileIsRefusedInTheWordsOfSSH() throws {
    let error = #expect(throws: ConfigFailure.self) { try resolved("Nonsense yes\n") }
    #expect(error?.message.contains("Bad configuration option: nonsense") == true)
    #expect(error?.remedy.contains("ssh: {config: none}") == true)
  }

  @Test
  func digestTokenIsRefusedAndNotLeftInAPath() throws {
    let error = #expect(throws: ConfigFailure.self) { try resolved("IdentityFile /keys/%C\n") }
    #expect(error?.message.contains("`%C`") == true)
  }

  @Test
  func nameThatLooksLikeAnOptionIsTakenForAName() throws {
    let error = #expect(throws: ConfigFailure.self) { try resolved("", "-oProxyCommand=x") }
    #expect(error?.message.contains("hostname contains invalid characters") == true)
  }

  @Test
  func environmentVariablesAreFilledIn() throws {
    let home = try #require(getenv("PATH").map { String(cString: $0) })
    let config = try resolved("IdentityFile /x${PATH}\n")
    #expect(config.identityFiles == ["/x" + home])
    #expect(throws: ConfigFailure.self) { try resolved("IdentityFile ${NO_SUCH_NAME}/x\n") }
  }

  @Test
  func twoHundredNamesAreAskedOnceEach() throws {
    let folder = TemporaryFolder()
    folder.write("seen", "")
    let path = folder.write(
      "config",
      "Match exec \"echo %n >> \(folder.path("seen"))\"\n  Port 2200\n"
    )
    let resolver = ConfigResolver(account: try Self.account())
    let queries = (0..<200).map { ConfigQuery(name: "node-\($0)", source: .file(path)) }
    for _ in 0..<2 {
      let answers = resolver.resolve(queries)
      #expect(queries.allSatisfy { (try? answers[$0]?.get())?.port == 2200 })
    }
    let seen = TemporaryFolder.text(of: folder.path("seen")).split(separator: "\n")
    #expect(seen.count == 200)
    #expect(Set(seen).count == 200)
  }
}
