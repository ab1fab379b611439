/// The answer to a conversation: sections as the scripts print them.
struct Answer {
  let nonce: String
  private(set) var bytes: [UInt8] = []
  private var sections = 0

  init(_ nonce: String) {
    self.nonce = nonce
    mark("begin", 0)
  }

  mutating func mark(_ name: String, _ status: Int) {
    bytes += Array("\n@@\(nonce) \(name) \(status)\n".utf8)
    sections += 1
  }
  mutating func say(_ text: String) { bytes += Array(text.utf8) }
  mutating func say(_ raw: [UInt8]) { bytes += raw }
  mutating func section(_ name: String, _ text: String, _ status: Int = 0) {
    say(text)
    mark(name, status)
  }
  mutating func end() { bytes += Array("\n@@\(nonce) end \(sections)\n".utf8) }
}

extension SimNode {
  /// What `ProbeScript` would print.
  func probe(_ lines: [String]) -> [UInt8] {
    func values(_ tag: String) -> [String] {
      lines.filter { $0.hasPrefix(tag + " ") }.map { String($0.dropFirst(2)) }
    }
    var answer = Answer(values("n").first ?? "")
    answer.section(
      "system",
      """
      os_ID=debian
      os_VERSION_ID="12"
      kernel=6.1.0
      hostname=\(name)
      machine_id=machine-\(name)
      boot_id=\(bootID)
      memory=MemTotal: 8000000 kB
      uptime=\(seconds(uptimeMicroseconds)) 0.0
      machine=x86_64
      disk=1000000 4096
      client=10.0.0.1 5000 10.0.0.2 22
      clock=\(clock)

      """
    )
    answer.mark("devices", 0)
    probePaths(values("p"), &answer)
    probeUnits(values("u"), &answer)
    probeListeners(&answer)
    probePackages(values("k"), &answer)
    probeAccounts(values("U"), values("g"), &answer)
    for line in values("s") {
      let key = line.prefix { $0 != "|" }
      if let value = sysctls[String(key)] { answer.say("\(key)=\(value)\n") }
    }
    answer.mark("sysctls", 0)
    probeSecrets(values("S"), &answer)
    if let manifest = disk["/var/lib/fleetctl/manifest.json"] {
      answer.say(manifest.inode?.bytes ?? [])
      answer.mark("manifest", 0)
    }
    if let lease {
      answer.section(
        "lock",
        "token=\(lease.token)\nholder=\(lease.holder)\ndeadline=\(lease.deadline)\nboot=\(bootID)\n"
      )
    }
    answer.end()
    return answer.bytes
  }

  private func seconds(_ microseconds: Int) -> String {
    let rest = String(microseconds % 1_000_000)
    return "\(microseconds / 1_000_000).\(String(repeating: "0", count: 6 - rest.count))\(rest)"
  }

  private func probePaths(_ asked: [String], _ answer: inout Answer) {
    guard !asked.isEmpty else { return }
    let paths = asked.map { String($0.drop { $0 != " " }.dropFirst()) }
    var all = Set(paths)
    for path in paths {
      var folder = path[...]
      while let slash = folder.lastIndex(of: "/"), slash != folder.startIndex {
        folder = folder[..<slash]
        all.insert(String(folder))
      }
    }
    var complaints = ""
    for path in all.sorted() {
      guard let entry = disk[path] else {
        complaints += "find: '\(path)': No such file or directory\n"
        continue
      }
      let letter = entry.kind == .file ? "f" : entry.kind == .link ? "l" : "d"
      let mode = String(entry.mode, radix: 8)
      let size = entry.inode?.bytes.count ?? 0
      answer.say(
        "\(letter) \(mode) \(entry.owner) \(entry.group) \(size) \(seconds(entry.changed))0 \0\(path)\0\(entry.target)\0"
      )
    }
    answer.mark("paths", complaints.isEmpty ? 0 : 1)
    if !complaints.isEmpty { answer.section("paths.err", complaints) }
    let files = asked.filter { line in
      disk[String(line.drop { $0 != " " }.dropFirst())]?.kind == .file
    }
    guard !files.isEmpty else { return }
    for line in files {
      let path = String(line.drop { $0 != " " }.dropFirst())
      answer.say("\(disk[path]?.inode?.sha256 ?? "")  \(path)\n")
    }
    answer.mark("sums", 0)
    for line in files {
      let path = String(line.drop { $0 != " " }.dropFirst())
      let expected = line.prefix { $0 != " " }
      guard expected != "-", String(expected) != disk[path]?.inode?.sha256 else { continue }
      answer.say(disk[path]?.inode?.bytes ?? [])
      answer.mark("content:\(path)", 0)
    }
  }

