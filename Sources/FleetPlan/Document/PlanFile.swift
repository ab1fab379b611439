package import FleetDiagnostics
internal import FleetDigest

/// A plan as one canonical JSON document: `format_version`, `digest`, `meta`, `plan`.
///
/// Equal plans give equal bytes: members are sorted, nothing in `plan` depends on when or by whom it
/// was made. `digest` is SHA-256 over the canonical text of `plan`; `meta` stands outside of it.
package struct PlanFile: Sendable, Hashable {
  /// Version of the format: a reader refuses another major, ignores what a higher minor adds.
  package static let formatVersion = "1.0"
  /// The most bytes of a file that is read.
  package static let byteLimit = 64 << 20

  /// The plan.
  package let plan: Plan
  /// Times and names, for people: `created_at`, `host`, `tool`, `user`.
  package let meta: [String: String]
  /// `sha256:` and 64 hexadecimal digits.
  package let digest: String

  /// Wraps a plan.
  package init(_ plan: Plan, meta: [String: String] = [:]) {
    self.plan = plan
    self.meta = meta
    digest = Self.digest(of: plan.json)
  }

  private static func digest(of plan: JSONValue) -> String {
    "sha256:" + SHA256.hex(Array(plan.rendered(pretty: false).utf8))
  }

  /// The document, with its members in byte order.
  package var json: JSONValue {
    let meta = meta.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) }
    return .object([
      ("digest", .string(digest)),
      ("format_version", .string(Self.formatVersion)),
      ("meta", .object(meta)),
      ("plan", plan.json),
    ])
  }

  /// The bytes of the file; one line and a line feed.
  package var bytes: [UInt8] { Array((json.rendered(pretty: false) + "\n").utf8) }

  /// Reads a file.
  ///
  /// - Throws: `plan-unreadable` for what is no plan, has another major version, is larger than 64 MiB
  ///   or was changed since it was written.
  package init(parsing bytes: [UInt8]) throws(DiagnosticsError) {
    let document: JSONValue
    do {
      document = try JSONValue(parsing: bytes, maximumBytes: Self.byteLimit)
    } catch {
      throw Self.unreadable("it is no JSON document of ours: \(error.message), byte \(error.byte)")
    }
    guard let version = document["format_version"]?.string else {
      throw Self.unreadable("it has no `format_version`")
    }
    let major = version.prefix { $0 != "." }
    guard major == Self.formatVersion.prefix(while: { $0 != "." }) else {
      throw Self.unreadable(
        "it has format \(displayable(version)), this fleetctl reads \(Self.formatVersion)"
      )
    }
    guard let body = document["plan"], let digest = document["digest"]?.string else {
      throw Self.unreadable("`plan` or `digest` is missing")
    }
    guard digest == Self.digest(of: body) else {
      throw Self.unreadable(
        "its digest does not fit its content: it was changed since it was written"
      )
    }
    do {
      plan = try PlanReader.plan(body)
    } catch {
      throw Self.unreadable(error.message)
    }
    self.digest = digest
    var meta: [String: String] = [:]
    for member in document["meta"]?.members ?? [] { meta[member.key] = member.value.string }
    self.meta = meta
  }

  private static func unreadable(_ why: String) -> DiagnosticsError {
    DiagnosticsError(
      Diagnostic(
        .planUnreadable,
        "The plan file cannot be used: \(why). Make a new one with `plan -out`."
      )
    )
  }
}
