/// The model of `RuntimeScript`: what the shell on a node does with one conversation, step by step.
///
/// Written after the script function by function, with the same names and the same order of writes,
/// renames and syncs: between any two of them the process can be killed or the power can go.
final class Runtime {
  let node: SimNode
  let process: Process
  let state = "/var/lib/fleetctl"
  var nonce = "", command = "", token = "", holder = "", plan = "", reason = ""
  var transaction = "", batch = "", launcher = "systemd"
  var leaseSeconds = 0, wait = 0, from = 0
  var window: Int?
  var operationsDigest = ""
  /// What the first batch has to find.
  var expects: [String] = []
  var blobs: [(index: Int, length: Int, digest: String)] = []
  var isBooting = false
  /// Number of the operation in hand, for names of temporary files.
  var index = ""
  /// How many things a rollback could not restore.
  var bad = 0

  var tx: String { state + "/tx/" + transaction }
  var batchDirectory: String { tx + "/" + batch }

  init(_ process: Process) {
    self.process = process
    node = process.node
  }

  // MARK: One conversation

  /// Answers the bytes of one standard input.
  func converse(_ input: ArraySlice<UInt8>) async throws -> [UInt8] {
    var input = input
    let header = String(decoding: Self.frame(&input) ?? [], as: UTF8.self)
    if header.hasPrefix("n ") {
      return node.probe(header.split(separator: "\n").map(String.init))
    }
    read(header)
    node.note("\(process.name) asks \(command) \(batch)")
    if node.disk[state] == nil {
      try await makeFolders(state + "/x", mode: 0o700)
    }
    var answer = Answer(nonce)
    try await perform(&answer, input)
    answer.end()
    return answer.bytes
  }

  private func perform(_ answer: inout Answer, _ input: ArraySlice<UInt8>) async throws {
    switch command {
    case "acquire":
      let made = try await guarded { try await self.take(answer) }
      answer = made ?? answer
    case "renew":
      if try await guarded({ try await self.renewAll() }) == true { answer.mark("granted", 0) }
    case "release":
      _ = try await guarded { self.drop() }
      answer.mark("released", 0)
    case "confirm":
      let fenced = try await guarded { try await self.confirm() } ?? false
      if fenced { answer.mark("state:fenced", 0) } else { tellFate(&answer) }
    case "fate": tellFate(&answer)
    case "inspect":
      if let frozen = text(state + "/frozen") { answer.section("frozen", frozen) }
      if let pending = text(state + "/pending") { answer.section("pending", pending) }
      answer.mark("inspected", 0)
    case "review":
      // As a node that could not write down how the run left it: it takes nothing back.
      let standing =
        !exists(tx + "/order") ? "gone" : exists(tx + "/confirmed") ? "unknown" : "unconfirmed"
      answer.mark("review:" + standing, 0)
    case "thaw":
      _ = try await guarded { try await self.remove(self.state + "/frozen") }
      answer.mark("thawed", 0)
    case "batch":
      if !isOurs, !node.defects.contains(.noFencing) {
        answer.mark("state:fenced", 0)
      } else if !exists(batchDirectory), let moved = movedSince() {
        answer.section("state:moved", moved)
      } else if try await stage(input) {
        try await follow(&answer)
      } else {
        answer.mark("state:corrupt", 0)
      }
    case "follow": try await follow(&answer)
    default: node.violate("the model does not know the command '\(command)'")
    }
  }

  /// Cuts `LENGTH\n` and so many bytes off.
  static func frame(_ input: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard let end = input.firstIndex(of: 0x0A),
      let length = Int(String(decoding: input[..<end], as: UTF8.self)),
      input.distance(from: end, to: input.endIndex) > length
    else { return nil }
    let frame = input[(end + 1)..<(end + 1 + length)]
    input = input[(end + 1 + length)...]
    return frame
  }

  private func read(_ header: String) {
    for line in header.split(separator: "\n") {
      guard let equals = line.firstIndex(of: "=") else { continue }
      let value = String(line[line.index(after: equals)...])
      switch line[..<equals] {
      case "nonce": nonce = value
      case "command": command = value
      case "token": token = value
      case "holder": holder = value
      case "plan": plan = value
      case "lease": leaseSeconds = Int(value) ?? 0
      case "transaction": transaction = value
      case "batch": batch = value
      case "launcher": launcher = value
      case "wait": wait = Int(value) ?? 0
      case "from": from = Int(value) ?? 0
      case "window": window = Int(value)
      case "operations": operationsDigest = value
      case "expect": expects.append(value)
      case "blob":
        let words = value.split(separator: " ")
        if words.count == 3, let index = Int(words[0]), let length = Int(words[1]) {
          blobs.append((index, length, String(words[2])))
        }
      default: continue
      }
    }
  }

