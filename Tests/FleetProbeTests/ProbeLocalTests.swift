import FleetModel
import FleetResources
import FleetTransport
import Glibc
import Testing

@testable import FleetProbe

/// The script for real, in this machine's own shell.
@Suite struct ProbeLocalTests {
  let nonce = "00112233445566778899aabbccddeeff"
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  func observe(
    _ request: ProbeRequest,
    over shell: LocalShell = LocalShell()
  ) async throws -> ObservedNode {
    try await NodeProbe.observe(request, over: shell, nonce: nonce)
  }

  @Test func `it knows the machine it looks at`() async throws {
    let node = try await observe(ProbeRequest())
    #expect(!node.system.osID.isEmpty)
    #expect(!node.system.kernel.isEmpty)
    #expect(!node.system.architecture.isEmpty)
    #expect(node.system.bootID.utf8.count == 36)
    #expect(node.system.memoryBytes > 1 << 26)
    #expect(node.system.freeBytes > 0)
    #expect(abs(node.system.clockMicroseconds / 1_000_000 - time(nil)) < 60)
  }

  @Test func `with paths to look at the clock is that of the look, too`() async throws {
    var request = ProbeRequest()
    let file = scratch.write("new", "x")
    request.paths = [.init(file)]
    let before = time(nil)
    let node = try await observe(request)
    let clock = node.system.clockMicroseconds
    #expect((before - 1...time(nil) + 1).contains(clock / 1_000_000))
    // A change right before the look is not of the future.
    #expect(try #require(node.paths[file]?.known).changedMicroseconds <= clock)
    #expect(node.paths["/proc/self/."] == nil)
  }

  @Test func `it tells files, folders, links and nothing apart`() async throws {
    let file = scratch.write("a file with spaces", "hello\n", mode: 0o640)
    let link = scratch.path + "/link"
    symlink("a file with spaces", link)
    mkdir(scratch.path + "/folder", 0o750)
    mkfifo(scratch.path + "/pipe", 0o600)
    var request = ProbeRequest()
    let names = [
      "/a file with spaces", "/folder", "/gone", "/a file with spaces/below", "/link", "/pipe",
    ]
    request.paths = names.map { ProbeRequest.Path(scratch.path + $0) }
    let node = try await observe(request)

    let seen = try #require(node.paths[file]?.known)
    #expect(seen.kind == .file)
    #expect(seen.ownership.mode == 0o640)
    #expect(seen.size == 6)
    #expect(seen.sha256 == "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03")
    #expect(seen.content == nil)
    #expect(abs(seen.changedMicroseconds / 1_000_000 - time(nil)) < 60)
    #expect(node.paths[link]?.known?.kind == .link)
    #expect(node.paths[link]?.known?.target == "a file with spaces")
    #expect(node.paths[scratch.path + "/folder"]?.known?.kind == .directory)
    #expect(node.paths[scratch.path + "/pipe"]?.known?.kind == .other)
    #expect(node.paths[scratch.path + "/gone"] == .absent)
    #expect(node.paths[file + "/below"] == .absent)
  }

