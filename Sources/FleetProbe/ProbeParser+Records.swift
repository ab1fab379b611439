import FoundationEssentials
import FleetResources
import FleetTransport

extension ProbeParser {
  /// The manifest and the lock, as fleetctl itself left them.
  mutating func readRecords() {
    readManifest()
    guard let lock = sections.first("lock"), lock.status == 0 else { return }
    var fields: [Substring: String] = [:]
    for line in lock.lines {
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { fields[parts[0]] = Printable.line(String(parts[1])) }
    }
    let uptime = (node.system.clockMicroseconds - bootMicroseconds) / 1_000_000
    guard let deadline = fields["deadline"].flatMap({ NodeNumber.plain($0) }), deadline > uptime
    else { return }
    guard fields["boot"] == node.system.bootID else { return }
    node.lockHolder = "\(fields["holder"] ?? "somebody"), \(deadline - uptime) s left"
  }

  private mutating func readManifest() {
    guard let section = sections.first("manifest") else {
      node.manifest = .absent
      return
    }
    guard section.status == 0 else {
      node.manifest = .unknown(sections.complaint("manifest", otherwise: "it cannot be read"))
      return
    }
    let bytes = Data(section.payload)
    // The format alone first: a newer one may have another shape.
    if let format = (try? JSONDecoder().decode(ManifestFormat.self, from: bytes))?.format,
      format != Manifest.knownFormat
    {
      if format > Manifest.knownFormat { node.newerFormat = format }
      node.manifest = .unknown(
        "/var/lib/fleetctl/manifest.json has format \(format), this program knows "
          + "\(Manifest.knownFormat)"
      )
      return
    }
    guard let manifest = try? JSONDecoder().decode(Manifest.self, from: bytes),
      NodeNumber.count(String(manifest.generation)) != nil
    else {
      node.manifest = .unknown("/var/lib/fleetctl/manifest.json is not a manifest")
      return
    }
    node.manifest = .value(manifest)
  }

  private struct ManifestFormat: Decodable {
    var format: Int
  }

  /// UFW's own files: `### tuple ### allow tcp 6379 DST any SRC in comment=HEX`.
  mutating func readFirewall() {
    guard request.firewall else { return }
    guard let configuration = sections.first("ufw") else {
      node.firewall = .absent
      return
    }
    let rules = sections.all.filter { $0.name == "rules" }
    // grep(1) exits 1 when there is no rule.
    guard configuration.status == 0, rules.allSatisfy({ $0.status <= 1 }) else {
      node.firewall = .unknown(sections.complaint("ufw", otherwise: "its files cannot be read"))
      return
    }
    let enabled = configuration.lines.contains { $0.lowercased().hasPrefix("enabled=yes") }
    let loaded = sections.first("chains")?.status == 0
    node.firewall = .value(
      ObservedFirewall(
        active: enabled && loaded,
        rules: Set(rules.flatMap(\.lines).compactMap(Self.rule)).sorted()
      )
    )
  }

  /// One of our rules in normal form, nil for anybody else's.
  static func rule(_ line: Substring) -> String? {
    let words = line.split(separator: " ").dropFirst(3).map(String.init)
    guard words.count >= 7, let last = words.last, last.hasPrefix("comment=") else { return nil }
    let comment = text(hexadecimal: last.dropFirst(8))
    guard comment.hasPrefix("fleetctl:") else { return nil }
    let (action, transport, port, source, direction) = (
      words[0], words[1], words[2], words[5], words[6]
    )
    if direction.hasPrefix("in_") {
      return "\(action) in on \(direction.dropFirst(3)) # \(comment)"
    }
    let anywhere = source == "0.0.0.0/0" || source == "::/0"
    return "\(action) \(anywhere ? "any" : source) \(port)/\(transport) # \(comment)"
  }

  private static func text(hexadecimal: Substring) -> String {
    let digits = hexadecimal.compactMap(\.hexDigitValue)
    let bytes = stride(from: 0, to: digits.count - 1, by: 2).map {
      UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
    return Printable.line(String(decoding: bytes, as: UTF8.self))
  }

  /// What openssl said about each certificate, and whether its key and its authority are right.
  mutating func readCertificates() {
    for (index, asked) in request.certificates.enumerated() {
      node.certificates[asked.certPath] = certificate(index + 1)
    }
    guard request.authorityDirectory != nil else { return }
    if let section = sections.first("authority"), section.status == 0 {
      node.authority = .value(section.text)
    } else {
      let why = sections.complaint("authority", otherwise: "not asked")
      node.authority = why.hasSuffix("No such file or directory") ? .absent : .unknown(why)
    }
  }

  private func certificate(_ number: Int) -> Fact<ObservedCertificate> {
    if sections.first("cert:\(number):absent") != nil { return .absent }
    guard let section = sections.first("cert:\(number)"), section.status == 0 else {
      return .unknown(sections.complaint("cert:\(number)", otherwise: "openssl did not run"))
    }
    var seen = ObservedCertificate(
      notAfter: 0,
      names: [],
      issuer: "",
      keyMatches: false,
      authoritySHA256: ""
    )
    for line in section.lines {
      let text = line.drop { $0 == " " }
      if text.hasPrefix("notAfter=") { seen.notAfter = Self.expiry(text.dropFirst(9)) ?? 0 }
      if text.hasPrefix("CN=") { seen.issuer = Printable.line(String(text.dropFirst(3))) }
      if text.hasPrefix("IP Address:") || text.hasPrefix("DNS:") { seen.names = Self.names(text) }
    }
    guard seen.notAfter != 0 else { return .unknown("openssl printed no expiry date") }
    let key = sections.first("key:\(number)")
    seen.keyMatches =
      key?.status == 0 && Self.publicKey(section.text) == Self.publicKey(key?.text ?? "-")
    seen.authoritySHA256 = String(sections.first("issuer:\(number)")?.text.prefix(64) ?? "")
    return .value(seen)
  }

  private static func names(_ text: Substring) -> [String] {
    text.split(separator: ",").map { name in
      let name = name.drop { $0 == " " }
      return name.hasPrefix("IP Address:")
        ? "IP:" + name.dropFirst(11) : Printable.line(String(name))
    }.sorted()
  }

  private static func publicKey(_ text: String) -> [Substring] {
    let lines = text.split(separator: "\n").drop { !$0.hasPrefix("-----BEGIN PUBLIC KEY") }
    return Array(lines.prefix { !$0.hasPrefix("-----END") })
  }

  /// `Nov 21 02:00:00 2027 GMT`, openssl's form in every version, to seconds since 1970.
  static func expiry(_ text: Substring) -> Int? {
    let words = text.split(separator: " ")
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    guard words.count == 5, let month = months.firstIndex(of: String(words[0])) else { return nil }
    let clock = words[2].split(separator: ":").compactMap { Int($0) }
    guard let day = Int(words[1]), let year = Int(words[3]), clock.count == 3,
      clock.allSatisfy((0...60).contains),
      let days = days(year: year, month: month + 1, day: day)
    else { return nil }
    return ((days * 24 + clock[0]) * 60 + clock[1]) * 60 + clock[2]
  }
}
