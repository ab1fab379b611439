import FleetDiagnostics
import FleetModel
import Testing

@testable import FleetRender

@Suite struct Templates {
  let scope: Scope = [
    "on": .bool(true), "off": .bool(false), "port": .int(80),
    "nodes": .list([.map(["id": .string("a")]), .map(["id": .string("b")])]),
    "size": .size(ByteCount(bytes: 1 << 30)),
    "secret": .secret(.init(role: "redis", name: "password"), as: .plain),
    "missing": .absent("no such thing"),
  ]

  @Test(arguments: [
    ("port {{ port }}\n", "port 80\n"),
    ("{% if on %}\na\n{% endif %}\nb\n", "a\nb\n"),
    (
      "a\n  {% if off %}  \n  x\n  {% elif on %}\n  y\n  {% else %}\n  z\n  {% endif %}\nb",
      "a\n  y\nb"
    ),
    ("{% for n in nodes %}\n- {{ n.id }}\n{% endfor %}\n", "- a\n- b\n"),
    ("[{% for n in nodes %}{{ n.id }},{% endfor %}]\n", "[a,b,]\n"),
    ("a\n{# a comment\n over lines #}\nb\n", "a\nb\n"),
    ("a {# inline #} b\n", "a  b\n"),
    ("{% for n in nodes %}{% if n.id == 'a' %}\n1\n{% endif %}{% endfor %}\n2\n", "1\n2\n"),
    ("{% raw %}{{ $labels.instance }}{% endraw %}\n", "{{ $labels.instance }}\n"),
    ("{{ '{{' }} { % }\n", "{{ { % }\n"),
    ("{% if on %}yes{% endif %}\n", "yes\n"),
    ("a\n\n{% if off %}\n{% endif %}\n\nb\n", "a\n\n\nb\n"),
    ("ü{{ port }}\r\n{% if on %}\r\nx\r\n{% endif %}\r\n", "ü80\r\nx\r\n"),
    ("", ""),
  ])
  func `render, and a line that holds only tags leaves none behind`(text: String, result: String) {
    #expect(rendered(text, scope) == result)
  }

  @Test(arguments: [
    ("a\nüü {{ prt }}\n", "2:7 FLT3501 Nothing here is called `prt`. Did you mean `port`?"),
    ("x {{ missing }}", "1:6 FLT3501 There is no value here: no such thing."),
    (
      "{{ size }}",
      "1:4 FLT3501 A size prints only through a filter (`|systemd_size`, `|redis_size`, `|pg_size`, `|bytes`, `|mib`)."
    ),
    ("{{ nodes }}", "1:4 FLT3501 A list prints only through a filter (`|join(', ')`, `|json`)."),
    (
      "{% if port %}x{% endif %}",
      "1:7 FLT3501 A condition is true or false; this is an int. Compare it: `x != 0`."
    ),
    ("{% for n in port %}x{% endfor %}", "1:13 FLT3501 `for` goes over a list; this is an int."),
    (
      "{% for port in nodes %}x{% endfor %}",
      "1:16 FLT3501 `port` is already the name of something else."
    ),
    ("{% if on %}\nx", "1:1 FLT3501 `if` has no `endif`."),
    ("{% for n in nodes %}", "1:1 FLT3501 `for` has no `endfor`."),
    ("x {% endif %}", "1:3 FLT3501 This closes a block that was not opened."),
    ("{% if on %}{% endfor %}", "1:12 FLT3501 `endif` is expected before this."),
    ("{% if on %}{% else %}{% else %}{% endif %}", "1:22 FLT3501 `endif` is expected before this."),
    ("{% iff on %}", "1:4 FLT3501 There is no tag `iff`. Did you mean `if`?"),
    ("{{ port %}", "1:1 FLT3501 `{{` has no `}}`."),
    ("{{ port", "1:1 FLT3501 `{{` has no `}}`."),
    ("{# x", "1:1 FLT3501 `{#` has no `#}`."),
    (
      "{{ prt }}\n{{ sze }}\n",
      "1:4 FLT3501 Nothing here is called `prt`. Did you mean `port`?\n2:4 FLT3501 Nothing here is called `sze`. Did you mean `size`?"
    ),
  ])
  func `with mistakes give findings at line and column, all in one run`(
    text: String,
    finding: String
  ) {
    #expect(rendered(text, scope) == finding)
  }