  // MARK: Lock

  func guarded<Value>(_ body: () async throws -> Value) async throws -> Value? {
    var waited = 0
    while let holder = node.guardHolder, holder.isAlive {
      guard waited < 30_000 else { return nil }
      try await process.nap(milliseconds: 10)
      waited += 10
    }
    node.guardHolder = process
    defer { if node.guardHolder === process { node.guardHolder = nil } }
    return try await body()
  }

  var isOurs: Bool { node.lease.map { $0.token == token } ?? false }

  private func take(_ answer: Answer) async throws -> Answer {
    var answer = answer
    guard try await findObstacle(&answer) else { return answer }
    if let lease = node.lease, lease.deadline > node.uptime, lease.token != token {
      answer.section("held", "\(lease.holder), \(lease.deadline - node.uptime) s left")
      return answer
    }
    store(token, holder, plan, leaseSeconds)
    answer.mark("granted", 0)
    return answer
  }

  func store(_ token: String, _ holder: String, _ plan: String, _ seconds: Int) {
    node.lease = Lease(
      token: token,
      holder: holder,
      plan: plan,
      seconds: seconds,
      deadline: node.uptime + seconds
    )
  }

  func renewLock() -> Bool {
    guard isOurs, let lease = node.lease else { return false }
    store(token, lease.holder, lease.plan, lease.seconds)
    return true
  }

  private func renewAll() async throws -> Bool {
    guard renewLock() else { return false }
    if let window, !transaction.isEmpty { try await extend(window) }
    return true
  }

  func drop() {
    if token == "any" || isOurs { node.lease = nil }
  }

  // MARK: Staging and following

  private func stage(_ input: ArraySlice<UInt8>) async throws -> Bool {
    var input = input
    if exists(batchDirectory) { return true }
    guard let operations = Self.frame(&input) else { return false }
    let staging = tx + "/.stage-" + nonce
    do {
      try await makeFolders(staging + "/x", mode: 0o700)
      try await write(staging + "/ops", Array(operations))
      for blob in blobs {
        guard input.count >= blob.length else { throw Failed("cut") }
        let bytes = Array(input.prefix(blob.length))
        input = input.dropFirst(blob.length)
        try await write("\(staging)/blob.\(blob.index)", bytes)
        guard node.disk["\(staging)/blob.\(blob.index)"]?.inode?.sha256 == blob.digest else {
          throw Failed("digest")
        }
      }
      guard node.disk[staging + "/ops"]?.inode?.sha256 == operationsDigest else {
        throw Failed("digest")
      }
      try await write(staging + "/runtime.sh", Array("runtime".utf8))
      let settings =
        "token=\(token)\ntransaction=\(transaction)\nbatch=\(batch)\n"
        + "window=\(window.map(String.init) ?? "")\nlauncher=\(launcher)\n"
        + expects.map { "expect=\($0)\n" }.joined()
      try await write(staging + "/settings", Array(settings.utf8))
      if !exists(batchDirectory) { try await moveFolder(staging, batchDirectory) }
      return true
    } catch is Failed {
      for path in node.disk.paths(below: staging) + [staging] { remove(now: path) }
      return false
    }
  }

  private func launch() async throws {
    let key = transaction + "/" + batch
    if launcher == "inline" {
      let runner = Runtime(process)
      try await runner.runBatch(batchDirectory)
      return
    }
    if node.runners[key]?.isAlive == true { return }
    let runner = Process(node, key)
    node.runners[key] = runner
    let (directory, world) = (batchDirectory, node.world)
    let carried = Unchecked((runner, node))
    node.world.spawn {
      let (runner, node) = carried.value
      await world.sleep(world.dice.within(2...60) * 1000)
      try? await Runtime(runner).runBatch(directory)
      runner.isKilled = true
      if node.runners[key] === runner { node.runners[key] = nil }
    }
  }

  private func isDead() -> Bool {
    guard exists(batchDirectory + "/running") else { return false }
    let boot = (text(batchDirectory + "/running") ?? "").split(separator: " ").first ?? ""
    if String(boot) != node.bootID { return true }
    if launcher == "inline" { return false }
    return node.runners[transaction + "/" + batch]?.isAlive != true
  }

