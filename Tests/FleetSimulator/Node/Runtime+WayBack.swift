/// One line of the journal: how a thing was before a batch.
private struct Undo {
  let batch: String
  let index: String
  let kind: String
  let name: String
  let rest: [String]
}

extension Runtime {
  private static let separator = "\u{1F}"

  // MARK: Journal

  private func record(_ fields: String...) async throws {
    try await append(
      batchDirectory + "/undo",
      fields.map { $0 + Self.separator }.joined() + "\n"
    )
  }

  private func remember(_ path: String) async throws {
    var missing: [String] = []
    var folder = Self.parent(path)
    while !folder.isEmpty, !exists(folder) {
      missing.append(folder)
      folder = Self.parent(folder)
    }
    for folder in missing.reversed() { try await record(index, "none", folder) }
    guard let entry = node.disk[path] else { return try await record(index, "none", path) }
    switch entry.kind {
    case .link: try await record(index, "link", path, entry.target)
    case .directory:
      try await record(index, "dir", path, String(entry.mode, radix: 8), entry.owner, entry.group)
    case .file:
      let bytes = node.defects.contains(.noJournal) ? [] : entry.inode?.bytes ?? []
      try await write("\(batchDirectory)/before.\(index)", bytes)
      try await record(
        index,
        "file",
        path,
        String(entry.mode, radix: 8),
        entry.owner,
        entry.group,
        "before.\(index)"
      )
    }
  }

  func journal(_ steps: [Step]) async throws {
    try await write(batchDirectory + "/undo", [])
    for step in steps {
      index = String(step.index)
      let words = step.arguments
      switch step.verb {
      case "make-dir", "write-file", "set-ownership", "make-link", "remove", "remove-dir":
        try await remember(words[0])
      case "unit" where words[0] != "reset-failed":
        let unit = node.units[words[1]] ?? SimUnit()
        let isThere = exists("/etc/systemd/system/" + words[1])
        let enabled = !isThere ? "not-found" : node.isEnabled(words[1]) ? "enabled" : "disabled"
        let active = unit.state == .active ? "active" : "\(unit.state)"
        try await record(index, "unit", words[1], enabled, active, words[0])
      case "put-manifest":
        let path = state + "/manifest.json"
        if let bytes = node.disk[path]?.inode?.bytes {
          try await write("\(batchDirectory)/before.\(index)", bytes)
          try await record(index, "manifest", path, "before.\(index)")
        } else {
          try await record(index, "manifest", path, "")
        }
      case "set-sysctl":
        try await record(index, "sysctl", words[0], node.sysctls[words[0]] ?? "0")
      default: continue
      }
    }
    try await process.step()
    node.disk.sync(batchDirectory + "/undo")
    for path in node.disk.paths(below: batchDirectory) where path.contains("/before.") {
      node.disk.sync(path)
    }
    try await sync(batchDirectory, tx + "/order", tx)
  }

  // MARK: Arming and deciding

  func extend(_ seconds: Int) async throws {
    guard exists(tx + "/armed") else { return }
    let path = tx + "/.deadline.\(process.name.hashValueFree)"
    try await write(path, Array("\(node.bootID) \(node.uptime + seconds)\n".utf8))
    try await move(path, tx + "/deadline")
  }

  func arm() async throws {
    guard let window, !node.defects.contains(.noWatchdog) else { return }
    if exists(tx + "/armed") { return try await extend(window) }
    if exists(tx + "/fired") || exists(tx + "/confirmed") {
      throw Failed("run \(transaction) is over on this node")
    }
    index = "arm"
    try await write(tx + "/runtime.sh", Array("runtime".utf8))
    try await write(tx + "/settings", node.disk[batchDirectory + "/settings"]?.inode?.bytes ?? [])
    try await installWatchdog()
    try await write(state + "/.pending", Array((transaction + "\n").utf8))
    try await move(state + "/.pending", state + "/pending")
    try await write(tx + "/.armed", [])
    try await move(tx + "/.armed", tx + "/armed")
    try await extend(window)
    try await sync(
      tx + "/runtime.sh",
      tx + "/settings",
      tx + "/armed",
      tx + "/deadline",
      tx + "/order",
      tx,
      state + "/pending",
      state
    )
    startWatchdog()
  }

