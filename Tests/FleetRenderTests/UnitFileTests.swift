import FleetDiagnostics
import FleetModel
import Glibc
import Testing

@testable import FleetRender

private func unit(_ directives: [(String, UnitValue)], _ section: String = "Service") -> String {
  var diagnostics = Diagnostics()
  let list = directives.map { UnitDirective($0.0, $0.1) }
  let text = UnitFile.render(.dropIn, sections: [UnitSection(section, list)], into: &diagnostics)
  guard let text else { return described(diagnostics) }
  return text.split(separator: "\n").dropFirst(2).joined(separator: "\n")
}

private func words(_ words: String...) -> UnitValue { .list(words.map { .one(.string($0)) }) }

private func one(_ text: String) -> UnitValue { .one(.string(text)) }

@Suite struct `Unit files` {
  @Test func `have a header, sections in order, a type and one line feed at the end`() {
    var diagnostics = Diagnostics()
    let text = UnitFile.render(
      sections: [
        UnitSection("Unit", [UnitDirective("Description", one("50% of it"))]),
        UnitSection(
          "Service",
          [
            UnitDirective("ExecStart", words("/bin/echo", "a b", "100%", "$HOME")),
            UnitDirective("MemoryMax", .one(.size(ByteCount(bytes: 6 << 30)))),
            UnitDirective("TimeoutStopSec", .one(.duration(TimeSpan(milliseconds: 360_000)))),
            UnitDirective("PrivateTmp", .one(.bool(true))),
          ]
        ),
        UnitSection("Install", [UnitDirective("WantedBy", one("multi-user.target"))]),
      ],
      into: &diagnostics
    )
    let expected = """
      # Managed by fleetctl. Changes made here are overwritten by the next apply.
      [Unit]
      Description=50%% of it

      [Service]
      Type=exec
      ExecStart=/bin/echo "a b" 100%% $$HOME
      MemoryMax=6G
      TimeoutStopSec=6min
      PrivateTmp=true

      [Install]
      WantedBy=multi-user.target

      """
    #expect(text == expected)
  }

