/// A process was killed or its machine went down: whoever runs in it ends here.
struct Killed: Error {}

/// A command of the node ended with another status than 0, and what it said.
struct Failed: Error {
  let said: String
  init(_ said: String) { self.said = said }
}

/// A process of a node, which dies with it.
package final class Process {
  let node: SimNode
  let name: String
  private let boot: Int
  var isKilled = false

  init(_ node: SimNode, _ name: String) {
    self.node = node
    self.name = name
    boot = node.boots
  }

  /// Whether it still runs.
  var isAlive: Bool { !isKilled && node.isUp && node.boots == boot && !node.world.isOver }

  /// One step of work: a moment in which everything can end and others can come in between.
  func step() async throws {
    guard isAlive else { throw Killed() }
    node.steps += 1
    if let last = node.powerEndsAtStep, node.steps >= last {
      node.powerEndsAtStep = nil
      node.cutPower()
      throw Killed()
    }
    if node.world.dice.chance(12) { try await nap(milliseconds: node.world.dice.within(1...40)) }
  }

  /// Sleeps.
  func nap(milliseconds: Int) async throws {
    await node.world.sleep(milliseconds * 1000)
    guard isAlive else { throw Killed() }
  }
}

/// The lease of `/run/fleetctl/lock`.
struct Lease {
  var token: String
  var holder: String
  var plan: String
  var seconds: Int
  var deadline: Int
}

