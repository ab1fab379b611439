internal import FleetDiagnostics
package import FleetYAML

/// Patterns (ECMA 262) of the grammars in FleetModel that fleet.yaml and roles share.
package enum ValuePatterns {
  /// `Identifier`: node ids, role names, device ids.
  package static let name = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
  /// `ByteCount`.
  package static let size = "^[0-9]+([KMGT](i?B)?|[Bkmgt])?$"
  /// `ByteCount` above zero.
  package static let positiveSize = "^0*[1-9][0-9]*([KMGT](i?B)?|[Bkmgt])?$"
  /// `TimeSpan`.
  package static let duration = "^[0-9]+(ms|[smhd])$"
  /// `TimeSpan` above zero.
  package static let positiveDuration = "^0*[1-9][0-9]*(ms|[smhd])$"
  /// No C0 or C1 control character, no DEL.
  package static let clean = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
  /// The same, and something else than white space in it.
  package static let sentence = "^(?=.*\\S)[^\\u0000-\\u001f\\u007f-\\u009f]*$"
}

extension Shape {
  /// A size above zero such as `6GiB`; a bare number counts bytes.
  package static let size = Shape.anyOf([.string(ValuePatterns.positiveSize), .number(1 ... .max)])
    .like("6GiB", "512MiB")

  /// A duration above zero such as `30s`.
  package static let duration = Shape.string(ValuePatterns.positiveDuration).like("30s", "6m")
}
