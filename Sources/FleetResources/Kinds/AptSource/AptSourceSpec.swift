/// `apt-source:`: a deb822 file and its key.
package struct AptSourceSpec: Sendable, Hashable {
  /// `/etc/apt/sources.list.d/NAME.sources`.
  package var path: String
  /// Its content.
  package var content: String
  /// `/etc/apt/keyrings/NAME.asc` or `.gpg`.
  package var keyPath: String
  /// Where the node gets the key: `https://…`, `http://…` or `file:/…`; empty when there is none.
  package var keyURL: String
  /// `/etc/apt/preferences.d/NAME` and its content, if pinned.
  package var preferences: String?

  /// Makes a source.
  package init(
    path: String,
    content: String,
    keyPath: String,
    keyURL: String,
    preferences: String? = nil
  ) {
    self.path = path
    self.content = content
    self.keyPath = keyPath
    self.keyURL = keyURL
    self.preferences = preferences
  }

  /// Path of the preferences file that belongs to it.
  package var preferencesPath: String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return "/etc/apt/preferences.d/" + name.replacingSuffix(".sources", with: "")
  }
}

extension String {
  /// The string with `suffix` replaced where it ends in it.
  func replacingSuffix(_ suffix: String, with other: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) + other : self
  }
}
