import FleetDiagnostics
import FleetModel
import Glibc
import Testing

@testable import FleetRender

/// Whatever a value holds, it is refused or it is that value and nothing else.
@Suite struct `No value becomes` {
  private let values = Hostile.texts + Hostile.random(3_000, seed: 7)

  private func unit(_ section: String, _ name: String, _ value: UnitValue) -> UnitSyntax? {
    var diagnostics = Diagnostics()
    let text = UnitFile.render(
      .dropIn,
      sections: [UnitSection(section, [UnitDirective(name, value)])],
      into: &diagnostics
    )
    #expect((text == nil) == diagnostics.hasErrors)
    guard let text else { return nil }
    let read = UnitSyntax(text)
    #expect(read?.assignments.count == 1, "\(text.debugDescription)")
    #expect(read?.assignments.first?.name == name)
    #expect(read?.assignments.first?.section == section)
    return read
  }

  @Test func `another directive of a unit`() {
    var written = 0
    for value in values {
      guard let read = unit("Unit", "Description", .one(.string(value)))?.assignments.first else {
        continue
      }
      written += 1
      #expect(UnitSyntax.specified(read.value) == value, "\(read.value)")
    }
    #expect(written > 2_000)
  }

  @Test func `another argument or command`() {
    var written = 0
    for value in values {
      let words = ["/bin/echo", value, "end"].map { UnitValue.one(.string($0)) }
      guard let read = unit("Service", "ExecStart", .list(words))?.assignments.first else {
        continue
      }
      written += 1
      let back = UnitSyntax.words(read.value)?.map {
        UnitSyntax.specified($0).flatMap { UnitSyntax.variables($0) }
      }
      #expect(back == ["/bin/echo", value, "end"], "\(read.value)")
    }
    #expect(written > 2_000)
  }

  @Test func `another variable of a unit's environment`() {
    var written = 0
    for value in values {
      let environment = UnitValue.map([UnitAssignment("A", .string(value))])
      guard let read = unit("Service", "Environment", environment)?.assignments.first else {
        continue
      }
      written += 1
      let back = UnitSyntax.words(read.value)?.map { UnitSyntax.specified($0) }
      #expect(back == ["A=" + value], "\(read.value)")
    }
    #expect(written > 2_000)
  }