  private func installWatchdog() async throws {
    let units = "/etc/systemd/system/"
    let texts = [
      (state + "/recover.sh", "runtime", 0o600),
      (units + "fleetctl-watchdog@.service", "ExecStart=watch\n", 0o644),
      (units + "fleetctl-recover.service", "ExecStart=recover\n", 0o644),
    ]
    for (path, wanted, mode) in texts where node.text(of: path) != wanted {
      try await putFile(path, mode: mode, owner: "root", group: "root", Array(wanted.utf8))
    }
    let wants = units + "sysinit.target.wants/fleetctl-recover.service"
    guard !exists(wants) else { return }
    try await makeFolders(wants)
    try await process.step()
    node.disk.put(wants, .link("../fleetctl-recover.service", node.clock), at: node.world.now)
  }

  private func startWatchdog() {
    guard node.watchdogs.insert(transaction).inserted else { return }
    let (node, transaction, directory) = (node, transaction, tx)
    let boot = node.bootID
    let carried = Unchecked(node)
    node.world.spawn {
      let node = carried.value
      // Restart=on-failure: again and again until it is decided.
      while node.bootID == boot, node.isUp {
        let watcher = Runtime(Process(node, "watchdog-\(transaction)"))
        do {
          try await watcher.watch(directory)
          return
        } catch is Failed {
          await node.world.sleep(1_000_000)
        } catch { return }
      }
    }
  }

  private func isDue() -> Bool {
    let words = (text(tx + "/deadline") ?? "").split(separator: " ")
    guard words.count == 2, let due = Int(words[1]), words[0] == node.bootID else { return true }
    return node.uptime >= due
  }

  private var isOver: Bool {
    exists(tx + "/confirmed") || exists(tx + "/rolled-back") || !exists(tx)
  }

  private func watch(_ directory: String) async throws {
    try loadSettings(directory + "/settings")
    while !isOver {
      var fires = exists(tx + "/fired")
      if !fires, isDue() { fires = try await move(tx + "/armed", tx + "/fired") }
      if fires { try await takeBack("nobody confirmed run \(transaction) in time") }
      if !isOver { try await process.nap(milliseconds: 1000) }
    }
  }

  func recoverAll() async throws {
    guard !node.defects.contains(.noRecovery) else { return }
    for path in node.disk.paths(below: state + "/tx") where path.hasSuffix("/settings") {
      guard path.split(separator: "/").count == 6 else { continue }
      do { try loadSettings(path) } catch is Failed { continue }
      if isOver || !exists(tx + "/armed") && !exists(tx + "/fired") { continue }
      try await move(tx + "/armed", tx + "/fired")
      try await takeBack("the machine went down before run \(transaction) was confirmed")
    }
    try await remove(state + "/pending")
  }

  /// One at a time for each transaction, as flock on `rollback.lock`.
  private func alone(_ body: () async throws -> Void) async throws {
    while let holder = node.rollbackHolders[transaction], holder.isAlive {
      try await process.nap(milliseconds: 50)
    }
    node.rollbackHolders[transaction] = process
    let name = transaction
    defer { if node.rollbackHolders[name] === process { node.rollbackHolders[name] = nil } }
    try await body()
  }

  private func takeBack(_ why: String) async throws {
    try await alone {
      if exists(tx + "/rolled-back") { return }
      try await sync(tx)
      let name = transaction
      _ = try await guarded {
        self.store("watchdog-\(name)", "fleetctl's watchdog, taking back run \(name)", "-", 3600)
      }
      try await stopRunners()
      (batch, index) = ("watchdog", "back")
      try await makeFolders(batchDirectory + "/x", mode: 0o700)
      node.note("takes back \(transaction): \(why)")
      var because = why + ": it was taken back"
      var said = ""
      do { try await rollBack() } catch let error as Failed {
        said = error.said
        because = why + ", and not all of it could be taken back"
      }
      try await storeFrozen(because)
      try await settleBack(said)
      _ = try await guarded { self.node.lease = nil }
    }
  }

