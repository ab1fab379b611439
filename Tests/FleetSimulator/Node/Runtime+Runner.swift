/// One record of a batch.
struct Step {
  let index: Int
  let verb: String
  let hasBlob: Bool
  let arguments: [String]

  init?(_ line: Substring) {
    var fields = line.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init)
    guard fields.count >= 4, let index = Int(fields[0]) else { return nil }
    fields.removeLast()
    self.index = index
    verb = fields[1]
    hasBlob = fields[2] == "1"
    arguments = Array(fields.dropFirst(3))
  }
}

extension Runtime {
  func loadSettings(_ path: String) throws {
    window = nil
    guard let text = text(path) else { throw Failed("no settings") }
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { continue }
      switch parts[0] {
      case "token": token = parts[1]
      case "transaction": transaction = parts[1]
      case "batch": batch = parts[1]
      case "window": window = Int(parts[1])
      case "launcher": launcher = parts[1]
      case "expect": expects.append(parts[1])
      default: continue
      }
    }
  }

  /// `run_batch`.
  func runBatch(_ directory: String) async throws {
    try loadSettings(directory + "/settings")
    guard !exists(directory + "/running") else { return }
    try await write(directory + "/running", Array("\(node.bootID) \(process.name)\n".utf8))
    let steps = (text(directory + "/ops") ?? "").split(separator: "\n").compactMap(Step.init)
    node.note("runs \(transaction)/\(batch), \(steps.count) steps")
    var stop: String?
    var isKeeping = false
    if try await guarded({ self.renewLock() }) == true || node.defects.contains(.noFencing) {
      isKeeping = true
      keepLease()
      if node.before[transaction] == nil { node.before[transaction] = node.look(node) }
      // `set_aside`
      if let moved = movedSince() {
        try await write(directory + "/moved", Array((moved + "\n").utf8))
        try await write(directory + "/done", [0x31])
        return
      }
      try await append(tx + "/order", batch + "\n")
      do { try await journal(steps) } catch let error as Failed {
        stop = "the way back could not be written, so nothing was changed: \(error.said)"
      }
      if stop == nil {
        do { try await arm() } catch let error as Failed {
          stop = "the way back could not be armed, so nothing was changed: \(error.said)"
        }
      }
    }
    var isHalted = false
    for step in steps { try await execute(step, steps, stop, &isHalted) }
    if let window { try await extend(window) }
    for path in node.disk.paths(below: directory) where path.hasPrefix(directory + "/blob.") {
      remove(now: path)
    }
    try await write(directory + "/.done", [0x31])
    try await move(directory + "/.done", directory + "/done")
    node.note("done \(transaction)/\(batch)")
    _ = isKeeping
  }

  /// `moved_since`: nil when all of it is as it was under the lock.
  func movedSince() -> String? {
    let moved = expects.compactMap { line -> String? in
      if line.hasPrefix("unit ") {
        let words = line.split(separator: " ").map(String.init)
        let number = node.units[words[1]]?.invocation ?? 0
        let now = "\(node.name)-\(node.boots)-\(number)"
        return words.count == 3 && now == words[2] ? nil : "unit \(words[1])"
      }
      guard let slash = line.firstIndex(of: "/") else { return nil }
      let path = String(line[slash...].prefix { $0 != "\u{1F}" })
      var now = "- - - - - \(path)\u{1F}"
      if let entry = node.disk[path] {
        let rights = "\(String(entry.mode, radix: 8)) \(entry.owner) \(entry.group)"
        switch entry.kind {
        case .file: now = "f \(rights) \(entry.inode?.sha256 ?? "-") \(path)\u{1F}"
        case .directory: now = "d \(rights) - \(path)\u{1F}"
        case .link: now = "l - - - - \(path)\u{1F}\(entry.target)"
        }
      }
      return now == line ? nil : "\(path)\u{1F}content"
    }
    return moved.isEmpty ? nil : moved.joined(separator: "\n")
  }

  /// While an operation takes long, the lease must not run out.
  private func keepLease() {
    let (node, process, directory) = (node, process, batchDirectory)
    let seconds = max(1, (node.lease?.seconds ?? 30) / 3)
    let carried = Unchecked((node, process, self))
    node.world.spawn {
      let (node, process, runtime) = carried.value
      while true {
        await node.world.sleep(seconds * 1_000_000)
        guard process.isAlive, node.disk[directory + "/done"] == nil,
          node.disk[directory] != nil
        else { return }
        if process.name.hasPrefix("session") { return }
        guard (try? await runtime.guarded({ runtime.renewLock() })) == true else { return }
      }
    }
  }

  private func putResult(_ word: String, _ took: Int, _ output: [UInt8] = []) async throws {
    let path = batchDirectory + "/.result"
    try await write(path, Array("\(word) \(took)\n".utf8) + output)
    try await move(path, "\(batchDirectory)/result.\(index)")
  }

  private func execute(
    _ step: Step,
    _ all: [Step],
    _ stop: String?,
    _ isHalted: inout Bool
  ) async throws {
    index = String(step.index)
    let began = node.uptimeMicroseconds
    // The disk may be full: then there is no result, as with the script.
    do {
      if isHalted { return try await putResult("skipped", 0) }
      var output: [UInt8] = []
      var said: String?
      if let stop {
        said = stop
      } else if !isOurs, !node.defects.contains(.noFencing) {
        isHalted = true
        return try await putResult("fenced", 0)
      } else {
        if let window { try await extend(patience(step, all) + window) }
        beginWriting()
        defer { endWriting() }
        do { output = try await perform(step) } catch let error as Failed { said = error.said }
      }
      let took = (node.uptimeMicroseconds - began) / 1000
      if let said {
        isHalted = true
        node.note("failed: \(step.verb) \(step.arguments.first ?? ""): \(said)")
        try await putResult("failed", took, Array(said.utf8))
      } else {
        try await putResult("done", took, output)
      }
    } catch is Failed {
      isHalted = true
    }
  }

  /// Notes who changes the node now: never two at once, and never without the lock.
  private func beginWriting() {
    if let other = node.writing.first(where: { $0.transaction != transaction && $0.process.isAlive }
    ) {
      node.violate("\(transaction) and \(other.transaction) change the node at once")
    }
    if let lease = node.lease, lease.token != token, lease.deadline > node.uptime {
      node.violate("\(transaction) changes the node under the lock of \(lease.holder)")
    }
    node.writing.append((transaction, process))
  }

  private func endWriting() { node.writing.removeAll { $0.process === process } }

  private func patience(_ step: Step, _ all: [Step]) -> Int {
    switch step.verb {
    case "wait-unit": return (Int(step.arguments[1]) ?? 0) + (Int(step.arguments[2]) ?? 0) + 30
    case "run-step": return (Int(step.arguments[3]) ?? 0) + 30
    case "apt-install", "fetch": return 1800
    case "unit":
      let other = all.last { $0.verb == "wait-unit" && $0.arguments.first == step.arguments[1] }
      return other.flatMap { Int($0.arguments[1]) }.map { $0 + 30 } ?? 120
    default: return 120
    }
  }

  // MARK: Verbs

  private func perform(_ step: Step) async throws -> [UInt8] {
    let words = step.arguments
    if isLost(step) { return [] }
    switch step.verb {
    case "make-dir": try await makeFolder(words)
    case "write-file": try await writeFile(words, step)
    case "set-ownership": try await setOwnership(words)
    case "make-link": try await makeLink(words)
    case "remove":
      guard node.disk[words[0]]?.kind != .directory else { throw Failed("\(words[0]) is a folder") }
      try await remove(words[0])
      try await sync(Self.parent(words[0]))
    case "remove-dir":
      if node.disk.paths(below: words[0]).isEmpty { try await remove(words[0]) }
    case "apt-update": try await process.nap(milliseconds: node.world.dice.within(300...3000))
    case "apt-install": try await install(words)
    case "add-group":
      try await process.step()
      node.groups.insert(words[0])
    case "add-user":
      try await process.step()
      node.groups.insert(words[4].isEmpty ? words[0] : words[4])
      let extra = words[5].split(separator: ",").map(String.init)
      node.users[words[0]] = [words[4].isEmpty ? words[0] : words[4]] + extra
    case "add-user-groups":
      try await process.step()
      node.users[words[0], default: []] += words[1].split(separator: ",").map(String.init)
    case "generate-secret": try await generateSecret(words, step)
    case "run-step":
      try await process.nap(milliseconds: node.world.dice.within(100...20_000))
      try await makeFolders(words[4], mode: 0o700)
      try await putFile(
        words[4],
        mode: 0o600,
        owner: "root",
        group: "root",
        Array((words[5] + "\n").utf8)
      )
    case "set-sysctl":
      try await process.step()
      node.sysctls[words[0]] = words[1]
    case "daemon-reload":
      try await process.nap(milliseconds: 150)
      node.reloadDefinitions()
    case "unit": try await unitAction(words)
    case "wait-unit": return Array(try await waitUnit(words).utf8)
    case "put-plan":
      let bytes = node.disk["\(batchDirectory)/blob.\(step.index)"]?.inode?.bytes ?? []
      try await putFile(tx + "/plan.json", mode: 0o600, owner: "root", group: "root", bytes)
    case "put-manifest":
      let bytes = node.disk["\(batchDirectory)/blob.\(step.index)"]?.inode?.bytes ?? []
      try await putFile(
        state + "/manifest.json",
        mode: 0o600,
        owner: "root",
        group: "root",
        bytes
      )
      node.recorded.insert(transaction)
    case "append-history":
      let line = node.disk["\(batchDirectory)/blob.\(step.index)"]?.inode?.bytes ?? []
      let before = node.disk[state + "/history.jsonl"]?.inode?.bytes ?? []
      try await putFile(
        state + "/history.jsonl",
        mode: 0o600,
        owner: "root",
        group: "root",
        before + line + [0x0A]
      )
    case "release-lock": _ = try await guarded { self.drop() }
    case "rollback": try await takeBackNow(words[0])
    default: throw Failed("this runtime knows no '\(step.verb)'")
    }
    return []
  }

  /// Whether the step says that it is done and is not.
  ///
  /// Of what changes the part of a node that is wanted, and what a later look at the node can tell: a
  /// reload leaves no trace, nor does the enabling of a unit whose file is gone (docs/simulator.md, "What
  /// it does not see").
  private func isLost(_ step: Step) -> Bool {
    let what = "\(step.verb) \(step.arguments.first ?? "")"
    switch step.verb {
    case "write-file", "set-ownership", "make-link", "set-sysctl":
      return node.loses(what, isRemoval: false)
    case "remove": return node.loses(what, isRemoval: true)
    case "unit" where ["enable", "start", "restart"].contains(step.arguments.first):
      return node.loses(what, isRemoval: false)
    case "unit" where step.arguments.first == "stop": return node.loses(what, isRemoval: true)
    default: return false
    }
  }

  private func makeFolder(_ words: [String]) async throws {
    if let there = node.disk[words[0]], there.kind != .directory {
      throw Failed("\(words[0]) exists and is no folder")
    }
    try await makeFolders(words[0] + "/x", mode: 0o700)
    try await setOwnership(words)
  }

  private func setOwnership(_ words: [String]) async throws {
    try await process.step()
    guard var entry = node.disk[words[0]], entry.kind != .link else {
      throw Failed("\(words[0]) is a symbolic link or not there")
    }
    entry.mode = Int(words[1], radix: 8) ?? 0
    entry.owner = words[2]
    entry.group = words[3]
    entry.changed = node.clock
    node.disk.put(words[0], entry, at: node.world.now)
    try await sync(words[0])
  }

  private func writeFile(_ words: [String], _ step: Step) async throws {
    let path = words[0]
    let now: String
    switch node.disk[path]?.kind {
    case nil: now = "absent"
    case .link: now = "link to \(node.disk[path]?.target ?? "")"
    case .file: now = node.disk[path]?.inode?.sha256 ?? ""
    case .directory: throw Failed("\(path) is a folder where a file is wanted")
    }
    guard words[5] == "any" || words[5] == now || words[4] == now else {
      throw Failed("\(path) moved since the plan: it was \(words[5]), it is \(now)")
    }
    let bytes = node.disk["\(batchDirectory)/blob.\(step.index)"]?.inode?.bytes ?? []
    try await putFile(
      path,
      mode: Int(words[1], radix: 8) ?? 0,
      owner: words[2],
      group: words[3],
      bytes
    )
  }

  private func makeLink(_ words: [String]) async throws {
    try await makeFolders(words[0])
    if let there = node.disk[words[0]] {
      guard there.kind == .link else { throw Failed("\(words[0]) exists and is no link") }
      if there.target == words[1] { return }
    }
    try await replaceLink(words[0], words[1])
  }

  func replaceLink(_ path: String, _ target: String) async throws {
    let fresh = "\(Self.parent(path))/.fleetctl-\(transaction)-\(batch)-\(index)"
    try await process.step()
    try space()
    node.disk.put(fresh, .link(target, node.clock), at: node.world.now)
    try await move(fresh, path)
    try await sync(Self.parent(path))
  }

  private func install(_ names: [String]) async throws {
    try await process.nap(milliseconds: node.world.dice.within(800...40_000))
    try space()
    for name in names {
      try await process.step()
      node.packages.insert(name.split(separator: "=").first.map(String.init) ?? name)
    }
  }

  private func generateSecret(_ words: [String], _ step: Step) async throws {
    var lines = (text(words[0]) ?? "").split(separator: "\n").map(String.init)
    if lines.contains(where: { $0.hasPrefix(words[1] + "=") && $0.count > words[1].count + 1 }) {
      return
    }
    lines.removeAll { $0.hasPrefix(words[1] + "=") }
    let fresh = String(node.world.dice.nonce().prefix(Int(words[2]) ?? 32))
    let given = node.disk["\(batchDirectory)/blob.\(step.index)"]?.inode?.bytes
    lines.append(words[1] + "=" + (given.map { String(decoding: $0, as: UTF8.self) } ?? fresh))
    let there = node.disk[words[0]]
    try await putFile(
      words[0],
      mode: there?.mode ?? Int(words[3], radix: 8) ?? 0o600,
      owner: there?.owner ?? words[4],
      group: there?.group ?? words[5],
      Array((lines.joined(separator: "\n") + "\n").utf8)
    )
  }

  private func unitAction(_ words: [String]) async throws {
    do { try await node.systemctl(words[0], words[1], process) } catch let error as Failed {
      switch words[0] {
      case "reset-failed": return
      case "stop", "disable":
        if node.definition(words[1]) == nil { return }
      default: break
      }
      throw Failed("failed: systemctl \(words[0]) \(words[1]): \(error.said)")
    }
  }

  /// Returns `INVOCATION RESTARTS` of a unit that is up.
  private func waitUnit(_ words: [String]) async throws -> String {
    let (name, budget, soak) = (words[0], Int(words[1]) ?? 0, Int(words[2]) ?? 0)
    let began = node.uptime
    var first: Int?
    var healthy = "", since = 0
    while true {
      try await process.step()
      let unit = node.units[name] ?? SimUnit()
      first = first ?? unit.restarts
      var problem: String? = "\(unit.state)"
      switch unit.state {
      case .active:
        let bound = unit.port == 0 || node.listening.contains { $0.name == name }
        problem = words[3].isEmpty || bound ? nil : "active, but its port is not bound"
      case .failed: throw Failed("failed: \(name) ended with \(unit.result)")
      case .inactive:
        if node.uptime - began >= 3 { throw Failed("failed: \(name) does not run") }
      case .activating, .waiting: break
      }
      if unit.restarts - (first ?? 0) >= 3 {
        throw Failed("failed: \(name) restarted 3 times while it was watched")
      }
      if let problem {
        healthy = ""
        if node.uptime - began >= budget {
          throw Failed("starting: \(name) is \(problem) after \(budget) s")
        }
      } else {
        let mark = "\(node.invocationID(of: unit)) \(unit.restarts)"
        if healthy != mark { (healthy, since) = (mark, node.uptime) }
        if node.uptime - since >= soak { return mark }
      }
      try await process.nap(milliseconds: 300)
    }
  }
}
