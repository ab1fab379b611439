/// Values that have broken other tools, and random ones of the characters that break things.
enum Hostile {
  /// One for each way out of a syntax: shell, unit file, nginx, env file, apt source, SQL, path.
  static let texts: [String] = [
    "", " ", "a b", " a", "a ", "-oProxyCommand=touch /tmp/x", "--", "-", "~", "~root", "*", "?",
    "[a]",
    "$(touch /tmp/x)", "`touch /tmp/x`", "${IFS}", "$HOME", "$$", "$", "a;b", "a&b", "a|b", "a>b",
    "a<b",
    "a\nb", "a\r\nb", "\u{0}", "a\tb", "\u{1B}[2J", "\u{7F}", "\u{85}", "\u{2028}", "\u{202E}abc",
    "\\", "a\\", "\\\\", "\\n", "\\x41", "\"", "'", "it's", "\"a\"", "'a'", "\\\"", "'\\''", "`",
    "%", "%n", "%%", "%h/x", "100%", "x\nExecStartPre=/bin/evil", "x\n[Service]\nUser=root",
    "#", "# a", ";", "; a", "a # b", "=", "a=b", "A=B C=D", "{}", "{{ x }}", "{% if %}", "}",
    "} server {",
    "100m; include /etc/passwd", "a; } location / { return 200; } #", "$uri", "a\\;b",
    "main\nSuites: evil",
    "x' OR '1'='1", "x\"; DROP TABLE users; --", "../../etc/passwd", "/etc/../root",
    "/a/../\u{301}b",
    "/", "//", "/a/", "/a/./b", "/a b", "/a;b", "\u{301}", "e\u{301}", "ü", "🚀", "\u{FEFF}a",
    "\u{200B}",
    "\u{E0001}", "田中さん", "ﷺ", "true", "null", "0644", "1.10", "@a", "!a", "&a", "|a", "+/bin/sh",
    String(repeating: "x", count: 3_000), String(repeating: "\"", count: 500),
  ]

  /// `count` random texts from a fixed seed, so that a failure comes back.
  static func random(_ count: Int, seed: UInt64) -> [String] {
    let alphabet = Array(
      " \t\"'\\$%;#{}()[]abcXYZ019üé🚀=~*&|<>`!-@:+/.,?^_\u{301}\u{2028}".unicodeScalars
    )
    var state = seed
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    return (0..<count).map { _ in
      var text = String.UnicodeScalarView()
      for _ in 0..<next(16) { text.append(alphabet[next(alphabet.count)]) }
      return String(text)
    }
  }
}