  private func stopRunners() async throws {
    guard !isBooting else { return }
    try await process.step()
    for (name, runner) in node.runners where name.hasPrefix(transaction + "/") {
      if runner !== process { runner.isKilled = true }
    }
  }

  func takeBackNow(_ name: String) async throws {
    guard exists(state + "/tx/" + name) else { throw Failed("there is no transaction \(name)") }
    let own = (batch, index)
    try await alone {
      if exists(tx + "/rolled-back") { return }
      try await move(tx + "/armed", tx + "/fired")
      var failure: Failed?
      do { try await rollBack() } catch let error as Failed { failure = error }
      if exists(tx + "/fired") { try await settleBack(failure?.said ?? "") }
      if let failure { throw failure }
    }
    (batch, index) = own
  }

  private func settleBack(_ said: String) async throws {
    let text = (bad == 0 ? "whole" : "partial") + "\n" + said + "\n"
    try await write(tx + "/.rolled-back", Array(text.utf8))
    try await sync(tx + "/.rolled-back")
    try await move(tx + "/.rolled-back", tx + "/rolled-back")
    try await remove(state + "/pending")
    try await sync(tx, state)
    node.note("took back \(transaction): \(bad == 0 ? "whole" : "partial")")
  }

  /// Returns whether the lock is somebody else's.
  func confirm() async throws -> Bool {
    guard isOurs || node.defects.contains(.noFencing) else { return true }
    if try await move(tx + "/armed", tx + "/confirmed") {
      node.note("confirmed \(transaction)")
      try await remove(state + "/pending")
      try await sync(tx, state)
      node.confirmed.insert(transaction)
    }
    return false
  }

  func tellFate(_ answer: inout Answer) {
    if exists(tx + "/confirmed") {
      answer.mark("fate:confirmed", 0)
    } else if let text = text(tx + "/rolled-back") {
      let lines = text.split(separator: "\n", maxSplits: 1).map(String.init)
      answer.section("fate:\(lines[0])", lines.count > 1 ? lines[1] : "")
    } else if exists(tx + "/fired") {
      answer.mark("fate:going-back", 0)
    } else if exists(tx + "/armed") {
      let words = (text(tx + "/deadline") ?? "").split(separator: " ")
      let due = words.count == 2 && words[0] == node.bootID ? Int(words[1]) ?? 0 : 0
      answer.section("fate:armed", "\(max(0, due - node.uptime))")
    } else {
      answer.mark("fate:none", 0)
    }
  }

  private func storeFrozen(_ why: String) async throws {
    try await write(state + "/.frozen", Array((why + "\n").utf8))
    try await sync(state + "/.frozen")
    try await move(state + "/.frozen", state + "/frozen")
    try await sync(state)
  }

  /// Whether nothing stands in the way of a lock; what does is said.
  func findObstacle(_ answer: inout Answer) async throws -> Bool {
    if let frozen = text(state + "/frozen") {
      answer.section("frozen", frozen)
      return false
    }
    guard let waiting = text(state + "/pending"), waiting != transaction else { return true }
    let own = transaction
    defer { transaction = own }
    transaction = waiting
    if isOver || !exists(tx + "/armed") && !exists(tx + "/fired") {
      try await remove(state + "/pending")
      return true
    }
    answer.section("held", "run \(waiting), which nobody confirmed yet")
    return false
  }

  // MARK: Restoring

  private func undoLines() -> [Undo] {
    var lines: [Undo] = []
    for name in (text(tx + "/order") ?? "").split(separator: "\n").reversed().map(String.init) {
      let journal = (text("\(tx)/\(name)/undo") ?? "").split(separator: "\n")
      for line in journal.reversed() {
        var fields = line.split(separator: "\u{1F}", omittingEmptySubsequences: false)
          .map(String.init)
        guard fields.count >= 4 else { continue }
        fields.removeLast()
        let result = text("\(tx)/\(name)/result.\(fields[0])") ?? ""
        if result.hasPrefix("skipped") || result.hasPrefix("fenced") { continue }
        lines.append(
          Undo(
            batch: name,
            index: fields[0],
            kind: fields[1],
            name: fields[2],
            rest: Array(fields.dropFirst(3))
          )
        )
      }
    }
    return lines
  }

