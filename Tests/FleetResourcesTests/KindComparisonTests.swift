import FleetDigest
import FleetModel
import FleetResources
import Testing

@Suite struct KindComparisonTests {
  private let root = Ownership(owner: "root", group: "root", mode: 0o644)

  private func node(_ name: String = "n1") throws -> NodeID { try #require(NodeID(name)) }

  private func compare(
    _ kind: ResourceKind,
    _ spec: ResourceSpec,
    _ observed: ObservedNode,
    edit: (inout CompareContext) -> Void = { _ in }
  ) throws -> Comparison {
    let resource = Resource(
      ResourceAddress(try node(), kind, "x"),
      role: "r",
      spec: spec,
      origin: "r:1:1"
    )
    var context = CompareContext(desired: DesiredIndex([resource]))
    edit(&context)
    return resource.compare(observed, context)
  }

  private func attributes(_ comparison: Comparison) -> [String] {
    comparison.gap?.differences.map(\.attribute) ?? []
  }

  // MARK: paths

  @Test func aLinkWhereAFolderShouldBeIsBlocked() throws {
    var seen = ObservedPath(kind: .link, ownership: root)
    seen.target = "/elsewhere"
    var observed = ObservedNode()
    observed.paths["/etc/x"] = .value(seen)
    let spec = DirectorySpec(path: "/etc/x", ownership: root, data: false)
    guard case .blocked(let why, _) = try compare(.dir, .directory(spec), observed) else {
      Issue.record("not blocked")
      return
    }
    #expect(why == "a link to /elsewhere stands where a folder is wanted")
  }

  @Test func nothingIsWrittenBelowAFolderThatOthersMayChange() throws {
    var seen = ObservedPath(kind: .file, ownership: root, sha256: SHA256.hex([]))
    seen.unsafeParent = "/etc/y may be written by everybody"
    var observed = ObservedNode()
    observed.paths["/etc/y/x"] = .value(seen)
    observed.manifest = .value(Manifest(fleet: "f", node: "n1", uuid: "u"))
    let spec = FileSpec(path: "/etc/y/x", content: FileContent(text: ""), ownership: root)
    guard case .blocked = try compare(.file, .file(spec), observed) else {
      Issue.record("not blocked")
      return
    }
  }

  @Test func whatNobodySawIsUnknownAndNeverCreated() throws {
    let specs: [(ResourceKind, ResourceSpec)] = [
      (.file, .file(FileSpec(path: "/x", content: FileContent(text: ""), ownership: root))),
      (.dir, .directory(DirectorySpec(path: "/x", ownership: root, data: false))),
      (.link, .link(LinkSpec(path: "/x", target: "/y"))),
      (.file, .absentPath(AbsentPathSpec(path: "/x"))),
      (.package, .package(PackageSpec(name: "x"))),
      (.user, .user(UserSpec(name: "x"))), (.group, .group(GroupSpec(name: "x"))),
      (.sysctl, .sysctl(SysctlSpec(key: "a.b", value: "1"))),
      (.unit, .unit(UnitSpec(name: "x.service", enabled: true, state: .started))),
      (.firewall, .firewall(FirewallSpec(kind: .enabled(sshPort: 22), tag: "t"))),
      (.database, .database(DatabaseSpec(name: "x", owner: "x"))),
      (.certificate, .authority(AuthoritySpec(directory: "/ca", commonName: "CA"))),
    ]
    for (kind, spec) in specs {
      guard case .unknown = try compare(kind, spec, ObservedNode()) else {
        Issue.record("\(kind) guesses")
        continue
      }
    }
  }

  @Test func onlyOurKeysOfASharedFileAreComparedAndNoSecretIsPrinted() throws {
    let id = SecretID(role: "r", name: "p")
    let spec = FileSpec(
      path: "/e",
      content: FileContent([.text("HOST=b\nP="), .secret(id), .text("\nAPI_TOKEN=n\n")]),
      ownership: root,
      mergesKeys: true
    )
    var seen = ObservedPath(kind: .file, ownership: root, sha256: "s")
    seen.content = Secret(Array("HOST=a\nP=old\nAPI_TOKEN=live\nOTHER=theirs\n".utf8))
    var observed = ObservedNode()
    observed.paths["/e"] = .value(seen)
    let result = try compare(.file, .file(spec), observed) {
      $0.secrets[id] = .known(Secret(Array("new".utf8)))
      $0.adopt = [AddressPattern("node.n1")]
    }
    #expect(
      result.gap?.differences == [
        Difference("HOST", before: "a", after: "b"),
        Difference("P", before: "(hidden)", after: "(changed)"),
        Difference("API_TOKEN", before: "(hidden)", after: "(changed)"),
      ]
    )
  }