  @Test func `keep secrets as references with their encoding`() {
    let text = rendered("a={{ secret|env }}\nb={{ secret }}\n", scope)
    #expect(text.contains("as: FleetRender.SecretEncoding.env"))
    #expect(rendered("{{ [secret]|join(',') }}", scope).contains("A secret may stand only"))
    #expect(rendered("{{ [secret]|json }}", scope).contains("A secret may stand only"))
  }

  @Test func `report one failing loop once`() {
    #expect(
      rendered("{% for n in nodes %}{{ n.x }}{% endfor %}", scope).split(separator: "\n").count == 1
    )
  }

  @Test func `that are no UTF-8 are refused`() {
    var diagnostics = Diagnostics()
    #expect(Template.parse(SourceText(name: "t", bytes: [0xFF]), into: &diagnostics) == nil)
    #expect(diagnostics.hasErrors)
  }
}

@Suite struct `Texts of YAML scalars` {
  private func text(_ yaml: String, _ start: Int, _ end: Int, _ value: String) -> String {
    let source = SourceText(name: "role.yaml", text: yaml)
    let span = SourceSpan(
      file: "role.yaml",
      start: source.place(at: start),
      end: source.place(at: end)
    )
    var diagnostics = Diagnostics()
    _ = TemplateText.parse(value, span: span, in: source, into: &diagnostics)?
      .render([:], into: &diagnostics)
    return described(diagnostics)
  }

  @Test func `in quotes point at the name within`() {
    let yaml = "path: \"/x/{{ nope }}\"\n"
    #expect(text(yaml, 6, 21, "/x/{{ nope }}").hasPrefix("1:14 "))
  }

  @Test func `in literal blocks point at their own line`() {
    let yaml = "content: |\n  a\n\n    b {{ nope }}\n"
    #expect(text(yaml, 9, yaml.utf8.count, "a\n\n  b {{ nope }}\n").hasPrefix("4:10 "))
  }

  @Test func `with escapes point at the whole scalar`() {
    let yaml = #"a: "\t{{ nope }}""#
    #expect(text(yaml, 3, yaml.utf8.count, "\t{{ nope }}").hasPrefix("1:4 "))
  }

  @Test func `that are one expression keep its kind, others are strings`() {
    var diagnostics = Diagnostics()
    let source = SourceText(name: "r", text: "{{ 1 + 1 }} ")
    let span = SourceSpan(file: "r", start: source.place(at: 0), end: source.place(at: 12))
    let whole = TemplateText.parse("{{ 1 + 1 }}", span: span, in: source, into: &diagnostics)
    let part = TemplateText.parse("{{ 1 + 1 }} ", span: span, in: source, into: &diagnostics)
    #expect(whole?.evaluate([:], into: &diagnostics) == .int(2))
    #expect(part?.evaluate([:], into: &diagnostics) == .string("2 "))
  }

  @Test(arguments: ["etc/x", "/a/../b", "/a//b", "/a/", "", "/./a", "/a\nb"])
  func `are refused as paths unless absolute and clean`(path: String) {
    var diagnostics = Diagnostics()
    let source = SourceText(name: "r", text: path)
    let span = SourceSpan(file: "r", start: source.place(at: 0), end: source.place(at: 1))
    let text = TemplateText(literal: path, span: span)
    #expect(text.path([:], into: &diagnostics) == nil)
    #expect(diagnostics.hasErrors)
  }
}
