/// `sysctl:`; the lasting form is a `file:` of the role, this is the running value.
package struct SysctlSpec: Sendable, Hashable {
  /// Dotted key.
  package var key: String
  /// Value as the kernel prints it.
  package var value: String

  /// Makes a setting.
  package init(key: String, value: String) {
    self.key = key
    self.value = value
  }
}
