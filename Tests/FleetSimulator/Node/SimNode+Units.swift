/// A service.
struct SimUnit {
  /// ActiveState and, for a crash loop, SubState.
  enum State { case inactive, activating, active, failed, waiting }
  var state = State.inactive
  var result = "success"
  var restarts = 0
  /// Number of this start among all of the node; 0 for none.
  var invocation = 0
  var started = 0
  var activeSince = 0
  var changed = 0
  /// Digest of everything that its process has read.
  var loaded = ""
  /// When it answers its port, and its checks with 200; microseconds of the world.
  var bindsAt = 0
  var healthyAt = 0
  /// Whether nobody gets in any more while it runs.
  var locksOut = false
  var port = 0
  var isDeaf = false

  /// It does not run after a reboot.
  var afterReboot: SimUnit { SimUnit() }

  var isUp: Bool { state == .active || state == .activating }
}

/// How a service behaves, from the words of its unit file and of what it reads.
struct Behaviour {
  var fails = false, crashes = false, hangs = false, isDeaf = false, locksOut = false
  var isNotify = false
  var seconds = 0
  var port = 0

  init(_ text: String) {
    for word in text.split(whereSeparator: { $0 == "\n" || $0 == " " }) {
      let parts = word.split(separator: "=", maxSplits: 1)
      switch parts.first {
      case "behave":
        switch parts.last {
        case "fail": fails = true
        case "crash": crashes = true
        case "hang": hangs = true
        case "deaf": isDeaf = true
        case "lockout": locksOut = true
        default: break
        }
      case "slow": seconds = Int(parts.last ?? "") ?? 0
      case "port": port = Int(parts.last ?? "") ?? 0
      case "Type": isNotify = parts.last == "notify"
      default: break
      }
    }
  }
}

extension SimNode {
  private static let folder = "/etc/systemd/system/"

  /// Whether it starts at boot.
  func isEnabled(_ unit: String) -> Bool {
    disk[Self.folder + "multi-user.target.wants/" + unit]?.kind == .link
  }

  /// daemon-reload.
  func reloadDefinitions() {
    definitions = [:]
    for path in disk.live.keys where path.hasPrefix(Self.folder) && path.hasSuffix(".service") {
      let name = String(path.dropFirst(Self.folder.utf8.count))
      if !name.contains("/"), disk[path]?.kind == .file { definitions[name] = text(of: path) }
    }
    definitionsRead = clock
  }

  /// The text by which systemd runs it: read when it was first needed, then only by daemon-reload.
  func definition(_ unit: String) -> String? {
    if let known = definitions[unit] { return known }
    guard disk[Self.folder + unit]?.kind == .file else { return nil }
    definitions[unit] = text(of: Self.folder + unit)
    return definitions[unit]
  }

  /// Everything that a process of the unit would read now.
  func wouldLoad(_ definition: String) -> String {
    var text = definition
    for line in definition.split(separator: "\n") where line.hasPrefix("Reads=") {
      text += self.text(of: String(line.dropFirst(6)))
    }
    return text
  }

  /// As `InvocationID` of systemctl(1) has it; empty of a unit that never ran.
  func invocationID(of unit: SimUnit) -> String {
    unit.invocation == 0 ? "" : "\(name)-\(boots)-\(unit.invocation)"
  }

  func isLockedOut() -> Bool { units.values.contains { $0.locksOut && $0.state == .active } }

  /// systemctl(1).
  func systemctl(_ verb: String, _ unit: String, _ process: Process) async throws {
    try await process.step()
    note("systemctl \(verb) \(unit)")
    let wants = Self.folder + "multi-user.target.wants/" + unit
    switch verb {
    case "enable":
      guard disk[Self.folder + unit] != nil else { throw Failed("Unit \(unit) does not exist") }
      guard !isFull else { throw Failed("No space left on device") }
      if disk[Self.folder + "multi-user.target.wants"] == nil {
        disk.put(Self.folder + "multi-user.target.wants", .folder(clock), at: world.now)
      }
      disk.put(wants, .link(Self.folder + unit, clock), at: world.now)
    case "disable":
      // Without a unit file systemd says so, and removes the links all the same.
      if disk[wants] != nil { disk.put(wants, nil, at: world.now) }
      guard disk[Self.folder + unit] != nil else { throw Failed("Unit \(unit) does not exist") }
    case "stop":
      guard definition(unit) != nil || units[unit] != nil else { return }
      stop(unit)
      try await process.nap(milliseconds: world.dice.within(5...400))
    case "start":
      guard units[unit]?.isUp != true else { return }
      try await start(unit, process)
    case "restart":
      guard definition(unit) != nil else { throw Failed("Unit \(unit) not found.") }
      stop(unit)
      try await process.nap(milliseconds: world.dice.within(5...400))
      try await start(unit, process)
    case "reload":
      guard units[unit]?.state == .active else { throw Failed("\(unit) is not active") }
      guard let text = definition(unit) else { throw Failed("Unit \(unit) not found.") }
      units[unit]?.loaded = wouldLoad(text)
      units[unit]?.changed = clock
    case "reset-failed":
      if units[unit]?.state == .failed { units[unit] = SimUnit() }
    default: throw Failed("systemctl knows no \(verb)")
    }
  }