/// A machine: disk, units, packages, accounts, and what runs on it.
///
/// What fleetctl's runtime does there is `Runtime`, what the probe sees is `SimNode+Probe`.
package final class SimNode {
  let world: World
  /// Id of the node.
  package let name: String
  package var disk = Disk()
  var units: [String: SimUnit] = [:]
  /// systemd's idea of the unit files: as of the last daemon-reload, or of their first use.
  var definitions: [String: String] = [:]
  var definitionsRead = 0
  /// Starts of units so far.
  var starts = 0
  var packages: Set<String> = []
  var users: [String: [String]] = [:]
  var groups: Set<String> = []
  var sysctls = SimNode.kernel

  /// Whether it runs; logins work some seconds later.
  package private(set) var isUp = true
  var acceptsLogins = true
  private(set) var boots = 1
  private var bootedAt = 0
  /// Steps of processes so far, and that at which the power goes.
  var steps = 0
  package var powerEndsAtStep: Int?
  /// Whether nothing can be written any more.
  package var isFull = false
  /// Percent of the starts of units that fail for no reason.
  package var flakiness = 0
  /// Writes that steps were asked for so far, those of them that are lost though the step says that it
  /// is done, and whether one was.
  var writes = 0
  package var losesWrites: Set<Int> = []
  package private(set) var hasLostWrites = false
  /// The same of what steps take away: files, links, what runs, what starts at boot.
  var removals = 0
  package var losesRemovals: Set<Int> = []
  /// Deliberate defects.
  var defects: Set<Defect> = []

  // What runs.
  /// Transactions that were confirmed, as far as the node itself knows.
  package var confirmed: Set<String> = []
  /// Transactions that wrote the node's record of what is owned.
  package var recorded: Set<String> = []
  var lease: Lease?
  var guardHolder: Process?
  var runners: [String: Process] = [:]
  var watchdogs: Set<String> = []
  var rollbackHolders: [String: Process] = [:]
  /// Transactions in the middle of an operation, each with its process.
  var writing: [(transaction: String, process: Process)] = []
  /// What was found to be wrong while it ran.
  package var violations: [String] = []
  /// How the node's managed part looked when each transaction began.
  package var before: [String: String] = [:]
  /// Gives that look; set by the judge.
  package var look: (SimNode) -> String = { _ in "" }
  /// Until when nothing gets through to it or from it, microseconds of the world.
  package var cutOffUntil = 0
  /// Every connection to this node.
  var connections: [ObjectIdentifier: SimConnection] = [:]

  /// The kernel's settings after a boot.
  private static let kernel = ["sim.app1": "0", "sim.app7": "0"]

  init(_ name: String, _ world: World) {
    self.name = name
    self.world = world
  }

  /// Whole seconds since the boot.
  var uptime: Int { (world.now - bootedAt) / 1_000_000 }
  /// Microseconds since the boot.
  var uptimeMicroseconds: Int { world.now - bootedAt }
  /// Wall clock, microseconds since 1970: the world begins on 2026-11-21 at midnight.
  var clock: Int { 1_795_219_200_000_000 + world.now }
  /// Boot id.
  var bootID: String { "\(name)-boot-\(boots)" }

  func note(_ text: @autoclosure () -> String) { world.note("\(name): \(text())") }

  func violate(_ text: String) {
    note("VIOLATION \(text)")
    violations.append("\(name): \(text)")
  }

  /// Counts a write; true for one that is lost.
  func loses(_ what: String, isRemoval: Bool) -> Bool {
    let isLost: Bool
    if isRemoval {
      removals += 1
      isLost = losesRemovals.remove(removals) != nil
    } else {
      writes += 1
      isLost = losesWrites.remove(writes) != nil
    }
    guard isLost else { return false }
    note("loses \(what) and says that it is done")
    hasLostWrites = true
    return true
  }

  // MARK: Power

  /// The power goes, and comes again after a while.
  package func cutPower() {
    guard isUp else { return }
    note("power cut at step \(steps)")
    goDown { disk.cut(at: world.now, &world.dice) }
  }

  /// An orderly reboot.
  package func reboot() {
    guard isUp else { return }
    note("reboot")
    goDown { disk.syncAll() }
  }

  private func goDown(_ lose: () -> Void) {
    isUp = false
    acceptsLogins = false
    lose()
    lease = nil
    guardHolder = nil
    runners = [:]
    watchdogs = []
    rollbackHolders = [:]
    writing = []
    sysctls = Self.kernel
    for (name, unit) in units { units[name] = unit.afterReboot }
    for connection in connections.values { connection.lose() }
    world.after(world.dice.within(3...25) * 1_000_000) { [self] in comeUp() }
  }

  private func comeUp() {
    boots += 1
    bootedAt = world.now
    isUp = true
    note("boots")
    definitions = [:]
    for path in disk.live.keys.sorted() where path.hasPrefix("/run/") {
      disk.put(path, nil, at: world.now)
    }
    let process = Process(self, "boot")
    let carried = Unchecked((self, process))
    world.spawn { try? await carried.value.0.boot(carried.value.1) }
  }

  /// What systemd does: recovery before everything managed, then what is enabled, then logins.
  private func boot(_ process: Process) async throws {
    reloadDefinitions()
    for line in text(of: "/etc/sysctl.d/90-sim.conf").split(separator: "\n") {
      let parts = line.split(separator: "=").map(String.init)
      if parts.count == 2 { sysctls[parts[0]] = parts[1] }
    }
    let wants = "/etc/systemd/system/sysinit.target.wants/fleetctl-recover.service"
    if disk["/var/lib/fleetctl/pending"]?.kind == .file,
      disk[wants] != nil,
      text(of: "/etc/systemd/system/fleetctl-recover.service").contains("ExecStart"),
      text(of: "/var/lib/fleetctl/recover.sh") == "runtime"
    {
      let runtime = Runtime(process)
      runtime.isBooting = true
      while true {
        do {
          try await runtime.recoverAll()
          break
        } catch is Failed {
          try await process.nap(milliseconds: 2000)
          if uptime > 600 { break }
        }
      }
    }
    for name in definitions.keys.sorted() where isEnabled(name) {
      try? await systemctl("start", name, process)
    }
    try await process.nap(milliseconds: world.dice.within(1...5) * 1000)
    acceptsLogins = true
    note("accepts logins")
  }

  /// Text of a file; empty when there is none.
  func text(of path: String) -> String {
    String(decoding: disk[path]?.inode?.bytes ?? [], as: UTF8.self)
  }
}

/// Deliberate defects of the runtime's model, to see that the simulator sees them.
package enum Defect: String, CaseIterable, Sendable {
  /// A batch and its steps do not ask whose the lock is.
  case noFencing = "no-fencing"
  /// A file is renamed into place without having been synced.
  case noFsync = "no-fsync"
  /// The client believes what the steps said and does not look again.
  case noReadBack = "no-read-back"
  /// Nothing is taken back after a reboot.
  case noRecovery = "no-recovery"
  /// The way back is never armed.
  case noWatchdog = "no-watchdog"
  /// The journal does not remember what a file held.
  case noJournal = "no-journal"
}

/// Carries what only the world's thread touches into one of its tasks.
struct Unchecked<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}