  private func printResults(_ answer: inout Answer) {
    while let inode = node.disk["\(batchDirectory)/result.\(from)"]?.inode {
      let end = inode.bytes.firstIndex(of: 0x0A) ?? inode.bytes.endIndex
      let words = String(decoding: inode.bytes[..<end], as: UTF8.self).split(separator: " ")
      answer.say(Array(inode.bytes[end...].dropFirst()))
      answer.mark("result:\(from):\(words.first ?? "")", Int(words.last ?? "") ?? 0)
      from += 1
    }
  }

  private func follow(_ answer: inout Answer) async throws {
    guard exists(batchDirectory) else { return answer.mark("state:missing", 0) }
    if !exists(batchDirectory + "/running"), !exists(batchDirectory + "/done") {
      try await launch()
    }
    let until = node.uptimeMicroseconds + wait * 1_000_000
    var naps = 0
    while true {
      let dead = isDead()
      let finished = exists(batchDirectory + "/done")
      printResults(&answer)
      if finished, let moved = text(batchDirectory + "/moved") {
        return answer.section("state:moved", moved)
      }
      if finished { return answer.mark("state:finished", 0) }
      if dead { return answer.mark("state:interrupted", 0) }
      if node.uptimeMicroseconds >= until {
        return answer.mark(
          exists(batchDirectory + "/running") ? "state:running" : "state:waiting",
          0
        )
      }
      naps += 1
      try await process.nap(milliseconds: naps < 20 ? 20 : 300)
    }
  }

  // MARK: Disk

  func exists(_ path: String) -> Bool { node.disk[path] != nil }

  /// Text of a file that is not empty.
  func text(_ path: String) -> String? {
    guard let bytes = node.disk[path]?.inode?.bytes, !bytes.isEmpty else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }

  func space() throws {
    if node.isFull { throw Failed("No space left on device") }
  }

  func write(_ path: String, _ bytes: [UInt8], mode: Int = 0o600) async throws {
    try await process.step()
    try space()
    node.disk.put(path, .file(bytes, mode: mode, node.clock), at: node.world.now)
  }

  func append(_ path: String, _ text: String) async throws {
    if !exists(path) { try await write(path, []) }
    try await process.step()
    try space()
    node.disk.append(path, Array(text.utf8), at: node.world.now)
  }

  /// rename(2) over whatever is there; false when there is nothing to rename.
  @discardableResult
  func move(_ from: String, _ to: String) async throws -> Bool {
    try await process.step()
    guard var entry = node.disk[from] else { return false }
    entry.changed = node.clock
    node.disk.put(to, entry, at: node.world.now)
    node.disk.put(from, nil, at: node.world.now)
    return true
  }

  private func moveFolder(_ from: String, _ to: String) async throws {
    try await process.step()
    node.disk.put(to, node.disk[from], at: node.world.now)
    for path in node.disk.paths(below: from) {
      node.disk.put(to + path.dropFirst(from.count), node.disk[path], at: node.world.now)
      node.disk.put(path, nil, at: node.world.now)
    }
    node.disk.put(from, nil, at: node.world.now)
  }

  func remove(_ path: String) async throws {
    try await process.step()
    remove(now: path)
  }

  func remove(now path: String) {
    if exists(path) { node.disk.put(path, nil, at: node.world.now) }
  }

  func sync(_ paths: String...) async throws {
    try await process.step()
    for path in paths { node.disk.sync(path) }
  }

  func makeFolders(_ path: String, mode: Int = 0o755) async throws {
    var missing: [String] = []
    var folder = Self.parent(path)
    while !folder.isEmpty, !exists(folder) {
      missing.append(folder)
      folder = Self.parent(folder)
    }
    for folder in missing.reversed() {
      try await process.step()
      try space()
      var entry = DiskEntry.folder(node.clock)
      entry.mode = mode
      node.disk.put(folder, entry, at: node.world.now)
    }
  }

  static func parent(_ path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }

  /// `put_file`: whole or not at all.
  func putFile(
    _ path: String,
    mode: Int,
    owner: String,
    group: String,
    _ bytes: [UInt8]
  ) async throws {
    try await makeFolders(path)
    let fresh = "\(Self.parent(path))/.fleetctl-\(transaction)-\(batch)-\(index)"
    try await remove(fresh)
    var entry = DiskEntry.file(bytes, mode: mode, node.clock)
    entry.owner = owner
    entry.group = group
    try await process.step()
    try space()
    node.disk.put(fresh, entry, at: node.world.now)
    if !node.defects.contains(.noFsync) { try await sync(fresh) }
    try await move(fresh, path)
    try await sync(Self.parent(path))
  }
}