  // MARK: certificates

  struct CertificateCase: Sendable {
    var name: String
    var days = 200
    var names = ["DNS:n1"]
    var keyMatches = true
    var authority: String? = "PEM"
    var expected: [String]
  }

  @Test(arguments: [
    CertificateCase(name: "good", expected: []),
    CertificateCase(name: "renewal", days: 29, expected: ["expiry"]),
    CertificateCase(name: "not yet", days: 31, expected: []),
    CertificateCase(name: "expired", days: -1, expected: ["expiry"]),
    CertificateCase(name: "names", names: ["DNS:old"], expected: ["names"]),
    CertificateCase(name: "key", keyMatches: false, expected: ["key"]),
    CertificateCase(name: "foreign", authority: "other PEM", expected: ["issuer"]),
    CertificateCase(name: "cannot verify", authority: nil, expected: []),
  ])
  func aCertificateIsRenewedForTheRightReasons(_ example: CertificateCase) throws {
    let spec = CertificateSpec(
      certPath: "/c",
      keyPath: "/k",
      keyOwnership: root,
      commonName: "n1",
      names: ["DNS:n1"],
      authority: try node(),
      authorityDirectory: "/ca"
    )
    var observed = ObservedNode()
    observed.system.clockMicroseconds = 1_000_000_000_000
    observed.paths["/k"] = .value(ObservedPath(kind: .file, ownership: root))
    observed.certificates["/c"] = .value(
      ObservedCertificate(
        notAfter: 1_000_000 + example.days * 86_400 + 60,
        names: example.names,
        issuer: "CA",
        keyMatches: example.keyMatches,
        authoritySHA256: example.authority.map { SHA256.hex(Array($0.utf8)) } ?? ""
      )
    )
    let result = try compare(.certificate, .certificate(spec), observed) {
      $0.authority = .known("PEM")
      $0.authorityName = "CA"
      $0.adopt = [AddressPattern("node.n1")]
    }
    #expect(attributes(result) == example.expected, "\(example.name)")
  }

  @Test func withoutItsAuthorityAMissingCertificateIsUnknown() throws {
    let spec = CertificateSpec(
      certPath: "/c",
      keyPath: "/k",
      keyOwnership: root,
      commonName: "n1",
      names: [],
      authority: try node("ca"),
      authorityDirectory: "/ca"
    )
    var observed = ObservedNode()
    observed.certificates["/c"] = .absent
    let lost = try compare(.certificate, .certificate(spec), observed) {
      $0.authority = .unknown("its node ca is unreachable")
    }
    #expect(lost == .unknown("ca must sign it: its node ca is unreachable"))
  }

  // MARK: accounts, secrets, packages

  @Test func aUserThatMustExistIsNeverCreated() throws {
    var observed = ObservedNode()
    observed.users["x"] = .absent
    guard
      case .blocked = try compare(.user, .user(UserSpec(name: "x", manage: false)), observed)
    else {
      Issue.record("not blocked")
      return
    }
  }

  @Test func missingMembershipsAreAddedAndOthersLeftAlone() throws {
    var observed = ObservedNode()
    observed.users["x"] = .value(["x", "theirs", "video"])
    let spec = UserSpec(name: "x", groups: ["render", "video"])
    let resource = Resource(
      ResourceAddress(try node(), .user, "x"),
      role: "r",
      spec: .user(spec),
      origin: ""
    )
    let context = CompareContext(desired: DesiredIndex([resource]))
    #expect(resource.operations(observed, context).map(\.arguments) == [["x", "render"]])
  }

