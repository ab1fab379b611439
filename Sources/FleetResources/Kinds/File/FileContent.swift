package import FleetModel
package import FleetRender

/// Content of a file: text with holes where secrets go.
package struct FileContent: Sendable, Hashable {
  /// A stretch of content.
  package enum Piece: Sendable, Hashable {
    case text(String)
    case secret(SecretID)
    /// A secret spelled for its surroundings: an EnvironmentFile, JSON, a URL.
    case encoded(SecretID, SecretEncoding)
    /// The certificate of the fleet's CA in PEM.
    case authority
  }

  /// The stretches in order.
  package var pieces: [Piece]

  /// Makes content.
  package init(_ pieces: [Piece]) {
    self.pieces = pieces
  }

  /// Makes content without secrets.
  package init(text: String) {
    pieces = [.text(text)]
  }

  /// The secrets it holds, sorted, each once.
  package var secrets: [SecretID] {
    let found = pieces.compactMap { piece -> SecretID? in
      switch piece {
      case .secret(let id), .encoded(let id, _): id
      case .text, .authority: nil
      }
    }
    return Array(Set(found)).sorted()
  }

  /// The text, or nil if it holds secrets.
  package var plainText: String? {
    var text = ""
    for piece in pieces {
      guard case .text(let part) = piece else { return nil }
      text += part
    }
    return text
  }

  /// Whether it holds the CA's certificate.
  package var holdsAuthority: Bool { pieces.contains(.authority) }

  /// The bytes with every hole filled, or nil while a secret or the CA is not known yet.
  package func bytes(_ values: [SecretID: Secret], authority: String? = nil) -> [UInt8]? {
    filled(secret: { values[$0] }, authority: authority)
  }

  func filled(secret: (SecretID) -> Secret?, authority: String?) -> [UInt8]? {
    var bytes: [UInt8] = []
    for piece in pieces {
      switch piece {
      case .text(let part): bytes.append(contentsOf: part.utf8)
      case .secret(let id):
        guard let value = secret(id) else { return nil }
        value.reveal { bytes.append(contentsOf: $0) }
      case .encoded(let id, let encoding):
        // No spelling (a control character in an EnvironmentFile): better no file than a wrong one.
        guard let spelled = secret(id)?.reveal({ encoding.apply($0) }) else { return nil }
        bytes.append(contentsOf: spelled)
      case .authority:
        guard let authority else { return nil }
        bytes.append(contentsOf: authority.utf8)
      }
    }
    return bytes
  }
}
