import FleetResources
import FleetTransport

extension ProbeParser {
  /// The `key=value` lines of section `system`.
  mutating func readSystem() {
    var facts = SystemFacts()
    var uptime = 0
    // Variables out of an environment end with NUL.
    let text = ["system", "uptime"].compactMap { sections.first($0)?.text }.joined(separator: "\n")
    for line in text.utf8.split(whereSeparator: { $0 == 0x0A || $0 == 0 }).map(Substring.init) {
      guard let equals = line.firstIndex(of: "=") else { continue }
      let value = Printable.line(String(line[line.index(after: equals)...]))
      let words = value.split(whereSeparator: \.isWhitespace)
      switch line[..<equals] {
      case "os_ID": facts.osID = Self.unquoted(value)
      case "os_VERSION_ID": facts.osVersion = Self.unquoted(value)
      case "kernel": facts.kernel = value
      case "hostname": facts.hostname = value
      case "machine_id": facts.machineID = value
      case "node_id": facts.nodeID = value
      case "boot_id": facts.bootID = value
      case "machine": facts.architecture = value
      case "memory":
        facts.memoryBytes = (words.count > 1 ? NodeNumber.count(words[1]) ?? 0 : 0) << 10
      case "disk":
        facts.freeBytes = words.compactMap { NodeNumber.count($0) }.reduce(1, Self.product)
      case "clock": facts.clockMicroseconds = NodeNumber.microseconds(value) ?? 0
      case "uptime": uptime = words.first.flatMap { NodeNumber.seconds($0) } ?? 0
      case "client", "SSH_CONNECTION":
        if facts.clientAddress.isEmpty { facts.clientAddress = words.first.map(String.init) ?? "" }
      case "program":
        let name = value.split(separator: "/").last.map(String.init) ?? value
        if facts.interpreters[name] == nil { facts.interpreters[name] = value }
      case "door": facts.doors.append(value)
      default: break
      }
    }
    facts.doors.sort()
    uptimeMicroseconds = uptime
    node.system = facts
    setClock(facts.clockMicroseconds)
  }

  /// Takes the node's wall clock, as of the moment when its uptime was read.
  mutating func setClock(_ microseconds: Int) {
    node.system.clockMicroseconds = microseconds
    bootMicroseconds = microseconds - uptimeMicroseconds
  }

  /// Lines `pci=ADDRESS CLASS VENDOR DEVICE`, `device=PATH`, and what `nvidia-smi -L` printed.
  mutating func readDevices() {
    var cards: [(address: Substring, kind: String, vendor: String, id: String)] = []
    var names: [String] = []
    var found: [String] = []
    for line in sections.first("devices")?.lines ?? [] {
      if line.hasPrefix("pci=") {
        let words = line.dropFirst(4).split(separator: " ")
        guard words.count == 4 else { continue }
        let kind = words[1].hasPrefix("0x12") ? "npu" : "gpu"
        let id = "\(words[2].dropFirst(2)):\(words[3].dropFirst(2))"
        cards.append((words[0], kind, Self.vendor(words[2]), id))
      } else if line.hasPrefix("device=") {
        found.append("node " + Printable.line(String(line.dropFirst(7))))
      } else if line.hasPrefix("GPU "), let colon = line.firstIndex(of: ":") {
        let name = line[line.index(after: colon)...].drop { $0 == " " }
        names.append(Printable.line(String(name)))
      }
    }
    // The driver's names come in PCI order; one without a PCI device is a passed-through one.
    var unused = names[...]
    for card in cards.sorted(by: { $0.address < $1.address }) {
      let driven = card.kind == "gpu" && card.vendor == "nvidia"
      let name = driven ? unused.popFirst() ?? card.id : card.id
      found.append("\(card.kind) \(card.vendor) \(Printable.line(String(card.address))) \(name)")
    }
    found += unused.map { "gpu nvidia - " + $0 }
    node.system.devices = found.sorted()
  }

  private static func vendor(_ id: Substring) -> String {
    switch id {
    case "0x10de": "nvidia"
    case "0x8086": "intel"
    case "0x1002", "0x1022": "amd"
    default: "other"
    }
  }

  private static func product(_ left: Int, _ right: Int) -> Int {
    let (product, overflow) = left.multipliedReportingOverflow(by: right)
    return overflow ? Int.max : product
  }

  /// The value of an env file's line: one pair of quotes around all of it is dropped.
  static func unquoted(_ value: String) -> String {
    guard value.count >= 2, let quote = value.first, quote == "\"" || quote == "'" else {
      return value
    }
    guard value.last == quote else { return value }
    return String(value.dropFirst().dropLast())
  }
}