  private func stamp(_ time: Int) -> String {
    guard time > 0 else { return "" }
    let since = time - 1_795_219_200_000_000
    let (day, second) = (since / 86_400_000_000, since / 1_000_000 % 86_400)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let rest = String(since % 1_000_000)
    return "Sat 2026-11-\(two(21 + day)) \(two(second / 3600)):\(two(second / 60 % 60)):"
      + "\(two(second % 60)).\(String(repeating: "0", count: 6 - rest.count))\(rest) UTC"
  }

  private func probeUnits(_ asked: [String], _ answer: inout Answer) {
    answer.section("manager", "Version=252 (252.1)\nUnitsLoadTimestamp=\(stamp(definitionsRead))\n")
    guard !asked.isEmpty else { return }
    for name in asked {
      let unit = units[name] ?? SimUnit()
      let path = "/etc/systemd/system/\(name)"
      let isThere = definitions[name] != nil || disk[path]?.kind == .file
      let words: (String, String) =
        switch unit.state {
        case .inactive: ("inactive", "dead")
        case .activating: ("activating", "start")
        case .active: ("active", "running")
        case .failed: ("failed", "failed")
        case .waiting: ("activating", "auto-restart")
        }
      let file = disk[path] == nil ? "" : isEnabled(name) ? "enabled" : "disabled"
      answer.say(
        """
        Id=\(name)
        Names=\(name)
        LoadState=\(isThere ? "loaded" : "not-found")
        ActiveState=\(words.0)
        SubState=\(words.1)
        Result=\(unit.result)
        UnitFileState=\(file)
        FragmentPath=\(isThere ? path : "")
        DropInPaths=
        MainPID=\(unit.isUp ? 1000 + unit.invocation : 0)
        InvocationID=\(invocationID(of: unit))
        NRestarts=\(unit.restarts)
        ExecMainStartTimestamp=\(stamp(unit.started))
        ActiveEnterTimestamp=\(stamp(unit.activeSince))
        StateChangeTimestamp=\(stamp(unit.changed))


        """
      )
    }
    answer.mark("units", 0)
  }

  /// Services that hold their port now, by name.
  var listening: [(name: String, unit: SimUnit)] {
    units.filter { $0.value.state == .active && $0.value.port > 0 && !$0.value.isDeaf }
      .filter { $0.value.bindsAt <= world.now }
      .sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  private func probeListeners(_ answer: inout Answer) {
    let listening = listening
    for (name, unit) in listening {
      answer.say(
        "tcp LISTEN 0 128 0.0.0.0:\(unit.port) 0.0.0.0:* users:((\"\(name.prefix(6))\",pid=\(1000 + unit.invocation),fd=3))\n"
      )
    }
    answer.mark("listeners", 0)
    for (name, unit) in listening {
      answer.say("/proc/\(1000 + unit.invocation)/cgroup:0::/system.slice/\(name)\n")
    }
    answer.mark("cgroups", 0)
  }

  private func probePackages(_ asked: [String], _ answer: inout Answer) {
    guard !asked.isEmpty else { return }
    let missing = asked.filter { !packages.contains($0) }
    for name in asked where packages.contains(name) { answer.say("installed \(name) 1.0\n") }
    answer.mark("packages", missing.isEmpty ? 0 : 1)
    if !missing.isEmpty {
      answer.section("closure", missing.map { "Inst \($0) (1.0)\n" }.joined())
    }
  }

  private func probeAccounts(_ names: [String], _ asked: [String], _ answer: inout Answer) {
    guard !names.isEmpty || !asked.isEmpty else { return }
    let numbers = Dictionary(
      uniqueKeysWithValues: groups.sorted().enumerated().map { ($0.element, 500 + $0.offset) }
    )
    if !names.isEmpty {
      for name in names where users[name] != nil {
        answer.say("\(name):x:900:\(numbers[name] ?? 1)::/nonexistent:/usr/sbin/nologin\n")
      }
      answer.mark("users", names.allSatisfy { users[$0] != nil } ? 0 : 2)
    }
    func row(_ group: String) -> String {
      let members = users.filter { $0.value.contains(group) && $0.key != group }.keys.sorted()
      return "\(group):x:\(numbers[group] ?? 0):\(members.joined(separator: ","))\n"
    }
    answer.section("groups", groups.sorted().map(row).joined())
    guard !asked.isEmpty else { return }
    answer.section(
      "groups",
      asked.filter { groups.contains($0) }.map(row).joined(),
      asked.allSatisfy { groups.contains($0) } ? 0 : 2
    )
  }

  private func probeSecrets(_ asked: [String], _ answer: inout Answer) {
    for line in asked {
      let parts = line.split(separator: "|").map(String.init)
      guard parts.count == 3 else { continue }
      let found = text(of: parts[2]).split(separator: "\n").last { $0.hasPrefix(parts[1] + "=") }
      if let found {
        answer.section("secret:\(parts[0])", String(found.dropFirst(parts[1].count + 1)))
      }
    }
  }
}
