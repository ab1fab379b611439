internal import FleetDiagnostics
internal import FleetDigest
internal import FleetPlan
internal import FleetView

/// A saved plan: whoever can write the file can also write a digest that fits.
enum PlanTarget {
  static func run(_ bytes: [UInt8]) {
    _ = parse(bytes)
    guard let forged = forge(bytes), let file = parse(forged) else { return }
    demand(parse(file.bytes)?.plan == file.plan, "a plan is read otherwise than it was written")
    let text = PlanHuman(file).rendered()
    let isSound = text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 }
    demand(isSound, "a plan steers the terminal")
  }

  private static func parse(_ bytes: [UInt8]) -> PlanFile? {
    do {
      return try PlanFile(parsing: bytes)
    } catch {
      demand(error.diagnostics.all.count == 1, "\(error.diagnostics.all.count) errors")
      Findings.check(error.diagnostics, in: [])
      return nil
    }
  }

  /// The same with the digest of its plan; nil for what is no JSON object with a plan.
  private static func forge(_ bytes: [UInt8]) -> [UInt8]? {
    guard let document = try? JSONValue(parsing: bytes, maximumBytes: 1 << 20),
      let body = document["plan"]
    else { return nil }
    let digest = "sha256:" + SHA256.hex(Array(body.rendered(pretty: false).utf8))
    let forged = JSONValue.object([
      ("digest", .string(digest)), ("format_version", .string(PlanFile.formatVersion)),
      ("meta", .object([] as [JSONMember])), ("plan", body),
    ])
    return Array(forged.rendered(pretty: false).utf8)
  }
}