  @Test func `half a path`() {
    for value in values {
      guard let read = unit("Service", "ReadWritePaths", .one(.string(value)))?.assignments.first
      else { continue }
      let words = read.value.split(separator: " ")
      #expect(
        words.allSatisfy { $0.utf8.drop { $0 == 0x2B || $0 == 0x2D }.first == 0x2F },
        "\(value)"
      )
    }
    #expect(unit("Service", "ReadWritePaths", .one(.string("/srv/my data"))) == nil)
    #expect(unit("Service", "ReadWritePaths", .one(.string("/srv/a -/srv/b"))) != nil)
  }

  @Test func `a way out of its folder`() {
    for value in values where AbsolutePath.isClean(value) {
      #expect(value.utf8.first == 0x2F)
      let parts = value.utf8.split(separator: 0x2F).map { Array($0) }
      #expect(!parts.contains(Array("..".utf8)) && !parts.contains(Array(".".utf8)), "\(value)")
    }
    // To Swift, a slash with a combining mark behind it is another character than a slash.
    #expect(!AbsolutePath.isClean("/srv/../\u{301}x"))
    #expect(!AbsolutePath.isClean("/a/"))
    #expect(!AbsolutePath.isClean("a"))
    #expect(AbsolutePath.isClean("/"))
    #expect(!AbsolutePath.isWord("/a b"))
    #expect(AbsolutePath.isWord("/srv/ü-1.0"))
  }

  @Test func `another word of a shell`() throws {
    let written = values.compactMap { value in ShellText.quote(value).map { (value, $0) } }
    #expect(written.count > 2_000)
    for chunk in stride(from: 0, to: written.count, by: 200) {
      let part = written[chunk..<min(chunk + 200, written.count)]
      let command = "printf '%s\\n' " + part.map(\.1).joined(separator: " ")
      let result = run(["/bin/sh", "-c", command])
      #expect(result.status == 0)
      let lines = result.output.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
      #expect(lines.dropLast().map { String(Substring($0)) } == part.map(\.0))
    }
  }

  @Test func `another line of an environment file`() {
    let folder = TemporaryFolder()
    let written = values.compactMap { value in EnvironmentText.quote(value).map { (value, $0) } }
    #expect(written.count > 2_000)
    for (value, quoted) in written {
      #expect(Self.environmentValue(quoted) == value, "\(quoted)")
    }
    let names = written.indices.map { "V\($0)" }
    folder.write("env", zip(names, written).map { "\($0)=\($1.1)\n" }.joined())
    // Without the home folder that a bare `~` would become.
    let lines = names.map { "printf '%s\\n' \"$\($0)\"\n" }.joined()
    folder.write("read", "set -eau\n. \(folder.path)/env\n" + lines)
    let result = run(["/bin/sh", folder.path + "/read"])
    #expect(result.status == 0, "\(result.output.prefix(300))")
    let back = result.output.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
      .dropLast()
    #expect(back.map { String(Substring($0)) } == written.map(\.0))
  }

  /// What systemd reads behind `KEY=` (systemd.exec(5), EnvironmentFile=); nil where a quote is open.
  static func environmentValue(_ text: String) -> String? {
    var rest = text.unicodeScalars[...]
    guard rest.first == "\"" else {
      // Unquoted: a backslash escapes, `#` and `;` begin comments only in front of a line.
      guard !rest.contains("\\"), !rest.contains(" "), !rest.contains("'") else { return nil }
      return text
    }
    rest.removeFirst()
    var result = String.UnicodeScalarView()
    while let next = rest.popFirst() {
      if next == "\"" { return rest.isEmpty ? String(result) : nil }
      guard next == "\\" else {
        result.append(next)
        continue
      }
      guard let escaped = rest.popFirst() else { return nil }
      if !"\"\\`$".unicodeScalars.contains(escaped) { result.append("\\") }
      result.append(escaped)
    }
    return nil
  }

  @Test func `another token of nginx`() {
    var written = 0
    for value in values {
      guard let quoted = NginxText.quote(value) else { continue }
      written += 1
      #expect(Self.nginxTokens("a \(quoted);") == ["a", value], "\(quoted)")
    }
    #expect(written > 1_500)
  }

  /// The tokens of one directive, after ngx_conf_read_token; nil where it is not exactly one.
  static func nginxTokens(_ text: String) -> [String]? {
    var tokens: [String] = []
    var token: String.UnicodeScalarView?
    var quote: Unicode.Scalar?
    var needsSpace = false
    var rest = text.unicodeScalars[...]
    while let next = rest.popFirst() {
      if needsSpace, !" \t\n;".unicodeScalars.contains(next) { return nil }
      if let open = quote {
        if next == open {
          tokens.append(String(token ?? .init()))
          (token, quote, needsSpace) = (nil, nil, true)
        } else if next == "\\", let escaped = rest.popFirst() {
          if !"\"'\\".unicodeScalars.contains(escaped) { token?.append("\\") }
          token?.append(escaped)
        } else if next == "$" {
          return nil
        } else {
          token?.append(next)
        }
        continue
      }
      switch next {
      case " ", "\t", "\n":
        if let done = token { tokens.append(String(done)) }
        (token, needsSpace) = (nil, false)
      case ";":
        if let done = token { tokens.append(String(done)) }
        return rest.isEmpty ? tokens : nil
      case "{", "}", "$": return nil
      case "\"", "'", "#":
        guard token == nil else {
          token?.append(next)
          continue
        }
        guard next != "#" else { return nil }
        (quote, token) = (next, .init())
      case "\\": return nil
      default: token = (token ?? .init()) + [next]
      }
    }
    return nil
  }

  @Test func `another value in JSON or a URL`() throws {
    for value in values {
      let scope: Scope = ["v": .string(value)]
      let json = rendered("{{ v|json }}", scope)
      #expect(try JSONValue(parsing: Array(json.utf8)) == .string(value), "\(json)")
      let url = rendered("{{ v|urlencode }}", scope)
      #expect(
        url.utf8.allSatisfy { byte in WordText.isPlain(String(UnicodeScalar(byte))) || byte == 0x7E
        }
      )
      #expect(Self.percentDecoded(url) == Array(value.utf8))
    }
  }

  private static func percentDecoded(_ text: String) -> [UInt8] {
    var result: [UInt8] = []
    var rest = text.utf8[...]
    while let next = rest.popFirst() {
      guard next == 0x25 else {
        result.append(next)
        continue
      }
      let digits = String(Substring(rest.prefix(2)))
      rest.removeFirst(2)
      result.append(UInt8(digits, radix: 16) ?? 0)
    }
    return result
  }

  @Test func `another field of a package source`() {
    for value in values {
      var diagnostics = Diagnostics()
      let text = AptSourceText.render(
        uris: ["https://x/deb"],
        suites: [value],
        components: ["main"],
        signedBy: "/k",
        at: nil,
        into: &diagnostics
      )
      guard let text else {
        #expect(diagnostics.hasErrors)
        continue
      }
      let lines = text.unicodeScalars.split(separator: "\n").map { String($0) }
      #expect(lines.count == 6 && lines[3] == "Suites: \(value)", "\(text)")
    }
  }
}

@Suite struct `What a file prints` {
  private func scope(_ value: String) -> Scope {
    ["v": .string(value), "list": .list([.string("a"), .string(value)])]
  }

