import FleetResources
import FleetTransport

extension ProbeParser {
  /// Lines of `ss -H -ltunp`, and of `grep -H` over the control groups of the processes.
  mutating func readListeners() {
    guard let section = sections.first("listeners"), section.status == 0 else {
      node.listeners = .unknown(sections.complaint("listeners", otherwise: "ss did not run"))
      return
    }
    var units: [Substring: String] = [:]
    for line in sections.first("cgroups")?.lines ?? [] {
      // `/proc/123/cgroup:0::/system.slice/ssh.service`
      let parts = line.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false)
      guard parts.count == 4, let pid = parts[0].split(separator: "/").dropFirst().first else {
        continue
      }
      let names = parts[3].split(separator: "/")
      let unit = names.last { $0.hasSuffix(".service") || $0.hasSuffix(".scope") }
      if let unit, units[pid] == nil { units[pid] = Printable.line(String(unit)) }
    }
    node.listeners = .value(
      section.lines.compactMap { Self.listener($0, units: units) }.sorted(by: Self.before)
    )
  }

  private static func before(_ left: Listener, _ right: Listener) -> Bool {
    (left.port, left.transport, left.address, left.unit, left.process)
      < (right.port, right.transport, right.address, right.unit, right.process)
  }

  /// `tcp LISTEN 0 128 127.0.0.1%lo:53 0.0.0.0:* users:(("named",pid=1,fd=3))`.
  static func listener(_ line: Substring, units: [Substring: String]) -> Listener? {
    let words = line.split(separator: " ")
    guard words.count >= 5, words[0] == "tcp" || words[0] == "udp" else { return nil }
    guard let colon = words[4].lastIndex(of: ":") else { return nil }
    guard let port = Int(words[4][words[4].index(after: colon)...]) else { return nil }
    var address = words[4][..<colon]
    if address.hasPrefix("[") { address = address.dropFirst().dropLast() }
    if let interface = address.firstIndex(of: "%") { address = address[..<interface] }
    if address.hasSuffix("]") { address = address.dropLast() }
    // ss prints `*` for a socket of both families.
    if address == "*" { address = "::" }
    let holder = words.dropFirst(5).first { $0.hasPrefix("users:") } ?? ""
    let quoted = holder.split(separator: "\"")
    let process = quoted.count > 1 ? Printable.line(String(quoted[1])) : ""
    let pid = quoted.count > 2 ? quoted[2].dropFirst(5).prefix { $0.isNumber } : ""
    return Listener(
      transport: String(words[0]),
      address: Printable.line(String(address)),
      port: port,
      unit: units[pid] ?? "",
      process: process
    )
  }

  /// Lines `installed NAME VERSION`; a package in any other state counts as not installed.
  mutating func readPackages() {
    guard !request.packages.isEmpty else {
      node.packageClosure = []
      return
    }
    guard let section = sections.first("packages"), section.status <= 1 else {
      let why = sections.complaint("packages", otherwise: "dpkg-query did not run")
      for name in request.packages { node.packages[name] = .unknown(why) }
      return
    }
    for name in request.packages { node.packages[name] = .absent }
    for line in section.lines {
      let words = line.split(separator: " ").map(String.init)
      guard words.count == 3, words[0] == "installed", node.packages[words[1]] == .absent else {
        continue
      }
      node.packages[words[1]] = .value(Printable.line(words[2]))
    }
    guard let closure = sections.first("closure") else {
      node.packageClosure = []
      return
    }
    guard closure.status == 0 else { return }
    let asked = Set(request.packages)
    let installed = closure.lines.filter { $0.hasPrefix("Inst ") }
      .compactMap { $0.split(separator: " ").dropFirst().first.map(String.init) }
    node.packageClosure = Set(installed).subtracting(asked).map(Printable.line).sorted()
  }

  /// passwd(5) and group(5) lines; getent(1) exits 2 when some were not found.
  mutating func readAccounts() {
    let rows = sections.all.filter { $0.name == "groups" }
    let groupsKnown = !rows.isEmpty && rows.allSatisfy { $0.status == 0 || $0.status == 2 }
    var members: [String: [Substring]] = [:]
    var names: [Substring: String] = [:]
    for line in rows.flatMap(\.lines) {
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      guard fields.count >= 4, NodeNumber.plain(String(fields[2])) != nil else { continue }
      members[String(fields[0])] = fields[3].split(separator: ",")
      names[fields[2]] = String(fields[0])
    }
    let why = sections.complaint("groups", otherwise: "getent did not run")
    for name in request.groups {
      node.groups[name] =
        groupsKnown ? (members[name] == nil ? .absent : .value(true)) : .unknown(why)
    }

    guard !request.users.isEmpty else { return }
    let accounts = sections.last("users")
    guard let accounts, groupsKnown, accounts.status == 0 || accounts.status == 2 else {
      let why = sections.complaint("users", otherwise: why)
      for name in request.users { node.users[name] = .unknown(why) }
      return
    }
    for name in request.users { node.users[name] = .absent }
    for line in accounts.lines {
      // Where a name is there twice, the first counts, as with getpwnam(3).
      let name = String(Substring(line.utf8.prefix { $0 != UInt8(ascii: ":") }))
      guard node.users[name] == .absent else { continue }
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      guard fields.count >= 7, fields[2...3].allSatisfy({ NodeNumber.plain($0) != nil })
      else { continue }
      var groups = Set(members.filter { $0.value.contains(fields[0]) }.keys)
      if let primary = names[fields[3]] { groups.insert(primary) }
      node.users[name] = .value(groups.sorted())
    }
  }

  /// Lines `KEY=VALUE`.
  mutating func readSysctls() {
    guard !request.sysctls.isEmpty else { return }
    var values: [Substring: String] = [:]
    for line in sections.first("sysctls")?.lines ?? [] {
      guard let equals = line.firstIndex(of: "=") else { continue }
      // Tabs are the kernel's own separators and stay.
      values[line[..<equals]] = String(line[line.index(after: equals)...])
    }
    for key in request.sysctls {
      node.sysctls[key] = values[Substring(key)].map { .value($0) } ?? .absent
    }
  }

  /// Lines `role|NAME` and `database|OWNER|NAME`.
  mutating func readPostgres() {
    guard request.postgres else { return }
    guard let section = sections.first("postgres") else {
      node.postgres = .absent
      return
    }
    guard section.status == 0 else {
      let why = sections.complaint("postgres", otherwise: "psql failed")
      // Status 2 of psql(1): no connection; the server is down.
      node.postgres = .unknown((section.status == 2 ? "not running: " : "") + why)
      return
    }
    var seen = ObservedPostgres(roles: [], databases: [:])
    for line in section.lines {
      let fields = line.split(separator: "|", maxSplits: 2, omittingEmptySubsequences: false)
      if fields.count == 2, fields[0] == "role" { seen.roles.append(String(fields[1])) }
      if fields.count == 3, fields[0] == "database" {
        seen.databases[String(fields[2])] = String(fields[1])
      }
    }
    seen.roles.sort()
    node.postgres = .value(seen)
  }
}