  func rollBack() async throws {
    bad = 0
    var said: [String] = []
    guard exists(tx + "/order") else { throw Failed("there is no transaction \(transaction)") }
    let lines = undoLines()
    if !isBooting {
      for line in lines where line.kind == "unit" && line.rest.count == 3 {
        guard line.rest[1] != "active", ["start", "restart"].contains(line.rest[2]) else {
          continue
        }
        do { try await node.systemctl("stop", line.name, process) } catch is Failed { bad += 1 }
      }
    }
    var reloads = false
    for line in lines where line.kind != "unit" {
      do { try await undo(line) } catch is Failed {
        bad += 1
        said.append("cannot restore \(line.name)")
      }
      if line.name.contains("/systemd/system/") { reloads = true }
    }
    if reloads {
      try await process.step()
      node.reloadDefinitions()
    }
    for line in lines where line.kind == "unit" && line.rest.count == 3 {
      do { try await undoUnit(line) } catch is Failed {
        bad += 1
        said.append("cannot restore the state of \(line.name)")
      }
    }
    if bad > 0 { throw Failed(said.joined(separator: "\n")) }
  }

  private func undo(_ line: Undo) async throws {
    switch line.kind {
    case "file" where line.rest.count == 4:
      let bytes = node.disk["\(tx)/\(line.batch)/\(line.rest[3])"]?.inode?.bytes
      guard let bytes else { throw Failed("the journal is gone") }
      try await putFile(
        line.name,
        mode: Int(line.rest[0], radix: 8) ?? 0,
        owner: line.rest[1],
        group: line.rest[2],
        bytes
      )
    case "manifest":
      guard let kept = line.rest.first, !kept.isEmpty else { return try await remove(line.name) }
      let bytes = node.disk["\(tx)/\(line.batch)/\(kept)"]?.inode?.bytes
      guard let bytes else { throw Failed("the journal is gone") }
      try await putFile(line.name, mode: 0o600, owner: "root", group: "root", bytes)
    case "link": try await replaceLink(line.name, line.rest.first ?? "")
    case "dir" where line.rest.count == 3:
      try await makeFolders(line.name + "/x", mode: 0o700)
      try await process.step()
      guard var entry = node.disk[line.name] else { return }
      entry.mode = Int(line.rest[0], radix: 8) ?? 0
      (entry.owner, entry.group) = (line.rest[1], line.rest[2])
      node.disk.put(line.name, entry, at: node.world.now)
    case "none":
      if node.disk[line.name]?.kind == .directory, !node.disk.paths(below: line.name).isEmpty {
        return
      }
      try await remove(line.name)
    case "sysctl":
      try await process.step()
      node.sysctls[line.name] = line.rest.first
    default: return
    }
  }

  private func undoUnit(_ line: Undo) async throws {
    let (unit, enabled, active, verb) = (line.name, line.rest[0], line.rest[1], line.rest[2])
    switch enabled {
    case "enabled": try await node.systemctl("enable", unit, process)
    case "disabled":
      do { try await node.systemctl("disable", unit, process) } catch let error as Failed {
        if node.definition(unit) != nil { throw error }
      }
    default:
      do { try await node.systemctl("disable", unit, process) } catch is Failed {}
    }
    if isBooting { return }
    guard active == "active" else { return }
    if ["restart", "reload", "stop"].contains(verb) {
      try await node.systemctl("restart", unit, process)
    } else if node.units[unit]?.state != .active {
      try await node.systemctl("start", unit, process)
    }
  }
}

extension String {
  /// A number of its own for a name, the same in every process.
  var hashValueFree: UInt32 {
    utf8.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
  }
}
