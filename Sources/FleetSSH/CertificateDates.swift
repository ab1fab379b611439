/// From when to when a user certificate holds (PROTOCOL.certkeys of OpenSSH).
struct CertificateDates: Hashable {
  /// Seconds since 1970.
  let after: UInt64
  /// Seconds since 1970; the greatest number for no end.
  let before: UInt64

  /// Reads the dates of a certificate in wire format; nil when it is none, or damaged.
  init?(_ blob: [UInt8]) {
    var reader = WireReader(blob)
    guard let type = reader.text(), reader.string() != nil else { return nil }
    let fields: Int
    switch type {
    case "ssh-ed25519-cert-v01@openssh.com": fields = 1
    case "ssh-rsa-cert-v01@openssh.com": fields = 2
    case let name where name.hasPrefix("ecdsa-sha2-") && name.hasSuffix("-cert-v01@openssh.com"):
      fields = 2
    case "sk-ssh-ed25519-cert-v01@openssh.com": fields = 2
    case "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com": fields = 3
    default: return nil
    }
    for _ in 0..<fields where reader.string() == nil { return nil }
    // Serial, kind, key id, principals.
    guard Self.long(&reader) != nil, reader.number() != nil, reader.string() != nil,
      reader.string() != nil, let after = Self.long(&reader), let before = Self.long(&reader)
    else { return nil }
    self.after = after
    self.before = before
  }

  private static func long(_ reader: inout WireReader) -> UInt64? {
    guard let high = reader.number(), let low = reader.number() else { return nil }
    return UInt64(high) << 32 | UInt64(low)
  }

  /// One phrase about `now`, seconds since 1970, and whether it holds then.
  func state(at now: UInt64) -> (text: String, holds: Bool) {
    if now < after { return ("not valid for another \(Self.span(after - now))", false) }
    if now >= before { return ("expired \(Self.span(now - before)) ago", false) }
    return (before == .max ? "without an end" : "valid for \(Self.span(before - now))", true)
  }

  private static func span(_ seconds: UInt64) -> String {
    if seconds >= 172_800 { return "\(seconds / 86_400) days" }
    return seconds >= 7200 ? "\(seconds / 3600) hours" : "\(seconds / 60) minutes"
  }
}

extension IdentityCheck {
  /// The certificate beside the key at `path`, in one phrase, and whether it holds at `now`, seconds
  /// since 1970; nil where there is none.
  package static func certificate(
    _ path: String,
    now: UInt64
  ) -> (text: String, isUsable: Bool)? {
    let certificatePath = path + "-cert.pub"
    guard let key = IdentityStore().publicHalf(at: certificatePath), key.isCertificate,
      let dates = CertificateDates(key.blob)
    else { return nil }
    let state = dates.state(at: now)
    return ("\(certificatePath): \(key.type), \(state.text)", state.holds)
  }

  /// Whether the agent at `socket` holds the key at `path`; nil where the agent does not answer, or the
  /// file does not show its public half.
  package static func agent(_ socket: String, holds path: String) -> Bool? {
    let agent = AgentKeys(socket)
    guard agent.remark == nil, let line = publicLine(path), let key = PublicKey(line: line) else {
      return nil
    }
    return agent.keys.contains { $0.key.blob == key.blob }
  }
}