  @Test func aLiveSecretIsKeptButALooseFileIsTightened() throws {
    let id = SecretID(role: "r", name: "p")
    let rights = Ownership(owner: "root", group: "redis", mode: 0o640)
    let spec = SecretSpec(id: id, file: "/s", key: "P", length: 48, ownership: rights)
    var observed = ObservedNode()
    observed.secrets[id] = Secret(Array("live".utf8))
    var seen = ObservedPath(kind: .file, ownership: Ownership(owner: "a", group: "b", mode: 0o600))
    observed.paths["/s"] = .value(seen)
    #expect(try compare(.secret, .secret(spec), observed) == .inSync)
    seen.ownership.mode = 0o644
    observed.paths["/s"] = .value(seen)
    #expect(attributes(try compare(.secret, .secret(spec), observed)) == ["mode"])
  }

  @Test func aPinnedVersionIsComparedAndAnyOtherIsNot() throws {
    var observed = ObservedNode()
    observed.packages["x"] = .value("1.0")
    #expect(try compare(.package, .package(PackageSpec(name: "x")), observed) == .inSync)
    let pinned = PackageSpec(name: "x", version: "2.0")
    #expect(attributes(try compare(.package, .package(pinned), observed)) == ["version"])
  }

  @Test func kernelValuesCompareWithoutTheirBlanks() throws {
    var observed = ObservedNode()
    observed.sysctls["a.b"] = .value("4096\t87380\t16777216")
    let spec = SysctlSpec(key: "a.b", value: "4096 87380 16777216")
    #expect(try compare(.sysctl, .sysctl(spec), observed) == .inSync)
    observed.sysctls["a.b"] = .absent
    guard case .blocked = try compare(.sysctl, .sysctl(spec), observed) else {
      Issue.record("not blocked")
      return
    }
  }

  // MARK: the request

  @Test func aRequestIsSortedAndAsksEachThingOnce() throws {
    let id = try node()
    func file(_ path: String, merges: Bool) -> Resource {
      Resource(
        ResourceAddress(id, .file, path),
        role: "r",
        spec: .file(
          FileSpec(
            path: path,
            content: FileContent(text: "A=1\n"),
            ownership: root,
            mergesKeys: merges
          )
        ),
        origin: ""
      )
    }
    var unit = UnitSpec(name: "x.service", enabled: true, state: .started)
    unit.consumes = [.init(path: "/b", reload: false)]
    let service = Resource(
      ResourceAddress(id, .unit, "x.service"),
      role: "r",
      spec: .unit(unit),
      origin: ""
    )
    let request = ProbeRequest.covering([
      service, file("/b", merges: false), file("/a", merges: true),
    ])
    #expect(request.paths.map(\.path) == ["/a", "/b", "/etc/systemd/system/x.service"])
    #expect(request.paths.map(\.wantsContent) == [true, false, false])
    #expect(request.paths[1].expectedSHA256 == SHA256.hex(Array("A=1\n".utf8)))
    #expect(request.units == ["x.service"])
  }
}

@Suite struct AddressPatternTests {
  @Test(arguments: [
    ("node.web-1", true), ("node.web-*", true), ("node.web", false), ("web-1", false),
    ("*/unit:redis*.service", true), ("*/unit:*sql*", false), ("node.web-1/role.cache", true),
    ("node.web-1/role.web", false), ("node.*/unit:redis-?.service", true), ("*", true), ("", false),
    ("node.web-1/", false), ("*/*", true),
  ])
  func patternsMeanWhatTheySay(pattern: String, matches: Bool) throws {
    let id = try #require(NodeID("web-1"))
    let address = ResourceAddress(id, .unit, "redis-1.service")
    #expect(AddressPattern(pattern).matches(address, role: "cache") == matches)
  }
}
