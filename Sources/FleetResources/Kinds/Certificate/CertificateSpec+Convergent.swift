internal import FleetDigest
package import FleetModel

extension CertificateSpec: Convergent {
  /// Validity of a new certificate in days; browsers refuse more than 398.
  package static let days = 397
  /// A certificate that expires within so many days is renewed.
  package static let renewalDays = 30

  func request(into request: inout ProbeRequest) {
    request.certificates.append(ProbeRequest.Certificate(certPath: certPath, keyPath: keyPath))
    request.paths.append(ProbeRequest.Path(certPath))
    request.paths.append(ProbeRequest.Path(keyPath))
  }

  func compare(_ look: Look) -> Comparison {
    switch look.observed.certificates[certPath] ?? .unknown("nobody looked at \(certPath)") {
    case .unknown(let why): .unknown(why)
    case .absent: issue(.create, [Difference("state", before: "absent", after: commonName)], look)
    case .value(let seen): compare(seen, look)
    }
  }

  private func compare(_ seen: ObservedCertificate, _ look: Look) -> Comparison {
    var differences: [Difference] = []
    let now = look.observed.system.clockMicroseconds / 1_000_000
    let days = (seen.notAfter - now).quotientAndRemainder(dividingBy: 86_400).quotient
    if seen.notAfter - now < Self.renewalDays * 86_400 {
      let before = seen.notAfter <= now ? "expired" : "expires in \(days) days"
      differences.append(Difference("expiry", before: before, after: "\(Self.days) days"))
    }
    if Set(seen.names) != Set(names) {
      let (before, after) = (seen.names.sorted(), names.sorted())
      differences.append(
        Difference(
          "names",
          before: before.joined(separator: " "),
          after: after.joined(separator: " ")
        )
      )
    }
    if !seen.keyMatches {
      differences.append(Difference("key", before: "does not belong to it", after: "its own"))
    }
    if let foreign = foreignIssuer(seen, look.context) {
      differences.append(Difference("issuer", before: foreign, after: "the fleet's CA"))
    }
    if !differences.isEmpty { return replace(differences, look) }
    let rights = look.path(keyPath).known?.ownership.differences(to: keyOwnership) ?? []
    if rights.isEmpty { return look.isForeign(certPath) ? .differs(Gap([.adopt])) : .inSync }
    let gap = Gap([.update], rights)
    guard look.isForeign(certPath) else { return .differs(gap) }
    return look.takeover("the key was here before, with other rights", gap)
  }

  /// A certificate that is not right is issued anew, with the key that is there.
  private func replace(_ differences: [Difference], _ look: Look) -> Comparison {
    let verdict = issue(.update, differences, look)
    guard look.isForeign(certPath),
      case .knownAfterApply(var gap, let producer, let reason) = verdict
    else { return verdict }
    gap.keeps = [certPath]
    guard case .differs(let own) = look.takeover("somebody else's certificate is here", gap) else {
      return look.takeover("somebody else's certificate is here", gap)
    }
    return .knownAfterApply(own, producer: producer, reason: reason)
  }

  /// The issuer's name when it is certainly not the fleet's CA as it will be.
  private func foreignIssuer(_ seen: ObservedCertificate, _ context: CompareContext) -> String? {
    switch context.authority {
    case .unknown: return nil
    case .afterApply: return seen.issuer
    case .known(let pem):
      // Without the CA's certificate beside it the node cannot verify; then the name must do.
      if seen.authoritySHA256.isEmpty {
        return seen.issuer == context.authorityName ? nil : seen.issuer
      }
      return seen.authoritySHA256 == SHA256.hex(Array(pem.utf8)) ? nil : seen.issuer
    }
  }

  private func issue(_ action: ActionWord, _ differences: [Difference], _ look: Look) -> Comparison
  {
    let producer = ResourceAddress(authority, .certificate, "authority")
    if case .unknown(let why) = look.context.authority {
      return .unknown("\(authority) must sign it: \(why)")
    }
    return .knownAfterApply(
      Gap([action], differences),
      producer: producer,
      reason: "the fleet's CA signs it"
    )
  }

  /// Returns the first step of issuing, or the correction of the key's rights; empty when in sync.
  ///
  /// Issuing takes three: this one prints the request, `signing(_:)` runs on the authority's node,
  /// `installing(_:for:)` here again.
  func operations(_ look: Look) -> [NodeOperation] {
    switch compare(look) {
    case .knownAfterApply(let gap, _, _):
      let arguments = [keyPath] + keyOwnership.arguments + [commonName] + names
      return look.keeping(gap.keeps)
        + [NodeOperation(.requestCertificate, arguments, for: look.address)]
    case .differs(let gap) where gap.actions != [.adopt]:
      return [NodeOperation(.setOwnership, [keyPath] + keyOwnership.arguments, for: look.address)]
    default: return []
    }
  }

  /// Returns the step on the authority's node that signs `request` (PEM) and prints the certificate.
  package func signing(_ request: [UInt8], for address: ResourceAddress) -> NodeOperation {
    NodeOperation(
      .signCertificate,
      [authorityDirectory, String(Self.days)] + names,
      blob: Secret(request),
      for: address
    )
  }

  /// Returns the step that puts `certificate` (PEM) in its place.
  package func installing(_ certificate: [UInt8], for address: ResourceAddress) -> NodeOperation {
    NodeOperation(
      .writeFile,
      [certPath, "0644", "root", "root", SHA256.hex(certificate), "any"],
      blob: Secret(certificate),
      for: address
    )
  }

  func desiredState(_ context: CompareContext) -> String? {
    "certificate \(names.sorted().joined(separator: " ")) \(keyOwnership.display)"
  }

  func observedState(_ look: Look) -> String? {
    switch look.observed.certificates[certPath] {
    case .value(let seen):
      let rights = look.path(keyPath).known?.ownership.display ?? "unknown"
      return "certificate \(seen.names.sorted().joined(separator: " ")) \(rights)"
    case .absent: return "absent"
    case .unknown, nil: return nil
    }
  }
}