  private func stop(_ name: String) {
    units[name] = SimUnit()
    units[name]?.changed = clock
  }

  private func start(_ name: String, _ process: Process) async throws {
    guard let text = definition(name) else { throw Failed("Unit \(name) not found.") }
    let loaded = wouldLoad(text)
    let behaviour = Behaviour(loaded)
    begin(name, loaded, behaviour, restarts: 0)
    guard behaviour.isNotify else { return }
    var waited = 0
    while units[name]?.state == .activating {
      try await process.nap(milliseconds: 200)
      waited += 200
      if waited > 90_000 {
        fail(name, "timeout")
        throw Failed("\(name) start operation timed out")
      }
    }
    if units[name]?.state != .active { throw Failed("Job for \(name) failed") }
  }

  private func begin(_ name: String, _ loaded: String, _ behaviour: Behaviour, restarts: Int) {
    starts += 1
    var unit = SimUnit()
    unit.invocation = starts
    unit.started = clock
    unit.changed = clock
    unit.loaded = loaded
    unit.restarts = restarts
    unit.port = behaviour.port
    unit.isDeaf = behaviour.isDeaf
    unit.locksOut = behaviour.locksOut
    let fails = behaviour.fails || world.dice.chance(flakiness)
    // What dies does so at once: a soak of two seconds sees no later death.
    let isShort = fails || behaviour.crashes
    let startup = (isShort ? 0 : behaviour.seconds) * 1_000_000 + world.dice.within(10...900) * 1000
    unit.bindsAt = world.now + startup
    unit.healthyAt = world.now + startup + world.dice.within(0...3000) * 1000
    if fails || behaviour.hangs || behaviour.isNotify {
      unit.state = .activating
    } else {
      unit.state = .active
      unit.activeSince = clock
    }
    units[name] = unit
    let (boot, number) = (boots, starts)
    world.after(startup) { [self] in
      guard isUp, boots == boot, units[name]?.invocation == number else { return }
      if fails {
        fail(name, "exit-code")
      } else if behaviour.crashes {
        crash(name, loaded, behaviour, restarts)
      } else if !behaviour.hangs, units[name]?.state == .activating {
        units[name]?.state = .active
        units[name]?.activeSince = clock
        units[name]?.changed = clock
        note("\(name) is active")
      }
    }
  }

  private func fail(_ name: String, _ result: String) {
    note("\(name) failed: \(result)")
    units[name]?.state = .failed
    units[name]?.result = result
    units[name]?.locksOut = false
    units[name]?.changed = clock
  }

  private func crash(_ name: String, _ loaded: String, _ behaviour: Behaviour, _ restarts: Int) {
    guard restarts < 5 else { return fail(name, "start-limit-hit") }
    units[name]?.state = .waiting
    units[name]?.changed = clock
    let (boot, number) = (boots, starts)
    world.after(200_000) { [self] in
      guard isUp, boots == boot, units[name]?.invocation == number else { return }
      begin(name, loaded, behaviour, restarts: restarts + 1)
    }
  }
}

extension DiskEntry {
  /// A folder of the system.
  static func folder(_ time: Int) -> DiskEntry {
    DiskEntry(kind: .directory, mode: 0o755, owner: "root", group: "root", changed: time)
  }
  /// A link.
  static func link(_ target: String, _ time: Int) -> DiskEntry {
    DiskEntry(kind: .link, mode: 0o777, owner: "root", group: "root", target: target, changed: time)
  }
  /// A file of root.
  static func file(_ bytes: [UInt8], mode: Int = 0o600, _ time: Int) -> DiskEntry {
    DiskEntry(
      kind: .file,
      mode: mode,
      owner: "root",
      group: "root",
      inode: Inode(bytes),
      changed: time
    )
  }
}
