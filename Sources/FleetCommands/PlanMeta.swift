import Glibc

/// What stands beside a plan for people: when, where, by whom.
///
/// Outside of its digest.
enum PlanMeta {
  /// The moment, the host and the user.
  static func now() -> [String: String] {
    var seconds = time(nil)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    var text = [CChar](repeating: 0, count: 32)
    strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
    return [
      "created_at": string(text), "host": host, "tool": "fleetctl \(Version.current)", "user": user,
    ]
  }

  /// This machine's name.
  static var host: String {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    return string(name)
  }

  /// Who runs the command.
  static var user: String { Environment["SUDO_USER"] ?? Environment["USER"] ?? "uid \(getuid())" }

  private static func string(_ characters: [CChar]) -> String {
    let length = characters.firstIndex(of: 0) ?? characters.count
    return String(decoding: characters[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
