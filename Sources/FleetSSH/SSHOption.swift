/// Words inside the `-o` options of ssh(1).
enum SSHOption {
  /// `path` as one word of an option; percent signs are ssh's tokens.
  static func path(_ path: String) -> String {
    var text = "\""
    for character in path {
      if character == "\"" || character == "\\" { text.append("\\") }
      if character == "%" { text.append("%") }
      text.append(character)
    }
    return text + "\""
  }

  /// `paths` as the words of one option, which must not be empty: `none` for no file.
  static func paths(_ paths: [String]) -> String {
    paths.isEmpty ? "none" : paths.map(path).joined(separator: " ")
  }

  /// `text` where ssh looks for tokens and shall find none.
  static func literal(_ text: String) -> String {
    text.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "%%")
  }

  /// `word` as one word of a `ProxyCommand`, which a shell reads after ssh.
  static func shellWord(_ word: String) -> String {
    let inner = word.split(separator: "'", omittingEmptySubsequences: false)
    return literal("'" + inner.joined(separator: "'\\''") + "'")
  }
}
