import FleetDiagnostics
import Testing

@testable import FleetRender

/// Checks a template file against types; the findings, one a line.
private func checked(_ text: String) -> String {
  let types: ScopeTypes = [
    "n": .int, "s": .string, "b": .bool, "size": .size, "span": .duration, "key": .secret,
    "names": .list(.string), "flags": .list(.bool), "free": .any, "open": .list(.any),
    "labels": .map(.string),
    "node": .record(["id": .string, "memory": .size]),
    "targets": .list(.record(["host": .string, "port": .int])),
  ]
  var diagnostics = Diagnostics()
  let template = Template.parse(SourceText(name: "t", text: text), into: &diagnostics)
  template?.check(types, into: &diagnostics)
  return described(diagnostics)
}

@Suite struct `The types of a template` {
  @Test(arguments: [
    "{{ s }} {{ n }} {{ b }} {{ key }}", "{{ size|bytes }} {{ span|seconds }} {{ size / size }}",
    "{{ names|join(', ') }}{{ names|first }}{{ names|sort|unique|length }}",
    "{% if b and not (n > 1 or s == 'x') %}{{ n + 1 }}{% endif %}",
    "{% for t in targets %}{{ t.host }}:{{ t.port + 1 }}{% endfor %}",
    "{% if 'a' in names %}x{% endif %}{% if s not in ['a', 'b'] %}y{% endif %}",
    "{{ free.whatever.it + 1 }}{{ free|join }}{% for x in free %}{{ x.y }}{% endfor %}",
    "{{ labels.zone }}{{ labels['rack'] }}{{ names[0] }}{{ targets[0].host }}",
    "{{ (size * 2 - size / 4)|systemd_size }}{{ labels|json }}{{ key|env }}{{ s|urlencode }}",
    "{{ open|first }}{{ ['a', 1]|first }}{{ []|join }}",
    "{{ s + 'x' }}{{ (names + ['x'])|join(' ') }}{{ -n }}",
  ])
  func `fit whatever a node makes of them`(text: String) {
    #expect(checked(text) == "")
  }

  @Test(arguments: [
    ("{{ size }}", "1:4 FLT3501 A size prints only through a filter (`|systemd_size`"),
    ("{{ names }}", "1:4 FLT3501 A list prints only through a filter"),
    ("a\n  {{ n + s }}", "2:6 FLT3501 `+` has no result for an int and a string."),
    ("{{ s|bytes }}", "1:6 FLT3501 `|bytes` is for a size; this is a string."),
    ("{{ names|join(1) }}", "1:10 FLT3501 `|join` takes one string, the separator."),
    ("{{ flags|sort }}", "1:10 FLT3501 Only strings, or numbers of one kind, have an order."),
    ("{{ node.idd }}", "1:9 FLT3501 `node` has no `idd`. Did you mean `id`?"),
    ("{{ s.x }}", "1:6 FLT3501 This is a string and has no `x`; only a map has names in it."),
    ("{{ nod.id }}", "1:4 FLT3501 Nothing here is called `nod`. Did you mean `node`?"),
    ("{% if names %}x{% endif %}", "1:7 FLT3501 A condition is true or false; this is a list."),
    ("{% if not n %}x{% endif %}", "1:11 FLT3501 A condition is true or false; this is an int."),
    ("{% if s == 1 %}x{% endif %}", "1:7 FLT3501 `==` has no result for a string and an int."),
    ("{% for x in s %}{% endfor %}", "1:13 FLT3501 `for` goes over a list; this is a string."),
    (
      "{% for n in names %}{% endfor %}",
      "1:13 FLT3501 `n` is already the name of something else."
    ),
    (
      "{% for t in targets %}{{ t.hosts }}{% endfor %}",
      "1:28 FLT3501 `t` has no `hosts`. Did you mean `host`?"
    ),
    ("{% if 1 in names %}x{% endif %}", "1:7 FLT3501 An int is never in a list whose items are"),
    ("{{ targets['host'] }}", "1:12 FLT3501 A string is no key of a list."),
    ("{{ -s }}", "1:4 FLT3501 Only an int has a negative."),
    ("{{ key + 'x' }}", "1:4 FLT3501 `+` has no result for a secret and a string."),
  ])
  func `are wrong at a line and column`(text: String, finding: String) {
    let found = checked(text)
    #expect(found.hasPrefix(finding), "\(found)")
    #expect(found.split(separator: "\n").count == 1, "\(found)")
  }

  @Test func `are checked in branches that no node takes`() {
    let found = checked(
      "{% if false %}{{ size }}{% elif b %}{{ nope }}{% else %}{{ names }}{% endif %}"
    )
    #expect(
      found.split(separator: "\n").map { $0.prefix(12) } == [
        "1:18 FLT3501", "1:40 FLT3501", "1:60 FLT3501",
      ]
    )
  }

  @Test func `report one mistake once`() {
    let found = checked("{{ node.idd.x.y + 1 }}{% for x in nope %}{{ x.a.b }}{% endfor %}")
    #expect(found.split(separator: "\n").count == 2, "\(found)")
  }
}
