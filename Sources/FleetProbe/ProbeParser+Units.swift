import FleetResources
import FleetTransport

extension ProbeParser {
  /// The manager's own properties and one block of properties a unit, in the order asked.
  mutating func readUnits() {
    let manager = sections.last("manager")
    let own = Self.properties(manager?.text ?? "")
    let version =
      own["Version"]
      ?? sections.first("version")?.text.split(separator: " ").dropFirst().first.map(String.init)
    node.system.systemdVersion = Int((version ?? "").prefix { $0.isNumber }) ?? 0
    if let read = own["UnitsReadAt"].flatMap({ NodeNumber.seconds($0) }), read > 0 {
      node.system.unitsLoaded = read
    } else {
      node.system.unitsLoaded = managerStamp(own)
    }

    guard !request.units.isEmpty else { return }
    let section = sections.first("units")
    let blocks = (section?.text ?? "").split(separator: "\n\n").map { Self.properties(String($0)) }
      .filter { !$0.isEmpty }
    for (index, name) in request.units.enumerated() {
      if blocks.count == request.units.count {
        node.units[name] = fact(blocks[index])
      } else if let block = blocks.first(where: { Self.names($0).contains(Substring(name)) }) {
        node.units[name] = fact(block)
      } else {
        let why = sections.complaint("units", otherwise: "systemctl said nothing about it")
        node.units[name] = .unknown(why)
      }
    }
  }

  /// When the manager read its units last, from its own properties, in microseconds.
  private func managerStamp(_ own: [String: String]) -> Int {
    // Empty until the first daemon-reload: then the units are those of the boot.
    let reloaded =
      own["UnitsLoadTimestampMonotonic"] == nil ? generated : stamp("UnitsLoadTimestamp", own)
    return reloaded != 0 ? reloaded : stamp("UnitsLoadStartTimestamp", own)
  }

  /// When the units' generators ran last, in microseconds; 0 when they made nothing that stayed.
  private var generated: Int {
    let lines = sections.first("generators")?.text.split(separator: "\n") ?? []
    return lines.filter { $0.first?.isNumber == true }.compactMap { NodeNumber.seconds($0) }.max()
      ?? 0
  }

  private static func names(_ block: [String: String]) -> [Substring] {
    (block["Names"] ?? block["Id"] ?? "").split(separator: " ")
  }

  private func fact(_ block: [String: String]) -> Fact<ObservedUnit> {
    guard let loadState = block["LoadState"] else { return .unknown("systemctl gave no LoadState") }
    func list(_ key: String) -> [String] {
      (block[key] ?? "").split(separator: " ").map(String.init)
    }
    var unit = ObservedUnit()
    unit.loadState = loadState
    unit.activeState = block["ActiveState"] ?? ""
    unit.subState = block["SubState"] ?? ""
    unit.unitFileState = block["UnitFileState"] ?? ""
    unit.fragmentPath = block["FragmentPath"] ?? ""
    unit.dropInPaths = list("DropInPaths")
    unit.mainPID = NodeNumber.count(block["MainPID"] ?? "") ?? 0
    unit.invocation = block["InvocationID"] ?? ""
    unit.restarts = NodeNumber.count(block["NRestarts"] ?? "") ?? 0
    unit.processStarted = stamp("ExecMainStartTimestamp", block)
    unit.activeEntered = stamp("ActiveEnterTimestamp", block)
    unit.stateChanged = stamp("StateChangeTimestamp", block)
    unit.result = block["Result"] ?? ""
    unit.statusText = block["StatusText"] ?? ""
    unit.propagatesTo = Set(list("RequiredBy") + list("BoundBy") + list("ConsistsOf")).sorted()
    return .value(unit)
  }

  private static func properties(_ text: String) -> [String: String] {
    var properties: [String: String] = [:]
    for line in text.split(separator: "\n") {
      guard let equals = line.firstIndex(of: "=") else { continue }
      let key = String(line[..<equals])
      let value = Printable.line(String(line[line.index(after: equals)...]))
      // Properties with several values may repeat.
      properties[key] = properties[key].map { value.isEmpty ? $0 : $0 + " " + value } ?? value
    }
    return properties
  }

  /// A stamp in microseconds since 1970: `Sat 2026-11-21 02:39:36.249922 UTC` where systemd knows
  /// `--timestamp=us+utc` (248), else the monotonic one set upon the time of the boot, which is only
  /// as exact as /proc/uptime: 10 ms.
  private func stamp(_ key: String, _ block: [String: String]) -> Int {
    if let text = block[key], let exact = Self.civil(text) { return exact }
    let monotonic = NodeNumber.microseconds(block[key + "Monotonic"] ?? "") ?? 0
    return monotonic == 0 ? 0 : bootMicroseconds + monotonic
  }

  /// Parses `Sat 2026-11-21 02:39:36.249922 UTC`; nil for every other form.
  static func civil(_ text: String) -> Int? {
    let words = text.split(separator: " ")
    guard words.count == 4, words[3] == "UTC", words[2].contains(".") else { return nil }
    let date = words[1].split(separator: "-").compactMap { Int($0) }
    let clock = words[2].split(separator: ":")
    guard date.count == 3, clock.count == 3, let hour = Int(clock[0]), (0...24).contains(hour),
      let minute = Int(clock[1]), (0...60).contains(minute),
      let second = NodeNumber.seconds(clock[2]),
      let days = days(year: date[0], month: date[1], day: date[2])
    else { return nil }
    return ((days * 24 + hour) * 60 + minute) * 60_000_000 + second
  }

  /// Days since 1970-01-01 of the proleptic Gregorian calendar, by counting years from March.
  ///
  /// Nil for what is no date of the years 1 to 9999.
  static func days(year: Int, month: Int, day: Int) -> Int? {
    guard (1...9_999).contains(year), (1...12).contains(month), (1...31).contains(day) else {
      return nil
    }
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}
