import ArgumentParser
import FleetCompile
import FleetDiagnostics
import FleetDigest
import FleetModel
import FleetResources
import FleetTestSupport
import Glibc
import Testing

@testable import FleetCommands

@Suite struct RenderTests {
  private let scratch = Scratch()

  private static func nodes(_ file: String) throws -> [NodeResources] {
    try LoadedFleet.at(SourceTree.root + "/" + file).compiled(colour: false).1
  }

  /// What apply writes on a node that has nothing yet, with the placeholders as its secrets.
  private static func uploads(_ node: NodeResources) -> [String: NodeOperation] {
    var observed = ObservedNode()
    for path in ProbeRequest.covering(node.resources).paths { observed.paths[path.path] = .absent }
    var context = CompareContext(desired: DesiredIndex(node.resources))
    context.authority = .known(NodeImage.authorityPlaceholder)
    for resource in node.resources {
      guard case .file(let file) = resource.spec else { continue }
      for id in file.content.secrets {
        context.secrets[id] = .known(Secret(Array(NodeImage.placeholder(id).utf8)))
      }
    }
    var uploads: [String: NodeOperation] = [:]
    for resource in node.resources {
      for operation in resource.operations(observed, context) where operation.verb == .writeFile {
        uploads[operation.arguments[0]] = operation
      }
    }
    return uploads
  }