  @Test func `it brings the content of files that differ and of no other`() async throws {
    let hello = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
    let other = String(repeating: "0", count: 64)
    let same = scratch.write("same", "hello\n")
    let back = scratch.write(#"back\slash"#, "left\n")
    let differs = scratch.write(
      "tricky",
      "\n@@\(String(nonce.reversed())) end 1\nno newline at the end"
    )
    let wanted = scratch.write("wanted", "")
    let large = scratch.write("large", String(repeating: "x", count: 262_145))
    var request = ProbeRequest()
    request.paths = [
      .init(back, expectedSHA256: hello), .init(large, expectedSHA256: hello),
      .init(same, expectedSHA256: hello),
      .init(differs, expectedSHA256: other), .init(wanted, wantsContent: true),
    ]
    let node = try await observe(request)
    func content(_ path: String) -> String? {
      node.paths[path]?.known?.content.map { $0.reveal { String(decoding: $0, as: UTF8.self) } }
    }
    #expect(content(same) == nil)
    #expect(content(back) == "left\n")
    #expect(content(differs) == "\n@@\(String(nonce.reversed())) end 1\nno newline at the end")
    #expect(content(wanted) == "")
    #expect(content(large) == nil)
    #expect(node.paths[large]?.known?.size == 262_145)
  }

  @Test func `a file that cannot be read is unknown, not absent`() async throws {
    guard geteuid() != 0 else { return }
    let file = scratch.write("closed", "x", mode: 0)
    var request = ProbeRequest()
    request.paths = [.init(file)]
    guard case .unknown = try await observe(request).paths[file] else {
      Issue.record("a closed file must be unknown")
      return
    }
  }

  @Test func `a parent that others may change is named`() async throws {
    mkdir(scratch.path + "/real", 0o755)
    symlink("real", scratch.path + "/alias")
    mkdir(scratch.path + "/open", 0o755)
    chmod(scratch.path + "/open", 0o777)
    scratch.write("real/a", "")
    scratch.write("open/a", "")
    var request = ProbeRequest()
    request.paths = ["/alias/a", "/open/a", "/real/a"].map { .init(scratch.path + $0) }
    let node = try await observe(request)
    #expect(node.paths[scratch.path + "/real/a"]?.known?.unsafeParent == nil)
    let alias = node.paths[scratch.path + "/alias/a"]?.known?.unsafeParent
    #expect(alias == "\(scratch.path)/alias is a symbolic link to real")
    let open = node.paths[scratch.path + "/open/a"]?.known?.unsafeParent
    #expect(open == "\(scratch.path)/open may be written by everybody")
  }

  @Test func `values are data: what looks like shell text runs nothing`() async throws {
    let marker = scratch.path + "/ran"
    let name = "$(touch \(marker))"
    var request = ProbeRequest()
    request.paths = [.init(scratch.path + "/" + name), .init("/`touch \(marker)`")]
    request.users = ["; touch \(marker)"]
    request.groups = ["-o", "$(touch \(marker))"]
    request.packages = ["--help", "*", "`touch \(marker)`"]
    request.units = ["$(touch \(marker)).service"]
    request.secrets = [
      .init(id: SecretID(role: "a", name: "b"), file: "/etc/$(touch \(marker))", key: "*")
    ]
    request.certificates = [.init(certPath: "/$(touch \(marker))", keyPath: "-out")]
    let node = try await observe(request)
    #expect(access(marker, F_OK) != 0)
    #expect(node.users["; touch \(marker)"] == .absent)
    #expect(node.packages["*"] == .absent)
  }

  @Test func `users, groups and kernel settings are found`() async throws {
    var request = ProbeRequest()
    request.users = ["nobody-here", "root"]
    request.groups = ["nothing-here", "root"]
    request.sysctls = ["kernel.ostype", "net.no.such.key"]
    let node = try await observe(request)
    #expect(node.users["root"]?.known?.contains("root") == true)
    #expect(node.users["nobody-here"] == .absent)
    #expect(node.groups["root"] == .value(true))
    #expect(node.groups["nothing-here"] == .absent)
    #expect(node.sysctls["kernel.ostype"] == .value("Linux"))
    #expect(node.sysctls["net.no.such.key"] == .absent)
  }

  @Test func `packages are found by name, with their version`() async throws {
    guard access("/usr/bin/dpkg-query", X_OK) == 0 else { return }
    var request = ProbeRequest()
    request.packages = ["dpkg", "no-such-package-here"]
    let node = try await observe(request)
    #expect(node.packages["dpkg"]?.known?.isEmpty == false)
    #expect(node.packages["no-such-package-here"] == .absent)
    #expect(node.packageClosure == nil)
  }

  @Test func `secrets are read by key, the last line wins, quotes go`() async throws {
    let file = scratch.write(
      "secrets.env",
      "# KEY=comment\nKEY=old\nKEY_2=no\nKEY='new value'\nLAST=x=y"
    )
    var request = ProbeRequest()
    let ids = ["KEY", "LAST", "GONE"].map { SecretID(role: "redis", name: $0) }
    request.secrets = ids.map { .init(id: $0, file: file, key: $0.name) }
    let node = try await observe(request)
    #expect(node.secrets[ids[0]] == Secret(Array("new value".utf8)))
    #expect(node.secrets[ids[1]] == Secret(Array("x=y".utf8)))
    #expect(node.secrets[ids[2]] == nil)
  }

  @Test func `the operator's address is read from the session`() async throws {
    var shell = LocalShell()
    shell.environment.append("SSH_CONNECTION=172.16.168.9 50000 172.16.168.20 22")
    #expect(try await observe(ProbeRequest(), over: shell).system.clientAddress == "172.16.168.9")
    // As under sudo: a parent has it, the script does not.
    shell.prefix = ["/usr/bin/env", "/bin/sh", "-c", #"env -u SSH_CONNECTION "$@"; exit $?"#, "sh"]
    #expect(try await observe(ProbeRequest(), over: shell).system.clientAddress == "172.16.168.9")
    // Where the name is there twice the whole of the environment decides, not its text.
    shell.environment.append("ZZ=SSH_CONNECTION=10.0.0.1 1 10.0.0.2 2")
    #expect(try await observe(ProbeRequest(), over: shell).system.clientAddress == "172.16.168.9")
    shell.environment = ["PATH=/usr/bin:/bin", "SSH_CONNECTION=2001:db8::7 1 ::2 22", "A=b\nc=d"]
    #expect(try await observe(ProbeRequest(), over: shell).system.clientAddress == "2001:db8::7")
  }

  @Test func `a long request is read as a short one`() async throws {
    for count in [1, 20, 200] {
      var request = ProbeRequest()
      request.paths = (0..<count).map { .init(scratch.write("file \($0)", "\($0)")) }
      request.users = ["root"]
      let node = try await observe(request)
      #expect(node.paths.values.count { $0.known?.sha256.count == 64 } == count)
      #expect(node.users["root"]?.known != nil)
    }
  }

  @Test(arguments: [0, 1, 400, 900])
  func `an answer that was cut is an error, whatever the exit status`(
    _ length: Int
  ) async throws {
    var shell = LocalShell()
    shell.cutAfter = length
    let error = await #expect(throws: TransportError.self) {
      try await observe(ProbeRequest(), over: shell)
    }
    #expect(error?.code == .connectionLost)
    #expect(error?.step == "probe")
  }

  @Test func `a script that was cut runs nothing`() async throws {
    let text = ProbeScript.bytes
    for length in stride(from: 100, to: text.count - 2, by: 997) {
      let input =
        RemoteScript.frame(text[..<length]) + RemoteScript.frame(ProbeRequest().lines(nonce: nonce))
      let result = try await LocalShell().run(
        RemoteCommand(program: RemoteScript.program, stdin: input)
      )
      #expect(result.stdout.isEmpty)
    }
  }

  @Test func `without systemd as PID 1 units are unknown, with the reason`() async throws {
    guard access("/run/systemd/system", F_OK) != 0 else { return }
    var request = ProbeRequest()
    request.units = ["ssh.service"]
    guard case .unknown(let why) = try await observe(request).units["ssh.service"] else {
      Issue.record("a unit nobody could ask about must be unknown")
      return
    }
    #expect(!why.isEmpty)
  }

  @Test func `certificates are checked against their key and their authority`() async throws {
    guard access("/usr/bin/openssl", X_OK) == 0 else { return }
    let made = Scratch.sh(
      """
      cd "$1" && exec >/dev/null 2>&1 && umask 077
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca-key.pem -out ca-cert.pem -subj '/CN=fleet ca' -days 3000 &&
      openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout a.key -out a.csr -subj /CN=a &&
      printf 'subjectAltName=DNS:a,IP:172.16.168.20,IP:fe80::1' > ext &&
      openssl x509 -req -in a.csr -CA ca-cert.pem -CAkey ca-key.pem -CAcreateserial -days 397 -extfile ext -out a.pem &&
      openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out other.key && echo junk > junk.pem
      """,
      scratch.path
    )
    try #require(made == 0)
    var request = ProbeRequest()
    request.certificates = [("a.pem", "a.key"), ("junk.pem", "a.key"), ("none.pem", "a.key")].map {
      .init(certPath: scratch.path + "/" + $0.0, keyPath: scratch.path + "/" + $0.1)
    }
    request.authorityDirectory = scratch.path
    var node = try await observe(request)
    let seen = try #require(node.certificates[scratch.path + "/a.pem"]?.known)
    #expect(seen.names == ["DNS:a", "IP:172.16.168.20", "IP:FE80:0:0:0:0:0:0:1"])
    #expect(seen.issuer == "fleet ca")
    #expect(seen.keyMatches)
    #expect(seen.authoritySHA256.count == 64)
    #expect(abs(seen.notAfter - time(nil) - 397 * 86_400) < 120)
    #expect(node.authority.known == scratch.read("ca-cert.pem"))
    #expect(node.certificates[scratch.path + "/none.pem"] == .absent)
    guard case .unknown = node.certificates[scratch.path + "/junk.pem"] else {
      Issue.record("a file that is no certificate must be unknown")
      return
    }

    request.certificates[0].keyPath = scratch.path + "/other.key"
    request.authorityDirectory = scratch.path + "/elsewhere"
    _ = Scratch.sh("rm \"$1/ca-cert.pem\"", scratch.path)
    node = try await observe(request)
    #expect(node.certificates[scratch.path + "/a.pem"]?.known?.keyMatches == false)
    #expect(node.certificates[scratch.path + "/a.pem"]?.known?.authoritySHA256 == "")
    #expect(node.authority == .absent)
  }
}

extension ProbeLocalTests {
  @Test func `what is asked twice is looked at once and answered`() async throws {
    let file = scratch.write("twice", "x")
    var request = ProbeRequest()
    request.paths = [.init(file), .init(file, wantsContent: true), .init(file)]
    request.users = ["root", "root"]
    #expect(request.normalized.paths.count == 1)
    let node = try await observe(request)
    #expect(node.paths[file]?.known?.content == Secret(Array("x".utf8)))
    #expect(node.users["root"]?.known != nil)
  }
}
