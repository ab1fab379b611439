/// Bytes that must never be seen: no description, no encoding, no interpolation shows them.
package struct Secret: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
  private let bytes: [UInt8]

  /// Wraps `bytes`.
  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Hands the bytes to `body`: the one way out, to be used only where they go to a node's channel
  /// or are compared.
  package func reveal<Result>(_ body: ([UInt8]) -> Result) -> Result { body(bytes) }

  /// Always `(sensitive)`.
  package var description: String { "(sensitive)" }
  /// Shows nothing.
  package var customMirror: Mirror { Mirror(self, children: []) }
}
