package import FleetModel

/// Which secret a value stands for: secrets belong to one role and have one name there.
package struct SecretRef: Hashable, Sendable, Comparable {
  /// The role that owns the secret.
  package let role: String
  /// Its name in that role's `secrets:`.
  package let name: String

  /// Names a secret.
  package init(role: String, name: String) {
    self.role = role
    self.name = name
  }

  /// Orders by role, then name.
  package static func < (left: Self, right: Self) -> Bool {
    (left.role, left.name) < (right.role, right.name)
  }
}

/// How a secret's bytes are written into the text around it, once they are known.
package enum SecretEncoding: String, Hashable, Sendable {
  /// As they are.
  case plain
  /// Quoted for an EnvironmentFile (`|env`).
  case env
  /// A JSON string with its quotes (`|json`).
  case json
  /// Percent-encoded for a URL's user information (`|urlencode`).
  case url
}

/// What an expression evaluates to.
package indirect enum Value: Hashable, Sendable {
  case string(String)
  case int(Int)
  case bool(Bool)
  /// A size; prints only through a filter that names the dialect.
  case size(ByteCount)
  /// A duration; prints only through `|seconds`.
  case duration(TimeSpan)
  case list([Value])
  case map([String: Value])
  /// A secret that is put in on the way to the node.
  case secret(SecretRef, as: SecretEncoding)
  /// A name that exists but has no value here. The text completes "there is no value:" and says
  /// what is missing. Evaluating it is an error.
  case absent(String)

  /// The kind as the documentation of roles names it, with no article.
  package var kind: String {
    switch self {
    case .string: "string"
    case .int: "int"
    case .bool: "bool"
    case .size: "size"
    case .duration: "duration"
    case .list: "list"
    case .map: "map"
    case .secret: "secret"
    case .absent: "missing value"
    }
  }
}

/// A rendered text: plain pieces with the places where secrets go.
package struct RenderedText: Hashable, Sendable {
  /// One piece.
  package enum Piece: Hashable, Sendable {
    case text(String)
    case secret(SecretRef, as: SecretEncoding)
  }

  /// The pieces in order; neighbouring texts are joined.
  package private(set) var pieces: [Piece] = []

  /// Makes an empty text.
  package init() {}

  /// Makes a text without secrets.
  package init(_ text: String) {
    append(text)
  }

  /// Adds plain text.
  package mutating func append(_ text: String) {
    guard !text.isEmpty else { return }
    if case .text(let before) = pieces.last {
      pieces[pieces.count - 1] = .text(before + text)
    } else {
      pieces.append(.text(text))
    }
  }

  /// Adds a place for a secret.
  package mutating func append(_ secret: SecretRef, as encoding: SecretEncoding) {
    pieces.append(.secret(secret, as: encoding))
  }

  /// Adds all pieces of `other`.
  package mutating func append(_ other: RenderedText) {
    for piece in other.pieces {
      switch piece {
      case .text(let text): append(text)
      case .secret: pieces.append(piece)
      }
    }
  }

  /// The text, or nil when it holds a secret.
  package var plain: String? {
    switch pieces.count {
    case 0: return ""
    case 1:
      guard case .text(let text) = pieces[0] else { return nil }
      return text
    default: return nil
    }
  }

  /// The secrets in it, sorted, each once.
  package var secrets: [SecretRef] {
    var found: Set<SecretRef> = []
    for case .secret(let secret, _) in pieces { found.insert(secret) }
    return found.sorted()
  }
}