  @Test func `write each value as its directive reads it`() {
    #expect(
      unit([("ExecStart", .list([.list([]), words("/bin/a", "")]))])
        == "ExecStart=\nExecStart=/bin/a \"\""
    )
    #expect(unit([("ExecStart", words(":/bin/a", "$x"))]) == "ExecStart=:/bin/a $x")
    #expect(
      unit([("ExecStart", words("/bin/a", ";", "it's", #"\"#))])
        == #"ExecStart=/bin/a ";" "it's" "\\""#
    )
    #expect(
      unit([("ExecStart", .list([one("/bin/a"), .one(.list([.string("x y"), .int(2)]))]))])
        == #"ExecStart=/bin/a "x y" 2"#
    )
    #expect(
      unit([
        (
          "Environment",
          .map([UnitAssignment("A", .string("b $c %d")), UnitAssignment("B", .int(1))])
        )
      ]) == "Environment=\"A=b $c %%d\"\nEnvironment=\"B=1\""
    )
    #expect(unit([("CPUQuota", one("20%"))]) == "CPUQuota=20%")
    #expect(
      unit([("EnvironmentFile", words("/a", "-/b"))]) == "EnvironmentFile=/a\nEnvironmentFile=-/b"
    )
    #expect(unit([("CapabilityBoundingSet", one(""))]) == "CapabilityBoundingSet=")
  }

  @Test(arguments: [
    ("Description", one("x\nExecStartPre=/bin/evil"), "`Description` holds a control character."),
    ("Description", one("x\u{85}"), "`Description` holds a control character."),
    (
      "Description", one("x\\"),
      "`Description` ends with a backslash, which would join the next line to it."
    ),
    ("Description", one(" x"), "`Description` begins or ends with a blank, which systemd drops."),
    (
      "Description", one(String(repeating: "x", count: 2_000)),
      "`Description` is longer than 2000 bytes."
    ),
    ("Exec Start", one("x"), "`Exec Start` is no name of a directive."),
    ("X]\n[Service", one("x"), "`X]\n[Service` is no name of a directive."),
    (
      "MemoryMax", one("6GB"),
      "`MemoryMax` is `6GB`, which systemd would ignore; sizes are written `6G`."
    ),
    (
      "ExecStart", one("/bin/a b"),
      "`ExecStart` is a command: write it as a list of words, `[/usr/bin/app, --flag]`."
    ),
    ("ExecStart", words("/bin/a", "b\nUser=root"), "`ExecStart` holds a control character."),
    (
      "ExecStart", words("$A"),
      "`ExecStart` has a `$` in the name of a program, where systemd knows no variables."
    ),
    ("ExecStart", words("-"), "`ExecStart` has a command without a program."),
    (
      "ExecStart", .list([one("/a"), .list([one("/b")])]),
      "`ExecStart` mixes words and commands: write a list of lists of words."
    ),
    ("Environment", one("A"), "`Environment` holds `A`, which is no `NAME=value`."),
    (
      "Environment", .map([UnitAssignment("A B", .int(1))]),
      "`Environment` holds `A B=1`, which is no `NAME=value`."
    ),
    (
      "Environment", .map([UnitAssignment("A", .secret(.init(role: "r", name: "s"), as: .plain))]),
      "`Environment` holds a secret, which any local user could read in a unit. Put it in an EnvironmentFile."
    ),
    (
      "User", .map([UnitAssignment("A", .int(1))]),
      "`User` is no environment, so it has no named values."
    ),
  ])
  func `refuse what has no safe spelling`(name: String, value: UnitValue, finding: String) {
    #expect(unit([(name, value)]) == "FLT2004 \(finding)")
  }

  @Test func `keep specifiers of raw directives`() {
    var diagnostics = Diagnostics()
    let sections = [UnitSection("Service", [UnitDirective("RuntimeDirectory", one("x-%i"))])]
    let text = UnitFile.render(
      .dropIn,
      sections: sections,
      raw: ["RuntimeDirectory"],
      into: &diagnostics
    )
    #expect(text?.contains("RuntimeDirectory=x-%i\n") == true)
  }

  /// What systemd makes of a command line: words, quotes, escapes, specifiers, variables.
  private func systemdWords(_ line: String) -> [String]? {
    var result: [String] = []
    var current: [Unicode.Scalar]?
    var quote: Unicode.Scalar?
    var scalars = Array(line.unicodeScalars)[...]
    while let next = scalars.popFirst() {
      if next == "\\" {
        guard let escaped = scalars.popFirst(), "\\\"'".unicodeScalars.contains(escaped) else {
          return nil
        }
        current = (current ?? []) + [escaped]
      } else if let open = quote {
        if next == open { quote = nil } else { current = (current ?? []) + [next] }
      } else if next == "\"" || next == "'" {
        quote = next
        current = current ?? []
      } else if next == " " {
        if let word = current { result.append(String(String.UnicodeScalarView(word))) }
        current = nil
      } else {
        current = (current ?? []) + [next]
      }
    }
    guard quote == nil else { return nil }
    if let word = current { result.append(String(String.UnicodeScalarView(word))) }
    return result.map { undoubled(undoubled($0, "%"), "$") }
  }

  private func undoubled(_ text: String, _ character: Unicode.Scalar) -> String {
    var result = String.UnicodeScalarView()
    var scalars = Array(text.unicodeScalars)[...]
    while let next = scalars.popFirst() {
      if next == character, scalars.first == character { scalars.removeFirst() }
      result.append(next)
    }
    return String(result)
  }

  @Test func `give back every argument as it was`() {
    var generator = SystemRandomNumberGenerator()
    let alphabet = Array(" \\\"'$%;#{}()abcü€=~*&|<>`!-@:+".unicodeScalars)
    for _ in 0..<2_000 {
      let arguments = (0..<Int.random(in: 0...5, using: &generator)).map { _ in
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...12, using: &generator) {
          text.append(alphabet.randomElement(using: &generator) ?? "a")
        }
        return String(text)
      }
      let line = unit([("ExecStart", .list((["/bin/echo"] + arguments).map { one($0) }))])
      let parsed = systemdWords(String(line.dropFirst("ExecStart=".count)))
      #expect(parsed == ["/bin/echo"] + arguments, "\(line)")
    }
  }

  @Test(.enabled(if: access("/usr/bin/systemd-analyze", X_OK) == 0))
  func `are accepted by systemd without a word`() {
    let folder = TemporaryFolder()
    var diagnostics = Diagnostics()
    let nasty = #"a "b" 'c' \d $e %f ;#ü"#
    let text = UnitFile.render(
      sections: [
        UnitSection("Unit", [UnitDirective("Description", one("nasty: " + nasty))]),
        UnitSection(
          "Service",
          [
            UnitDirective("ExecStartPre", .list([words("-/bin/echo", nasty), words("/bin/true")])),
            UnitDirective("ExecStart", words("/bin/echo", nasty, "", ";", "{}", "$$", "%%")),
            UnitDirective("Environment", .map([UnitAssignment("A", .string(nasty))])),
            UnitDirective("MemoryMax", .one(.size(ByteCount(bytes: 6 << 30)))),
            UnitDirective("CPUQuota", one("20%")),
            UnitDirective("TimeoutStartSec", .one(.duration(TimeSpan(milliseconds: 1_500)))),
            UnitDirective("NoNewPrivileges", .one(.bool(true))),
          ]
        ),
      ],
      into: &diagnostics
    )
    folder.write("fleetctl-test.service", text ?? "")
    let verified = run([
      "systemd-analyze", "verify", "--man=no", "\(folder.path)/fleetctl-test.service",
    ])
    #expect(verified.output == "")
    #expect(verified.status == 0)
  }
}

