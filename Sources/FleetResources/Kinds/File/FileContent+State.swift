internal import FleetModel

extension FileContent {
  /// What is known of the bytes before anything is applied.
  enum Readiness {
    /// All of them.
    case bytes([UInt8])
    /// A part is made during this apply.
    case later(ResourceAddress, String)
    /// A part could not be read.
    case unknown(String)
  }

  /// Fills the holes as far as the context can.
  func readiness(_ context: CompareContext) -> Readiness {
    for id in secrets {
      switch context.secrets[id] {
      case .known: continue
      case .afterApply(let producer): return .later(producer, "it holds \(id), which is made first")
      case .unknown(let why): return .unknown("it holds the secret \(id): \(why)")
      case nil: return .unknown("it holds the secret \(id), which nothing in the fleet provides")
      }
    }
    if holdsAuthority {
      switch context.authority {
      case .known: break
      case .afterApply(let producer):
        return .later(producer, "it holds the certificate of the fleet's CA, which is made first")
      case .unknown(let why): return .unknown("it holds the certificate of the fleet's CA: \(why)")
      }
    }
    guard let bytes = bytes(context) else { return .unknown("a part of its content is not known") }
    return .bytes(bytes)
  }

  /// The bytes, or nil while a part is not known.
  func bytes(_ context: CompareContext) -> [UInt8]? {
    filled(
      secret: { id in
        if case .known(let secret) = context.secrets[id] { secret } else { nil }
      },
      authority: context.authorityPEM
    )
  }
}
