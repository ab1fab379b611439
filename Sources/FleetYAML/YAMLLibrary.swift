import CLibYAML

/// The YAML library in use.
package enum YAMLLibrary {
  /// Its version, such as `0.2.5`.
  package static var version: String {
    yaml_get_version_string().map { String(cString: $0) } ?? "unknown"
  }
}
