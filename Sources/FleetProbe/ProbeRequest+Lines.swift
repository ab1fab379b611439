import FleetResources

extension ProbeRequest {
  /// The request as the script reads it: one `TAG VALUE` a line, and `E` as the last.
  ///
  /// Values hold no control characters (checked where they enter the program); one that does all the
  /// same is left out, so that it can never become a line of its own, and is unknown in the answer.
  func lines(nonce: String) -> [UInt8] {
    var lines = ["n " + nonce]
    for path in paths {
      let expected = path.wantsContent ? "*" : path.expectedSHA256 ?? "-"
      lines.append("p \(expected) \(path.path)")
    }
    lines += units.map { "u " + $0 }
    lines += packages.map { "k " + $0 }
    lines += users.map { "U " + $0 }
    lines += groups.map { "g " + $0 }
    lines += sysctls.map { "s \($0)|\(Self.sysctlPath($0))" }
    lines += secrets.enumerated().map { "S \($0.offset)|\($0.element.key)|\($0.element.file)" }
    lines += certificates.map { "C \($0.certPath)|\($0.keyPath)" }
    if let authorityDirectory { lines.append("A " + authorityDirectory) }
    if postgres { lines.append("Q 1") }
    if firewall { lines.append("F 1") }
    lines += packageFiles.map { "f " + $0 }
    if past { lines.append("H 1") }
    let sendable = lines.filter { line in !line.utf8.contains { $0 < 0x20 || $0 == 0x7F } }
    return Array((sendable.joined(separator: "\n") + "\nE\n").utf8)
  }

  /// The same request with nothing in it twice: several resources may ask about one path or unit.
  var normalized: ProbeRequest {
    var request = self
    var paths: [String: Path] = [:]
    for path in self.paths {
      guard var known = paths[path.path] else {
        paths[path.path] = path
        continue
      }
      known.expectedSHA256 = known.expectedSHA256 ?? path.expectedSHA256
      known.wantsContent = known.wantsContent || path.wantsContent
      paths[path.path] = known
    }
    request.paths = paths.values.sorted { $0.path < $1.path }
    request.units = Set(units).sorted()
    request.packages = Set(packages).sorted()
    request.users = Set(users).sorted()
    request.groups = Set(groups).sorted()
    request.sysctls = Set(sysctls).sorted()
    request.packageFiles = Set(packageFiles).sorted()
    return request
  }

  /// `net.ipv4.ip_forward` to `net/ipv4/ip_forward`, as sysctl(8) does: with a slash first in the
  /// key, the two characters trade places.
  static func sysctlPath(_ key: String) -> String {
    let separator = key.first { $0 == "." || $0 == "/" }
    guard separator != "/" else { return key }
    return String(key.map { $0 == "." ? "/" : $0 == "/" ? "." : $0 })
  }
}