  @Test(arguments: [
    "{{ v }}", "x {{ list|join(' ') }}", "{% for i in list %}{{ i }}{% endfor %}",
    "{{ 'a b' + v }}", "{{ v|upper }}", "{{ list[1] }}",
  ])
  func `is a word, or an error at its place`(template: String) {
    for value in Hostile.texts + Hostile.random(300, seed: 3) {
      let result = rendered(template, scope(value))
      let isRefused = result.contains("FLT3501")
      #expect(
        isRefused != WordText.isPlain(value.uppercased()),
        "\(value.debugDescription): \(result)"
      )
    }
  }

  @Test func `says where, what and which filter`() {
    #expect(
      rendered("a\n  size {{ v }};\n", scope("100m; include /etc/passwd"))
        == "2:11 FLT3501 `100m; include /etc/passwd` is more than one plain word, so it could mean something "
        + "else in this file. Print it through the filter of the file's syntax (`|env`, `|json`, `|nginx`, "
        + "`|sh`, `|urlencode`), or through `|raw` where it may stand as it is."
    )
    #expect(rendered("{{ v|nginx }}", scope("100m; x")) == "\"100m; x\"")
    #expect(rendered("{{ v|sh }}", scope("it's")) == "'it'\\''s'")
    #expect(rendered("{{ v|raw }}", scope("900 1")) == "900 1")
    #expect(rendered("{{ list|join(', ') }}", scope("b")) == "a, b")
    #expect(rendered("{{ 'a b' }}") == "a b")
  }

  @Test(arguments: [
    (
      "{{ v|nginx }}", "a\nb",
      "1:6 FLT3501 `|nginx` has no spelling for a control character or a `$`, which nginx takes for the name of a variable."
    ),
    ("{{ v|env }}", "a\nb", "1:6 FLT3501 `|env` has no spelling for a control character."),
    ("{{ v|sh }}", "\u{0}", "1:6 FLT3501 `|sh` has no spelling for a control character."),
  ])
  func `has no spelling for some`(template: String, value: String, finding: String) {
    #expect(rendered(template, scope(value)) == finding)
  }
}

/// The same through real programs; each is skipped where it is not installed.
@Suite struct `Real programs read back` {
  @Test(
    .enabled(if: access("/usr/bin/systemd-analyze", X_OK) == 0, "systemd-analyze is not installed")
  )
  func `units of hostile values without a word of systemd's`() {
    let folder = TemporaryFolder()
    let values = Hostile.texts + Hostile.random(300, seed: 11)
    var commands: [UnitValue] = []
    var environment: [UnitAssignment] = []
    for (index, value) in values.enumerated() {
      // What is refused is refused; everything else goes into one unit.
      let words = UnitValue.list(["/bin/true", value].map { .one(.string($0)) })
      let assignment = UnitAssignment("V\(index)", .string(value))
      var diagnostics = Diagnostics()
      let probe = [
        UnitDirective("ExecStart", words), UnitDirective("Environment", .map([assignment])),
      ]
      _ = UnitFile.render(.dropIn, sections: [UnitSection("Service", probe)], into: &diagnostics)
      guard !diagnostics.hasErrors else { continue }
      commands.append(words)
      environment.append(assignment)
    }
    #expect(commands.count > 200)
    var diagnostics = Diagnostics()
    let text = UnitFile.render(
      sections: [
        UnitSection(
          "Unit",
          [UnitDirective("Description", .one(.string(#"%n "a" \d 'e' $x ; # ü"#)))]
        ),
        UnitSection(
          "Service",
          [
            UnitDirective("Type", .one(.string("oneshot"))),
            UnitDirective("ExecStart", .list(commands)),
            UnitDirective("Environment", .map(environment)),
          ]
        ),
      ],
      into: &diagnostics
    )
    #expect(diagnostics.all == [])
    folder.write("fleetctl-hostile.service", text ?? "")
    let verified = run([
      "systemd-analyze", "verify", "--man=no", "\(folder.path)/fleetctl-hostile.service",
    ])
    #expect(verified.output == "")
    #expect(verified.status == 0)
  }

  @Test(.enabled(if: access("/usr/sbin/nginx", X_OK) == 0, "nginx is not installed"))
  func `a configuration of hostile values`() {
    let folder = TemporaryFolder()
    let values = (Hostile.texts + Hostile.random(300, seed: 13)).compactMap { NginxText.quote($0) }
    let lines = values.map { "    add_header X-V \($0);\n" }.joined()
    folder.write(
      "nginx.conf",
      "pid \(folder.path)/pid;\nerror_log stderr;\nevents {}\nhttp {\n  access_log off;\n  server {\n"
        + "    listen 127.0.0.1:18099;\n\(lines)  }\n}\n"
    )
    let result = run(["/usr/sbin/nginx", "-t", "-c", folder.path + "/nginx.conf"])
    #expect(result.status == 0, "\(result.output)")
  }
}