@Suite struct `Apt sources` {
  private func source(
    _ uris: [String],
    _ suites: [String],
    _ components: [String],
    _ key: String?
  ) -> String {
    var diagnostics = Diagnostics()
    let text = AptSourceText.render(
      uris: uris,
      suites: suites,
      components: components,
      signedBy: key,
      at: nil,
      into: &diagnostics
    )
    return text ?? described(diagnostics)
  }

  @Test func `are written in deb822 style`() {
    let expected = """
      # Managed by fleetctl. Changes made here are overwritten by the next apply.
      Types: deb
      URIs: https://packages.redis.io/deb
      Suites: jammy
      Components: main
      Signed-By: /etc/apt/keyrings/redis.asc

      """
    #expect(
      source(["https://packages.redis.io/deb"], ["jammy"], ["main"], "/etc/apt/keyrings/redis.asc")
        == expected
    )
  }

  @Test(arguments: [
    ("file:/x", "jammy\nSuites: evil", "main"), ("file:/x", "a b", "main"), ("x", "jammy", "main"),
    ("file:/x", "", "main"), ("file:/x", "./", "main"),
  ])
  func `refuse words that are none`(uri: String, suite: String, component: String) {
    #expect(source([uri], [suite], [component], nil).hasPrefix("FLT2004"))
  }

  @Test func `of a flat repository have no components`() {
    #expect(source(["file:/x"], ["./"], [], nil).contains("Suites: ./\n"))
    #expect(source(["file:/x"], ["jammy"], [], nil).hasPrefix("FLT2004"))
  }
}

@Suite struct `Environment text` {
  @Test func `quotes what a reader would take for something else`() {
    #expect(EnvironmentText.quote("abc-1.2:/x") == "abc-1.2:/x")
    #expect(EnvironmentText.quote("a b") == #""a b""#)
    #expect(EnvironmentText.quote(#"a"\$`"#) == #""a\"\\\$\`""#)
    #expect(EnvironmentText.quote("#x") == ##""#x""##)
    #expect(EnvironmentText.quote("a\nb") == nil)
    #expect(EnvironmentText.quote("") == "")
  }

  @Test func `is read back by a shell as it was`() {
    for value in ["a b", #"x"y"#, "$HOME", "`id`", #"\"#, "ü'", "~", "a;b", "*"] {
      let quoted = EnvironmentText.quote(value) ?? ""
      #expect(run(["/bin/sh", "-c", "A=\(quoted); printf %s \"$A\""]).output == value)
    }
  }
}