  @Test(arguments: ["lab/fleet.yaml", "fleet.yaml"])
  func theBytesAreThoseThatApplyUploads(file: String) throws {
    for node in try Self.nodes(file) {
      let uploads = Self.uploads(node)
      #expect(!uploads.isEmpty)
      let image = NodeImage(node.resources)
      for (path, upload) in uploads {
        let entry = try #require(image.entries.first { $0.path == path }, "\(path)")
        guard case .file(let bytes) = entry.content else {
          Issue.record("\(path) is no file")
          continue
        }
        // A secret that lives in the same file comes first; apply merges into what it finds.
        let isShared = entry.addresses.count > 1
        if !isShared {
          #expect(upload.blob?.reveal { $0 } == bytes, "\(path)")
          #expect(upload.arguments[4] == SHA256.hex(bytes))
        }
        let ownership = try #require(entry.ownership)
        #expect(
          Array(upload.arguments[1...3]) == [ownership.modeText, ownership.owner, ownership.group]
        )
      }
      let files = image.entries.filter {
        if case .file = $0.content { $0.addresses.contains { $0.kind != .secret } } else { false }
      }
      #expect(Set(files.map(\.path)) == Set(uploads.keys))
    }
  }

  @Test func aFileSharedWithSecretsHoldsBoth() throws {
    let nodes = try Self.nodes("fleet.yaml")
    let node = try #require(nodes.first { $0.node.id.name == "04-Databases" })
    let image = NodeImage(node.resources)
    let entry = try #require(
      image.entries.first { $0.path == "/etc/autobot/db-credentials.env" }
    )
    guard case .file(let bytes) = entry.content else { return #expect(Bool(false)) }
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.hasPrefix("AUTOBOT_DB_PASSWORD=__SECRET_redis.autobot_db_password__\n"))
    #expect(text.contains("\nAUTOBOT_DB_HOST=172.16.168.23\n"))
    #expect(
      entry.unknown == [
        "the secret redis.autobot_db_password",
        "lines of others: only the keys shown are set, all else in the file stays",
      ]
    )
    let certificate = try #require(image.entries.first { $0.path == "/etc/fleetctl/ca.pem" })
    #expect(certificate.unknown == ["the certificate of the fleet's CA"])
    #expect(image.remarks.contains { $0.path == "/opt/redis_exporter/" })
    #expect(image.absent.map(\.path).contains("/opt/slm-agent"))
  }

  @Test func whatIsWrittenIsWhatTheManifestSays() throws {
    let to = scratch.path("out")
    let image = try image(of: "04-Databases")
    try RenderCommand.write(image, to: to, force: false)
    for entry in image.entries {
      var status = stat()
      #expect(lstat(to + entry.path, &status) == 0, "\(entry.path)")
      switch entry.content {
      case .file(let bytes):
        #expect(try Files.read(to + entry.path) == bytes)
        #expect(Int(status.st_mode & 0o7777) == entry.ownership?.mode)
      case .directory:
        #expect(status.st_mode & S_IFMT == S_IFDIR)
        #expect(Int(status.st_mode & 0o7777) == entry.ownership?.mode)
      case .link(let target):
        var buffer = [CChar](repeating: 0, count: 256)
        let count = readlink(to + entry.path, &buffer, 255)
        #expect(
          String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) == target
        )
      }
    }
    let written = try Files.tree(to) { _ in false }.map { "/" + $0.path }
    let files = image.entries.filter { if case .file = $0.content { true } else { false } }
    #expect(written == files.map(\.path).sorted())
  }

  @Test func aFolderThatIsNotEmptyIsRefusedAndForceDeletesNothing() throws {
    let image = try image(of: "02-Frontend")
    mkdir(scratch.path("out"), 0o755)
    try scratch.write("out/mine", "x")
    let refusal = #expect(throws: TreeError.self) {
      try RenderCommand.write(image, to: scratch.path("out"), force: false)
    }
    #expect(refusal?.description.contains("is not empty. Name another folder") == true)
    #expect(Scratch.names(in: scratch.path("out")) == ["mine"])
    try RenderCommand.write(image, to: scratch.path("out"), force: true)
    try RenderCommand.write(image, to: scratch.path("out"), force: true)
    #expect(try scratch.text("out/mine") == "x")
    #expect(Files.exists(scratch.path("out/etc/nginx")))
  }

  @Test func noLinkBelowTheFolderIsFollowed() throws {
    let image = try image(of: "02-Frontend")
    mkdir(scratch.path("outside"), 0o755)
    mkdir(scratch.path("out"), 0o755)
    symlink(scratch.path("outside"), scratch.path("out/etc"))
    let refusal = #expect(throws: TreeError.self) {
      try RenderCommand.write(image, to: scratch.path("out"), force: true)
    }
    #expect(refusal?.description.contains("render writes through no link") == true)
    #expect(Scratch.names(in: scratch.path("outside")) == [])
    #expect(Scratch.names(in: scratch.path("out")) == ["etc"])
  }

  @Test func aLinkWhereAFileGoesIsLeftAndNothingIsWritten() throws {
    let image = try image(of: "02-Frontend")
    try scratch.write("victim", "x")
    for folder in ["out", "out/etc", "out/etc/nginx", "out/etc/nginx/sites-available"] {
      mkdir(scratch.path(folder), 0o755)
    }
    symlink(
      scratch.path("victim"),
      scratch.path("out/etc/nginx/sites-available/autobot-frontend.conf")
    )
    #expect(
      image.entries.contains { $0.path == "/etc/nginx/sites-available/autobot-frontend.conf" }
    )
    #expect(throws: TreeError.self) {
      try RenderCommand.write(image, to: scratch.path("out"), force: true)
    }
    #expect(try scratch.text("victim") == "x")
    #expect(Scratch.names(in: scratch.path("out")) == ["etc"])
    #expect(Scratch.names(in: scratch.path("out/etc")) == ["nginx"])
  }

  @Test(arguments: ["/../escaped", "/etc/../../escaped", "/etc//x", "relative", "/", "/etc/./x"])
  func noPathLeadsOutOfTheFolder(path: String) throws {
    let id = try #require(NodeID("n"))
    let file = FileSpec(
      path: path,
      content: FileContent(text: "x"),
      ownership: Ownership(owner: "root", group: "root", mode: 0o644)
    )
    let resource = Resource(
      ResourceAddress(id, .file, path),
      role: "r",
      spec: .file(file),
      origin: "role.yaml:1:1"
    )
    #expect(throws: TreeError.self) {
      try RenderCommand.write(NodeImage([resource]), to: scratch.path("out"), force: false)
    }
    #expect(Scratch.names(in: scratch.root) == [])
  }

  @Test func aNodeThatIsMissingIsNamedWithTheNearest() {
    #expect(
      RenderCommand.unknown("web-l", ["db-1", "web-1"], file: "fleet.yaml")
        == "fleet.yaml has no node `web-l`. Did you mean `web-1`?"
    )
  }

  @Test func theManifestListsOwnerModeDigestAndAddress() throws {
    let image = try image(of: "04-Databases")
    let manifest = RenderManifest(node: "04-Databases", fleet: "autobot", image: image)
    let json = manifest.json
    let redis = json["files"]?.array?.first { $0["path"] == "/etc/redis-stack.conf" }
    #expect(redis?["owner"] == "redis")
    #expect(redis?["mode"] == "0640")
    #expect(redis?["addresses"] == ["node.04-Databases/file:/etc/redis-stack.conf"])
    #expect(redis?["known_only_on_node"] == ["the secret redis.redis_password"])
    #expect(redis?["sha256"]?.string?.count == 64)
    let lines = manifest.text.split(separator: "\n")
    #expect(
      lines.contains { $0.hasPrefix("0640  redis ") && $0.hasSuffix("/file:/etc/redis-stack.conf") }
    )
    #expect(lines.contains("  /etc/redis-stack.conf: the secret redis.redis_password"))
  }

  private func image(of node: String) throws -> NodeImage {
    let found = try #require(
      try Self.nodes("fleet.yaml").first { $0.node.id.name == node }
    )
    return NodeImage(found.resources)
  }
}
